"""What a judge leaves of its requests: spans of its own, with what they consumed."""

from __future__ import annotations

import pytest

from pytest_vtrack.model.assessment import Feedback
from pytest_vtrack.model.scorer_spans import SCORER, application_spans
from pytest_vtrack.model.trace import Span, Trace
from pytest_vtrack.scoring.judging.judge import judge
from pytest_vtrack.scoring.judging.pairwise import pairwise
from pytest_vtrack.scoring.judging.spans import CACHED, VOTE
from pytest_vtrack.scoring.protocol import scorer
from pytest_vtrack.tracing.usage import usage_of

PRICE = {"input": 2.0, "output": 10.0}
ONE = (100 * 2 + 20 * 10) / 1_000_000


@pytest.fixture
def asked(endpoint, scored):
    """Ask a judge about one case, and return what it said, its own span and those of its requests."""

    def asked(made=None, **more):
        made = made or judge(
            "right",
            "Is {{ outputs }} right?",
            **{"model": "small", "base_url": endpoint.url, "price": PRICE, **more},
        )
        said = scored(made, baseline=Trace(outputs="3"))
        roots = [span for span in said.spans if span.parent_id is None]
        below = [span for span in said.spans if span.parent_id is not None]
        assert len(roots) == 1
        assert {span.parent_id for span in below} <= {roots[0].span_id}
        return said, roots[0], below

    return asked


def test_one_request_is_one_span_below_that_of_the_judge(asked, endpoint):
    said, own, (request,) = asked(temperature=0.5)
    assert (own.name, own.kind, own.status, own.error) == ("right", "EVALUATOR", "ok", None)
    assert (request.name, request.kind, request.status) == ("chat small", "CHAT_MODEL", "ok")
    host, port = endpoint.url.removeprefix("http://").removesuffix("/v1").split(":")
    assert request.attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "small",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.model": "served-1",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cost": pytest.approx(ONE),
        "server.address": host,
        "server.port": int(port),
        SCORER: "right",
    }
    assert own.started_at <= request.started_at
    assert 0 < request.duration_s <= own.duration_s + 1e-6
    usage = usage_of(said.spans)
    assert (usage.tokens, usage.cost) == (said.metadata["judge.tokens"], said.metadata["judge.cost"])


def test_neither_what_was_asked_nor_what_was_answered_is_in_them(asked):
    said, *_ = asked()
    assert [(span.inputs, span.outputs, span.events) for span in said.spans] == [(None, None, ())] * 2
    assert "because" not in repr(said.spans)


def test_what_the_endpoint_says_of_cost_and_cached_tokens_is_kept(asked, endpoint, does):
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 8}}
    endpoint.usual = does.answer("yes", usage={**usage, "cost": 0.25})
    _, _, (request,) = asked(price=None)
    assert request.attributes["gen_ai.usage.cost"] == 0.25
    assert request.attributes["gen_ai.usage.cache_read.input_tokens"] == 8


def test_attempts_that_failed_are_spans_with_the_reason(asked, endpoint, does):
    endpoint.script = [does.error(500, "on fire"), does.close, does.reply("no idea")]
    said, own, requests = asked()
    assert (said.value, own.status) == (True, "ok")
    assert [each.status for each in requests] == ["error", "error", "error", "ok"]
    types = [each.attributes.get("error.type") for each in requests]
    assert types == ["500", "APIConnectionError", "BadReply", None]
    assert "on fire" in requests[0].error
    assert "the reply holds no JSON object with an answer" in requests[2].error
    tokens = [each.attributes.get("gen_ai.usage.input_tokens") for each in requests]
    assert tokens == [None, None, 100, 100]
    assert usage_of(said.spans).cost == pytest.approx(2 * ONE) == said.metadata["judge.cost"]
    starts = [each.started_at for each in requests]
    assert starts == sorted(starts)
    assert own.duration_s >= starts[-1] - starts[0]


def test_a_refused_response_format_is_a_request_too(asked, endpoint, does):
    endpoint.script = [does.error(400, "response_format is not supported")]
    said, _, requests = asked()
    assert said.metadata["judge.attempts"] == 1
    assert [each.attributes.get("error.type") for each in requests] == ["400", None]


@pytest.mark.parametrize(
    ("act", "type", "why", "tokens"),
    [
        (lambda does: does.error(401, "who are you"), "401", "who are you", None),
        (lambda does: does.reply("", finish_reason="length"), "NoAnswer", "cut off at the limit", 120),
    ],
    ids=["refused", "cut off"],
)
def test_a_judge_that_fails_says_so_in_its_own_span(asked, endpoint, does, act, type, why, tokens):
    endpoint.usual = act(does)
    said, own, (request,) = asked()
    assert said.value is None
    assert why in said.error
    assert (own.status, own.error) == ("error", said.error)
    assert (request.status, request.error) == ("error", said.error)
    assert request.attributes["error.type"] == type
    assert usage_of(said.spans).tokens == tokens


def test_each_vote_has_its_requests(asked, endpoint, does):
    endpoint.script = [does.error(500)]
    _, _, requests = asked(votes=3, concurrency=1)
    assert sorted(each.attributes[VOTE] for each in requests if each.status == "ok") == [1, 2, 3]
    assert len(requests) == 4


def test_both_orders_of_two_outputs_are_below_one_judge(asked, endpoint, does):
    endpoint.usual = does.answer("first")
    made = pairwise("friendlier", "Which is friendlier?", model="small", base_url=endpoint.url, retries=0)
    said, own, requests = asked(made)
    assert (own.name, own.kind) == ("friendlier", "EVALUATOR")
    assert sorted(each.attributes[VOTE] for each in requests) == [1, 2]
    assert {each.attributes[SCORER] for each in (own, *requests)} == {"friendlier"}
    assert said.metadata["judge.tokens"] == usage_of(said.spans).tokens == 240


def test_the_same_output_is_not_asked_about_and_leaves_nothing(endpoint, scored):
    made = pairwise("friendlier", "Which is friendlier?", model="small", base_url=endpoint.url)
    assert scored(made, baseline=Trace(outputs="4")).spans == ()


def test_an_answer_kept_from_before_is_no_request(asked, tmp_path):
    _, first, (request,) = asked(cache=tmp_path)
    assert CACHED not in first.attributes
    said, own, requests = asked(cache=tmp_path)
    assert (own.attributes[CACHED], requests) == (1, [])
    assert usage_of(said.spans).is_said is False
    assert own.started_at >= request.started_at


def test_a_scorer_of_another_name_has_the_spans(endpoint, scored):
    made = judge("right", "Is {{ outputs }} right?", model="small", base_url=endpoint.url)
    said = scored(scorer(made, name="correct"))
    assert said.metric.name == "correct"
    assert {span.attributes[SCORER] for span in said.spans} == {"correct"}
    assert application_spans(said.spans) == ()


STEP = Span("look it up", "TOOL", span_id="a")


def test_any_scorer_may_give_spans_with_its_feedback(scored):
    found = scored(scorer(lambda: Feedback(True, spans=(STEP,)), name="looked"))
    assert found.spans == (Span("look it up", "TOOL", span_id="a", attributes={SCORER: "looked"}),)
    assert "look it up" not in repr(found)
    assert Feedback(True, spans=(STEP,)) == Feedback(True)


def test_what_is_no_span_is_an_error_of_the_scorer(scored):
    found = scored(scorer(lambda: Feedback(True, spans=[{"name": "x"}]), name="looked"))
    assert found.value is None
    assert found.error == "Feedback: spans=[{'name': 'x'}] must be a tuple of Span"


def test_values_that_claim_one_metric_leave_their_spans(scored):
    twice = [Feedback(True, name="a", spans=(STEP,)), Feedback(False, name="a", spans=(STEP,))]
    found = scored(scorer(lambda: twice, name="looked"))
    assert "2 values of one case" in found.error
    assert len(found.spans) == 2
