"""What compares the output with what the baseline put out for the same case."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.check import chosen
from pytest_vtrack.scoring.configured import fingerprint, library, require
from pytest_vtrack.scoring.likeness import as_text, same_value
from pytest_vtrack.scoring.measures import Measures
from pytest_vtrack.scoring.words import answer_words

How = Literal["exact", "normalized", "similarity"]
DEFAULT_SIMILARITY = 0.9
_SOFT = Measures("bool", gate=False)


@dataclass(frozen=True, slots=True)
class BaselineCheck:
    """A configured built-in that compares the outputs with the baseline's."""

    name: str
    fingerprint: str
    same: Callable[[Any, Any], bool]
    output: str | None
    measures: Measures = _SOFT

    def __call__(self, outputs: Any, baseline: Trace | None) -> bool | None:
        """Compare; ``None`` where the baseline has no such case, or one put out nothing that can be stored.

        :raises ScorerError: one of the two has no such part.
        """
        if baseline is None or baseline.outputs is None:
            return None
        # The baseline's are what JSON held of them: an object or a date would never be the same.
        text, problems = payload.encode(outputs, "outputs")
        if problems:
            return None
        both = (payload.decode(text), baseline.outputs)
        if self.output is not None:
            both = tuple(chosen(each, self.output, "", whole=False) for each in both)
        return self.same(*both)


def unchanged(
    how: How = "exact", *, at_least: float | None = None, output: str | None = None, name: str | None = None
) -> BaselineCheck:
    """Return whether the output is the one of the baseline. Bool; higher is better.

    Nothing to say without a baseline, or where the baseline put out nothing.

    :param how: ``"exact"`` as JSON compares; ``"normalized"``: the same words as ``normalized_match``
        counts; ``"similarity"``: ``edit_similarity`` of the two texts is ``at_least`` so much.
    :param at_least: from 0 to 1, default 0.9; only with ``"similarity"``.
    :param output: the part of outputs that are a mapping; default: all of them.
    :raises ScorerError: a value cannot be used, or rapidfuzz is not installed for ``"similarity"``.
    """
    if how not in get_args(How):
        raise ScorerError(f"unchanged: how={how!r} must be one of {', '.join(map(repr, get_args(How)))}")
    least = _checked_least(how, at_least)
    compare = {"exact": same_value, "normalized": _same_words, "similarity": _similar(least)}[how]
    mark = fingerprint("unchanged", {"how": how, "at_least": least}, output=output)
    return BaselineCheck("unchanged" if name is None else name, mark, compare, output)


def _checked_least(how: str, at_least: object) -> float | None:
    if how != "similarity":
        if at_least is not None:
            raise ScorerError(
                f"unchanged: at_least={at_least!r} goes with how='similarity', not with {how!r}"
            )
        return None
    require("rapidfuzz", kind="unchanged: how='similarity'", package="rapidfuzz", extra="text")
    if at_least is None:
        return DEFAULT_SIMILARITY
    if isinstance(at_least, bool) or not isinstance(at_least, (int, float)) or not 0 <= at_least <= 1:
        raise ScorerError(f"unchanged: at_least={at_least!r} must be a number from 0 to 1")
    return float(at_least)


def _same_words(a: Any, b: Any) -> bool:
    return answer_words(as_text(a)) == answer_words(as_text(b))


def _similar(least: float | None) -> Callable[[Any, Any], bool]:
    def similar(a: Any, b: Any) -> bool:
        ratio = float(library("rapidfuzz.distance").Levenshtein.normalized_similarity(as_text(a), as_text(b)))
        return least is not None and (ratio >= least or math.isclose(ratio, least))

    return similar
