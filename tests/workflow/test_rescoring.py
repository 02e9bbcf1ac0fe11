"""Scoring one stored trial, and all of a run: what is asked, what is taken again, what cannot be asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.errors import StoreUnreachable
from pytest_vtrack.model.assessment import COMPLETED, PASSED, Assessment, Feedback, MetricSpec
from pytest_vtrack.model.dataset import Case, Dataset
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.scoring.protocol import Scorer, scorer
from pytest_vtrack.store import Store
from pytest_vtrack.store.spool import Spool
from pytest_vtrack.workflow.rescored_run import Rescoring, Tally
from pytest_vtrack.workflow.rescoring import (
    DESCRIBED,
    NO_SPANS,
    NOT_STORED,
    MetricNames,
    Rescored,
    rescore,
)

Record = Callable[..., Run]
OLD = MetricSpec("right", "version:1")


@scorer(version=2)
def right(outputs: Any, expectations: Mapping[str, Any]) -> bool:
    return bool(outputs == expectations["answer"])


@scorer(version=2)
def several(outputs: Any) -> list[Feedback]:
    return [Feedback(outputs > 1, name="large"), Feedback(float(outputs), name="size")]


@scorer
def steps(trace: Any) -> float:
    return float(len(trace.spans))


def stored(n: int = 1) -> CaseResult:
    """Build a stored trial that answered right, and was told so by the scorer as it was."""
    return CaseResult(
        CaseKey("test_qa.py::test_answers", "qa", f"q{n}", f"d{n}"),
        f"test_qa.py::test_answers[q{n}]",
        "passed",
        inputs=f'{{"n":{n}}}',
        expectations=f'{{"answer":{n}}}',
        outputs=str(n),
        assessments=(Assessment(PASSED, True), Assessment(COMPLETED, True), Assessment(OLD, True)),
    )


def changed(result: CaseResult, **values: Any) -> CaseResult:
    return replace(result, **values)


def scored(attempts: list[CaseResult], *scorers: Scorer, **more: Any) -> Rescored:
    more = {"await_": asyncio.run, "redaction": Redaction(), **more}
    return rescore(attempts, scorers, MetricNames(scorers), **more)


def said(result: CaseResult | None) -> dict[str, Any]:
    assert result is not None
    return {each.metric.name: each.error or each.value for each in result.assessments}


def test_new_answers_take_the_place_of_old_ones_in_a_further_attempt() -> None:
    first = changed(stored(), outputs="7")
    found = scored([first], right)
    assert found.result is not None
    assert found.result.attempt == 1
    assert said(found.result) == {"passed": True, "completed": True, "right": False}
    assert replace(found.result, attempt=0, assessments=first.assessments) == first


def test_an_answer_of_an_earlier_attempt_is_taken_again() -> None:
    first = changed(stored(), assessments=(Assessment(right.spec, False, "as it was said"),))
    second = changed(stored(), attempt=1)
    found = scored([first, second], right)
    assert (found.called, said(found.result)["right"]) == (0, False)
    elsewhere = changed(first, outputs="3")  # a rerun, which answered something else
    assert said(scored([elsewhere, second], right).result)["right"] is True
    assert said(scored([first, second], right, again=True).result)["right"] is True


def test_what_the_scorer_is_told_is_what_was_stored() -> None:
    @scorer
    def all_of_it(inputs: Any, outputs: Any, expectations: Any, trace: Any, tags: Any, case: Any) -> str:
        return json.dumps(
            [inputs, outputs, expectations, trace.spans[0].name, trace.duration_s, tags, case.id]
        )

    first = changed(stored(), tags={"topic": "a"}, duration_s=0.5, spans=encode([Span("search")]).text)
    found = said(scored([first], all_of_it).result)
    assert json.loads(found["all_of_it"]) == [{"n": 1}, 1, {"answer": 1}, "search", 0.5, {"topic": "a"}, "q1"]


@pytest.mark.parametrize(
    ("result", "asked", "why"),
    [
        (changed(stored(), outputs=None), right, NOT_STORED),
        (changed(stored(), outputs="{}", warnings=("outputs: of type Answer",)), right, DESCRIBED),
        (changed(stored(), warnings=("spans[3].inputs: of type Client",)), steps, NO_SPANS),
        (changed(stored(), warnings=("spans[3].inputs: of type Client",)), right, None),
    ],
    ids=["scores-only", "no-json", "spans-lost", "spans-not-needed"],
)
def test_who_cannot_be_asked_is_told_with_the_reason(
    result: CaseResult, asked: Scorer, why: str | None
) -> None:
    found = scored([result], asked)
    assert found.hindered == ({asked.name: why} if why else {})
    assert (found.result is None) == (why is not None)


def test_a_run_from_a_file_has_no_spans_to_look_at() -> None:
    assert scored([stored()], steps, right, spans_kept=False).hindered == {"steps": NO_SPANS}


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (changed(stored(), outputs=None, error="OSError: down", outcome="failed"), "OSError: down"),
        (changed(stored(), outputs=None, outcome="skipped"), None),
        (changed(stored(), outputs=None, outcome="error", error="setup: no"), None),
    ],
    ids=["app-failed", "skipped", "never-ran"],
)
def test_where_the_application_failed_that_is_the_answer(result: CaseResult, answer: str | None) -> None:
    found = scored([result], right)
    assert (said(found.result)["right"] if found.result else None) == answer


@pytest.mark.parametrize(
    ("before", "outputs", "after"),
    [
        ((True, None), "7", True),
        ((True, None), '"x"', False),
        ((False, "ZeroDivisionError: old"), "7", True),
        ((False, "OSError: the test itself"), "7", False),
    ],
    ids=["as-before", "scorer-fails-now", "scorer-failed-before", "test-crashed"],
)
def test_whether_a_case_came_to_its_end_follows_the_new_scorer(
    before: tuple[bool, str | None], outputs: str, after: bool
) -> None:
    @scorer
    def right(outputs: Any) -> float:
        return 1.0 / (outputs - 1)

    old = Assessment(OLD, None, error="ZeroDivisionError: old") if before[1] else Assessment(OLD, True)
    assessments = (Assessment(PASSED, True), Assessment(COMPLETED, before[0], before[1]), old)
    found = scored([changed(stored(), outputs=outputs, assessments=assessments)], right)
    assert said(found.result)["completed"] is after


def test_secrets_in_reasons_are_masked() -> None:
    @scorer
    def leaking(outputs: Any) -> Feedback:
        return Feedback(True, "see", metadata={"api_key": "sk-12345"})

    found = scored([stored()], leaking)
    assert "sk-12345" not in str(found.new[0].metadata)


def test_names_of_feedback_count_as_answers_of_their_scorer() -> None:
    names = MetricNames([several, right])
    answers = (Assessment(replace(several.spec, name="large"), True), Assessment(right.spec, True))
    result = changed(stored(), assessments=answers)
    assert names.lacking(result) == [several]
    names.learn(answers)
    assert names.lacking(result) == []
    assert names.lacking(changed(stored(), assessments=answers[:1])) == [right]


@pytest.fixture
def run(store: Store, record: Record) -> Run:
    """A stored run of 30 cases."""
    run = record("v1", {})
    store.add(run.id, [stored(n) for n in range(30)])
    return run


def carried_out(store: Store, run: Run, *scorers: Scorer, **more: Any) -> Tally:
    return Rescoring(store, run, scorers, Redaction(), **more).carry_out(lambda _: None)


def test_a_run_is_scored_once(store: Store, run: Run) -> None:
    first = carried_out(store, run, right, several)
    assert (first.traces, first.scored, first.called, first.flawless) == (30, 30, 60, True)
    means = {each.spec.name: each.mean for each in store.metric_summaries(run.id)}
    assert (means["right"], means["size"]) == (1.0, 14.5)
    assert store.run(run.id) == replace(run, stored=30)
    second = carried_out(store, run, right)
    assert (second.scored, second.answered) == (0, 30)


def test_asynchronous_scorers_wait_together_and_synchronous_ones_have_threads(store: Store, run: Run) -> None:
    together, threads = asyncio.Event(), threading.Barrier(3, timeout=10)
    waiting: list[int] = []

    @scorer
    async def meeting(outputs: int) -> bool:
        waiting.append(outputs)
        if len(waiting) == 3:
            together.set()
        async with asyncio.timeout(10):
            await together.wait()
        return True

    @scorer
    def meeting_in_threads(outputs: int) -> bool:
        threads.wait()
        return True

    tally = carried_out(store, run, meeting, meeting_in_threads, concurrency=3)
    assert (tally.scored, dict(tally.errors)) == (30, {})


def test_ctrl_c_keeps_what_was_scored_and_the_rest_is_scored_later(store: Store, run: Run) -> None:
    calls = iter(range(100))

    def pressed(_: int) -> None:
        if next(calls) == 9:
            raise KeyboardInterrupt

    first = Rescoring(store, run, [right], Redaction(), concurrency=2).carry_out(pressed)
    assert first.interrupted
    assert 10 <= first.scored < 30
    second = carried_out(store, run, right)
    assert (second.answered, second.scored) == (first.scored, 30 - first.scored)
    assert len(list(store.results(run.id, all_attempts=True))) == 60


def test_a_store_that_is_away_for_a_while_is_waited_for(
    store: Store, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_vtrack.store.writer._PAUSE_S", 0.0)
    for name in ("add", "some_trials", "finish"):
        fail_at_first(store, name, monkeypatch)
    spool = Spool(tmp_path / "waiting.jsonl")
    assert carried_out(store, run, right, spool=spool).scored == 30
    assert len(list(store.results(run.id, all_attempts=True))) == 60
    assert not spool.path.exists()


def fail_at_first(store: Store, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, left = getattr(store, name), [True]

    def method(*args: Any, **told: Any) -> Any:
        if left:
            left.clear()
            raise StoreUnreachable("the server is away")
        return whole(*args, **told)

    monkeypatch.setattr(store, name, method)


def test_errors_are_answers_and_asked_again_only_on_demand(store: Store, run: Run) -> None:
    down = [True]

    @scorer
    def judge(outputs: int) -> bool:
        if down[0] and outputs % 3 == 0:
            raise OSError("down")
        return True

    first = carried_out(store, run, judge)
    assert (first.errors["judge"], first.flawless) == (10, False)
    assert first.first_errors["judge"].startswith("OSError: down")
    down.clear()
    down.append(False)
    assert carried_out(store, run, judge).scored == 0
    again = carried_out(store, run, judge, retry_errors=True)
    assert (again.scored, again.flawless) == (10, True)


def test_expectations_may_come_from_a_dataset_where_inputs_are_the_same(store: Store, run: Run) -> None:
    carried_out(store, run, right)
    cases = [Case({"n": n}, {"answer": n + (n < 3)}, id=f"q{n}") for n in range(20)]
    cases += [Case({"n": 99}, {"answer": 0}, id="q20")]
    tally = carried_out(store, run, right, dataset=Dataset("qa", cases))
    assert (tally.scored, tally.answered, tally.other_inputs) == (3, 27, 10)
    assert [said(each)["right"] for each in store.results(run.id)].count(False) == 3
    first = next(store.results(run.id))
    assert first.expectations == '{"answer":1}'


def test_what_cannot_be_asked_is_counted(store: Store, record: Record) -> None:
    run = record("v1", {})
    results = [
        changed(stored(1), outputs=None),
        stored(2),
        changed(stored(3), outcome="skipped", outputs=None),
    ]
    store.add(run.id, results)
    tally = carried_out(store, run, right)
    assert {why: dict(counts) for why, counts in tally.hindered.items()} == {NOT_STORED: {"right": 1}}
    assert (tally.traces, tally.scored, tally.not_run, tally.flawless) == (3, 1, 1, False)
