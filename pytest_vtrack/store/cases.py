"""How the cases of two runs relate: shared, new, gone, edited."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.comparison import CaseCounts
from pytest_vtrack.store import schema, temporary
from pytest_vtrack.store.cells import case_of, in_series
from pytest_vtrack.store.protocol import CaseRelation
from pytest_vtrack.store.sides import Sides, lay_out
from pytest_vtrack.store.summaries import summaries
from pytest_vtrack.store.texts import TEXT

_lone = temporary.table(
    "vtrack_lone",
    sa.Column("side", sa.SmallInteger, nullable=False),
    *(sa.Column(name, TEXT, nullable=False) for name in ("test", "dataset", "name", "flags")),
    sa.Index("vtrack_lone_by_name", "side", "name"),
)
"""The cases of one side only; tests of the baseline stand under the name they have now."""

_BASELINE, _CURRENT = 0, 1


def case_relation(
    connection: sa.Connection, baseline_key: str, current_key: str, *, limit: int
) -> CaseRelation:
    """Count shared, new, gone and edited cases and list the first of them."""
    sides = lay_out(connection, baseline_key, current_key)
    temporary.make(connection, _lone)
    total = _count(connection, _cases(sides.current))
    _write_lone(connection, _CURRENT, _lone_in_current(sides), sides)
    shared = total - _count(connection, sa.select(_lone.c.name))
    if shared < _count(connection, _cases(sides.baseline)):
        _write_lone(connection, _BASELINE, _lone_in_baseline(sides), sides)
    new, gone = _without_partner(_CURRENT), _without_partner(_BASELINE)
    edited = _with_partner()
    counts = CaseCounts(
        total=total,
        shared=shared,
        new=_count(connection, new),
        gone=_count(connection, gone),
        edited=_count(connection, edited),
        errors=_errors(connection, sides),
    )
    return CaseRelation(counts, *(_names(connection, cases, limit) for cases in (new, gone, edited)))


def count_cases(connection: sa.Connection, run_id: int) -> int:
    """Count the cases that a run has results of."""
    return _count(connection, _cases(run_id))


def _cases(run_id: int) -> sa.Select[Any]:
    t = schema.trace
    return sa.select(t.c.case_id).distinct().where(t.c.run_id == run_id, t.c.newest == 1)


def _lone_in_current(sides: Sides) -> sa.Select[Any]:
    return _cases(sides.current).where(~_stored(sides.baseline, sides.baseline_case(schema.trace.c.case_id)))


def _lone_in_baseline(sides: Sides) -> sa.Select[Any]:
    return _cases(sides.baseline).where(~_stored(sides.current, sides.current_case(schema.trace.c.case_id)))


def _stored(run_id: int, case_id: Any) -> Any:
    t = schema.trace.alias("stored")
    found = sa.exists().where(t.c.run_id == run_id, t.c.case_id == case_id, t.c.newest == 1)
    return found.correlate_except(t)


def _write_lone(connection: sa.Connection, side: int, lone: sa.Select[Any], sides: Sides) -> None:
    c, cases = schema.case_, lone.subquery("lone")
    test: Any = c.c.test
    if side == _BASELINE and sides.renames:
        whens = [
            (sa.and_(c.c.dataset == dataset, c.c.test == old), new) for dataset, old, new in sides.renames
        ]
        test = sa.case(*whens, else_=c.c.test)
    columns = (sa.literal(side), test, c.c.dataset, c.c.case_id, c.c.flags)
    rows = sa.select(*columns).join(cases, cases.c.case_id == c.c.id)
    connection.execute(_lone.insert().from_select(_lone.c.keys(), rows))


def _partner(side: int) -> Any:
    other = _lone.alias("other")
    same = [other.c[name] == _lone.c[name] for name in ("test", "dataset", "name", "flags")]
    return sa.exists().where(other.c.side == side, *same)


def _without_partner(side: int) -> sa.Select[Any]:
    other = _BASELINE if side == _CURRENT else _CURRENT
    return sa.select(_lone.c.name).where(_lone.c.side == side, ~_partner(other))


def _with_partner() -> sa.Select[Any]:
    return sa.select(_lone.c.name).where(_lone.c.side == _CURRENT, _partner(_BASELINE))


def _count(connection: sa.Connection, rows: sa.Select[Any]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(rows.subquery("counted"))).scalar_one()


def _names(connection: sa.Connection, rows: sa.Select[Any], limit: int) -> tuple[str, ...]:
    return tuple(connection.scalars(rows.order_by(_lone.c.name).limit(limit)))


def _errors(connection: sa.Connection, sides: Sides) -> int:
    """Count the cases of the current run with an error in the application or in a scorer."""
    t, a, s = schema.trace, schema.assessment, schema.series
    judged = summaries(connection, sides.current).values()
    suspect = [each.id for each in judged if each.counts.errors or not sides.single]
    in_app = sa.select(t.c.case_id).where(t.c.run_id == sides.current, t.c.newest == 1, t.c.errored == 1)
    in_scorer = (
        sa.select(case_of(a.c.cell, s.c.id))
        .select_from(s.join(a, in_series(a.c.cell, s.c.id)))
        .where(s.c.id.in_(suspect), a.c.status == schema.ERROR)
    )
    cases = in_app.union(in_scorer).subquery("cases")
    return connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one()
