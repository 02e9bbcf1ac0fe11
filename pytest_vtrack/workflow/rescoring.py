"""Scoring what is stored: the answers of scorers that a trial lacks, without running the application."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import COMPLETED, Assessment, MetricSpec
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.model.scorer_spans import SCORER, judged_again
from pytest_vtrack.model.spans import decode_scorers, encode
from pytest_vtrack.model.stored_trace import trace_of
from pytest_vtrack.scoring.protocol import Scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers
from pytest_vtrack.workflow.masking import masked

EXPLICIT = "version:"
"""What fingerprints begin with that were given as a version: several scorers may have the same."""

Await = Callable[[Coroutine[Any, Any, Any]], Any]

NOT_STORED = "its outputs are not stored"
DESCRIBED = "its outputs could not be stored as JSON"
NO_SPANS = "its spans are not stored, and the scorer looks at the trace"


class MetricNames:
    """Under which metrics the answers of scorers stand: a scorer may give its feedback names of its own."""

    def __init__(self, scorers: Iterable[Scorer]) -> None:
        self._names = {scorer: {scorer.name} for scorer in scorers}

    @property
    def scorers(self) -> list[Scorer]:
        """The scorers, in their order."""
        return list(self._names)

    def learn(self, assessments: Iterable[Assessment]) -> None:
        """Take the names from the answers that these scorers gave on one trace."""
        given = {(each.metric.name, each.metric.fingerprint) for each in assessments}
        own = {scorer.name for scorer in self._names}
        for scorer, names in self._names.items():
            if (scorer.name, scorer.fingerprint) not in given:
                names |= {name for name, mark in given if mark == scorer.fingerprint and name not in own}

    def learn_stored(self, metrics: Iterable[MetricSpec]) -> None:
        """Take the names from the metrics of a run, where a fingerprint stands for one scorer only."""
        own = {scorer.name for scorer in self._names}
        for metric in metrics:
            for scorer, names in self._names.items():
                same = metric.fingerprint == scorer.fingerprint and metric.name not in own
                if same and not scorer.fingerprint.startswith(EXPLICIT):
                    names.add(metric.name)

    def of(self, scorer: Scorer) -> Collection[str]:
        """Return the names under which a scorer's answers may stand."""
        return self._names[scorer]

    def lacking(self, result: CaseResult) -> list[Scorer]:
        """Return the scorers that have not answered on a trace, by name and fingerprint."""
        has = {(each.metric.name, each.metric.fingerprint) for each in result.assessments}
        return [
            scorer
            for scorer, names in self._names.items()
            if not any((name, scorer.fingerprint) in has for name in names)
        ]


@dataclass(frozen=True, slots=True)
class Given:
    """What scorers are told besides what is stored with the trace, where somebody knows better."""

    inputs: Mapping[str, Any] | None = None
    expectations: Mapping[str, Any] | None = None
    case: Case | None = None


@dataclass(frozen=True, slots=True)
class Rescored:
    """What became of one stored trial."""

    result: CaseResult | None = None
    """The next attempt of the trial, with the new answers; ``None`` where nothing is new."""
    new: tuple[Assessment, ...] = ()
    called: int = 0
    """How many scorers ran; answers that an earlier attempt had are taken again."""
    hindered: Mapping[str, str] = field(default_factory=dict)
    """The scorers that could not be asked, each with the reason."""

    @property
    def errors(self) -> int:
        """How many of the new answers are errors."""
        return sum(each.error is not None for each in self.new)


def is_scored(result: CaseResult) -> bool:
    """Tell whether scorers are asked about such a result at all: not where the application never ran."""
    return result.outcome != "skipped" and not (result.outcome == "error" and result.outputs is None)


def rescore(
    attempts: Sequence[CaseResult],
    scorers: Sequence[Scorer],
    names: MetricNames,
    *,
    await_: Await,
    redaction: Redaction,
    given: Given = Given(),
    spans_kept: bool = True,
    again: bool = False,
) -> Rescored:
    """Return what scorers say about a stored trial.

    What an earlier attempt on the same outputs was told already is taken from there.

    :param attempts: of one trial, the newest last.
    :param spans_kept: ``False`` for runs that were read from a file, which has no spans.
    :param again: ask scorers also where an earlier attempt has their answer.
    """
    newest = attempts[-1]
    if not is_scored(newest):
        return Rescored()
    hindered = {
        scorer.name: why for scorer in scorers if (why := hindrance(newest, scorer, spans_kept=spans_kept))
    }
    able = [scorer for scorer in scorers if scorer.name not in hindered]
    kept: dict[Scorer, list[Assessment]] = {}
    if not again:
        kept = {scorer: found for scorer in able if (found := _answered(attempts, scorer, names))}
    asked = [scorer for scorer in able if scorer not in kept]
    new = [each for found in kept.values() for each in found]
    new += _answers(newest, asked, given, await_)
    new = [masked(each, redaction) for each in new]
    if not new:
        return Rescored(hindered=hindered)
    result = with_answers(newest, new)
    done = [span for each in new for span in each.spans]
    text = redaction.text(encode(done).text) if done else None
    result = replace(result, spans=judged_again(result.spans, {each.metric.name for each in new}, text))
    if given.expectations is not None:
        text = payload.encode(given.expectations, "expectations").text
        result = replace(result, expectations=redaction.text(text) or "{}")
    return Rescored(result, tuple(new), len(asked), hindered)


def hindrance(result: CaseResult, scorer: Scorer, *, spans_kept: bool = True) -> str | None:
    """Return why a scorer cannot be asked about what is stored, ``None`` where it can."""
    if result.error is not None and result.outputs is None:
        return None  # there is nothing to ask about: the answer is the error
    if result.outputs is None:
        return NOT_STORED
    if any(warning.startswith("outputs") for warning in result.warnings):
        return DESCRIBED
    lost = any(warning.startswith(("spans", "a span")) for warning in result.warnings)
    return NO_SPANS if "trace" in scorer.parameters and (lost or not spans_kept) else None


def with_answers(result: CaseResult, new: Sequence[Assessment]) -> CaseResult:
    """Return the next attempt of a result, in which new answers take the place of those of their names."""
    names = {each.metric.name for each in new}
    kept = [each for each in result.assessments if each.metric.name not in names]
    completed = _completed(result, [*kept, *new])
    if completed is not None:
        kept = [completed if each.metric.name == COMPLETED.name else each for each in kept]
    return replace(result, attempt=result.attempt + 1, assessments=(*kept, *new))


def _completed(result: CaseResult, assessments: Iterable[Assessment]) -> Assessment | None:
    """Return whether a trial came to its end, as far as that is up to its scorers."""
    before = next((each for each in result.assessments if each.metric.name == COMPLETED.name), None)
    if before is None or result.error is not None:
        return None
    of_scorers = {each.error for each in result.assessments if each.error is not None}
    if before.value is False and before.rationale not in of_scorers:
        return None  # the test itself ended in an error
    error = next((each.error for each in assessments if each.error is not None), None)
    return replace(before, value=error is None, rationale=error)


def _answered(attempts: Sequence[CaseResult], scorer: Scorer, names: MetricNames) -> list[Assessment]:
    """Return what a scorer said in the last earlier attempt on the same outputs; errors do not count."""
    newest = attempts[-1]
    for earlier in reversed(attempts[:-1]):
        if (earlier.outputs, earlier.started_at) != (newest.outputs, newest.started_at):
            continue
        if earlier.expectations != newest.expectations:
            continue
        found = [each for each in earlier.assessments if _is_of(each, scorer, names)]
        if found and all(each.error is None for each in found):
            return [_taken(each, scorer, earlier) for each in found]
    return []


def _taken(assessment: Assessment, scorer: Scorer, earlier: CaseResult) -> Assessment:
    name = assessment.metric.name
    done = tuple(each for each in decode_scorers(earlier.spans) if each.attributes[SCORER] == name)
    return replace(assessment, metric=replace(scorer.spec, name=name), spans=done)


def _is_of(assessment: Assessment, scorer: Scorer, names: MetricNames) -> bool:
    metric = assessment.metric
    return metric.fingerprint == scorer.fingerprint and metric.name in names.of(scorer)


def _answers(result: CaseResult, scorers: Sequence[Scorer], given: Given, await_: Await) -> list[Assessment]:
    if not scorers:
        return []
    if result.outputs is None:
        return [Assessment(scorer.spec, None, error=result.error) for scorer in scorers]
    return run_scorers(scorers, context_of(result, given, scorers), await_=await_)


def context_of(result: CaseResult, given: Given, scorers: Iterable[Scorer] = ()) -> ScoringContext:
    """Return what scorers may ask for about a stored result."""
    trace = trace_of(result)
    inputs = trace.inputs if given.inputs is None else given.inputs
    expectations = given.expectations
    if expectations is None:
        expectations = payload.decode(result.expectations)
    if given.inputs is not None:
        trace = replace(trace, inputs=inputs)
    case = given.case
    if case is None and result.key.dataset and any("case" in each.parameters for each in scorers):
        case = Case(inputs, expectations, result.tags, result.key.case_id)
    return ScoringContext(inputs, trace.outputs, expectations, trace, result.tags, case)
