"""Scoring stored traces again: what scorers do then stands in the new attempt, beside the application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_vtrack.model.assessment import Assessment, Feedback
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.model.scorer_spans import SCORER
from pytest_vtrack.model.secret_texts import MASK
from pytest_vtrack.model.spans import decode, decode_scorers, encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.scoring.protocol import Scorer, scorer
from pytest_vtrack.workflow.rescoring import MetricNames, Rescored, rescore

OWN = Span("ask", "CHAT_MODEL", 1.0, 0.5, "a")


def judging(name: str, version: int = 1, **attributes: Any) -> Scorer:
    """Return a scorer that leaves a span, and counts the steps of the trace that it sees."""

    def judged(trace: Any) -> Feedback:
        step = Span(f"{name}/{version}", "EVALUATOR", 9.0, 1.0, f"{name}{version}", attributes=attributes)
        return Feedback(float(len(trace.spans)), spans=(step,))

    return scorer(judged, name=name, version=version)


def stored(*spans: Span) -> CaseResult:
    key = CaseKey("t.py::test", "qa", "q1", "d1")
    text = encode(spans).text if spans else None
    return CaseResult(key, "t.py::test[q1]", "passed", outputs="1", trace_id="ab" * 16, spans=text)


def scored(attempts: list[CaseResult], *scorers: Scorer, **more: Any) -> list[CaseResult]:
    """Return the attempts with the next one."""
    more = {"await_": asyncio.run, "redaction": Redaction(), **more}
    found: Rescored = rescore(attempts, scorers, MetricNames(scorers), **more)
    assert found.result is not None
    return [*attempts, found.result]


def names(result: CaseResult) -> list[str]:
    return [span.name for span in decode_scorers(result.spans)]


def test_the_new_attempt_has_both_and_the_old_one_stays() -> None:
    before = stored(OWN)
    first, second = scored([before], judging("polite"))
    assert first is before
    assert decode(second.spans) == (OWN,)
    assert names(second) == ["polite/1"]
    assert second.trace_id == before.trace_id


def test_scorers_never_see_what_others_did() -> None:
    attempts = scored([stored(OWN)], judging("polite"))
    attempts = scored(attempts, judging("polite", 2), judging("clear"))
    assert {each.metric.name: each.value for each in attempts[-1].assessments} == {
        "polite": 1.0,
        "clear": 1.0,
    }


def test_a_new_judgement_takes_the_place_of_the_old_one_of_its_metric_only() -> None:
    attempts = scored([stored(OWN)], judging("polite"), judging("clear"))
    attempts = scored(attempts, judging("polite", 2))
    assert [names(each) for each in attempts] == [[], ["clear/1", "polite/1"], ["clear/1", "polite/2"]]
    assert [decode(each.spans) for each in attempts] == [(OWN,)] * 3


def test_an_answer_that_is_taken_again_brings_its_spans() -> None:
    attempts = scored([stored(OWN)], judging("polite"))
    attempts = scored(attempts, judging("polite", 2))
    attempts = scored(attempts, judging("polite"))
    assert names(attempts[-1]) == ["polite/1"]


def test_a_scorer_that_leaves_nothing_takes_the_place_of_one_that_did() -> None:
    attempts = scored([stored()], judging("polite"))
    plain = scorer(lambda outputs: True, name="polite", version=3)
    assert scored(attempts, plain)[-1].spans is None


def test_an_application_without_spans_still_has_none() -> None:
    attempts = scored([stored()], judging("polite"))
    attempts = scored(attempts, judging("clear"))
    assert decode(attempts[-1].spans) == ()
    assert names(attempts[-1]) == ["clear/1", "polite/1"]
    assert attempts[-1].assessments[-1].value == 0.0


def test_without_such_scorers_the_text_is_not_touched() -> None:
    before = stored(OWN)
    plain: Callable[..., bool] = lambda outputs: True  # noqa: E731
    assert scored([before], scorer(plain, name="right"))[-1].spans is before.spans


def test_secrets_in_them_are_masked() -> None:
    attempts = scored([stored(OWN)], judging("polite", api_key="sk-123", count=3))
    (span,) = decode_scorers(attempts[-1].spans)
    assert span.attributes == {"api_key": MASK, "count": 3, SCORER: "polite"}


def test_what_was_judged_is_the_same_whatever_was_done_for_it() -> None:
    (_, result) = scored([stored(OWN)], judging("polite"))
    (said,) = result.assessments
    assert said == Assessment(said.metric, 1.0)
    assert replace(said, spans=()) == said
