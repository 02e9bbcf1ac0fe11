"""Finding texts that are nearly the same, without comparing every text with every other."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

SIMILAR = 0.8
"""The share of word pairs that two texts must have in common; of 17 words one may be another."""
_MOST_PAIRS = 64
"""Of a longer text so many pairs are looked at, the same ones of equal texts."""
_MOST_SHARED = 50
"""A word pair that more texts share than this says little, and is not followed."""
_BUCKETS = 2**22
_WORD = re.compile(r"\w+|[-+*/<>=^%]")

Sketch = Sequence[int]


class Similar(NamedTuple):
    """A text, the most similar of those before it, and the share of word pairs that both have."""

    place: int
    earlier: int
    share: float


def sketch(text: str) -> Sketch:
    """Return the pairs of neighbouring words of a text as numbers; case and punctuation do not count.

    A text without any word has none.
    """
    words = _WORD.findall(text.casefold())
    pairs = zip(["", *words], [*words, ""], strict=True) if words else ()
    numbers = {crc32(f"{one} {other}".encode("utf-8", "surrogatepass")) for one, other in pairs}
    return array("I", sorted(numbers)[:_MOST_PAIRS])


def similar(texts: Sequence[Sketch], share: float = SIMILAR) -> Iterator[Similar]:
    """Yield each text that is similar to an earlier one, with the most similar of these.

    Two texts with that share in common (of all that either has) have one of their rarest pairs in common,
    so only texts with such a pair are compared; what is a template of many texts is no such pair.
    """
    frequency = _frequencies(texts)
    having: dict[int, list[int]] = {}
    for index, text in enumerate(texts):
        rarest = sorted(text, key=lambda pair: (frequency[pair % _BUCKETS], pair))
        rarest = rarest[: len(text) - math.ceil(share * len(text)) + 1] if text else []
        rarest = [pair for pair in rarest if frequency[pair % _BUCKETS] > 1]
        candidates = {earlier for pair in rarest for earlier in having.get(pair, ())}
        own = set(text)
        found, earlier = max(((_share(own, texts[each]), -each) for each in candidates), default=(0.0, 0))
        if found >= share:
            yield Similar(index, -earlier, found)
        for pair in rarest:
            those = having.setdefault(pair, [])
            if len(those) < _MOST_SHARED:
                those.append(index)


def _frequencies(texts: Sequence[Sketch]) -> Sequence[int]:
    """Count pairs, some of them together: which come first need not be exact, only the same for all texts."""
    counts = array("I", bytes(4 * _BUCKETS))
    for text in texts:
        for pair in text:
            counts[pair % _BUCKETS] += 1
    return counts


def _share(one: set[int], other: Sketch) -> float:
    common = len(one.intersection(other))
    return common / (len(one) + len(other) - common)
