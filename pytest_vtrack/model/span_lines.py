"""Spans as one JSON text: the text of a list, with one span on each line.

A JSON text has no line break within a text of its own, so that each span can be cut out without reading the
others: a trace is written for every case, and what it costs to read it back would be most of storing it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from pytest_vtrack.model import payload

_FIRST, _LAST = "[\n", "\n]"


def joined(texts: Iterable[str]) -> str:
    """Return the text of a list of spans, each of which is given as the text of an object, without breaks."""
    lines = ",\n".join(texts)
    return f"{_FIRST}{lines}{_LAST}" if lines else "[]"


def in_lines(text: str) -> str:
    """Return the text of spans as :func:`joined` writes it, whoever wrote it."""
    if text.startswith(_FIRST + '{"') and text.endswith(_LAST):
        return text
    return joined(payload.encode(span, "span").text for span in json.loads(text))


def bounds(text: str) -> Iterator[tuple[int, int]]:
    """Yield where in a text that :func:`joined` wrote each span begins and ends."""
    start, last = len(_FIRST), len(text) - len(_LAST)
    while start < last:
        end = text.index("\n", start)
        yield start, end - (end < last)  # all but the last have a comma
        start = end + 1


def lines(text: str) -> list[str]:
    """Return the text of each span."""
    text = in_lines(text)
    return [text[start:end] for start, end in bounds(text)]
