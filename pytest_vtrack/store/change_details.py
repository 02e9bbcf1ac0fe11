"""What a report says of a changed case: its values on both sides, why, its tags and its error."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import CaseChange, CaseVerdict, ValueChange
from pytest_vtrack.model.run import CaseKey
from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.change_table import BETTER, LOST, change
from pytest_vtrack.store.reading import tags_of
from pytest_vtrack.store.series import specs_by_series
from pytest_vtrack.store.sides import Sides

_CHUNK = 500


def listed(
    connection: sa.Connection, sides: Sides, cases: Sequence[int], *, ratios: Collection[int] = ()
) -> tuple[CaseChange, ...]:
    """Describe cases that were noted as changed, in the order given.

    :param ratios: series whose values were noted as logarithms.
    """
    specs = specs_by_series(connection, sides.current)
    return tuple(
        described
        for chunk in _chunks(cases)
        for described in _described(connection, sides, chunk, specs, ratios)
    )


def _chunks(cases: Sequence[int]) -> Iterator[Sequence[int]]:
    return (cases[start : start + _CHUNK] for start in range(0, len(cases), _CHUNK))


def _described(
    connection: sa.Connection,
    sides: Sides,
    cases: Sequence[int],
    specs: Mapping[int, MetricSpec],
    ratios: Collection[int],
) -> Iterator[CaseChange]:
    changes: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(sa.select(change).where(change.c.case_id.in_(cases))).all():
        changes[row.case_id].append(row)
    facts = _facts(connection, sides.current, cases)
    tags = tags_of(connection, [row.tagset_id for row in facts.values() if row.tagset_id is not None])
    rows = _rows(connection, sides, cases)
    for case_id in cases:
        mine = sorted(changes[case_id], key=lambda row: (-row.loss, specs[row.series_id].name))
        values = tuple(
            _value_change(row, specs[row.series_id], rows, ratio=row.series_id in ratios) for row in mine
        )
        fact = facts[case_id]
        yield CaseChange(
            key=CaseKey(fact.test, fact.dataset, fact.name, fact.digest, fact.flags),
            case_id=fact.name,
            test=fact.test,
            dataset=fact.dataset,
            verdict=_verdict([row.sign for row in mine]),
            values=values,
            tags=tags.get(fact.tagset_id, {}),
            nodeid=fact.nodeid,
            error=fact.error,
            loss=values[0].loss,
        )


def _verdict(signs: Sequence[int]) -> CaseVerdict:
    if LOST in signs:
        return "error"
    return "fixed" if max(signs) == BETTER else "regressed"


def _facts(connection: sa.Connection, run_id: int, cases: Sequence[int]) -> dict[int, Any]:
    """Return what the current run knows of each case: its first trial, or the first with an error."""
    t, text, c = schema.trace, schema.trace_text, schema.case_
    same = [t.c[name] == text.c[name] for name in ("run_id", "case_id", "trial", "attempt")]
    query = (
        sa.select(t.c.case_id, c.c.case_id.label("name"), c.c.test, c.c.dataset, c.c.digest, c.c.flags)
        .add_columns(t.c.tagset_id, text.c.nodeid, text.c.error)
        .join(text, sa.and_(*same))
        .join(c, c.c.id == t.c.case_id)
        .where(t.c.run_id == run_id, t.c.case_id.in_(cases), t.c.newest == 1)
        .order_by(t.c.case_id, t.c.errored, t.c.trial.desc())  # the last one found stays
    )
    return {row.case_id: row for row in connection.execute(query).all()}


_Rows = Mapping[tuple[int, int], Sequence[Any]]
"""Assessments in the order of trials, by case and series."""


def _rows(connection: sa.Connection, sides: Sides, cases: Sequence[int]) -> _Rows:
    """Return the current run's assessments of some cases, with their rationales."""
    a, text, s, c = schema.assessment, schema.assessment_text, schema.series, schema.case_
    query = (
        sa.select(
            *(c.c.id.label("case_id"), s.c.id.label("series_id"), a.c.value, a.c.status),
            *(text.c.rationale, text.c.error),
        )
        .select_from(c.join(s, s.c.run_id == sides.current))
        .join(a, a.c.cell == cell(s.c.id, c.c.id))
        .outerjoin(text, sa.and_(text.c.cell == a.c.cell, text.c.trial == a.c.trial))
        .where(c.c.id.in_(cases))
        .order_by(a.c.trial)
    )
    found: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for row in connection.execute(query).all():
        found[row.case_id, row.series_id].append(row)
    return found


def _value_change(row: Any, spec: MetricSpec, rows: _Rows, *, ratio: bool) -> ValueChange:
    mine = rows.get((row.case_id, row.series_id), ())
    plain = any(each.status == schema.BOOL for each in mine) or spec.kind == "bool"
    return ValueChange(
        metric=spec.name,
        baseline=_shown(row.before, row.before_trials, yes_no=plain, ratio=ratio),
        current=_shown(row.now, row.now_trials, yes_no=plain, ratio=ratio),
        baseline_trials=row.before_trials,
        current_trials=row.now_trials,
        loss=row.loss,
        rationale=_rationale(mine, spec),
    )


def _shown(value: float | None, trials: int, *, yes_no: bool, ratio: bool) -> bool | float | None:
    if value is None:
        return None
    if ratio:
        return math.exp(value)
    return bool(value) if yes_no and trials == 1 else value


def _rationale(rows: Sequence[Any], spec: MetricSpec) -> str | None:
    """Return the reason given for the worst trial that has one."""
    sign = 1.0 if spec.better == "higher" else -1.0

    def goodness(row: Any) -> float:
        return -math.inf if row.value is None else sign * row.value

    reasons = [row for row in rows if row.rationale or row.error]
    worst = min(reasons, key=goodness, default=None)
    return None if worst is None else worst.rationale or worst.error
