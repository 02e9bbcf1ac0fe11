"""What a judge may answer, and what several answers about one case come to."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Protocol

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Value
from pytest_vtrack.scoring.measures import Measures

Answer = str | float


class Form(Protocol):
    """What may be answered."""

    @property
    def measures(self) -> Measures:
        """What the metric is declared to be."""

    @property
    def schema(self) -> dict[str, Any]:
        """The answer's JSON schema."""

    @property
    def meaning(self) -> Any:
        """What the answers stand for, where the schema does not say it; for the fingerprint."""

    @property
    def words(self) -> str:
        """The same as the schema, for a reader."""

    def read(self, answer: object) -> Answer:
        """Return an answer as it is meant.

        :raises ValueError: it is none of those allowed.
        """

    def combined(self, answers: Sequence[Answer]) -> Value | None:
        """Return what answers come to; ``None``: as many for one as for another."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some labels, by majority."""

    labels: tuple[str, ...]
    measures: Measures
    good: frozenset[str] | None = None
    """With these the metric is yes or no; ``None``: it is the label."""

    @property
    def schema(self) -> dict[str, Any]:
        """The labels."""
        return {"type": "string", "enum": list(self.labels)}

    @property
    def meaning(self) -> list[str] | None:
        """Which labels are a yes."""
        return None if self.good is None else sorted(self.good)

    @property
    def words(self) -> str:
        """The labels, in quotes."""
        return "exactly one of " + ", ".join(json.dumps(each, ensure_ascii=False) for each in self.labels)

    def read(self, answer: object) -> str:
        """Return the label, however it is written.

        :raises ValueError: there is no such label.
        """
        said = answer.strip().casefold() if isinstance(answer, str) else None
        found = [label for label in self.labels if label == answer]
        found = found or [label for label in self.labels if label.casefold() == said]
        if len(found) != 1:
            raise ValueError(f"answer {answer!r} is not {self.words}")
        return found[0]

    def combined(self, answers: Sequence[Answer]) -> Value | None:
        """Return what most say."""
        values = [answer if self.good is None else answer in self.good for answer in answers]
        (first, most), *rest = Counter(values).most_common()
        return None if rest and rest[0][1] == most else first


@dataclass(frozen=True, slots=True)
class Amounts:
    """One of some labels that stand for numbers, by their mean."""

    amounts: Mapping[str, float]
    measures: Measures
    labels: Choice = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", Choice(tuple(self.amounts), self.measures))

    @property
    def schema(self) -> dict[str, Any]:
        """The labels."""
        return self.labels.schema

    @property
    def meaning(self) -> dict[str, float]:
        """The numbers."""
        return dict(self.amounts)

    @property
    def words(self) -> str:
        """The labels, in quotes."""
        return self.labels.words

    def read(self, answer: object) -> str:
        """Return the label, however it is written.

        :raises ValueError: there is no such label.
        """
        return self.labels.read(answer)

    def combined(self, answers: Sequence[Answer]) -> Value | None:
        """Return the mean of what the labels stand for."""
        return fmean(self.amounts[str(answer)] for answer in answers)


@dataclass(frozen=True, slots=True)
class Scale:
    """A number between two, by the mean."""

    low: float
    high: float
    measures: Measures
    whole: bool = False

    @property
    def schema(self) -> dict[str, Any]:
        """Type and bounds."""
        if self.whole:
            return {"type": "integer", "minimum": int(self.low), "maximum": int(self.high)}
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    @property
    def meaning(self) -> None:
        """The schema says all."""

    @property
    def words(self) -> str:
        """Type and bounds, in words."""
        return f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g}"

    def read(self, answer: object) -> float:
        """Return the number; a text may hold one.

        :raises ValueError: it is none of the scale.
        """
        try:
            number = math.nan if isinstance(answer, bool) else float(answer)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if not self.low <= number <= self.high or (self.whole and number != int(number)):
            raise ValueError(f"answer {answer!r} is not {self.words}")
        return number

    def combined(self, answers: Sequence[Answer]) -> Value | None:
        """Return the mean."""
        return fmean(float(answer) for answer in answers)


def form_of(choices: object, scale: object, better: object, where: str) -> Form:
    """Return what may be answered.

    :raises ScorerError: it cannot be asked for so.
    """
    if choices is not None and scale is not None:
        raise ScorerError(f"{where}: give choices= or scale=, not both")
    if scale is not None:
        return _scale(scale, better, where)
    if isinstance(choices, Mapping):
        return _amounts(choices, better, where)
    if choices is None and better is not None:
        raise ScorerError(f"{where}: better={better!r} names a choice, but choices= is not given")
    if choices is None:
        return Choice(("yes", "no"), Measures("bool"), frozenset({"yes"}))
    labels = _labels(choices, where)
    if better is None:
        return Choice(labels, Measures("category"))
    good = _labels((better,) if isinstance(better, str) else better, where, what="better", least=1)
    if unknown := [each for each in good if each not in labels]:
        raise ScorerError(
            f"{where}: better={unknown[0]!r} is none of the choices {', '.join(map(repr, labels))}"
        )
    if len(good) == len(labels):
        raise ScorerError(f"{where}: better={better!r} names every choice, so nothing could be worse")
    return Choice(labels, Measures("bool"), frozenset(good))


def _labels(given: object, where: str, *, what: str = "choices", least: int = 2) -> tuple[str, ...]:
    labels = tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else ()
    if len(labels) < least or not all(isinstance(each, str) and each.strip() for each in labels):
        raise ScorerError(
            f"{where}: {what}={given!r} must be a list of {least} texts or more, such as ['right', 'wrong']"
        )
    if len({each.strip().casefold() for each in labels}) < len(labels):
        raise ScorerError(f"{where}: {what}={given!r} holds one text twice")
    return labels


def _amounts(choices: Mapping[Any, Any], better: object, where: str) -> Amounts:
    labels = _labels(list(choices), where)
    amounts = {label: _number(choices[label], f"{where}: choices[{label!r}]") for label in labels}
    low, high = min(amounts.values()), max(amounts.values())
    if low == high:
        raise ScorerError(f"{where}: choices={dict(choices)!r} all stand for the same number")
    return Amounts(amounts, _bounded(low, high, better, where))


def _scale(scale: object, better: object, where: str) -> Scale:
    ends = tuple(scale) if isinstance(scale, Sequence) and not isinstance(scale, str) else ()
    if len(ends) != 2:
        raise ScorerError(f"{where}: scale={scale!r} must be two numbers, the lowest first, such as (1, 5)")
    low, high = (_number(end, f"{where}: scale") for end in ends)
    if low >= high:
        raise ScorerError(f"{where}: scale={scale!r} must have the lowest number first")
    whole = all(isinstance(end, int) for end in ends)
    return Scale(low, high, _bounded(low, high, better, where), whole)


def _bounded(low: float, high: float, better: object, where: str) -> Measures:
    if better is not None and better != "higher" and better != "lower":
        raise ScorerError(
            f"{where}: better={better!r} must be 'higher' or 'lower', as the answers are numbers"
        )
    direction = better if better == "lower" else "higher"
    return Measures("bounded", direction, (low, high))


def _number(value: object, where: str) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ScorerError(f"{where}: {value!r} must be a finite number")
