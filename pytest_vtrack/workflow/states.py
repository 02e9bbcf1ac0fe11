"""Different states of the application under one version's name: told apart by fingerprint, and said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.model.version import AppVersion
    from pytest_vtrack.store.protocol import Store

_MOST_RUNS = 200
"""How many runs of a name are looked at; older ones are nobody's baseline any more."""


def other_states(store: Store, run: Run) -> list[Run]:
    """Return the newest complete run of each other state that has the name of a run's version."""
    known = store.runs(run.experiment, version=run.version.name, limit=_MOST_RUNS)
    recorded = [each for each in known if each.complete and each.origin != "import"]
    return [each for each in _newest_of_each(recorded) if each.version.fingerprint != run.version.fingerprint]


def chosen_state(store: Store, run: Run) -> tuple[str, ...]:
    """Say which state a version's name was taken for, where it stands for several."""
    others = other_states(store, run)
    if not others:
        return ()
    chosen, *rest = _described([run, *others])
    return (
        f"{run.version.name!r} stands for {len(others) + 1} states of the application; the newest is used, "
        f"{chosen}; {_first(rest)}",
    )


def recorded_before(store: Store, run: Run) -> tuple[str, ...]:
    """Say that a run was recorded under a name that stood for another commit or other params before.

    Other uncommitted changes alone are no news: whoever works on a version makes them all day.
    """
    others = [each for each in other_states(store, run) if _is_news(each.version, run.version)]
    if not others:
        return ()
    is_now, *was = _described([run, *others])
    return (
        f"{run.version.name!r} is now {is_now}, and was {_first(was)} before; another --vtrack-version "
        "tells them apart",
    )


def shared_names(runs: Iterable[Run]) -> list[str]:
    """Say of each name among some runs that stands for several states, which these are."""
    named: dict[tuple[str, str], list[Run]] = {}
    for run in _newest_of_each(runs):
        named.setdefault((run.experiment, run.version.name), []).append(run)
    return [
        f"{name!r} stands for {len(states)} states of the application: {_first(_described(states), 3)}"
        for (_, name), states in named.items()
        if len(states) > 1
    ]


def _newest_of_each(runs: Iterable[Run]) -> list[Run]:
    """Return the first run of each state; runs come newest first."""
    first: dict[tuple[str, str], Run] = {}
    for run in runs:
        first.setdefault((run.experiment, run.version.fingerprint), run)
    return list(first.values())


def _is_news(before: AppVersion, now: AppVersion) -> bool:
    """Tell whether more than uncommitted changes differs."""
    return (
        replace(before, changes=None, dirty=None).fingerprint
        != replace(now, changes=None, dirty=None).fingerprint
    )


def _first(texts: list[str], most: int = 2) -> str:
    more = f"; and {len(texts) - most} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + more


def _described(runs: list[Run]) -> list[str]:
    """Return what each run's state is, of its params only those in which the runs differ."""
    shared = set.intersection(*(set(run.version.params.items()) for run in runs))
    return [_state(run, dict(run.version.params.items() - shared)) for run in runs]


def _state(run: Run, params: Mapping[str, str]) -> str:
    version = run.version
    package = f"package {version.package_version}" if version.package_version else "no commit"
    text = f"commit {version.commit[:7]}" if version.commit else package
    if version.dirty:
        text += f" with changes {version.changes[:7]}" if version.changes else " with changes"
    text += "".join(f", {name}={value}" for name, value in sorted(params.items()))
    return f"{text} (run {run.short_id})"
