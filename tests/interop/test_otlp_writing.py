"""What is written is OTLP by protobuf's own schema, and reads back as it was."""

from __future__ import annotations

import base64
import io
import json

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from pytest_vtrack.interop.otlp_reading import read_otlp
from pytest_vtrack.interop.otlp_writing import write_otlp
from pytest_vtrack.model import spans as span_texts
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Span, SpanEvent
from pytest_vtrack.model.version import AppVersion

TRACE = "5b8efff798038103d269b633813fc60c"
SPANS = (
    Span(
        "search",
        "RETRIEVER",
        1_800_000_000.25,
        0.5,
        "00000000000000aa",
        None,
        inputs={"q": "é"},
        outputs=["a", None, 1.5],
        attributes={"n": 3, "big": 10**30, "f": 0.5, "raw": {"$bytes": "AP8="}, "ok": True},
    ),
    Span(
        "ask \ud800",
        "CHAT_MODEL",
        1_800_000_000.5,
        0.125,
        "00000000000000ab",
        "00000000000000aa",
        "error",
        "boom",
        attributes={"otel.span_kind": "CLIENT", "otel.scope.name": "lib", "otel.scope.version": "2"},
        events=(SpanEvent("exception", 1_800_000_000.5, {"exception.type": "ValueError"}),),
    ),
    Span("plain", started_at=1_800_000_001.0, span_id="00000000000000ac"),
)
RUN = Run("r1", "bot", AppVersion("v7"), env="prod", flags={"tone": "warm"})


def case(spans=SPANS, **more):
    values = {
        "nodeid": "t.py::test[a]",
        "outcome": "passed",
        "inputs": '{"question":"é?"}',
        "outputs": '"A"',
        "tags": {"topic": "billing"},
        "started_at": 1_800_000_000.0,
        "duration_s": 2.0,
        "assessments": (Assessment(MetricSpec("correct", "f"), True),),
        "trace_id": TRACE if spans else "",
        "spans": span_texts.encode(spans).text if spans else None,
    }
    return CaseResult(CaseKey("t.py::test", "qa", "a", "d"), **{**values, **more})


def written(run, *results):
    file = io.StringIO()
    assert write_otlp(run, results, file) == len(results)
    return file.getvalue()


def strictly_parsed(line):
    """Parse as a receiver does: protobuf's JSON, but for ids, which OTLP has in hexadecimal digits."""

    def with_base64(record):
        if isinstance(record, list):
            return [with_base64(each) for each in record]
        if not isinstance(record, dict):
            return record
        return {
            name: base64.b64encode(bytes.fromhex(value)).decode()
            if name in ("traceId", "spanId", "parentSpanId")
            else with_base64(value)
            for name, value in record.items()
        }

    parsed = ExportTraceServiceRequest()
    json_format.ParseDict(with_base64(json.loads(line)), parsed, ignore_unknown_fields=False)
    return parsed


def test_every_line_is_a_request_by_the_schema():
    for line in written(RUN, case(), case(spans=()), case(error="no", outcome="error")).splitlines():
        parsed = strictly_parsed(line)
        resource, *others = parsed.resource_spans
        assert not others
        attributes = {each.key: each.value.string_value for each in resource.resource.attributes}
        assert attributes == {
            "service.name": "bot",
            "service.version": "v7",
            "deployment.environment.name": "prod",
        }
        spans = [span for scope in resource.scope_spans for span in scope.spans]
        assert {len(span.trace_id) for span in spans} == {16}
        assert {len(span.span_id) for span in spans} == {8}
        assert len({span.span_id for span in spans}) == len(spans)
    assert len(spans) == 4


def test_the_call_is_the_root_of_its_steps():
    spans = strictly_parsed(written(RUN, case())).resource_spans[0].scope_spans
    by_name = {span.name: span for scope in spans for span in scope.spans}
    root = by_name["t.py::test[a]"]
    assert root.parent_span_id == b""
    assert by_name["search"].parent_span_id == by_name["plain"].parent_span_id == root.span_id
    assert by_name["ask \\ud800"].parent_span_id == by_name["search"].span_id
    assert by_name["ask \\ud800"].status.message == "boom"
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (18 * 10**17, 1_800_000_002 * 10**9)
    facts = {each.key: each.value for each in root.attributes}
    assert facts["vtrack.tag.topic"].string_value == "billing"
    assert facts["vtrack.flag.tone"].string_value == "warm"
    assert facts["vtrack.metric.correct"].bool_value is True
    assert facts["input.value"].string_value == '{"question":"é?"}'


def test_what_was_written_is_read_as_it_was(tmp_path):
    path = tmp_path / "out.jsonl"
    path.write_text(written(RUN, case()))
    with read_otlp(path) as file:
        (found,) = file.traces()
    root, *steps = found.trace.spans
    expected = [*SPANS]
    assert [step.name for step in steps] == ["search", "ask \\ud800", "plain"]
    for step, original in zip(steps, expected, strict=True):
        same = (
            "kind",
            "started_at",
            "duration_s",
            "span_id",
            "status",
            "error",
            "inputs",
            "outputs",
            "events",
        )
        assert {name: getattr(step, name) for name in same} == {
            name: getattr(original, name) for name in same
        }
    assert steps[0].parent_id == steps[2].parent_id == root.span_id
    assert steps[0].attributes == {**SPANS[0].attributes, "big": 1e30}
    assert steps[1].attributes == SPANS[1].attributes
    assert (found.version, found.env, found.trace.tags) == (
        "v7",
        "prod",
        {"topic": "billing", "service": "bot"},
    )


def test_imported_traces_are_written_as_they_were_read(tmp_path):
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text(written(RUN, case()))
    with read_otlp(first) as file:
        (found,) = file.traces()
    imported = case(found.trace.spans)
    run = Run("r2", "other", AppVersion("v9"), origin="import")
    second.write_text(written(run, imported))
    with read_otlp(second) as file:
        (again,) = file.traces()
    assert again == found


def test_a_trace_without_id_gets_the_same_one_every_time():
    once, again = written(RUN, case(spans=())), written(RUN, case(spans=()))
    assert once == again
    assert once != written(RUN, case(spans=(), trial=1))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**70, b"\xff", "\ud800", {1: [None]}])
def test_odd_attributes_are_written_by_the_schema(value):
    odd = Span("odd", span_id="00000000000000ad", attributes={"v": value}, inputs=value)
    strictly_parsed(written(RUN, case(spans=(odd,))))
