"""From traces to the cases of a dataset: what was asked, and what people said is expected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import DatasetError, nearest
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.sampled import TraceCases
from pytest_vtrack.model.tags import AUTOMATIC, STANDARD
from pytest_vtrack.workflow.sampling import sample, stratified

if TYPE_CHECKING:
    from pytest_vtrack.model.query import Condition
    from pytest_vtrack.model.run import CaseKey, CaseResult
    from pytest_vtrack.store.protocol import Store

_ALL = 2**31 - 1
_FASTER = 20
"""How much faster the results of a run are read in order than one by one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the traces become cases."""

    size: int | None = None
    """At most so many; ``None``: all."""
    seed: int = 0
    stratify: str | None = None
    """A tag of which each value gets its share."""
    dedupe: bool = False
    input_name: str = "input"
    """What inputs are called that are no object of names and values, but one text or a list."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    case: Case
    asked: str
    """Stands for the inputs."""
    labelled: bool


def cases_from_traces(
    store: Store, where: Condition | None, choice: Choice, *, experiment: str
) -> TraceCases:
    """Return the cases that traces give, the newest first.

    A case's id is the beginning of its trace's id. Its expectations are what the trace recorded as expected,
    then what people said of it, by the name of the metric. Tags of the application stay.

    :raises DatasetError: no trace gives a case, or none has the tag to stratify by.
    """
    candidates = _candidates(store, where, experiment, choice.input_name)
    matched, without_inputs = len(candidates), candidates.count(None)
    found: dict[str, _Candidate] = {}
    for candidate in filter(None, candidates):
        found.setdefault(candidate.case.id, candidate)
    if not found:
        raise DatasetError(_nothing(matched, experiment))
    kept, conflicts = _deduped(found.values()) if choice.dedupe else (list(found.values()), 0)
    chosen = _chosen(kept, choice)
    return TraceCases(
        cases=tuple(candidate.case for candidate in chosen),
        matched=matched,
        without_inputs=without_inputs,
        duplicates=matched - without_inputs - len(kept),
        conflicts=conflicts,
        same_inputs=len(chosen) - len({candidate.asked for candidate in chosen}),
        sampled_from=len(kept),
        labelled=sum(candidate.labelled for candidate in chosen),
    )


def _candidates(
    store: Store, where: Condition | None, experiment: str, input_name: str
) -> list[_Candidate | None]:
    """Return what each trace gives that a query finds, the newest first; ``None`` without inputs."""
    of_run: dict[str, dict[tuple[CaseKey, int], int]] = defaultdict(dict)
    for place, trace in enumerate(store.traces(where, experiment=experiment, limit=_ALL)):
        of_run[trace.run_id][trace.key, trace.trial] = place
    found: dict[int, _Candidate | None] = {}
    for run_id, places in of_run.items():
        for result in _results(store, run_id, {key for key, _ in places}):
            if (result.key, result.trial) in places:
                found[places[result.key, result.trial]] = _candidate(result, input_name)
    return [found[place] for place in sorted(found)]


def _results(store: Store, run_id: str, keys: Collection[CaseKey]) -> Iterator[CaseResult]:
    """Yield the results of cases: of many in the order of the run, which is faster than one by one."""
    run = store.run(run_id)
    if run is not None and len(keys) * _FASTER >= run.stored:
        yield from store.results(run_id)
    else:
        yield from (result for key in keys for result in store.case_results(run_id, key))


def _candidate(result: CaseResult, input_name: str) -> _Candidate | None:
    inputs = payload.decode(result.inputs)
    if inputs in (None, "", {}, []):
        return None
    given = inputs if isinstance(inputs, dict) else {input_name: inputs}
    judged = _human(result)
    expected = payload.decode(result.expectations)
    case = Case(
        given, {**(expected if isinstance(expected, dict) else {}), **judged}, _tags(result), _id(result)
    )
    return _Candidate(case, payload.digest(payload.encode(given, "", canonical=True).text), bool(judged))


def _human(result: CaseResult) -> dict[str, Any]:
    return {
        each.metric.name: each.value
        for each in result.assessments
        if each.source == "human" and each.value is not None
    }


def _id(result: CaseResult) -> str:
    """Return what names a trace: the beginning of its id, as `vtrack show` takes it, else a hash."""
    key = result.key
    if result.trace_id:
        return result.trace_id[:16]
    return payload.digest(key.test, key.dataset, key.case_id, key.flags, key.digest, str(result.started_at))


def _tags(result: CaseResult) -> Mapping[str, str]:
    return {
        name: value
        for name, value in result.tags.items()
        if not name.startswith(AUTOMATIC) and name not in STANDARD
    }


def _deduped(candidates: Iterable[_Candidate]) -> tuple[list[_Candidate], int]:
    """Keep one of each inputs, the newest that a person labelled if there is one.

    The second value is how many labelled ones contradict the one that was kept.
    """
    kept: dict[str, _Candidate] = {}
    everything = list(candidates)
    for each in everything:
        if each.asked not in kept or (each.labelled and not kept[each.asked].labelled):
            kept[each.asked] = each
    others = (each for each in everything if each is not kept[each.asked] and each.labelled)
    conflicts = sum(each.case.expectations != kept[each.asked].case.expectations for each in others)
    places = {id(each) for each in kept.values()}
    return [each for each in everything if id(each) in places], conflicts


def _chosen(candidates: list[_Candidate], choice: Choice) -> list[_Candidate]:
    if choice.stratify is not None:
        known = {name for each in candidates for name in each.case.tags}
        if choice.stratify not in known:
            near = ", ".join(nearest(choice.stratify, sorted(known))) or "none"
            raise DatasetError(f"--stratify: no trace has a tag {choice.stratify!r}; tags: {near}")
    if choice.size is None:
        return candidates
    if choice.stratify is None:
        return sample(candidates, choice.size, seed=choice.seed, key=lambda each: each.case.id)
    tag = choice.stratify
    return stratified(
        candidates,
        choice.size,
        seed=choice.seed,
        key=lambda each: each.case.id,
        stratum=lambda each: each.case.tags.get(tag, ""),
    )


def _nothing(matched: int, experiment: str) -> str:
    if not matched:
        return (
            f"experiment {experiment!r} has no trace that is like that; `vtrack traces` lists what there is"
        )
    return (
        f"none of the {matched} traces has inputs, so none can be a case; record them: vtrack_capture = "
        "full, or the inputs of the root span"
    )
