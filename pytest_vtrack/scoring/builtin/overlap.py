"""How much of the words of output and expectation is the same; the best of several expected texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.configured import check
from pytest_vtrack.scoring.likeness import as_text
from pytest_vtrack.scoring.measures import SHARE
from pytest_vtrack.scoring.words import answer_words, plain_words, references


def token_f1(*, key: str | None = None, output: str | None = None, name: str | None = None) -> Check:
    """Return the F1 of the words of the answer, as SQuAD 1.1 counts it. 0 to 1; higher is better.

    ``2PR / (P + R)``, P and R the shares of common words, each as often as it stands there, in output and
    expectation; both as in :func:`normalized_match`. 1 where neither has words, 0 where one has none. Of
    several expected texts the best counts.
    """

    def f1(got: str, expected: str) -> float:
        given, wanted = Counter(answer_words(got)), Counter(answer_words(expected))
        return harmonic((given & wanted).total(), given.total(), wanted.total())

    return _best("token_f1", f1, key, output, name)


def rouge_l(*, key: str | None = None, output: str | None = None, name: str | None = None) -> Check:
    """Return ROUGE-L, the F1 of the longest common subsequence of words. 0 to 1; higher is better.

    ``2PR / (P + R)`` with ``P = LCS / words of the output`` and ``R = LCS / words of the expectation``.
    Words are runs of letters and digits in lower case, of any script, not stemmed. 1 where neither has
    words, 0 where one has none. Of several expected texts the best counts.
    """

    def f1(got: str, expected: str) -> float:
        given, wanted = plain_words(got), plain_words(expected)
        return harmonic(longest_common(given, wanted), len(given), len(wanted))

    return _best("rouge_l", f1, key, output, name)


def harmonic(common: int, given: int, expected: int) -> float:
    """Return the harmonic mean of ``common / given`` and ``common / expected``; 1 where both are empty."""
    return 2 * common / (given + expected) if given + expected else 1.0


def longest_common(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    By bits of one large number (Hyyrö, 2004): a column of the usual table at once, whose zeros are the
    places where it grows.
    """
    places: dict[str, int] = {}
    for place, word in enumerate(a):
        places[word] = places.get(word, 0) | 1 << place
    full = (1 << len(a)) - 1
    column = full
    for word in b:
        matched = column & places.get(word, 0)
        column = ((column + matched) | (column - matched)) & full
    return len(a) - column.bit_count()


def _best(
    kind: str, score: Callable[[str, str], float], key: str | None, output: str | None, name: str | None
) -> Check:
    def compare(got: Any, expected: Any) -> float:
        texts = references(expected, kind)
        return 0.0 if got is None else max(score(as_text(got), each) for each in texts)

    return check(kind, compare, key, output, name, {}, measures=SHARE)
