"""Runs that several sessions fill: who takes part, and whether all is there."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model.run import CaseKey, CaseResult, Run, RunStatus
from pytest_vtrack.model.shard import Settlement, Shard, settled
from pytest_vtrack.store import runs, schema, stored_trials, writing
from pytest_vtrack.store.case_numbers import case_hash
from pytest_vtrack.store.database import Database
from pytest_vtrack.store.shard_protocol import Choice
from pytest_vtrack.store.shard_tables import shard as table
from pytest_vtrack.store.statements import LookUp
from pytest_vtrack.store.texts import storable

_run = schema.run.c
_STORED = LookUp(
    sa.select(schema.trace.c.case_id).where(schema.trace.c.run_id == sa.bindparam("run")),
    by=schema.trace.c.case_id,
)


class SqlShards:
    """The :class:`~pytest_vtrack.store.shard_protocol.Shards` of one SQL database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def join(self, run: Run, shard: Shard) -> Run:
        """Open a run, or join the one that is there; return it as stored, with what it expects now."""
        return self._database.write(partial(_join, run=run, shard=shard))

    def add(self, run_id: str, results: Sequence[CaseResult], choose: Choice) -> None:
        """Store results of one of the sessions, all or none; it chooses where a trial is stored already."""

        def add(connection: sa.Connection) -> None:
            for piece in writing.pieces(results):
                _add(connection, run_id, piece, choose)

        self._database.write(add)

    def leave(
        self, run_id: str, shard_id: str, *, status: RunStatus, reason: str | None, ended_at: float
    ) -> Run:
        """Note that a shard has ended; the last one closes the run."""

        def leave(connection: sa.Connection) -> Run:
            number = _locked(connection, run_id)
            mine = table.c.run_id == number, table.c.id == shard_id
            values = {"status": status, "reason": storable(reason), "ended_at": ended_at}
            connection.execute(table.update().where(*mine).values(values))
            return _settle(connection, run_id, number, ended_at)

        return self._database.write(leave)

    def settle(self, run_id: str, *, total: int | None, at: float) -> Run:
        """Close a run: as complete where its shards have stored everything, else with what is missing."""

        def settle(connection: sa.Connection) -> Run:
            return _settle(connection, run_id, _locked(connection, run_id), at, total, final=True)

        return self._database.write(settle)

    def of_run(self, run_id: str) -> list[Shard]:
        """Return the shards of a run by number, then by when they began; none where it is not shared."""
        with self._database.reading() as connection:
            return _shards(connection, runs.run_number(connection, run_id))

    def runs_with_key(self, key: str, experiment: str) -> list[Run]:
        """Return the runs that sessions with a key filled, newest first."""
        with self._database.reading() as connection:
            numbers = sa.select(table.c.run_id).where(table.c.run_key == key)
            query = schema.run.select().where(_run.id.in_(numbers), _run.experiment == experiment)
            rows = connection.execute(query.order_by(_run.started_at.desc(), _run.id.desc()))
            return [runs.run_of(row) for row in rows]


def _join(connection: sa.Connection, run: Run, shard: Shard) -> Run:
    found = runs.by_key(connection, run.id)
    if found is not None and found.complete and _is_known(connection, run.id, shard):
        return found  # a shard that runs again takes nobody's baseline away, even where it is killed
    writing.begin(connection, replace(run, expected=None))
    number = _locked(connection, run.id)
    connection.execute(table.delete().where(table.c.run_id == number, table.c.id == shard.id))
    connection.execute(table.insert().values(_values(number, shard)))
    expected = settled(_shards(connection, number), ()).expected
    connection.execute(schema.run.update().where(_run.id == number).values(expected=expected))
    return runs.stored(connection, run.id)


def _is_known(connection: sa.Connection, key: str, shard: Shard) -> bool:
    """Tell whether a shard said before that it stores just these cases."""
    known = _shards(connection, runs.run_number(connection, key))
    told = shard.id, shard.nodeids, shard.chunks
    return any((each.id, each.nodeids, each.chunks) == told for each in known)


def _add(connection: sa.Connection, key: str, results: Sequence[CaseResult], choose: Choice) -> None:
    cases = _held_cases(connection, key, {result.key for result in results})
    number = runs.run_number(connection, key)
    met = {case_id for (case_id,) in _STORED.rows(connection, cases, number)}
    found = stored_trials.stored_trials(connection, number, met) if met else ()
    there = {(each.key, each.trial): each for each in found}
    fresh: list[CaseResult] = []
    again: dict[tuple[CaseKey, int], list[CaseResult]] = defaultdict(list)
    for result in results:
        trial = (_as_stored(result.key), result.trial)
        (again[trial] if trial in there else fresh).append(result)
    for trial, others in again.items():
        fresh += choose(there[trial], others)
    writing.add(connection, key, fresh)


def _as_stored(key: CaseKey) -> CaseKey:
    return CaseKey(*map(storable, (key.test, key.dataset, key.case_id, key.digest, key.flags)))


def _held_cases(connection: sa.Connection, key: str, keys: Collection[CaseKey]) -> list[int]:
    """Return the numbers of cases, of which nobody else stores anything until this transaction has ended."""
    hashes = [case_hash(each) for each in keys]
    c = schema.case_.c
    query = sa.select(c.id).where(c.hash.in_(hashes)).order_by(c.id).with_for_update(key_share=True)
    found = list(connection.scalars(query))
    if len(found) < len(hashes):  # one that is new cannot be held itself
        _locked(connection, key)
        found = list(connection.scalars(query))
    return found


def _locked(connection: sa.Connection, key: str) -> int:
    """Return the number of a run, whose other shards wait until this transaction has ended."""
    number = runs.run_number(connection, key)
    connection.execute(sa.select(_run.id).where(_run.id == number).with_for_update())
    return number


def _settle(
    connection: sa.Connection,
    key: str,
    number: int,
    at: float,
    total: int | None = None,
    *,
    final: bool = False,
) -> Run:
    shards = _shards(connection, number)
    if not shards:
        return runs.stored(connection, key)
    found = settled(shards, _stored(connection, number), total, final=final)
    if found.status == "running":
        _note(connection, number, found)
    else:
        writing.finish(
            connection, key, status=found.status, reason=found.reason, ended_at=at, expected=found.expected
        )
    return runs.stored(connection, key)


def _note(connection: sa.Connection, number: int, found: Settlement) -> None:
    values = {"status": "running", "reason": found.reason, "expected": found.expected}
    connection.execute(schema.run.update().where(_run.id == number).values(values))


def _stored(connection: sa.Connection, number: int) -> set[str]:
    """Return the node ids of what counts.

    Without a join: what a server knows of a run that is this new makes it compare every row with every other.
    """
    t, text = schema.trace.c, schema.trace_text.c
    old = sa.select(t.case_id, t.trial, t.attempt).where(t.run_id == number, t.newest == 0)
    superseded = {tuple(row) for row in connection.execute(old)}
    query = sa.select(text.nodeid, text.case_id, text.trial, text.attempt).where(text.run_id == number)
    return {nodeid for nodeid, *place in connection.execute(query) if tuple(place) not in superseded}


def _shards(connection: sa.Connection, number: int) -> list[Shard]:
    rows = connection.execute(table.select().where(table.c.run_id == number)).all()
    shards = [_shard(row) for row in rows]
    return sorted(shards, key=lambda each: (each.number is None, each.number or 0, each.started_at, each.id))


def _shard(row: Any) -> Shard:
    expected = json.loads(zlib.decompress(row.expected))
    same = ("id", "number", "total", "place", "status", "reason", "started_at", "ended_at")
    return Shard(
        key=row.run_key,
        nodeids=frozenset(expected["nodeids"]),
        chunks=tuple(tuple(chunk) for chunk in expected["chunks"]),
        **{name: getattr(row, name) for name in same},
    )


def _values(number: int, shard: Shard) -> dict[str, Any]:
    nodeids = sorted(map(storable, shard.nodeids))
    expected = json.dumps({"nodeids": nodeids, "chunks": shard.chunks}).encode()
    return {
        "run_id": number,
        "id": shard.id,
        "run_key": storable(shard.key),
        "number": shard.number,
        "total": shard.total,
        "place": storable(shard.place),
        "status": shard.status,
        "reason": storable(shard.reason),
        "started_at": shard.started_at,
        "ended_at": shard.ended_at,
        "expected": zlib.compress(expected, 1),
    }
