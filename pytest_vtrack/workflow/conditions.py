"""The same cases under two conditions: with a feature flag on and off, or in two environments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_vtrack.compare.equivalence import Equivalence, equivalence
from pytest_vtrack.compare.pairing import Row, pair_runs
from pytest_vtrack.compare.relative import is_relative
from pytest_vtrack.compare.rule import decide
from pytest_vtrack.errors import ReferenceInvalid, nearest
from pytest_vtrack.model.comparison import MetricResult, MetricSums
from pytest_vtrack.model.policy import Policy

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

_OFF = frozenset({"", "0", "false", "off", "no", "none", "disabled"})
"""States, in lower case, that are taken for off where nobody says which one is."""


@dataclass(frozen=True, slots=True)
class ConditionDifference:
    """How the metrics of one version differ between two conditions; effects are second minus first."""

    first: str
    second: str
    metrics: tuple[MetricResult, ...]
    """Decided as in a comparison whose baseline is ``first``."""

    @property
    def equivalences(self) -> Mapping[str, Equivalence]:
        """Whether each metric is the same under both, within its tolerance: not being worse is not enough."""
        return {each.name: equivalence(each) for each in self.metrics}


def environment_difference(
    store: Store, first: Run, second: Run, policy: Policy | None = None
) -> ConditionDifference:
    """Compare one version case by case between two environments.

    :param first: a run in one environment.
    :param second: a run of the same version in another.
    :raises ReferenceInvalid: the runs are of one environment, or differ in more than it.
    """
    if first.env == second.env:
        raise ReferenceInvalid(
            f"runs {first.short_id} and {second.short_id} are both of environment {first.env!r}; "
            "name runs of two"
        )
    _check_alike([first, second], but="environment")
    sums = store.metric_sums(first.id, second.id, cluster=(policy or Policy()).cluster)
    return _decided(first.env, second.env, sums, policy)


def feature_flag_effect(
    store: Store,
    flag: str,
    runs: Sequence[Run],
    *,
    off: str | None = None,
    on: str | None = None,
    policy: Policy | None = None,
) -> ConditionDifference:
    """Compare one version case by case with a flag off and on.

    A case's state is that of its marker's ``flags=``, else its run's. Cases pair where every other flag is
    the same.

    :param runs: one run that holds both states, or several of the same version and environment.
    :param off: the state to compare with; default: where there are two, the one that reads like off.
    :param on: the state to look at; default: the other one.
    :raises ReferenceInvalid: the runs differ in more than the flag, or do not hold both states.
    """
    if not runs:
        raise ReferenceInvalid(f"flag {flag!r}: no runs to look at")
    _check_alike(runs, but=f"flag {flag!r}", flag=flag)
    states: dict[str, list[Row]] = {}
    for number, run in enumerate(runs):
        for state, row in _rows(store, run, flag, number):
            states.setdefault(state, []).append(row)
    off, on = _chosen(flag, sorted(states), off, on)
    return _decided(f"{flag}={off}", f"{flag}={on}", pair_runs(states[off], states[on]), policy)


def _decided(
    first: str, second: str, sums: Sequence[MetricSums], policy: Policy | None
) -> ConditionDifference:
    # A metric that compares with a baseline says nothing about two conditions of one version.
    own = [each for each in sums if not is_relative(each)]
    return ConditionDifference(first, second, decide(own, policy or Policy()))


def _rows(store: Store, run: Run, flag: str, number: int) -> Iterator[tuple[str, Row]]:
    """Return the assessments of a run with the state of the flag that each was made under."""
    for result in store.results(run.id):
        flags = json.loads(result.key.flags) if result.key.flags else {}
        state = flags.pop(flag, run.flags.get(flag))
        if state is None:
            continue
        rest = json.dumps(flags, sort_keys=True) if flags else ""
        for each in result.assessments:
            # Runs of one state are trials of it: each needs a number of its own.
            trial = number * 1_000_000 + result.trial
            yield state, Row(each.metric, replace(result.key, flags=rest), each.value, trial, each.error)


def _chosen(flag: str, known: Sequence[str], off: str | None, on: str | None) -> tuple[str, str]:
    shown = ", ".join(map(repr, known)) or "none"
    for state in (off, on):
        if state is not None and state not in known:
            near = ", ".join(map(repr, nearest(state, known))) or "nothing"
            raise ReferenceInvalid(f"flag {flag!r}: no case was run with state {state!r}; nearest: {near}")
    if off is None and on is None and len(known) == 2:
        off = next((each for each in known if each.lower() in _OFF), None)
    others = [each for each in known if each not in (off, on)]
    if len(known) == 2 and (off is None) != (on is None):
        off, on = (others[0] if each is None else each for each in (off, on))
    if off is None or on is None or off == on:
        raise ReferenceInvalid(f"flag {flag!r}: give off= and on=; the cases were run with states: {shown}")
    return off, on


def _check_alike(runs: Sequence[Run], *, but: str, flag: str | None = None) -> None:
    """Refuse runs whose difference could have another cause than the one asked for."""
    first, *others = runs
    for other in others:
        what = {
            "experiment": (first.experiment, other.experiment),
            "version": (first.version.name, other.version.name),
            "state of the version": (first.version.fingerprint, other.version.fingerprint),
            "environment": ("", "") if but == "environment" else (first.env, other.env),
            "flags": (_without(first.flags, flag), _without(other.flags, flag)),
        }
        differing = [name for name, (one, another) in what.items() if one != another]
        if differing:
            raise ReferenceInvalid(
                f"runs {first.short_id} and {other.short_id} differ in {' and '.join(differing[:2])}, so a "
                f"difference could not be told to come from the {but}"
            )


def _without(flags: Mapping[str, str], flag: str | None) -> dict[str, str]:
    return {name: state for name, state in flags.items() if name != flag}
