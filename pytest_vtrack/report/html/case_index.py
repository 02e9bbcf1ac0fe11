"""The table of all cases: what is needed to filter, sort and list them, in columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from pytest_vtrack.model.assessment import Assessment, Kind, Value
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.report.html.case_text import Fields, dumps
from pytest_vtrack.report.html.material import CasePair, CaseStatus, Mark
from pytest_vtrack.report.html.value_text import value_text

STATUSES: tuple[CaseStatus, ...] = ("worse", "better", "same", "new", "gone", "edited")
MARKS: tuple[Mark, ...] = ("same", "worse", "better", "changed")
_SNIPPET = 120


class CaseIndex:
    """Takes cases one by one and keeps a few short values of each.

    :param metrics: the metrics to show, and their kinds.
    """

    def __init__(self, metrics: Mapping[str, Kind | None]) -> None:
        self.ids: list[str] = []
        """What each case is called."""
        self._statuses: list[int] = []
        self._losses: list[float] = []
        self.errors: list[int] = []
        """1 for cases with an error now."""
        self.inputs: list[str] = []
        """The beginning of what was asked in each case."""
        self.whys: list[str] = []
        """Why each case is as it is."""
        self._tests, self._datasets, self._tagsets = _Words(), _Words(), _Words()
        self.columns = [MetricColumn(name, kind) for name, kind in metrics.items()]
        self.numbers: dict[tuple[str, str, str, str], int] = {}
        """The number of each case, by test, dataset, case id and flags."""

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, pair: CasePair, inputs: Fields) -> None:
        """Add a case; its number is how many came before.

        :param inputs: the newest inputs of the case.
        """
        key, newest = pair.key, pair.newest
        self.numbers[key.test, key.dataset, key.case_id, key.flags] = len(self.ids)
        self.ids.append(key.case_id if key.dataset else newest.nodeid or key.test)
        self._statuses.append(STATUSES.index(pair.status))
        self._losses.append(pair.loss)
        self.errors.append(int(any(_has_error(trial) for trial in pair.current)))
        self.inputs.append(_snippet(inputs))
        self.whys.append(_reason(pair))
        self._tests.add(key.test)
        self._datasets.add(key.dataset)
        flags = json.loads(key.flags) if key.flags else {}
        self._tagsets.add(dumps({**newest.tags, **flags}))
        for column in self.columns:
            column.add(pair)

    def number_of(self, key: Any) -> int | None:
        """Return the number of the case with this key."""
        return None if key is None else self.numbers.get((key.test, key.dataset, key.case_id, key.flags))

    def plain(self) -> dict[str, Any]:
        """Return the columns as plain values."""
        return {
            "ids": self.ids,
            "status": self._statuses,
            "loss": self._losses,
            "error": self.errors,
            "input": self.inputs,
            "why": self.whys,
            "test": self._tests.plain(),
            "dataset": self._datasets.plain(),
            "tags": {
                "of": self._tagsets.numbers,
                "sets": [
                    [[name, str(value)] for name, value in json.loads(each).items()]
                    for each in self._tagsets.words
                ],
            },
            "metrics": [column.plain() for column in self.columns],
        }


class _Words:
    """A column of few words that stand many times."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self.numbers: list[int] = []

    def add(self, word: str) -> None:
        self.numbers.append(self._known.setdefault(word, len(self._known)))

    @property
    def words(self) -> list[str]:
        return list(self._known)

    def plain(self) -> dict[str, Any]:
        return {"of": self.numbers, "words": self.words}


class MetricColumn:
    """One metric of all cases."""

    def __init__(self, name: str, kind: Kind | None) -> None:
        self.name, self.kind = name, kind
        self._sides = _Words(), _Words()
        self.values: list[float | None] = []
        """The current values, or the baseline's of cases that are gone."""
        self._marks: list[int] = []
        self._losses: list[float] = []

    def text(self, number: int) -> str:
        """Return the current value of a case."""
        words = self._sides[1]
        return words.words[words.numbers[number]]

    def _text(self, value: Value | None, count: int, trials: Sequence[CaseResult]) -> str:
        return _missing(trials, self.name) if value is None else value_text(value, count, self.kind)

    def add(self, pair: CasePair) -> None:
        """Add the next case."""
        before, now = pair.judged
        old, old_count = _mean(before.get(self.name, ()))
        new, new_count = _mean(now.get(self.name, ()))
        self._sides[0].add(self._text(old, old_count, pair.baseline))
        self._sides[1].add(self._text(new, new_count, pair.current))
        value = new if pair.current else old
        self.values.append(None if value is None or isinstance(value, str) else _tame(float(value)))
        cell = pair.cells.get(self.name)
        self._marks.append(MARKS.index(cell.mark) if cell else 0)
        self._losses.append(cell.loss if cell else 0)

    def plain(self) -> dict[str, Any]:
        """Return the column as plain values."""
        return {
            "name": self.name,
            "label": self.kind == "category",
            "b": self._sides[0].plain(),
            "c": self._sides[1].plain(),
            "value": self.values,
            "mark": self._marks,
            "loss": self._losses,
        }


def _missing(trials: Sequence[CaseResult], metric: str) -> str:
    """Return what stands where a side has no value."""
    failed = any(
        trial.error or any(one.error for one in trial.assessments if one.metric.name == metric)
        for trial in trials
    )
    return "error" if failed else ""


def _mean(judged: Sequence[Assessment]) -> tuple[Value | None, int]:
    """Return the mean over trials, or the newest label, and how many trials have one."""
    if len(judged) == 1:
        return judged[0].value, 1
    values = [one.value for one in judged if one.value is not None]
    if not values:
        return None, 0
    if len(values) == 1 or isinstance(values[-1], str):
        return values[-1], len(values)
    return fmean(float(value) for value in values), len(values)


def _tame(value: float) -> float:
    """Return a value with few digits: it only sorts, and every digit is in the file."""
    return float(f"{value:.5g}")


def _has_error(trial: CaseResult) -> bool:
    return trial.error is not None or any(one.error for one in trial.assessments)


def _reason(pair: CasePair) -> str:
    """Return why the case is as it is: its error, else the reason of the metric that lost most."""
    newest = pair.newest
    if newest.error:
        return _shortened(newest.error)
    told = [one for one in newest.assessments if one.rationale or one.error]
    if not told:
        return ""
    cells = pair.cells
    most = max(told, key=lambda one: cells[one.metric.name].loss if one.metric.name in cells else 0.0)
    return _shortened(most.rationale or most.error or "")


def _snippet(inputs: Fields) -> str:
    """Return the beginning of the longest input: what was asked, not in which language."""
    return _shortened(max((text for _, text in inputs), key=len, default=""))


def _shortened(text: str) -> str:
    words = " ".join(text[: 2 * _SNIPPET].split())
    return words if len(words) <= _SNIPPET and len(text) <= 2 * _SNIPPET else f"{words[: _SNIPPET - 1]}…"
