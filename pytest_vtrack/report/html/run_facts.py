"""Where the two runs come from: one row a fact, those that differ first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.secret_texts import MASK
from pytest_vtrack.model.tags import AUTOMATIC
from pytest_vtrack.report import numbers
from pytest_vtrack.report.html.material import Material

_SAYS_NOTHING = frozenset({"run", "started", "took"})
"""Facts that differ between any two runs."""


class Fact(NamedTuple):
    """One fact on both sides; empty where it is not known."""

    name: str
    baseline: str
    current: str
    differs: bool


def run_facts(run: Run, baseline: Run | None) -> list[Fact]:
    """Return what is known of a run and of the one it is compared with."""
    now, before = _facts(run), _facts(baseline) if baseline else {}
    names = dict.fromkeys((*now, *before))
    facts = [
        Fact(
            name,
            before.get(name, ""),
            now.get(name, ""),
            baseline is not None and _differs(name, before, now),
        )
        for name in names
        if before.get(name) or now.get(name)
    ]
    return sorted(facts, key=lambda fact: not fact.differs)


def commands(run: Run) -> list[str]:
    """Return what to type to run it again, as far as it is known."""
    command = run.tags.get(f"{AUTOMATIC}command", "")
    checkout = f"git checkout {run.version.commit}" if run.version.commit else ""
    if checkout and run.version.dirty:
        checkout += "   # and the changes that were not committed"
    return [line for line in (checkout, command) if line] if command else []


def moment(seconds: float | None) -> str:
    """Return a time as all readers understand it: in UTC."""
    if not seconds:
        return ""
    return datetime.fromtimestamp(seconds, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def _differs(name: str, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return name not in _SAYS_NOTHING and before.get(name, "") != now.get(name, "")


def _facts(run: Run) -> dict[str, str]:
    version = run.version
    dirty = {True: "yes", False: "no", None: ""}[version.dirty]
    cases = numbers.count(run.stored)
    if run.expected is not None and run.expected != run.stored:
        cases += f" of {numbers.count(run.expected)} expected"
    tags = {name.removeprefix(AUTOMATIC): value for name, value in sorted(run.tags.items())}
    automatic = [name.removeprefix(AUTOMATIC) for name in run.tags if name.startswith(AUTOMATIC)]
    return {
        "version": version.name,
        "commit": version.commit or "",
        "uncommitted changes": dirty,
        "branch": version.branch or "",
        "repository": version.repository or "",
        "package version": version.package_version or "",
        **{f"parameter {name}": value for name, value in sorted(version.params.items())},
        "environment": run.env,
        **{f"flag {name}": value for name, value in sorted(run.flags.items())},
        "status": run.status + (f" ({run.reason})" if run.reason else ""),
        "cases": cases,
        "started": moment(run.started_at),
        "took": "" if run.took_s is None else numbers.duration(run.took_s),
        **{name: value for name, value in tags.items() if name in automatic},
        **{f"tag {name}": value for name, value in tags.items() if name not in automatic},
        "run": run.id,
    }


class Scorer(NamedTuple):
    """Who computed a metric on both sides."""

    name: str
    baseline: str
    current: str
    cases: str
    errors: str
    differs: bool


def scorers(material: Material) -> list[Scorer]:
    """Return the scorers of all metrics, those that changed first."""
    before = {side.spec.name: side for side in material.baseline_metrics}
    now = {side.spec.name: side for side in material.metrics}
    found = [
        _scorer(name, before.get(name), now.get(name), compared=material.baseline is not None)
        for name in dict.fromkeys((*now, *before))
    ]
    return sorted(found, key=lambda one: not one.differs)


def redacted(runs: Iterable[Run | None]) -> list[str]:
    """Return the names of flags, parameters and tags whose values were masked."""
    values = (
        pair
        for run in runs
        if run is not None
        for pair in (*run.flags.items(), *run.version.params.items(), *run.tags.items())
    )
    return sorted({name for name, value in values if MASK in value})


def _scorer(name: str, before: SideCounts | None, now: SideCounts | None, *, compared: bool) -> Scorer:
    counted = now or before
    old, new = (side.spec.fingerprint if side else "" for side in (before, now))
    return Scorer(
        name=name,
        baseline=old,
        current=new,
        cases=numbers.count(counted.cases) if counted else "",
        errors=numbers.count(counted.errors) if counted else "",
        differs=compared and old != new,
    )
