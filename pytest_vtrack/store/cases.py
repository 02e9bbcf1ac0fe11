"""How the cases of two runs relate: shared, new, gone, edited."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.comparison import CaseCounts
from pytest_vtrack.store import schema
from pytest_vtrack.store.protocol import CaseRelation
from pytest_vtrack.store.renames import renamed
from pytest_vtrack.store.sides import Sides, lay_out

_lone = sa.Table(
    "vtrack_lone",
    sa.MetaData(),
    sa.Column("side", sa.SmallInteger, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("test", "dataset", "name", "flags")),
    sa.Index("vtrack_lone_by_name", "side", "name"),
    prefixes=["TEMPORARY"],
)
"""The cases of one side only; tests of the baseline stand under the name they have now."""

_BASELINE, _CURRENT = 0, 1


def case_relation(
    connection: sa.Connection, baseline_key: str, current_key: str, *, limit: int
) -> CaseRelation:
    """Count shared, new, gone and edited cases and list the first of them."""
    sides = lay_out(connection, baseline_key, current_key)
    connection.exec_driver_sql("DROP TABLE IF EXISTS vtrack_lone")
    _lone.create(connection, checkfirst=False)
    _write_lone(connection, sides)
    total = _count(connection, sa.select(_cases(sides.current, "now")))
    new, gone = _without_partner(_CURRENT), _without_partner(_BASELINE)
    edited = _with_partner()
    lone = _count(connection, sa.select(_lone.c.name).where(_lone.c.side == _CURRENT))
    counts = CaseCounts(
        total=total,
        shared=total - lone,
        new=_count(connection, new),
        gone=_count(connection, gone),
        edited=_count(connection, edited),
        errors=_errors(connection, sides.current),
    )
    return CaseRelation(counts, *(_names(connection, cases, limit) for cases in (new, gone, edited)))


def _cases(run_id: int, name: str) -> sa.Subquery:
    t = schema.trace
    return sa.select(t.c.case_id).distinct().where(t.c.run_id == run_id, t.c.newest == 1).subquery(name)


def _write_lone(connection: sa.Connection, sides: Sides) -> None:
    before, now = _cases(sides.baseline, "before"), _cases(sides.current, "now")
    former: Any = now.c.case_id
    later: Any = before.c.case_id
    if sides.renames:
        former = _renamed(renamed.c.baseline_case, renamed.c.current_case, now)
        later = _renamed(renamed.c.current_case, renamed.c.baseline_case, before)
    in_baseline = _stored(sides.baseline, former, now)
    in_current = _stored(sides.current, later, before)
    for side, cases, shared in ((_CURRENT, now, in_baseline), (_BASELINE, before, in_current)):
        connection.execute(_lone.insert().from_select(_lone.c.keys(), _named(side, cases, ~shared, sides)))


def _stored(run_id: int, case_id: Any, of: sa.Subquery) -> Any:
    t = schema.trace.alias("stored")
    where = t.c.run_id == run_id, t.c.case_id == case_id, t.c.newest == 1
    return sa.select(t.c.case_id).where(*where).correlate(of).exists()


def _renamed(other: Any, own: Any, cases: sa.Subquery) -> Any:
    """Return the number that a case has on the other side, its own where its test was not renamed."""
    number = sa.select(other).where(own == cases.c.case_id).correlate(cases).scalar_subquery()
    return sa.func.coalesce(number, cases.c.case_id)


def _named(side: int, cases: sa.Subquery, condition: Any, sides: Sides) -> sa.Select[Any]:
    c = schema.case_
    test: Any = c.c.test
    if side == _BASELINE and sides.renames:
        whens = [
            (sa.and_(c.c.dataset == dataset, c.c.test == old), new) for dataset, old, new in sides.renames
        ]
        test = sa.case(*whens, else_=c.c.test)
    columns = (sa.literal(side), test, c.c.dataset, c.c.case_id, c.c.flags)
    return sa.select(*columns).join(cases, cases.c.case_id == c.c.id).where(condition)


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


def _errors(connection: sa.Connection, run_id: int) -> int:
    """Count the cases with an error in the application or in a scorer."""
    t, a = schema.trace, schema.assessment
    in_app = sa.select(t.c.case_id).where(t.c.run_id == run_id, t.c.newest == 1, t.c.errored == 1)
    in_scorer = sa.select(a.c.case_id).where(a.c.run_id == run_id, a.c.status == schema.ERROR)
    cases = in_app.union(in_scorer).subquery("cases")
    return connection.execute(sa.select(sa.func.count()).select_from(cases)).scalar_one()
