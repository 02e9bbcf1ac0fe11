"""Making one run of what CI shards stored in files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from pytest_vtrack.model import payload
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.workflow.merged_trials import Conflict, MergedTrials, Trial, trial_of
from pytest_vtrack.workflow.resuming import RESUMED, same_call
from pytest_vtrack.workflow.shared_runs import with_told

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.model.stored_trial import StoredTrial
    from pytest_vtrack.store.protocol import Store

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Source:
    """A store to be merged, and what the user calls it."""

    name: str
    store: Store


@dataclass(slots=True)
class MergedRun:
    """One run in the target."""

    run: Run
    sources: list[str] = field(default_factory=list)
    added: int = 0
    there: int = 0
    """Results that the target had already."""
    conflicts: list[Conflict] = field(default_factory=list)
    keys: frozenset[str] = frozenset()
    """The run keys of its shards; empty where one session filled it."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What one source has of a run."""

    source: Source
    run: Run
    """As it is there."""
    shards: tuple[Shard, ...]
    run_id: str
    """In the target."""


def merge(
    target: Store, sources: Sequence[Source], *, as_one_run: bool = False, total: int | None = None
) -> list[MergedRun]:
    """Bring the runs of several stores into one; a second time changes nothing.

    Runs that were recorded with one run key become one run. So do, with ``as_one_run``, the newest runs of
    each store that are of the same experiment, version, environment and flags. All others stay as they are;
    where several stores hold the same one, as copies from before and after it went on, the newest counts.

    :param total: how many shards a run has to have.
    """
    groups: dict[str, list[_Part]] = {}
    for source in sources:
        for part in _parts(source, as_one_run=as_one_run):
            groups.setdefault(_group(part, as_one_run=as_one_run), []).append(part)
    return [_merged(target, group, total) for group in groups.values()]


def _parts(source: Source, *, as_one_run: bool) -> Iterator[_Part]:
    """Yield the runs of a store, oldest first; where several become one only the newest of each kind."""
    seen = set()
    found = []
    for run in source.store.runs():
        shards = tuple(source.store.shards.of_run(run.id))
        kind = _kind(run)
        if as_one_run and not shards and (run.origin != "session" or kind in seen):
            continue
        seen.add(kind)
        found.append(_Part(source, run, shards, run.id))
    yield from reversed(found)


def _kind(run: Run) -> str:
    version = (run.version.name, str(run.version.commit))
    return payload.digest(run.experiment, *version, run.env, repr(sorted(run.flags.items())))


def _group(part: _Part, *, as_one_run: bool) -> str:
    return _kind(part.run) if as_one_run and not part.shards else part.run.id


def _merged(target: Store, parts: Sequence[_Part], total: int | None) -> MergedRun:
    if len({part.run.id for part in parts}) > 1 and not any(part.shards for part in parts):
        parts = _as_shards(parts)
    first = min(parts, key=lambda part: part.run.started_at)
    found = target.run(first.run_id)
    shared = any(part.shards for part in parts) or bool(found and target.shards.of_run(found.id))
    copy = first.run if shared else max((part.run for part in parts), key=_progress)
    merged = MergedRun(replace(copy, id=first.run_id))
    trials = MergedTrials(target, first.run_id, _trials(target, first.run_id) if found else {})
    newer = found is None or (not shared and _progress(copy) > _progress(found))
    if newer:
        target.begin(merged.run)
        target.update_run(merged.run.id, tags=copy.tags, params=copy.version.params)
    for part in parts:
        merged.sources.append(part.source.name)
        _join(target, merged.run, part.shards)
        if shared:
            with_told(target, target.run(merged.run.id) or merged.run, part.run)
        _add(target, part, trials)
    merged.added, merged.there, merged.conflicts = trials.added, trials.there, trials.conflicts
    if shared:
        ended = max(_ended(part) for part in parts)
        merged.run = target.shards.settle(merged.run.id, total=total, at=ended)
        merged.keys = frozenset(each.key for each in target.shards.of_run(merged.run.id))
    else:
        merged.run = _closed(target, merged.run, newer=newer)
    return merged


def _join(target: Store, run: Run, shards: Sequence[Shard]) -> None:
    """Have shards take part in a run, each as its last session left it: one that is through stays so."""
    known = {each.id: each for each in target.shards.of_run(run.id)}
    for shard in shards:
        if shard.id not in known or _standing(shard) > _standing(known[shard.id]):
            target.shards.join(run, shard)


def _standing(shard: Shard) -> tuple[bool, float]:
    return shard.status in ("complete", "partial"), shard.started_at


def _progress(run: Run) -> tuple[int, float]:
    """Return what is greater in the later of two copies of a run; one that is not closed has not ended."""
    ended_at = None if run.status == "running" else run.ended_at
    return int(run.tags.get(RESUMED, "0")), ended_at or 0.0


def _ended(part: _Part) -> float:
    return max(part.run.ended_at or part.run.started_at, *(each.ended_at or 0.0 for each in part.shards), 0.0)


def _closed(target: Store, copy: Run, *, newer: bool) -> Run:
    """Return a run of one session as it is in the target, where a newer copy ends as it did at its source."""
    if not newer or copy.ended_at is None:
        return target.run(copy.id) or copy
    told = {"status": copy.status, "reason": copy.reason, "expected": copy.expected}
    return target.finish(copy.id, ended_at=copy.ended_at, **told)  # type: ignore[arg-type]


def _as_shards(parts: Sequence[_Part]) -> list[_Part]:
    """Give runs that know of no run key an id in common, and say of each which part it is."""
    names = sorted({part.run.id for part in parts})
    run_id = payload.digest("merged", *names) + payload.digest(*names, "merged")
    return [_Part(part.source, part.run, (_shard(part, f"merged-{run_id[:8]}"),), run_id) for part in parts]


def _shard(part: _Part, key: str) -> Shard:
    run = part.run
    missing = max((run.expected or 0) - run.stored, 0)
    return Shard(
        id=payload.digest(run.id),
        key=key,
        place=part.source.name,
        nodeids=frozenset(each.nodeid for each in part.source.store.stored_trials(run.id)),
        chunks=((f"what {part.source.name} lacks", 0, missing, 1),) if missing else (),
        status="incomplete" if missing else "complete",
        reason=run.reason if missing else None,
        started_at=run.started_at,
    )


def _trials(store: Store, run_id: str) -> dict[Trial, StoredTrial]:
    return {(each.key, each.trial): each for each in store.stored_trials(run_id)}


def _add(target: Store, part: _Part, trials: MergedTrials) -> None:
    """Add the results of a part that the target lacks."""
    here = part.source
    own = _trials(here.store, part.run.id)
    batch: list[CaseResult] = []
    aside: list[Trial] = []
    for trial, attempts in groupby(here.store.results(part.run.id, all_attempts=True), trial_of):
        if trial not in own:  # its session goes on right now
            own = _trials(here.store, part.run.id)
        batch += trials.take(list(attempts), own[trial], here.name)
        if not own[trial].counts and same_call(own[trial], trials.known[trial]):
            aside.append(trial)
        if len(batch) >= _BATCH:
            target.add(trials.run_id, batch)
            batch = []
    if batch:
        target.add(trials.run_id, batch)
    if aside:
        target.set_aside(trials.run_id, aside)
