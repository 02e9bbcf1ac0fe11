"""What was decided about a run, kept with what it was decided from."""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.model import payload
from pytest_vtrack.model.comparison import Comparison
from pytest_vtrack.store import schema
from pytest_vtrack.store.runs import run_number


def save_verdict(connection: sa.Connection, comparison: Comparison, *, exit_code: int, at: float) -> None:
    """Keep a verdict about the current run."""
    values = {
        "run_id": run_number(connection, comparison.current.id),
        "baseline_key": comparison.baseline.id,
        "verdict": comparison.verdict,
        "rule": comparison.rule,
        "exit_code": exit_code,
        "at": at,
        "policy": payload.encode(comparison.policy, "policy").text,
        "metrics": payload.encode(comparison.metrics, "metrics").text,
    }
    connection.execute(schema.verdict.insert().values(values))


def verdict_of(connection: sa.Connection, key: str) -> str | None:
    """Return the newest verdict about a run."""
    table = schema.verdict
    query = sa.select(table.c.verdict).join(schema.run, schema.run.c.id == table.c.run_id)
    return connection.scalar(query.where(schema.run.c.key == key).order_by(table.c.id.desc()).limit(1))
