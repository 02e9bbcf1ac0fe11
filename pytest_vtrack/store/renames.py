"""Renamed or moved tests: a dataset that one test ran before and another test runs now."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store import schema, temporary
from pytest_vtrack.store.statements import mapping

renamed = temporary.table(
    "vtrack_renamed",
    sa.Column("baseline_case", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("current_case", sa.Integer, nullable=False, index=True),
)
"""Which case of the current run is which case of the baseline under its test's former name."""


Rename = tuple[str, str, str]
"""A dataset, the test that ran it in the baseline, and the test that runs it now."""


def write_renames(connection: sa.Connection, baseline: int, current: int) -> tuple[Rename, ...]:
    """Find the renamed tests; where there are any, pair their cases in :data:`renamed`."""
    before, now = _tests_by_dataset(connection, baseline), _tests_by_dataset(connection, current)
    pairs = tuple(
        (dataset, before[dataset], test) for dataset, test in now.items() if before.get(dataset, test) != test
    )
    if not pairs:
        return ()
    temporary.make(connection, renamed)
    for dataset, old, new in pairs:
        connection.execute(_same_cases(baseline, current, dataset, old, new))
    return pairs


def _tests_by_dataset(connection: sa.Connection, run_id: int) -> dict[str, str]:
    """Return the test of each dataset that exactly one test ran."""
    table = schema.run_test
    query = (
        sa.select(table.c.dataset, sa.func.min(table.c.test))
        .where(table.c.run_id == run_id, table.c.dataset != "")
        .group_by(table.c.dataset)
        .having(sa.func.count() == 1)
    )
    return mapping(connection, query)


def _same_cases(baseline: int, current: int, dataset: str, old: str, new: str) -> sa.Insert:
    before, now = _cases(baseline, dataset, old, "before"), _cases(current, dataset, new, "now")
    same = [before.c[name] == now.c[name] for name in ("name", "flags", "digest")]
    pairs = sa.select(before.c.id, now.c.id).join(now, sa.and_(*same))
    return renamed.insert().from_select(["baseline_case", "current_case"], pairs)


def _cases(run_id: int, dataset: str, test: str, name: str) -> sa.Subquery:
    t, c = schema.trace, schema.case_
    return (
        sa.select(c.c.id, c.c.case_id.label("name"), c.c.flags, c.c.digest)
        .distinct()
        .join(t, t.c.case_id == c.c.id)
        .where(t.c.run_id == run_id, c.c.dataset == dataset, c.c.test == test)
        .subquery(name)
    )
