"""Runs that several sessions filled, when they are looked at: whether all of it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_vtrack.errors import ReferenceInvalid, ReferenceUnknown, RunIncomplete
from pytest_vtrack.model.shard import settled
from pytest_vtrack.workflow.declared import declared_by_part
from pytest_vtrack.workflow.run_key import KEY

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store


def run_of_key(store: Store, names: Sequence[str], experiment: str) -> Run:
    """Return the run that the sessions with one of some run keys filled.

    :raises ReferenceUnknown: there is none.
    :raises ReferenceInvalid: there are several, as of several versions.
    """
    if not names:
        raise ReferenceUnknown(f"key: there is no run key here; write key:NAME, or set {KEY}")
    by_name = [store.shards.runs_with_key(name, experiment) for name in names]
    found = max(by_name, key=lambda runs: max((run.started_at for run in runs), default=-1.0))
    if not found:
        raise ReferenceUnknown(
            f"key:{' or '.join(names)}: no session with this run key stored anything in experiment "
            f"{experiment!r} of {store.location}"
        )
    if len(found) > 1:
        several = ", ".join(named_apart(found)[:5])
        raise ReferenceInvalid(f"key:{names[0]}: several runs have this key: {several}; name one of them")
    return found[0]


def named_apart(runs: Sequence[Run]) -> list[str]:
    """Name runs that have a key in common, and in what they differ."""
    shared = set[tuple[str, str]].intersection(*map(_state, runs))
    return [_named(run, _state(run) - shared) for run in runs]


def _named(run: Run, differs: set[tuple[str, str]]) -> str:
    texts = (f"{name}={value}" for name, value in sorted(differs))
    return f"run:{run.short_id} ({', '.join((run.version.name, run.env, *texts))})"


def _state(run: Run) -> set[tuple[str, str]]:
    """Return what has to be the same in all sessions that fill a run, besides version and environment."""
    commit = {"commit": run.version.commit[:7]} if run.version.commit else {}
    return set({"experiment": run.experiment, **commit, **run.version.params, **run.flags}.items())


def with_told(store: Store, run: Run, part: Run) -> Run:
    """Return a run with what one of its sessions tells and it lacks: a session may know only its own tests.

    A run that is complete stays as it is.
    """
    tags = declared_by_part(run, part)
    known = run.version.params
    params = {name: value for name, value in part.version.params.items() if name not in known}
    if run.complete or not (tags or params):
        return run
    store.update_run(run.id, tags=tags, params=params)
    return store.run(run.id) or run


def closed(store: Store, run: Run, *, total: int | None, at: float) -> Run:
    """Return a run with all of its shards, which nobody fills any more.

    :param total: how many shards there have to be, where the user says so.
    :raises RunIncomplete: a shard or a case is missing; the text says which.
    """
    shards = store.shards.of_run(run.id)
    if not shards:
        if total and total > 1:
            raise RunIncomplete(
                f"run {run.short_id} was filled by one session, not by {total} shards: give the sessions one "
                f"{KEY}, or `vtrack merge` their stores"
            )
        return run
    if not run.complete:
        run = store.shards.settle(run.id, total=total, at=at)
        why = run.reason if run.status == "incomplete" else None
    else:  # of the shards that began everything is there
        everything = frozenset[str]().union(*(shard.nodeids for shard in shards))
        why = settled(shards, everything, total, final=True).reason
    if why is None:
        return run
    raise RunIncomplete(
        f"run {run.short_id} ({run.version.name}) has {run.stored} of {run.expected} cases, so nothing is "
        f"decided: {why}. Run what is missing again with the same run key"
    )
