"""Traces on the command line: a table, and one trace with its waterfall."""

from __future__ import annotations

import pytest

from pytest_vtrack.model import spans
from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.trace_summary import TraceSummary
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.layout import text_of, widest
from pytest_vtrack.report.span_tree import in_tree_order, waterfall
from pytest_vtrack.report.trace_screen import trace_screen
from pytest_vtrack.report.trace_table import trace_table

SPANS = (
    Span("plan", "CHAIN", 10.0, 1.0, "a"),
    Span("search", "RETRIEVER", 10.0, 0.25, "b", "a"),
    Span("ask", "CHAT_MODEL", 10.5, 0.5, "c", "a", "error", "boom\n\x1b[31mbad"),
    Span("tiny", "TOOL", 11.999, 0.0001, "d"),
)
ROOT = Span("call", started_at=10.0, duration_s=2.0)
RUN = Run("7f3a" * 8, "bot", AppVersion("v7"), "prod")


def shown(lines):
    return [text_of(line) for line in lines]


def result(**more):
    values = {
        "inputs": '{"q":"x"}',
        "outputs": '"A"',
        "started_at": 10.0,
        "duration_s": 2.0,
        "spans": spans.encode(SPANS).text,
        "trace_id": "ab" * 16,
        "tags": {"topic": "billing"},
    }
    return CaseResult(CaseKey("t.py::test", "qa", "c1"), "t.py::test[c1]", "passed", **{**values, **more})


def test_a_waterfall_shows_when_each_step_ran():
    assert shown(waterfall(ROOT, SPANS)) == [
        "call                                             2 s  ██████████████████████████",
        "├─ plan                          CHAIN           1 s  █████████████",
        "│  ├─ search                     RETRIEVER    250 ms  ███",
        "│  └─ ask                        CHAT_MODEL   500 ms        ██████",
        "│        error: boom \\x1b[31mbad",
        "└─ tiny                          TOOL        0.10 ms                           █",
    ]


@pytest.mark.parametrize(("width", "unicode"), [(80, True), (80, False), (40, True), (200, False)])
def test_no_line_is_wider_than_the_screen(width, unicode):
    odd = (*SPANS, Span("é 日本" * 30, "日" * 30, 10.0, 5.0, "e", "d", "error", "日本語 " * 60))
    deep = [Span(f"s{n}", "TOOL", 10.0, 1.0, f"x{n}", f"x{n - 1}" if n else None) for n in range(40)]
    lines = shown(waterfall(ROOT, (*odd, *deep), width=width, unicode=unicode))
    assert len(lines) > 40
    assert widest(lines) <= width
    assert unicode or all(line.isascii() for line in lines)


@pytest.mark.parametrize(
    ("parents", "order"),
    [
        ({"a": None, "b": "a", "c": "b", "d": "a"}, "abcd"),
        ({"b": "gone", "a": "b", "c": None}, "bac"),
        ({"a": "b", "b": "a", "c": None}, "cab"),
        ({"a": "a", "b": "a"}, "ab"),
    ],
    ids=["tree", "lost parent", "circle", "own parent"],
)
def test_every_span_is_shown_once_below_its_parent(parents, order):
    found = in_tree_order([Span(name, span_id=name, parent_id=up) for name, up in parents.items()])
    assert "".join(placed.span.name for placed in found) == order


def test_very_deep_and_very_many_spans_are_shown_in_time():
    deep = [Span("s", span_id=str(n), parent_id=str(n - 1) if n else None) for n in range(5000)]
    lines = shown(waterfall(None, deep))
    assert len(lines) == 201
    assert lines[-1] == "4,800 more spans; --json prints all"


def test_a_trace_is_shown_with_what_is_known_of_it():
    judged = (Assessment(MetricSpec("correct", "f"), True), Assessment(LATENCY, 2.0))
    text = "\n".join(shown(trace_screen(RUN, result(assessments=judged, error="no"))))
    for part in (
        "trace    " + "ab" * 16,
        "run      7f3a7f3a (version v7, environment prod)",
        "case     c1",
        "started  1970-01-01 00:00:10",
        "took     2 s",
        "status   error",
        "error    no",
        "tags     topic=billing",
        "metrics  correct yes, latency 2 s",
        "call ",
        'inputs   {"q":"x"}',
        'outputs  "A"',
    ):
        assert part in text


def test_a_trace_says_why_each_metric_is_what_it_is():
    no, words = MetricSpec("correct", "f"), MetricSpec("words", "f")
    judged = (
        Assessment(no, False, rationale="14 days, not 30"),
        Assessment(words, None, error="no outputs"),
        Assessment(LATENCY, None, error="no outputs"),
    )
    lines = shown(trace_screen(RUN, result(assessments=judged)))
    assert lines[-3:] == ["reasons", "correct         14 days, not 30", "words, latency  no outputs"]
    assert "reasons" not in shown(trace_screen(RUN, result()))


def test_a_production_trace_has_the_root_that_it_came_with():
    from dataclasses import replace

    lines = shown(trace_screen(replace(RUN, origin="import"), result()))
    assert not any(line.startswith(("call", "case")) for line in lines)
    assert any(line.startswith("plan ") for line in lines)
    assert any(line.startswith("├─ search") for line in lines)


def test_a_trace_without_spans_shows_the_call():
    assert any(line.startswith("call ") for line in shown(trace_screen(RUN, result(spans=None, trace_id=""))))


def summary(**more):
    values = {
        "run_id": "7f3a" * 8,
        "version": "v7",
        "env": "prod",
        "key": CaseKey("t", "qa", "case-1"),
        "nodeid": "t[case-1]",
        "trial": 0,
        "status": "ok",
        "outcome": "passed",
        "started_at": 1_800_000_000.0,
        "duration_s": 2.5,
    }
    return TraceSummary(**{**values, **more})


def test_traces_are_listed_with_names_to_type():
    lines = shown(trace_table([summary(trace_id="ab" * 16), summary(trial=2), summary(status="error")]))
    assert lines == [
        "started                took  status  version  environment  trace",
        "2027-01-15 08:00:00  2.50 s  ok      v7       prod         abababababab",
        "2027-01-15 08:00:00  2.50 s  ok      v7       prod         7f3a7f3a:case-1#2",
        "2027-01-15 08:00:00  2.50 s  error   v7       prod         7f3a7f3a:case-1",
    ]


def test_names_of_traces_are_never_cut():
    long = summary(key=CaseKey("t", "qa", "case " * 8), version="v" * 40)
    header, line = shown(trace_table([long]))
    assert header.split() == ["started", "took", "status", "trace"]
    assert line.endswith("7f3a7f3a:" + " ".join(["case"] * 8))
