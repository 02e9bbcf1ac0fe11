"""Which run is continued after a crash or a stop: never one of another state of the application."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from pytest_vtrack.errors import ResumeRefused
from pytest_vtrack.model.tags import AUTOMATIC
from pytest_vtrack.scoring.runner import BY_HAND, NO_OUTPUTS

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseKey, CaseResult, Run
    from pytest_vtrack.model.stored_trial import StoredTrial
    from pytest_vtrack.model.version import AppVersion
    from pytest_vtrack.store.protocol import Place, Store

_Trial = tuple["CaseKey", int]

RESUMED, RESUMED_AT = f"{AUTOMATIC}resumed", f"{AUTOMATIC}resumed.at"
_MOST_RUNS = 200
"""How many runs of a name are looked at."""
_PIECE = 200


@dataclass(frozen=True, slots=True)
class Planned:
    """One trial that a session is about to run."""

    nodeid: str
    key: CaseKey
    trial: int
    fingerprints: frozenset[str]
    """Of the scorers that judge it."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left to do of a run."""

    told: Mapping[str, StoredTrial] = field(default_factory=dict)
    """What is stored and need not run again, by node id."""
    again: Mapping[str, int] = field(default_factory=dict)
    """Node ids of what is stored and runs once more, and as which attempt."""
    to_run: int = 0
    """How many trials run: those once more, and those that are not stored."""
    stale: tuple[tuple[CaseKey, int], ...] = ()
    """What is stored and is no longer among the cases, or was edited."""


def find_run(store: Store, wanted: Run, now: float = math.inf) -> Run | None:
    """Return the newest run of the very state and surroundings of a run that would start now.

    A chosen part of the cases that ran to its end is passed over: there was no interruption. The run that
    is returned may be complete; ``None``: there is nothing to continue.

    :param wanted: of its version the params that are known before the first test; runs that started after
        it are not looked at.
    :param now: by the clock; a run that started later than that did so before the clock was set back.
    :raises ResumeRefused: what was interrupted is of another commit, other uncommitted changes or params.
    """
    known = store.runs(wanted.experiment, version=wanted.version.name, env=wanted.env, limit=_MOST_RUNS)
    runs = [
        run
        for run in known
        if run.origin == "session"
        and not wanted.started_at <= run.started_at <= now
        and dict(run.flags) == dict(wanted.flags)
        and not _is_finished_part(run)
    ]
    same = [run for run in runs if not differences(run.version, wanted.version)]
    if same:
        return same[0]
    if runs and not runs[0].complete:
        raise ResumeRefused(_refusal(runs[0], wanted))
    return None


def interrupted_elsewhere(store: Store, wanted: Run) -> Run | None:
    """Return the newest run where a run would start now, if it was interrupted and is of another version."""
    known = store.runs(wanted.experiment, env=wanted.env, limit=_MOST_RUNS)
    newest = next(
        (run for run in known if run.origin == "session" and run.started_at < wanted.started_at), None
    )
    if newest is None or newest.version.name == wanted.version.name:
        return None
    return None if newest.complete or _is_finished_part(newest) else newest


def differences(stored: AppVersion, now: AppVersion) -> list[str]:
    """Say in what two states under one version's name differ; empty where they are one.

    Params that only the stored one has were told by its tests while they ran, and are no difference.
    """
    found = []
    if (stored.commit or stored.package_version) != (now.commit or now.package_version):
        was, is_ = (_short(each.commit or each.package_version) for each in (stored, now))
        found.append(f"commit {was} then, {is_} now")
    elif (stored.dirty, stored.changes) != (now.dirty, now.changes):
        found.append("other uncommitted changes")
    for name, value in sorted(now.params.items()):
        if stored.params.get(name) != value:
            found.append(f"{name}={stored.params.get(name, 'nothing')} then, {value} now")
    return found


def remainder(
    planned: Iterable[Planned],
    stored: Iterable[StoredTrial],
    *,
    complete: bool,
    whole: bool,
    judged_first: Callable[[], Mapping[_Trial, frozenset[str]]] = dict,
) -> Remainder | None:
    """Split what is planned into what is stored already and what has to run.

    :param complete: the run is closed: it is told as it is, or, where it lacks a case that is planned, not
        at all, and then ``None`` is returned.
    :param whole: all cases are planned, so that others which are stored are there no longer.
    :param judged_first: reads :func:`first_judges`; asked where more scorers have judged than would now.
    """
    judged_first = cache(judged_first)
    left = {(each.key, each.trial): each for each in stored}
    told: dict[str, StoredTrial] = {}
    again: dict[str, int] = {}
    places = set()
    for plan in planned:
        places.add(_place(plan.key, plan.trial))
        found = left.pop((plan.key, plan.trial), None)
        if found is None:
            if complete:
                return None
        elif (
            found.counts
            and (complete or is_finished(found))
            and (_same_scorers(found, plan) or _only_scored_again(found, plan, judged_first))
        ):
            told[plan.nodeid] = found
        else:
            again[plan.nodeid] = found.attempt + (found.outcome != "skipped" or not found.counts)
    counting = [trial for trial, each in left.items() if each.counts]
    stale = tuple(trial for trial in counting if whole or _place(*trial) in places)
    if complete and (stale or again):
        return None
    return Remainder(told, again, len(places) - len(told), stale)


def _place(key: CaseKey, trial: int) -> tuple[object, ...]:
    """Return what stays the same where a case is edited."""
    return key.test, key.dataset, key.case_id, key.flags, trial


def resumed_tags(run: Run, at: float) -> dict[str, str]:
    """Return the tags that say how often and when a run was continued, now once more."""
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    before = run.tags.get(RESUMED_AT)
    times = int(run.tags.get(RESUMED, "0")) + 1
    return {RESUMED: str(times), RESUMED_AT: f"{before}, {moment}" if before else moment}


def is_finished(stored: StoredTrial) -> bool:
    """Tell whether a trial ran to its end: also one whose test said no before there was anything to score."""
    said_no = stored.outcome == "failed" and (stored.unfinished or "").startswith(NO_OUTPUTS)
    return stored.outcome in ("passed", "failed") and (stored.completed or said_no)


def same_call(one: CaseResult | StoredTrial, other: StoredTrial) -> bool:
    """Tell whether two results are of the same call: its duration tells."""
    return (one.outcome, one.duration_s, one.nodeid) == (other.outcome, other.duration_s, other.nodeid)


def _same_scorers(stored: StoredTrial, plan: Planned) -> bool:
    """Tell whether the same scorers judged a trial that would judge it now."""
    scorers = _of_scorers(stored.fingerprints)
    return scorers == plan.fingerprints if is_finished(stored) else scorers <= plan.fingerprints


def _only_scored_again(
    stored: StoredTrial, plan: Planned, judged_first: Callable[[], Mapping[_Trial, frozenset[str]]]
) -> bool:
    """Tell whether the scorers that a test does not name were asked about what is stored, later."""
    if not (stored.attempt and plan.fingerprints < _of_scorers(stored.fingerprints)):
        return False
    return _of_scorers(judged_first().get((stored.key, stored.trial), ())) == plan.fingerprints


def first_judges(store: Store, run_id: str) -> dict[_Trial, frozenset[str]]:
    """Return what judged each trial of a run when it ran, before anybody scored it again."""
    found: dict[_Trial, frozenset[str]] = {}
    after: Place | None = None
    while True:
        trials, after = store.some_trials(run_id, after=after, limit=_PIECE)
        for attempts in trials:
            newest = attempts[-1]
            first = next(each for each in attempts if each.started_at == newest.started_at)
            marks = frozenset(each.metric.fingerprint for each in first.assessments)
            found[newest.key, newest.trial] = marks
        if after is None:
            return found


def _of_scorers(fingerprints: Iterable[str]) -> set[str]:
    return {mark for mark in fingerprints if _is_of_scorer(mark)}


def _is_of_scorer(fingerprint: str) -> bool:
    """Tell whether a scorer that a test names has this fingerprint: built-in ones have settings in it."""
    return fingerprint != BY_HAND and (not fingerprint.startswith("builtin:") or fingerprint.count(":") > 1)


def _is_finished_part(run: Run) -> bool:
    whole = run.expected is not None and run.stored >= run.expected
    return run.status == "partial" and whole and RESUMED not in run.tags


def _refusal(run: Run, wanted: Run) -> str:
    what = "; ".join(differences(run.version, wanted.version))
    hint = ""
    if "uncommitted" in what:
        hint = " (what tests write into the work tree counts too: have git ignore it)"
    return (
        f"--vtrack-resume: run {run.short_id} of {run.version.name!r} was recorded in another state of the "
        f"application: {what}{hint}. A run is of one state: go back to it, or leave out --vtrack-resume to "
        "start a new run"
    )


def _short(commit: str | None) -> str:
    if not commit:
        return "none"
    return commit[:7] if len(commit) == 40 else commit
