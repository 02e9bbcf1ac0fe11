"""OTLP/JSON of every writer is read; what is none is refused, with the place."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from pytest_vtrack.errors import TraceFileError
from pytest_vtrack.interop.otlp_reading import read_otlp
from pytest_vtrack.interop.otlp_traces import RESOURCE, Sourced, assembled, sourced
from pytest_vtrack.interop.otlp_values import any_value, value_of
from pytest_vtrack.model.trace import Span, SpanEvent

T1, T2 = "5b8efff798038103d269b633813fc60c", "aabb" * 8
A, B, C = "eee19b7ec3c1b174", "eee19b7ec3c1b173", "0000000000000001"
START = 1_800_000_000_000_000_000


def attribute(key, value):
    return {"key": key, "value": any_value(value)}


def span(span_id=A, parent="", trace=T1, name="step", start=0, took=1000, **more):
    return {
        "traceId": trace,
        "spanId": span_id,
        "parentSpanId": parent,
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(START + start * 1_000_000),
        "endTimeUnixNano": str(START + (start + took) * 1_000_000),
        **more,
    }


def request(*spans, resource=None, scope=None):
    attributes = [attribute(*each) for each in (resource or {"service.name": "bot"}).items()]
    scoped = {"scope": scope or {"name": "app"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [scoped]}]}


@pytest.fixture
def read(tmp_path):
    def read(*lines):
        path = tmp_path / "traces.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts), encoding="utf-8")
        with read_otlp(path) as file:
            return sorted(file.traces(), key=lambda each: each.trace_id)

    return read


def test_a_trace_is_read_with_all_that_its_spans_say(read):
    event = {"timeUnixNano": str(START), "name": "hit", "attributes": [attribute("n", 3)]}
    link = {"traceId": T2, "spanId": B, "attributes": [attribute("why", "retry")]}
    more = {"kind": 3, "events": [event], "links": [link], "traceState": "a=b", "droppedEventsCount": 2}
    child = span(B, A, name="search", start=200, took=500, attributes=[attribute("k", [1, "x"])], **more)
    resource = {
        "service.name": "bot",
        "service.version": "v7",
        "deployment.environment.name": "prod",
        "session.id": "s1",
        "host.name": "h",
    }
    root = span(
        A, name="answer", attributes=[attribute("user.id", "ann"), attribute("vtrack.tag.topic", "x")]
    )
    (found,) = read(request(child, root, resource=resource, scope={"name": "lib", "version": "2"}))
    assert (found.trace_id, found.name, found.version, found.env) == (T1, "answer", "v7", "prod")
    assert found.trace.tags == {"service": "bot", "session": "s1", "user": "ann", "topic": "x"}
    assert (found.trace.started_at, found.trace.duration_s, found.trace.status) == (1.8e9, 1.0, "ok")
    top, step = found.trace.spans
    assert (top.span_id, top.parent_id, top.attributes[RESOURCE]) == (A, None, resource)
    assert (step.name, step.parent_id, step.duration_s) == ("search", A, 0.5)
    assert step.events == (SpanEvent("hit", 1.8e9, {"n": 3}),)
    assert step.attributes == {
        "k": [1, "x"],
        "otel.span_kind": "CLIENT",
        "otel.trace_state": "a=b",
        "otel.scope.name": "lib",
        "otel.scope.version": "2",
        "otel.links": [{"trace_id": T2, "span_id": B, "attributes": {"why": "retry"}}],
        "otel.dropped": {"droppedEventsCount": 2},
    }


def coded(digits):
    return base64.b64encode(bytes.fromhex(digits)).decode()


def snake(record):
    names = {"resource_spans": "resourceSpans", "scope_spans": "scopeSpans", "trace_id": "traceId"}
    text = json.dumps(record)
    for new, old in {
        **names,
        "span_id": "spanId",
        "start_time_unix_nano": "startTimeUnixNano",
        "end_time_unix_nano": "endTimeUnixNano",
        "string_value": "stringValue",
        "parent_span_id": "parentSpanId",
    }.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    return json.loads(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole,
        snake,
        lambda whole: json.loads(json.dumps(whole).replace(T1, coded(T1)).replace(A, coded(A))),
        lambda whole: json.loads(json.dumps(whole).replace(T1, T1.upper()).replace(A, A.upper())),
        lambda whole: json.loads(json.dumps(whole).replace("scopeSpans", "instrumentationLibrarySpans")),
        lambda whole: json.loads(json.dumps(whole).replace('"kind": 1', '"kind": "SPAN_KIND_INTERNAL"')),
        lambda whole: json.loads(json.dumps(whole).replace(f'"{START}"', str(START))),
        lambda whole: {**whole, "unknownField": 1},
        lambda whole: json.dumps(whole, indent=2),
        lambda whole: "\ufeff" + json.dumps(whole),
        lambda whole: "\n\n" + json.dumps(whole) + "\r\n\n",
    ],
    ids="spec snake_case base64 upper old_scopes kind_names bare_int64 unknown lines bom blank".split(),  # noqa: SIM905
)
def test_what_other_writers_do_is_read_too(read, change):
    whole = request(span(A, name="answer"), span(B, A, start=100))
    expected = read(whole)
    assert len(expected[0].trace.spans) == 2
    assert [each.trace.spans[1].span_id for each in read(change(whole))] == [B]
    assert len(read(change(whole))[0].trace.spans) == 2


def test_spans_of_a_trace_come_together_from_everywhere(read):
    other = request(span(B, A, start=100), resource={"service.name": "search"})
    whole = request(span(A), span(trace=T2))
    lines = [whole, other, request(span(C, B, start=200), resource={"service.name": "search"})]
    first, second = read(*lines)
    assert [each.span_id for each in first.trace.spans] == [A, B, C]
    assert [each.attributes.get(RESOURCE) for each in first.trace.spans] == [
        {"service.name": "bot"},
        {"service.name": "search"},
        None,
    ]
    assert second.trace_id == T2
    assert read(*reversed(lines)) == [first, second]


@pytest.mark.parametrize(
    ("spans", "name", "ids", "started", "took"),
    [
        ([span(B, A, name="lost")], "lost", [B], 1.8e9, 1.0),
        ([span(B, A), span(C, A, start=500)], "step", [B, C], 1.8e9, 1.5),
        ([span(A, B, name="x"), span(B, A, start=1)], "x", [A, B], 1.8e9, 1.0),
        ([span(A, A)], "step", [A], 1.8e9, 1.0),
        ([span(A, took=-5)], "step", [A], 1.8e9, 0.0),
        ([span(B, C, name="early"), span(A, name="root", start=10)], "root", [B, A], 1.8e9, 1.01),
        ([span(A), span(A)], "step", [A], 1.8e9, 1.0),
        ([span(A, took=0, name="begun"), span(A, name="ended")], "ended", [A], 1.8e9, 1.0),
        ([span(A, name="ended"), span(A, took=0, name="begun")], "ended", [A], 1.8e9, 1.0),
    ],
    ids="lost_parent no_root circle own_parent never_ended late_root twice grown shrunk".split(),  # noqa: SIM905
)
def test_odd_trees_are_traces_too(read, spans, name, ids, started, took):
    (found,) = read(request(*spans))
    assert (found.name, [each.span_id for each in found.trace.spans]) == (name, ids)
    assert found.trace.started_at == started
    assert found.trace.duration_s == pytest.approx(took)
    assert assembled(found.trace_id, sourced(found.trace.spans)) == found


@pytest.mark.parametrize(
    ("status", "events", "error"),
    [
        ({"code": 2, "message": "boom"}, [], "boom"),
        ({"code": "STATUS_CODE_ERROR"}, [], "step has the status error"),
        (
            {"code": 2},
            [{"name": "exception", "attributes": [attribute("exception.type", "ValueError")]}],
            "ValueError",
        ),
        ({"code": 1}, [], None),
        ({}, [], None),
    ],
)
def test_the_status_of_the_root_is_that_of_the_trace(read, status, events, error):
    (found,) = read(request(span(A, status=status, events=events), span(B, A, status={"code": 2})))
    assert (found.trace.status, found.trace.error) == ("error" if error else "ok", error)


def test_the_older_name_of_the_environment_is_read(read):
    assert read(request(span(), resource={"deployment.environment": "staging"}))[0].env == "staging"
    assert (read(request(span()))[0].env, read(request(span()))[0].version) == (None, None)


def test_lines_of_metrics_and_logs_are_counted(tmp_path):
    path = tmp_path / "all.jsonl"
    path.write_text('{"resourceMetrics": []}\n{"resourceLogs": []}\n{}\n' + json.dumps(request(span())))
    with read_otlp(path) as file:
        assert (file.other, file.spans, len(list(file.traces()))) == (2, 1, 1)


GOOD = json.dumps(request(span()))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("oops", ':2:1: expected an object with "resourceSpans", as OTLP/JSON has it, on one line; found no'),
        (GOOD[:-1], ':2:.*: expected an object with "resourceSpans"'),
        ("[]", r':2: here: expected an object with "resourceSpans", as OTLP/JSON has it, found \[\]'),
        (
            '{"inputs": 1}',
            r":2: here: expected an object with \"resourceSpans\".* found 'an object with inputs'",
        ),
        ('{"resourceSpans": 3}', ":2: resourceSpans: expected a list, found 3; nothing was imported"),
        ('{"resourceSpans": [3]}', r":2: resourceSpans\[0\]: expected an object, found 3"),
        (
            GOOD.replace(T1, "xyz"),
            r"scopeSpans\[0\]\.spans\[0\]\.traceId: expected 32 hexadecimal digits, found 'xyz'",
        ),
        (GOOD.replace(T1, "0" * 32), "traceId: expected 32 hexadecimal digits that are not all 0"),
        (GOOD.replace(A, ""), "spanId: expected 16 hexadecimal digits that are not all 0, found ''"),
        (GOOD.replace(f'"{START}"', '"soon"'), "startTimeUnixNano: expected a whole number, found 'soon'"),
        (GOOD.replace(f'"{START}"', '"-1"'), "startTimeUnixNano: expected nanoseconds since 1970, found -1"),
        (GOOD.replace('"kind": 1', '"kind": 9'), "kind: expected a number below 6, or SPAN_KIND_"),
        (GOOD.replace("stringValue", "textValue"), r"attributes\[0\]\.value: expected one of stringValue"),
        (GOOD.replace('"name": "step"', '"name": 3'), r"spans\[0\]\.name: expected a text, found 3"),
    ],
)
def test_a_malformed_line_is_named_and_lets_nothing_through(read, line, message):
    with pytest.raises(TraceFileError, match=message):
        read(GOOD, line)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x1f\x8b\x08\x00", "expected OTLP/JSON in UTF-8, found byte 0x8b; the Collector writes it with"),
        (b"[" * 100_000, "nested|recursion|no JSON"),
        (b'{"resourceSpans": [\n{"resource": 1}}', "traces:2:16: expected an object"),
    ],
)
def test_a_file_that_is_no_text_or_nested_too_deeply_is_refused(tmp_path, content, message):
    path = tmp_path / "traces"
    path.write_bytes(content)
    with pytest.raises(TraceFileError, match=message), read_otlp(path):
        pass


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with (
        pytest.raises(TraceFileError, match=r"gone: cannot be read: No such file"),
        read_otlp(Path(tmp_path / "gone")),
    ):
        pass


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)


@given(PLAIN)
def test_every_value_comes_back_from_otlp(value):
    assert value_of(json.loads(json.dumps(any_value(value)))) == value


@pytest.mark.parametrize("special", ["nan", "inf", "-inf"])
def test_numbers_that_are_not_finite_come_back_as_payloads_describe_them(special):
    assert value_of(any_value({"$number": special})) == {"$number": special}
    assert value_of(any_value({"$bytes": "AP8="})) == {"$bytes": "AP8="}


@pytest.mark.parametrize("names", [True, False], ids=["snake_case", "camelCase"])
@pytest.mark.parametrize("numbers", [True, False], ids=["enums as numbers", "enums as names"])
def test_what_protobuf_itself_writes_is_read(read, names, numbers):
    whole = json.dumps(request(span(A, status={"code": 2, "message": "boom"}), span(B, A, kind=3, start=1)))
    for digits in (T1, A, B):
        whole = whole.replace(digits, coded(digits))
    parsed = json_format.Parse(whole, TracesData())
    text = json_format.MessageToJson(
        parsed, preserving_proto_field_name=names, use_integers_for_enums=numbers
    )
    (found,) = read(text)
    assert (found.trace_id, found.trace.error, found.trace.tags) == (T1, "boom", {"service": "bot"})
    assert [each.span_id for each in found.trace.spans] == [A, B]
    assert found.trace.spans[1].attributes["otel.span_kind"] == "CLIENT"


def test_a_large_file_is_read_a_part_at_a_time(tmp_path):
    path = tmp_path / "large.jsonl"
    text = "x" * 8000
    with path.open("w") as file:
        for number in range(1, 3001):
            each = span(f"{number:016x}", trace=f"{number:032x}", attributes=[attribute("text", text)])
            file.write(json.dumps(request(each)) + "\n")
    tracemalloc.start()
    with read_otlp(path) as file:
        count = sum(1 for _ in file.traces())
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 3000
    assert peak < path.stat().st_size / 2


SPANS = st.builds(
    Span,
    name=st.sampled_from(["a", "b"]),
    started_at=st.sampled_from([1.0, 2.0, 3.0]),
    duration_s=st.sampled_from([0.0, 1.0]),
    span_id=st.sampled_from([f"{number:016x}" for number in range(1, 6)]),
    parent_id=st.none() | st.sampled_from([f"{number:016x}" for number in range(1, 7)]),
    status=st.sampled_from(["ok", "error"]),
    inputs=st.none() | st.just("in"),
    outputs=st.none() | st.just("out"),
    attributes=st.dictionaries(st.sampled_from(["session.id", "k"]), st.sampled_from(["x", "y"])),
)
RESOURCES = st.sampled_from([{"service.version": "v1"}, {"service.version": "v2", "service.name": "s"}])
SOURCED = st.lists(st.builds(Sourced, SPANS, RESOURCES), min_size=1, max_size=8)


@given(SOURCED, st.randoms(), st.integers(0, 8))
def test_a_trace_is_the_same_in_whatever_order_and_parts_its_spans_come(spans, random, cut):
    whole = assembled(T1, spans)
    mixed = [*spans, *spans[:3]]
    random.shuffle(mixed)
    assert assembled(T1, mixed) == whole
    assert assembled(T1, sourced(whole.trace.spans)) == whole
    assert len(whole.trace.spans) == len({each.span.span_id for each in spans})
    if spans[:cut] and len({each.span.span_id for each in spans}) == len(spans):
        part = assembled(T1, spans[:cut])
        assert assembled(T1, [*sourced(part.trace.spans), *spans[cut:]]) == whole
