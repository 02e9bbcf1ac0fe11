"""Named baselines: which run a name stands for, and its history."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pytest_vtrack.store import schema
from pytest_vtrack.store.protocol import NamedBaseline
from pytest_vtrack.store.runs import run_number
from pytest_vtrack.store.texts import storable


def set_baseline(connection: sa.Connection, entry: NamedBaseline) -> None:
    """Point a name to a run; earlier entries stay."""
    values = {
        "experiment": storable(entry.experiment),
        "name": storable(entry.name),
        "run_id": run_number(connection, entry.run_id),
        "why": storable(entry.why),
        "who": storable(entry.who),
        "at": entry.at,
    }
    connection.execute(schema.baseline.insert().values(values))


def history(connection: sa.Connection, experiment: str, name: str) -> list[NamedBaseline]:
    """Return the entries of a name, newest first."""
    b = schema.baseline
    return _entries(connection, b.c.experiment == experiment, b.c.name == name)


def newest_of_each(connection: sa.Connection, experiment: str | None) -> list[NamedBaseline]:
    """Return the newest entry of every name, sorted by experiment and name."""
    b = schema.baseline
    newest = sa.select(sa.func.max(b.c.id)).group_by(b.c.experiment, b.c.name)
    where = [b.c.id.in_(newest)] + ([] if experiment is None else [b.c.experiment == experiment])
    entries = _entries(connection, *where)
    return sorted(entries, key=lambda entry: (entry.experiment, entry.name))


def _entries(connection: sa.Connection, *where: Any) -> list[NamedBaseline]:
    b = schema.baseline
    query = (
        sa.select(b.c.experiment, b.c.name, schema.run.c.key, b.c.why, b.c.who, b.c.at)
        .join(schema.run, schema.run.c.id == b.c.run_id)
        .where(*where)
        .order_by(b.c.id.desc())
    )
    return [NamedBaseline(*row) for row in connection.execute(query)]
