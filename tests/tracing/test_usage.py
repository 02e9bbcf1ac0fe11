from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.model.trace import Span, SpanEvent
from pytest_vtrack.tracing.first_token import time_to_first_token
from pytest_vtrack.tracing.latencies import latencies
from pytest_vtrack.tracing.prices import Price, PriceTable
from pytest_vtrack.tracing.usage import Usage, own_usage, usage_of

PRICES = PriceTable({"m": Price(input=1.0, output=10.0)})


def step(span_id, parent=None, name="s", **attributes):
    said = {key.replace("__", "."): value for key, value in attributes.items()}
    return Span(name, span_id=span_id, parent_id=parent, attributes=said)


def model_call(span_id, parent=None, into=1, out=2, model="m", **attributes):
    said = {"gen_ai.usage.input_tokens": into, "gen_ai.usage.output_tokens": out, **attributes}
    return Span("chat", span_id=span_id, parent_id=parent, attributes={"gen_ai.request.model": model, **said})


SAID = {
    "nothing": ({"gen_ai.request.model": "m"}, Usage()),
    "semantic conventions": (
        {
            "gen_ai.usage.input_tokens": 3,
            "gen_ai.usage.output_tokens": 4,
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-2026",
        },
        Usage(3, 4, 7, models=("m-2026",)),
    ),
    "older semantic conventions": (
        {"gen_ai.usage.prompt_tokens": 3, "gen_ai.usage.completion_tokens": 4, "llm.usage.total_tokens": 8},
        Usage(3, 4, 8),
    ),
    "openinference": (
        {
            "llm.token_count.prompt": 3,
            "llm.token_count.completion": 4,
            "llm.token_count.total": 7,
            "llm.token_count.prompt_details.cache_read": 2,
            "llm.model_name": "x",
            "llm.cost.total": 0.5,
        },
        Usage(3, 4, 7, 2, 0.5, ("x",)),
    ),
    "cost in parts": ({"llm.cost.prompt": 0.25, "llm.cost.completion": 0.5}, Usage(cost=0.75)),
    "mlflow": (
        {
            "mlflow.chat.tokenUsage": '{"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}',
            "mlflow.llm.cost": '{"total_cost": 0.5}',
            "mlflow.llm.model": '"m"',
        },
        Usage(3, 4, 7, None, 0.5, ("m",)),
    ),
    "embedding": ({"gen_ai.usage.input_tokens": 5}, Usage(5, None, 5)),
    "zero is said": ({"gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 0}, Usage(5, 0, 5)),
    "nonsense": (
        {
            "gen_ai.usage.input_tokens": "many",
            "gen_ai.usage.output_tokens": -1,
            "gen_ai.usage.cost": float("nan"),
            "mlflow.chat.tokenUsage": "not json",
            "mlflow.llm.cost": "[1]",
            "llm.cost.total": True,
        },
        Usage(),
    ),
}


@pytest.mark.parametrize(("said", "expected"), SAID.values(), ids=SAID)
def test_usage_is_read_from_the_conventions(said, expected):
    assert own_usage(Span("s", attributes=said)) == expected


def test_nothing_said_is_absent_not_zero():
    assert usage_of(()) == usage_of((step("a"),)) == Usage()
    assert usage_of((step("a"),), PRICES).cost is None


def test_calls_side_by_side_add_up_and_are_priced():
    found = usage_of((model_call("a"), step("b"), model_call("c", "b", into=1_000_000)), PRICES)
    assert found == Usage(1_000_001, 4, 1_000_005, None, pytest.approx(1.000041), ("m",))


REPEATED = {
    "agent with the sum": (step("a", gen_ai__usage__input_tokens=2, gen_ai__usage__output_tokens=4),),
    "agent with the sum and its model": (model_call("a", None, 2, 4),),
    "agent with a part": (model_call("a", None, 1, 2),),
    "no usage above": (step("a"),),
}


@pytest.mark.parametrize("above", REPEATED.values(), ids=REPEATED)
def test_what_a_parent_repeats_of_its_children_is_not_counted_twice(above):
    spans = (*above, step("b", "a"), model_call("c", "b"), model_call("d", "a"))
    assert usage_of(spans, PRICES) == Usage(2, 4, 6, None, pytest.approx(42e-6), ("m",))


def test_one_call_seen_by_two_instrumentations_counts_once():
    outer = step("a", llm__token_count__prompt=1, llm__token_count__completion=2, llm__model_name="m")
    assert usage_of((outer, model_call("b", "a")), PRICES).tokens == 3


def test_calls_that_no_child_shows_count_by_what_the_parent_says():
    assert usage_of((model_call("a", None, 10, 20), model_call("b", "a"))).tokens == 30


def test_cost_is_unknown_where_one_call_has_no_price():
    assert usage_of((model_call("a"), model_call("b", model="other")), PRICES).cost is None
    assert usage_of((model_call("a"), model_call("b", model="other"))).cost is None


def test_cost_that_the_agent_says_stands_for_calls_without_a_price():
    spans = (step("a", gen_ai__usage__cost=0.5), model_call("b", "a"), model_call("c", "a", model="x"))
    assert usage_of(spans, PRICES) == Usage(2, 4, 6, None, 0.5, ("m", "x"))


def test_cost_of_a_part_is_not_taken_for_the_whole():
    spans = (model_call("a", None, 1, 1, **{"gen_ai.usage.cost": 0.1}), model_call("b", "a", model="x"))
    assert usage_of(spans).cost is None


def test_deep_and_circular_traces_are_counted():
    deep = [step(str(n), str(n - 1) if n else None) for n in range(5000)]
    assert usage_of((*deep, model_call("m", "4999"))).tokens == 3
    assert usage_of((model_call("a", "b"), model_call("b", "a"))).tokens == 3


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=12))
def test_usage_is_never_more_than_what_all_spans_say_nor_less_than_the_largest(calls):
    """Each span hangs below the one before it, or directly below the root."""
    spans = [
        model_call(str(n), str(n - 1) if below and n else None, tokens, 0)
        for n, (tokens, below) in enumerate(calls)
    ]
    found = usage_of(tuple(spans)).tokens
    assert max(tokens for tokens, _ in calls) <= found <= sum(tokens for tokens, _ in calls)


STREAMS = {
    "seconds": ({"gen_ai.response.time_to_first_chunk": 0.25}, (), 0.25),
    "openinference": ({}, (SpanEvent("First Token Stream Event", 10.5),), 0.5),
    "openllmetry": (
        {},
        (SpanEvent("llm.content.completion.chunk", 11.0), SpanEvent("llm.content.completion.chunk", 10.125)),
        0.125,
    ),
    "mlflow": ({}, (SpanEvent("mlflow.chunk.item.0", 10.75), SpanEvent("mlflow.chunk.item.1", 12.0)), 0.75),
    "other events": ({}, (SpanEvent("exception", 10.5),), None),
    "nonsense": ({"gen_ai.response.time_to_first_chunk": "soon"}, (), None),
}


@pytest.mark.parametrize(("said", "events", "expected"), STREAMS.values(), ids=STREAMS)
def test_time_to_first_token_is_read_from_the_conventions(said, events, expected):
    span = Span("s", started_at=10.0, attributes=said, events=events)
    assert time_to_first_token((Span("before", started_at=1.0), span)) == expected


def test_time_to_first_token_is_that_of_the_first_call():
    calls = [
        Span("s", started_at=at, attributes={"gen_ai.response.time_to_first_chunk": at}) for at in (3, 2)
    ]
    assert time_to_first_token(calls) == 2.0


def test_latencies_of_one_name_add_up_without_counting_nested_ones_twice():
    spans = [
        Span("search", duration_s=2.0, span_id="a"),
        Span("search", duration_s=1.0, span_id="b", parent_id="a"),
        Span("model", duration_s=4.0, span_id="c", parent_id="b"),
        Span("search", duration_s=8.0, span_id="d"),
        Span("other", duration_s=16.0, span_id="e"),
    ]
    assert latencies(spans, ["search", "model", "absent"]) == {"search": 10.0, "model": 4.0}
