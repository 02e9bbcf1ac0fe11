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


def earlier_verdicts(connection: sa.Connection, key: str, baseline_key: str) -> list[str]:
    """Return the last verdict about each other run of the same clean commit against the same baseline."""
    v, mine, other = schema.verdict.c, schema.run.alias("mine"), schema.run.alias("other")
    same = [
        other.c[name] == mine.c[name] for name in ("experiment", "version", "commit_id", "params", "flags")
    ]
    clean = mine.c.dirty.is_(False), other.c.dirty.is_(False), other.c.id != mine.c.id
    runs = (
        sa.select(other.c.id).select_from(mine.join(other, sa.and_(*same))).where(mine.c.key == key, *clean)
    )
    last = sa.select(sa.func.max(v.id)).where(v.run_id.in_(runs), v.baseline_key == baseline_key)
    query = sa.select(v.verdict).where(v.id.in_(last.group_by(v.run_id))).order_by(v.id)
    return list(connection.scalars(query))
