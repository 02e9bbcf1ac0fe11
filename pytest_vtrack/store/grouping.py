"""Cases in groups, by the tags that they have in the current run: clusters and slices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.store import schema, temporary
from pytest_vtrack.store.sides import Sides
from pytest_vtrack.store.statements import insert_many, mapping

group_of = temporary.table(
    "vtrack_group",
    sa.Column("case_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
)
"""The group of each case of the current run."""

_part_of = temporary.table(
    "vtrack_part",
    sa.Column("tagset_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, nullable=False),
)

Part = tuple[tuple[str, str], ...]
"""The values that the cases of a group have for the tags of interest."""


def write_clusters(connection: sa.Connection, sides: Sides, tag: str) -> None:
    """Group cases with equal values of a tag; a case without it is a group of its own (negative numbers)."""
    values = schema.tagset_value
    first = (
        sa.select(values.c.value, sa.func.min(values.c.tagset_id).label("number"))
        .where(values.c.tag == tag)
        .group_by(values.c.value)
        .subquery()
    )
    tagsets = sa.select(values.c.tagset_id, first.c.number).where(values.c.tag == tag)
    named = tagsets.join(first, first.c.value == values.c.value).subquery("named")
    cases = _case_tagsets(sides)
    number = sa.func.coalesce(named.c.number, -cases.c.case_id)
    joined = cases.outerjoin(named, named.c.tagset_id == cases.c.tagset_id)
    _fill(connection, sa.select(cases.c.case_id, number).select_from(joined))


def write_parts(connection: sa.Connection, sides: Sides, tags: Sequence[str]) -> Mapping[int, Part]:
    """Group cases that have the same values of several tags; return what each group has."""
    temporary.make(connection, _part_of)
    numbers: dict[Part, int] = {}
    for chunk in _tagsets(connection, sides.current, tags):
        rows = [(tagset_id, numbers.setdefault(part, len(numbers) + 1)) for tagset_id, part in chunk]
        insert_many(connection, _part_of, rows)
    cases = _case_tagsets(sides)
    joined = cases.join(_part_of, _part_of.c.tagset_id == cases.c.tagset_id)
    _fill(connection, sa.select(cases.c.case_id, _part_of.c.number).select_from(joined))
    return {number: part for part, number in numbers.items()}


def part_sizes(connection: sa.Connection) -> dict[int, int]:
    """Return the number of cases in each group."""
    query = sa.select(group_of.c.number, sa.func.count()).group_by(group_of.c.number)
    return mapping(connection, query)


def tags_with_few_values(
    connection: sa.Connection, run_id: int, most: int, always: Collection[str] = ()
) -> list[str]:
    """Return the tags that have two values or more in a run, but not too many; of ``always`` any."""
    values, sets = schema.tagset_value, _run_tagsets(run_id)
    count = sa.func.count(values.c.value.distinct())
    query = (
        sa.select(values.c.tag)
        .join(sets, sets.c.tagset_id == values.c.tagset_id)
        .group_by(values.c.tag)
        .having(sa.or_(count.between(2, most), values.c.tag.in_(always)))
        .order_by(values.c.tag)
    )
    return list(connection.scalars(query))


def _case_tagsets(sides: Sides) -> sa.Subquery:
    """Return the tag set of each case of the current run, as its newest trial has it."""
    t = schema.trace
    mine = t.c.run_id == sides.current, t.c.newest == 1
    if sides.single:
        return sa.select(t.c.case_id, t.c.tagset_id).where(*mine).subquery("cases")
    newest = sa.select(t.c.case_id, sa.func.max(t.c.trial).label("trial")).where(*mine).group_by(t.c.case_id)
    last = newest.subquery("last")
    same = sa.and_(*mine, t.c.case_id == last.c.case_id, t.c.trial == last.c.trial)
    return sa.select(t.c.case_id, t.c.tagset_id).join(last, same).subquery("cases")


def _run_tagsets(run_id: int) -> sa.Subquery:
    t = schema.trace
    return sa.select(t.c.tagset_id).distinct().where(t.c.run_id == run_id, t.c.newest == 1).subquery("sets")


def _tagsets(connection: sa.Connection, run_id: int, tags: Sequence[str]) -> Iterable[list[tuple[int, Part]]]:
    """Stream the tag sets of a run that have any of some tags, with what they have of them."""
    values, sets = schema.tagset_value, _run_tagsets(run_id)
    query = (
        sa.select(values.c.tagset_id, values.c.tag, values.c.value)
        .join(sets, sets.c.tagset_id == values.c.tagset_id)
        .where(values.c.tag.in_(tags))
        .order_by(values.c.tagset_id, values.c.tag)
    )
    found: dict[int, Part] = {}
    for rows in connection.execute(query.execution_options(yield_per=1000)).partitions():
        for tagset_id, tag, value in rows:
            found[tagset_id] = (*found.get(tagset_id, ()), (tag, value))
        last = rows[-1][0]  # its other tags may come with the next rows
        yield [(tagset_id, part) for tagset_id, part in found.items() if tagset_id != last]
        found = {last: found[last]}
    yield list(found.items())


def _fill(connection: sa.Connection, cases: sa.Select[Any]) -> None:
    temporary.make(connection, group_of)
    connection.execute(group_of.insert().from_select(["case_id", "number"], cases))
