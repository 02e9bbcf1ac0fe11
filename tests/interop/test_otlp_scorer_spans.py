"""What scorers did is written and read with its trace, and stays theirs."""

from __future__ import annotations

import io

import pytest

from pytest_vtrack.interop.otlp_reading import read_otlp
from pytest_vtrack.interop.otlp_traces import RESOURCE
from pytest_vtrack.interop.otlp_writing import write_otlp
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.scorer_spans import application_spans, of_metric, scorer_spans
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion

START = 1_800_000_000.0
OWN = (Span("ask", "CHAT_MODEL", START, 0.5, "0" * 15 + "a"),)
JUDGE = of_metric(
    [
        Span("polite", "EVALUATOR", START + 60, 1.0, "0" * 15 + "b", None, "error", "no answer"),
        Span("chat small", "CHAT_MODEL", START + 60, 1.0, "0" * 15 + "c", "0" * 15 + "b", "error", "429"),
    ],
    "polite",
)


def read_back(tmp_path, run, spans):
    result = CaseResult(
        CaseKey("t.py::test", "qa", "a", "d"),
        "t.py::test[a]",
        "passed",
        started_at=START,
        duration_s=2.0,
        trace_id="ab" * 16,
        spans=encode(spans).text,
    )
    text = io.StringIO()
    write_otlp(run, [result], text)
    path = tmp_path / "traces.jsonl"
    path.write_text(text.getvalue())
    with read_otlp(path) as file:
        (found,) = file.traces()
    return found


@pytest.mark.parametrize("origin", ["session", "import"])
def test_they_change_nothing_of_the_trace_that_is_read(tmp_path, origin):
    run = Run("r1", "bot", AppVersion("v7"), origin=origin)
    with_judge, without = read_back(tmp_path, run, [*OWN, *JUDGE]), read_back(tmp_path, run, OWN)
    assert application_spans(with_judge.trace.spans) == without.trace.spans
    told = ("status", "error", "started_at", "duration_s", "inputs", "outputs", "tags")
    assert [getattr(with_judge.trace, name) for name in told] == [
        getattr(without.trace, name) for name in told
    ]
    found = scorer_spans(with_judge.trace.spans)
    assert RESOURCE not in found[1].attributes, "it stands with the uppermost span"
    same = ("name", "kind", "started_at", "duration_s", "span_id", "status", "error")
    assert [[getattr(span, name) for name in same] for span in found] == [
        [getattr(span, name) for name in same] for span in JUDGE
    ]


def test_below_a_call_without_steps_they_are_written_too(tmp_path):
    found = read_back(tmp_path, Run("r1", "bot", AppVersion("v7")), JUDGE)
    (root,) = application_spans(found.trace.spans)
    first, second = scorer_spans(found.trace.spans)
    assert (first.parent_id, second.parent_id) == (root.span_id, first.span_id)
    assert (found.trace.status, found.trace.duration_s) == ("ok", 2.0)


def test_a_trace_of_nothing_else_is_read_as_one(tmp_path):
    run = Run("r1", "bot", AppVersion("v7"), origin="import")
    text = io.StringIO()
    request = CaseResult(CaseKey("production", "", "ab" * 16), "polite", "passed", spans=encode(JUDGE).text)
    write_otlp(run, [request], text)
    path = tmp_path / "traces.jsonl"
    path.write_text(text.getvalue())
    with read_otlp(path) as file:
        (found,) = file.traces()
    assert len(scorer_spans(found.trace.spans)) == 2
