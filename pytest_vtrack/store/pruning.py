"""Deleting runs, and everything that only they used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.run import Run
from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import in_series
from pytest_vtrack.store.runs import run_number, run_of
from pytest_vtrack.store.series import specs_by_series
from pytest_vtrack.store.shard_tables import shard

_PARTS = (
    schema.run_test,
    schema.trace,
    schema.trace_text,
    schema.trace_spans,
    schema.span_payload,
    schema.assessment_superseded,
    schema.verdict,
    schema.series,
    shard,
)


_DAY_S = 86_400.0


def superfluous(connection: sa.Connection, *, keep: int, experiment: str | None, at: float) -> list[Run]:
    """Return the runs that pruning would delete, newest first.

    Runs read from baseline files and from production are counted apart: they never push out a recorded one.

    :param at: now by the clock.
    :raises StoreError: ``keep`` is less than 1.
    """
    if keep < 1:
        raise StoreError(
            f"prune: keep={keep} would delete the newest run too; keep at least 1 run an experiment"
        )
    table = schema.run
    query = table.select().order_by(table.c.started_at.desc(), table.c.id.desc())
    if experiment is not None:
        query = query.where(table.c.experiment == experiment)
    accepted = set(connection.scalars(sa.select(schema.baseline.c.run_id)))
    seen: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for row in connection.execute(query):
        kind = (row.experiment, row.origin)
        seen[kind] += 1
        if seen[kind] > keep and row.id not in accepted and not _may_go_on(connection, row, at):
            found.append(run_of(row))
    return found


def _may_go_on(connection: sa.Connection, row: Any, at: float) -> bool:
    """Tell whether a run may be recorded right now: it is not closed, and something came within a day."""
    if row.status != "running":
        return False
    t = schema.trace.c
    last: float | None = connection.scalar(sa.select(sa.func.max(t.started_at)).where(t.run_id == row.id))
    return bool(max(row.started_at, last or 0.0) > at - _DAY_S)


def remove(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Delete runs, and the cases, tags, labels and outputs that no other run uses.

    :raises StoreError: a run is not stored, or a named baseline points to it.
    """
    for key in keys:
        run_id = run_number(connection, key)
        _check_not_accepted(connection, key, run_id)
        for series in specs_by_series(connection, run_id):
            _remove_values(connection, series)
        for table in _PARTS:
            connection.execute(table.delete().where(table.c.run_id == run_id))
        connection.execute(schema.run.delete().where(schema.run.c.id == run_id))
    _remove_orphans(connection)


def _remove_values(connection: sa.Connection, series: int) -> None:
    for table in (schema.assessment, schema.assessment_text):
        connection.execute(table.delete().where(in_series(table.c.cell, series)))


def _check_not_accepted(connection: sa.Connection, key: str, run_id: int) -> None:
    b = schema.baseline
    name = connection.scalar(sa.select(b.c.name).where(b.c.run_id == run_id).limit(1))
    if name is not None:
        raise StoreError(f"run {key!r} is in the history of the baseline {name!r}, so it is not deleted")


def _remove_orphans(connection: sa.Connection) -> None:
    trace, values = schema.trace, schema.tagset_value
    _keep_used(connection, schema.case_.c.id, sa.select(trace.c.case_id))
    _keep_used(connection, schema.payload.c.id, _used_payloads())
    _keep_used(connection, schema.stepset.c.id, sa.select(trace.c.stepset_id))
    _keep_used(connection, schema.stepset_step.c.stepset_id, sa.select(schema.stepset.c.id))
    _keep_used(connection, schema.tagset.c.id, sa.select(trace.c.tagset_id))
    _keep_used(connection, values.c.tagset_id, sa.select(schema.tagset.c.id))
    labels = [
        sa.select(sa.cast(table.c.value, sa.Integer).label("label")).where(table.c.status == schema.LABEL)
        for table in (schema.assessment, schema.assessment_superseded)
    ]
    used = sa.union_all(*labels).subquery("used")
    _keep_used(connection, schema.label.c.id, sa.select(used.c.label))


def _used_payloads() -> sa.Select[Any]:
    text = schema.trace_text.c
    places = (
        text.payload_id,
        text.inputs_payload_id,
        schema.case_.c.payload_id,
        schema.span_payload.c.payload_id,
    )
    used = sa.union_all(*(sa.select(place.label("number")) for place in places)).subquery("used")
    return sa.select(used.c.number)


def _keep_used(connection: sa.Connection, number: Any, used: sa.Select[Any]) -> None:
    only = used.where(used.selected_columns[0].is_not(None))
    connection.execute(number.table.delete().where(number.not_in(only)))
