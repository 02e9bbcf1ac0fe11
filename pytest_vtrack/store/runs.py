"""Reading the headers of runs."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion, with_tags
from pytest_vtrack.store import schema
from pytest_vtrack.store.statements import Prepared

_NUMBER = Prepared(
    sa.select(schema.run.c.id, schema.run.c.status).where(schema.run.c.key == sa.bindparam("key"))
)
_NEWEST_FIRST = (schema.run.c.started_at.desc(), schema.run.c.id.desc())


def run_number(connection: sa.Connection, key: str) -> int:
    """Return the number that stands for a run inside the store.

    :raises StoreError: there is no such run.
    """
    return number_and_status(connection, key)[0]


def number_and_status(connection: sa.Connection, key: str) -> tuple[int, str]:
    """Return the number of a run, and its status.

    :raises StoreError: there is no such run.
    """
    for number, status in _NUMBER.rows(connection, key):
        return number, status
    raise StoreError(f"run {key!r} is not in this store; `vtrack runs` lists those that are")


def by_key(connection: sa.Connection, key: str) -> Run | None:
    """Return a run by its exact id."""
    row = connection.execute(schema.run.select().where(schema.run.c.key == key)).one_or_none()
    return None if row is None else run_of(row)


def stored(connection: sa.Connection, key: str) -> Run:
    """Return a run that is known to be stored."""
    return run_of(connection.execute(schema.run.select().where(schema.run.c.key == key)).one())


def with_prefix(connection: sa.Connection, prefix: str) -> list[Run]:
    """Return the runs whose id starts with a prefix, newest first."""
    starts = sa.func.substr(schema.run.c.key, 1, len(prefix)) == prefix
    return [
        run_of(row) for row in connection.execute(schema.run.select().where(starts).order_by(*_NEWEST_FIRST))
    ]


def newest(
    connection: sa.Connection, experiment: str | None, version: str | None, env: str | None, limit: int | None
) -> list[Run]:
    """Return recorded and imported runs, newest first."""
    table = schema.run
    query = table.select().where(table.c.origin != "file").order_by(*_NEWEST_FIRST).limit(limit)
    wanted = {"experiment": experiment, "version": version, "env": env}
    query = query.where(*(table.c[name] == value for name, value in wanted.items() if value is not None))
    return [run_of(row) for row in connection.execute(query)]


def experiments(connection: sa.Connection) -> list[str]:
    """Return the names of all experiments."""
    name = schema.run.c.experiment
    return list(connection.scalars(sa.select(name).distinct().order_by(name)))


def run_of(row: Any) -> Run:
    """Build a run from its row."""
    version = AppVersion(
        row.version,
        commit=row.commit_id,
        branch=row.branch,
        dirty=row.dirty,
        repository=row.repository,
        package_version=row.package_version,
        params=json.loads(row.params),
    )
    tags = json.loads(row.tags)
    same = ("experiment", "env", "started_at", "ended_at", "status", "reason", "expected", "stored", "origin")
    return Run(
        id=row.key,
        version=with_tags(version, tags),
        flags=json.loads(row.flags),
        tags=tags,
        **{name: getattr(row, name) for name in same},
    )
