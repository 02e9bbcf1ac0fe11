"""Which case a test item runs: decided at collection, the same in every process."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.model.dataset import Case, Dataset
    from pytest_vtrack.plugin.markers import MarkerArguments
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.scoring.protocol import Scorer

CASE_FIXTURE = "vtrack_case"


@dataclass(frozen=True, slots=True)
class TrackedTest:
    """One marked test function with everything its markers say, resolved."""

    id: str
    """Node id without parameters: what pairs the test with itself in another run."""
    arguments: MarkerArguments
    scorers: tuple[Scorer, ...] = ()
    dataset: Dataset | None = None
    marked: bool = True
    """``False`` for a test that is recorded only because of ``--vtrack-all``: it runs as it always did."""


@dataclass(frozen=True, slots=True)
class CaseSlot:
    """One case in one flag state under one version, for one trial: what one test item runs."""

    test: TrackedTest
    case: Case | None = None
    """``None`` for a test without a dataset; its item is the case."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    version: str | None = None
    """``None``: the version of the session."""
    trial: int = 0
    id: str = ""
    """What the item's node id says of the slot: case, version, flags and trial, as far as they vary."""


def slots_of(
    test: TrackedTest,
    repeat: int,
    cases: Iterable[Case] | None = None,
    versions: Sequence[str | None] | None = None,
) -> Iterator[CaseSlot]:
    """Yield the trials of a marked test, interleaved so that drift of a provider hits versions alike.

    :param cases: only these; ``None``: all.
    :param versions: only these; ``None``: all.
    """
    arguments = test.arguments
    states = flag_states(arguments.flags)
    trials = [(trial, f"trial{trial + 1}" if repeat > 1 else "") for trial in range(repeat)]
    return (
        CaseSlot(test, case, flags, version, trial, _id(case, version, flags, trial_id))
        for case in (test.dataset or (None,) if cases is None else cases)
        for version in (versions or (*arguments.versions,) or (None,))
        for flags in states
        for trial, trial_id in trials
    )


def flag_states(flags: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every combination of the flags' states; one empty combination without flags."""
    return [dict(zip(flags, states, strict=True)) for states in itertools.product(*flags.values())]


def _id(case: Case | None, version: str | None, flags: Mapping[str, Any], trial: str) -> str:
    states = [f"{name}={state}" for name, state in flags.items()]
    parts = [shortened(case.id) if case else "", version or "", *states, trial]
    return "-".join(filter(None, parts)) or "case"


def shortened(case_id: str, most: int = 80) -> str:
    """Return a case id short enough for a node id; a hash keeps two long ones apart."""
    if len(case_id) <= most:
        return case_id
    from pytest_vtrack.model import payload

    return f"{case_id[: most - 9]}-{payload.digest(case_id)[:8]}"


def flags_text(flags: Mapping[str, Any]) -> str:
    """Return a flag state as canonical text, empty without flags."""
    return json.dumps({name: str(state) for name, state in flags.items()}, sort_keys=True) if flags else ""


def run_key(slot: CaseSlot) -> RunKey:
    """Return which run the slot's result belongs to."""
    return slot.test.arguments.experiment, slot.version, slot.test.arguments.env


def nodeid_of(item: pytest.Item) -> str:
    """Return the item's node id without the suffix that ``--dist=loadgroup`` appends."""
    nodeid = item.nodeid
    return f"{item.parent.nodeid}::{item.name}" if "@" in nodeid and item.parent else nodeid
