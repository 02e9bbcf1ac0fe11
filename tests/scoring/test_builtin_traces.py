"""Scorers of the steps of a trace: documents, tools, time."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack import (
    Span,
    Trace,
    hit_at_k,
    mrr,
    ndcg_at_k,
    output_length,
    recall_at_k,
    span_latency,
    tool_arguments,
    tool_calls,
    tool_order,
    tool_set,
)
from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.protocol import as_scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers


def retrieving(*outputs):
    return Trace(spans=tuple(Span("search", "RETRIEVER", outputs=each) for each in outputs))


def calling(*calls):
    return Trace(spans=tuple(Span(name, "TOOL", inputs=inputs) for name, inputs in calls))


DOCUMENTS = {
    "texts": ["a", "b", "c"],
    "numbers and texts": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
    "mlflow": [{"page_content": "…", "metadata": {"doc_uri": each}} for each in "abc"],
    "langchain": [{"id": None, "page_content": "…", "metadata": {"source": each}} for each in "abc"],
    "openinference": [{"id": each, "content": "…", "metadata": '{"source": "x"}'} for each in "abc"],
    "metadata as text": [{"content": "…", "metadata": json.dumps({"source": each})} for each in "abc"],
    "in an object": {"documents": [{"document_id": each} for each in "abc"], "took": 3},
    "a JSON text": '[{"doc_id": "a"}, {"doc_id": "b"}, {"doc_id": "c"}]',
    "chunks": [{"id": each} for each in "aabacb"],
}


@pytest.mark.parametrize("outputs", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("expected", ["c", ["c"], [{"doc_uri": "c", "content": "…"}], {"c": 2, "a": 0}])
def test_documents_are_told_apart_by_whatever_names_them(outputs, expected):
    assert mrr()(retrieving(outputs), {"documents": expected}) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("expected", "k", "hit", "recall", "reciprocal", "ndcg"),
    [
        # Retrieved are a b c d e. nDCG of the first by sklearn 1.7: 0.46927872602275655
        (["a", "d", "e"], 3, True, 1 / 3, 1.0, 0.46927872602275655),
        (["c"], 3, True, 1.0, 1 / 3, 0.5),
        (["c"], 2, False, 0.0, 0.0, 0.0),
        (["z"], 5, False, 0.0, 0.0, 0.0),
        (["a"], 1, True, 1.0, 1.0, 1.0),
        (["b", "z"], 5, True, 0.5, 0.5, (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
    ],
)
def test_rankings_are_scored_by_the_usual_formulas(expected, k, hit, recall, reciprocal, ndcg):
    trace, wanted = retrieving(list("abcde")), {"documents": expected}
    assert hit_at_k(k)(trace, wanted) is hit
    assert recall_at_k(k)(trace, wanted) == pytest.approx(recall)
    assert mrr(k)(trace, wanted) == pytest.approx(reciprocal)
    assert ndcg_at_k(k)(trace, wanted) == pytest.approx(ndcg)


@pytest.mark.parametrize(("k", "value"), [(6, 0.9608081943360616), (3, 0.9777813616305048)])
def test_graded_relevance_gives_the_numbers_of_sklearn(k, value):
    graded = {"a": 3, "b": 2, "c": 3, "d": 0, "e": 1, "f": 2}
    assert ndcg_at_k(k)(retrieving(list("abcdef")), {"documents": graded}) == pytest.approx(value)


def test_documents_of_several_spans_follow_each_other_and_one_span_may_be_named():
    trace = Trace(
        spans=(
            Span("search", "RETRIEVER", outputs=["b", "a"]),
            Span("rerank", "RERANKER", outputs=["a", "b"]),
            Span("search again", "RETRIEVER", outputs=["b", "c"]),
        )
    )
    assert mrr()(trace, {"documents": "c"}) == pytest.approx(1 / 3)
    assert mrr(span="rerank")(trace, {"documents": "a"}) == 1.0
    assert mrr(id_name="path")(retrieving([{"id": 1, "path": "x"}]), {"documents": "x"}) == 1.0


def test_a_trace_that_retrieves_nothing_scores_zero_and_no_expected_document_says_nothing():
    other = Trace(spans=(Span("llm", "CHAT_MODEL"),))
    assert recall_at_k()(other, {"documents": ["a"]}) == 0.0
    assert hit_at_k()(other, {"documents": ["a"]}) is False
    assert ndcg_at_k()(retrieving(["a"]), {"documents": []}) is None
    assert mrr()(None, {"documents": ["a"]}) is None


@pytest.mark.parametrize(
    ("trace", "expectations", "message"),
    [
        (Trace(), {"documents": ["a"]}, "the trace has no spans, so what was retrieved is not known"),
        (retrieving(["a"]), {}, "no expectation to compare with: the case expects nothing"),
        (retrieving(3), {"documents": ["a"]}, "span 'search': the outputs are no list of documents"),
        (retrieving([{"text": "x"}]), {"documents": ["a"]}, "span 'search': a document has no id: looked"),
        (retrieving([None]), {"documents": ["a"]}, "a document has no id: .* found a NoneType"),
        (retrieving(["a"]), {"documents": [{"text": "x"}]}, "the expected documents: a document has no id"),
        (retrieving(["a"]), {"documents": {"a": "high"}}, "the expected documents, .* must be a list of ids"),
        (retrieving(["a"]), {"documents": None}, "the expected documents, None, must be a list"),
    ],
)
def test_what_cannot_be_ranked_is_an_error(trace, expectations, message):
    with pytest.raises(ScorerError, match=message):
        recall_at_k()(trace, expectations)


@given(
    ranked=st.lists(st.sampled_from("abcdef"), max_size=8),
    graded=st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.1, 10), min_size=1),
    k=st.integers(1, 8),
)
def test_rankings_lie_within_their_bounds_and_the_best_is_one(ranked, graded, k):
    for check in (recall_at_k(k), mrr(k), ndcg_at_k(k)):
        assert 0 <= check(retrieving(ranked), {"documents": graded}) <= 1
    best = sorted(graded, key=lambda each: -graded[each])
    assert ndcg_at_k(k)(retrieving(best), {"documents": graded}) == pytest.approx(1)
    assert mrr(k)(retrieving(best), {"documents": graded}) == 1


MADE = [("search", {"q": "shoes"}), ("order", {"id": 1, "size": 42})]


@pytest.mark.parametrize(
    ("made", "expected", "exact", "same_set", "order", "arguments"),
    [
        (MADE, ["search", "order"], True, True, True, 1.0),
        (MADE, ["order", "search"], False, True, False, 1.0),
        (MADE, ["order"], False, False, True, 1.0),
        (MADE, [{"name": "search", "arguments": {"q": "shoes"}}, "order"], True, True, True, 1.0),
        (MADE, [{"name": "search", "arguments": {"q": "hats"}}, "order"], False, True, True, 0.5),
        (MADE, [{"name": "order", "arguments": '{"size": 42, "id": 1.0}'}], False, False, True, 1.0),
        (MADE, [{"name": "order", "args": {"id": True, "size": 42}}], False, False, True, 0.0),
        ([MADE[0], MADE[0]], ["search"], False, True, True, 1.0),
        ([MADE[0]], ["search", "search"], False, True, False, 0.5),
        ([("a", {"x": 1})], ["a", {"name": "a", "arguments": {"x": 1}}], False, True, False, 0.5),
        (MADE, [], False, False, True, None),
    ],
)
def test_tool_calls_are_compared(made, expected, exact, same_set, order, arguments):
    trace, wanted = calling(*made), {"tool_calls": expected}
    assert tool_calls()(trace, wanted) is exact
    assert tool_set()(trace, wanted) is same_set
    assert tool_order()(trace, wanted) is order
    assert tool_arguments()(trace, wanted) == arguments


def test_other_spans_are_no_tools_and_attributes_may_name_one():
    span = Span("execute_tool x", "TOOL", inputs='{"q": 1}', attributes={"gen_ai.tool.name": "x"})
    trace = Trace(spans=(Span("llm", "CHAT_MODEL"), span))
    assert tool_calls()(trace, {"tools": [{"name": "x", "arguments": {"q": 1}}]}) is True
    none = Trace(spans=(Span("llm", "CHAT_MODEL"),))
    assert tool_calls()(none, {"tools": []}) is True
    assert tool_set()(none, {"tools": ["x"]}) is False
    assert tool_arguments()(calling(("now", None)), {"tools": [{"name": "now", "arguments": {}}]}) == 1.0


@pytest.mark.parametrize(
    ("trace", "expected", "message"),
    [
        (Trace(), [], "the trace has no spans, so which tools were called is not known; trace the tools"),
        (calling(), "x", "the trace has no spans"),
        (calling(*MADE), "x", "the expected tool calls, 'x', must be a list; each is a name, or an object"),
        (calling(*MADE), [{"tool": "x"}], r"the expected tool call \{'tool': 'x'\} has no name; each is"),
    ],
)
def test_tool_calls_that_cannot_be_read_are_an_error(trace, expected, message):
    with pytest.raises(ScorerError, match=message):
        tool_order()(trace, {"tool_calls": expected})


def test_the_time_of_named_spans_is_added_up():
    spans = tuple(
        Span(name, duration_s=time) for name, time in (("llm", 0.5), ("search", 2.0), ("llm", 0.25))
    )
    trace = Trace(duration_s=3.0, spans=spans)
    assert span_latency("llm")(trace) == 0.75
    assert span_latency()(trace) == 3.0
    assert span_latency("other")(trace) is None
    assert span_latency()(Trace()) is None
    assert span_latency()(None) is None


@pytest.mark.parametrize(
    ("unit", "outputs", "length"),
    [
        ("characters", "naïve 🙂", 7),
        ("words", "It's 3-4 words?", 5),
        ("lines", "a\nb\n", 2),
        ("characters", {"answer": "abc", "other": 1}, 3),
        ("characters", "", 0),
        ("words", None, None),
    ],
)
def test_the_length_of_an_output(unit, outputs, length):
    assert output_length(unit=unit)(outputs) == length


def test_they_run_as_scorers_do():
    context = ScoringContext(
        outputs="42", expectations={"documents": ["b"], "tools": ["x"]}, trace=retrieving(["a", "b"])
    )
    scorers = [as_scorer(each, where="") for each in (mrr(), tool_set(), output_length(), span_latency())]
    values = {each.metric.name: each.value for each in run_scorers(scorers, context, await_=None)}
    assert values == {"mrr": 0.5, "tool_set": False, "output_length": 2.0, "span_latency": None}
