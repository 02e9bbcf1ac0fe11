"""What a judge did is stored with its trace, and no query takes it for the application's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.query import Compare, Field, IsNull, Not
from pytest_vtrack.model.scorer_spans import of_metric
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.store.exchange import result_of, result_record

JUDGE = of_metric(
    [Span("polite", "EVALUATOR", 5.0, 1.0, "a"), Span("chat", "CHAT_MODEL", 5.1, 0.5, "b", "a")], "polite"
)
OWN = Span("search", "TOOL", 1.0, 0.5, "c")
TRACED = {"trace_id": "ab" * 16, "spans": encode([OWN, *JUDGE]).text}
UNTRACED = {"spans": encode(JUDGE).text}


@pytest.fixture
def found(store, record, result):
    """Return the cases that a condition finds: ``traced`` and ``untraced`` were judged, ``plain`` was not."""
    record("r1", [result("traced", **TRACED), result("untraced", **UNTRACED), result("plain")])
    return lambda condition: sorted(each.key.case_id for each in store.traces(condition, limit=9))


def test_both_come_back_as_they_were(store, record, result):
    results = [result("traced", **TRACED), result("untraced", **UNTRACED)]
    record("r1", results)
    assert list(store.results("r1")) == results


@pytest.mark.parametrize(
    ("condition", "cases"),
    [
        (Compare(Field("span.kind"), "=", "CHAT_MODEL"), []),
        (Compare(Field("span.kind"), "=", "EVALUATOR"), []),
        (Compare(Field("span.name"), "~", "polite"), []),
        (Compare(Field("span.kind"), "=", "TOOL"), ["traced"]),
        (Compare(Field("span.name"), "!=", "chat"), ["traced"]),
        (IsNull(Field("span.kind")), ["plain", "untraced"]),
        (Not(IsNull(Field("span.name"))), ["traced"]),
    ],
    ids=range(7),
)
def test_queries_look_at_the_application(found, condition, cases):
    assert found(condition) == cases


def test_a_listed_trace_has_spans_where_the_application_left_some(store, found):
    assert found(None) == ["plain", "traced", "untraced"]
    listed = {each.key.case_id: (each.spans, each.trace_id) for each in store.traces(None, limit=9)}
    assert listed == {"traced": (True, "ab" * 16), "untraced": (False, ""), "plain": (False, "")}


def test_on_their_way_to_the_trace_they_are_in_no_record(result):
    metric = MetricSpec("polite", "f")
    judged = replace(result("a", **TRACED), assessments=(Assessment(metric, True, spans=JUDGE),))
    record = json.loads(json.dumps(result_record(judged, {metric: 0})))
    assert "spans" not in record["assessments"][0]
    assert result_of(record, [metric]) == judged
