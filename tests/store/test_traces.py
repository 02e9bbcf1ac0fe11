"""Queries find the traces that they describe, and no others."""

from __future__ import annotations

import pytest

from pytest_vtrack.model import spans
from pytest_vtrack.model.query import AllOf, AnyOf, Compare, Field, IsNull, Not
from pytest_vtrack.model.trace import Span

FIRST, SECOND = "ab" * 16, "abcd" + "0" * 28


def compare(kind, operator, value, name=""):
    return Compare(Field(kind, name), operator, value)


def metric(operator, value, name="correct"):
    return compare("metric", operator, value, name)


def tag(operator, value, name="topic"):
    return compare("tags", operator, value, name)


STEPS = spans.encode([Span("search", "TOOL"), Span("ask 100%", "CHAT_MODEL"), Span("ask_more", "CHAT_MODEL")])
LONG = '"' + "x" * 5000 + ' needle in \\"payload\\" é"'


@pytest.fixture
def filled(store, record, result):
    from pytest_vtrack.model.version import AppVersion

    record(
        "aaaa1111",
        [
            result(
                "a", {"correct": True, "score": 0.9}, duration_s=1.0, started_at=10.0, tags={"topic": "x"}
            ),
            result(
                "b",
                {"correct": False, "score": 0.2, "tone": "warm"},
                duration_s=3.0,
                started_at=20.0,
                tags={"topic": "y", "team": "own"},
                trace_id=FIRST,
                spans=STEPS.text,
            ),
            result("c", {"correct": RuntimeError("no")}, started_at=30.0, error="boom", outcome="error"),
        ],
        version=AppVersion("v1"),
        started_at=10.0,
        env="prod",
        tags={"team": "core"},
        flags={"tone": "warm"},
    )
    record(
        "bbbb2222",
        [
            result("a", {"correct": False}, started_at=5.0, outputs=LONG, trial=0),
            result("a", {"correct": True}, started_at=6.0, trial=1, inputs='{"question":"other words"}'),
            result("d", {"score": 1}, started_at=7.0, flags='{"tone":"cold"}', outcome="failed"),
            result("e", started_at=50.0, inputs=LONG, trace_id=SECOND, spans="[]"),
        ],
        version=AppVersion("v2"),
        started_at=5.0,
    )
    record("cccc3333", [result("f", {"correct": True}, started_at=99.0)], experiment="other")
    record("dddd4444", [result("g", started_at=100.0)], origin="file")
    return store


def found(store, where, **more):
    return [
        trace.key.case_id + (str(trace.trial) if trace.trial else "")
        for trace in store.traces(where, experiment="bot", **{"limit": 100, **more})
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, "e c b a d a1 a"),
        (compare("version", "=", "v1"), "c b a"),
        (compare("version", "!=", "v1"), "e d a1 a"),
        (compare("version", "~", "V"), "e c b a d a1 a"),
        (compare("version", "~", "%"), ""),
        (compare("env", "=", "prod"), "c b a"),
        (compare("run", "=", "bbbb"), "e d a1 a"),
        (compare("run", "!=", "bbbb"), "c b a"),
        (compare("run", "=", "b%"), ""),
        (compare("status", "=", "error"), "c"),
        (compare("status", "!=", "error"), "e b a d a1 a"),
        (compare("status", "=", "failed"), "d"),
        (compare("duration", ">", 2.0), "b"),
        (compare("duration", "<=", 1.0), "e c a d a1 a"),
        (compare("time", ">=", 20.0), "e c b"),
        (tag("=", "x"), "a"),
        (tag("!=", "x"), "b"),
        (Not(tag("=", "x")), "e c b d a1 a"),
        (tag("~", "X"), "a"),
        (IsNull(Field("tags", "topic")), "e c d a1 a"),
        (tag("=", "core", "team"), "c a"),
        (tag("=", "own", "team"), "b"),
        (tag("!=", "core", "team"), "b"),
        (IsNull(Field("tags", "team")), "e d a1 a"),
        (compare("flags", "=", "warm", "tone"), "c b a"),
        (compare("flags", "=", "cold", "tone"), "d"),
        (compare("flags", "~", "OL", "tone"), "d"),
        (IsNull(Field("flags", "tone")), "e a1 a"),
        (metric("=", True), "a a1"),
        (metric("=", False), "b a"),
        (metric("!=", False), "a a1"),
        (Not(metric("=", False)), "e c a d a1"),
        (metric("=", 1.0), "a a1"),
        (metric("<", 0.5, "score"), "b"),
        (metric(">=", 0.9, "score"), "a d"),
        (metric("=", "warm", "tone"), "b"),
        (metric("~", "AR", "tone"), "b"),
        (IsNull(Field("metric", "correct")), "e c d"),
        (compare("span.kind", "=", "TOOL"), "b"),
        (compare("span.kind", "!=", "TOOL"), ""),
        (compare("span.kind", "!=", "AGENT"), "b"),
        (compare("span.name", "~", "ASK"), "b"),
        (compare("span.name", "~", "100%"), "b"),
        (compare("span.name", "~", "k_0"), ""),
        (compare("span.name", "=", "ask"), ""),
        (IsNull(Field("span.kind")), "e c a d a1 a"),
        (compare("text", "~", "B?"), "b"),
        (compare("text", "~", "b!"), "b"),
        (compare("text", "~", 'needle in "payload" é'), "e a"),
        (compare("text", "~", "other words"), "a1"),
        (compare("text", "~", "a?"), "a a"),
        (compare("text", "~", "%"), ""),
        (AllOf((tag("=", "y"), metric("=", False))), "b"),
        (AnyOf((tag("=", "x"), Not(AllOf((compare("env", "=", "prod"),))))), "e a d a1 a"),
    ],
)
def test_a_condition_finds_what_it_describes(filled, where, expected):
    assert " ".join(found(filled, where)) == expected


@pytest.mark.parametrize(
    "condition",
    [
        compare("version", "=", "v1"),
        compare("status", "=", "ok"),
        tag("=", "x"),
        tag("=", "core", "team"),
        compare("flags", "=", "cold", "tone"),
        metric("=", True),
        compare("span.kind", "=", "TOOL"),
        compare("text", "~", "needle"),
    ],
)
def test_every_trace_is_in_a_condition_or_in_its_opposite(filled, condition):
    inside, outside = found(filled, condition), found(filled, Not(condition))
    assert sorted(inside + outside) == sorted(found(filled, None))
    assert inside
    assert outside


def test_the_newest_come_first_and_no_more_than_asked_for(filled):
    assert found(filled, None, limit=3) == ["e", "c", "b"]
    assert [trace.key.case_id for trace in filled.traces(limit=2)] == ["f", "e"]


def test_values_are_no_sql(filled):
    for hostile in ("' OR 1=1 --", '"; DROP TABLE trace; --', "\\", "é\U0001f600"):
        for kind in ("version", "run", "tags", "flags", "metric", "span.name", "text"):
            assert found(filled, compare(kind, "=" if kind != "text" else "~", hostile, hostile)) == []
    assert len(found(filled, None)) == 7


def test_a_summary_tells_what_is_listed(filled):
    (trace,) = filled.traces(tag("=", "y"), limit=1)
    assert (trace.run_id, trace.version, trace.env, trace.nodeid) == (
        "aaaa1111",
        "v1",
        "prod",
        "tests/test_qa.py::test_answers[b]",
    )
    assert (trace.status, trace.outcome, trace.duration_s, trace.trace_id) == ("ok", "passed", 3.0, FIRST)
    assert (trace.spans, trace.ref) == (True, FIRST[:12])
    assert [each.ref for each in filled.traces(metric("=", True), experiment="bot", limit=5)] == [
        "aaaa1111:a",
        "bbbb2222:a#1",
    ]


@pytest.mark.parametrize(
    ("prefix", "cases"), [("ab", "eb"), ("abab", "b"), (FIRST, "b"), ("abcd", "e"), ("ac", ""), ("abc", "e")]
)
def test_traces_are_found_by_the_beginning_of_their_id(filled, prefix, cases):
    assert "".join(each.key.case_id for each in filled.traces_with_prefix(prefix, limit=5)) == cases


def test_traces_are_found_by_run_and_case(filled):
    assert [each.trial for each in filled.traces_of_case("bbbb2222", "a")] == [1, 0]
    assert len(filled.traces_of_case("aaaa1111", "tests/test_qa.py::test_answers[b]")) == 1
    assert filled.traces_of_case("aaaa1111", "z") == []


def test_only_traces_of_production_are_found_as_imported(filled, record, result):
    record("eeee5555", [result("h", trace_id=FIRST, spans=STEPS.text)], origin="import")
    ((run_id, stored),) = filled.imported_traces([FIRST, SECOND, "f" * 32], "bot")
    assert (run_id, stored.key.case_id, stored.spans) == ("eeee5555", "h", STEPS.text)
    assert filled.imported_traces([FIRST], "other") == []


def test_metrics_are_listed_by_name(filled):
    assert filled.metric_names() == ["correct", "score", "tone"]


@pytest.mark.parametrize("looked_at_first", [1, 2, 3, 6])
def test_looking_at_new_runs_first_finds_the_same(filled, monkeypatch, looked_at_first):
    wheres = [None, metric("=", True), tag("=", "x"), compare("env", "=", "prod"), Not(metric("=", False))]
    expected = [found(filled, where, limit=limit) for where in wheres for limit in (1, 2, 3, 100)]
    monkeypatch.setattr("pytest_vtrack.store.traces._LOOKED_AT_FIRST", looked_at_first)
    assert [found(filled, where, limit=limit) for where in wheres for limit in (1, 2, 3, 100)] == expected
