"""What a store holds, in numbers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pytest_vtrack.store import schema
from pytest_vtrack.store.protocol import StoreInfo
from pytest_vtrack.store.runs import run_of


def info(connection: sa.Connection, location: str, size: int) -> StoreInfo:
    """Count what the store holds."""
    run = schema.run
    recorded = run.select().where(run.c.origin != "file")
    oldest = connection.execute(recorded.order_by(run.c.started_at, run.c.id).limit(1)).first()
    newest = connection.execute(recorded.order_by(run.c.started_at.desc(), run.c.id.desc()).limit(1)).first()
    return StoreInfo(
        location=location,
        schema=schema.VERSION,
        size=size,
        experiments=_count(connection, sa.select(run.c.experiment).distinct()),
        versions=_count(connection, sa.select(run.c.experiment, run.c.version).distinct()),
        runs=_count(connection, sa.select(run.c.id)),
        cases=_count(connection, sa.select(schema.case_.c.id)),
        traces=_count(connection, sa.select(schema.trace.c.run_id)),
        assessments=_count(connection, sa.select(schema.assessment.c.cell)),
        oldest=None if oldest is None else run_of(oldest),
        newest=None if newest is None else run_of(newest),
    )


def _count(connection: sa.Connection, rows: sa.Select[Any]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one()
