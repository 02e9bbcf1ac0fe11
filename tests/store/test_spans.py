"""Spans are stored with their trace, large contents once, and go with it."""

from __future__ import annotations

import io
import json

import pytest

from pytest_vtrack.model import spans
from pytest_vtrack.model.trace import Span, SpanEvent
from pytest_vtrack.store import open_store
from pytest_vtrack.store.exchange import export_runs, import_runs

TRACE = "5b8efff798038103d269b633813fc60c"
LONG = "long text " * 600
MESSAGES = [{"role": "user", "content": "hello " * 900}]


def texts(*inner):
    return {"trace_id": TRACE, "spans": spans.encode(inner).text}


SMALL = texts(
    Span("plan", "CHAIN", 10.0, 1.0, "a", events=(SpanEvent("hit", 10.5, {"n": 1}),)),
    Span("ask é", "CHAT_MODEL", 10.5, 0.5, "b", "a", "error", "boom", {"q": 1}, [None], {"k": [1.5]}),
)
LARGE = texts(
    Span("ask", "CHAT_MODEL", span_id="a", inputs=MESSAGES, outputs=LONG, attributes={"doc": LONG, "n": 1}),
    Span("again", "CHAT_MODEL", span_id="b", inputs=MESSAGES, outputs={"$payload": 1}, attributes={}),
)


@pytest.fixture
def count(ask):
    return lambda table: ask(f"SELECT count(*) FROM {table}")[0][0]


TABLES = ("trace_spans", "span_payload", "stepset", "stepset_step", "payload", "tagset", "case_")


@pytest.mark.parametrize(
    "stored", [SMALL, LARGE, texts(), {"trace_id": TRACE}, {"spans": "[]"}, {}], ids=range(6)
)
def test_spans_come_back_as_they_were(store, record, result, stored):
    original = result("a", **stored)
    record("r1", [original, result("b")])
    assert list(store.results("r1")) == [original, result("b")]
    assert store.case_results("r1", original.key) == [original]


def test_large_contents_are_stored_once(count, store, record, result):
    outputs = json.dumps(LONG)
    record("r1", [result(case, outputs=outputs, **LARGE) for case in "abc"])
    record("r2", [result(case, inputs=json.dumps(MESSAGES), **LARGE) for case in "def"])
    assert count("payload") == 3  # the long text, the messages as text of a span and of an input
    assert count("stepset") == 1
    assert [each.spans for each in store.results("r2")] == [LARGE["spans"]] * 3
    assert {each.inputs for each in store.results("r2")} == {json.dumps(MESSAGES)}


def test_contents_of_medium_size_stay_in_the_spans_that_have_them(count, store, record, result):
    medium = texts(Span("ask", "CHAT_MODEL", inputs=[{"content": "x" * 2000}] * 2, outputs="y" * 4096))
    record("r1", [result(case, **medium) for case in "ab"])
    assert count("payload") == 0
    assert [each.spans for each in store.results("r1")] == [medium["spans"]] * 2


@pytest.mark.parametrize(
    "content",
    ["x" * 4097, ["x" * 2050, {"y": "z" * 2050}], {"k" * 4097: None}, list(range(3000)), [None] * 1100],
    ids=["text", "texts", "key", "numbers", "nulls"],
)
def test_contents_of_any_shape_are_large_by_their_characters(count, store, record, result, content):
    large = texts(Span("ask", "CHAT_MODEL", outputs=content), Span("again", "CHAT_MODEL", inputs=content))
    record("r1", [result("a", **large)])
    assert count("payload") == 1
    assert [each.spans for each in store.results("r1")] == [large["spans"]]


def test_large_inputs_of_a_case_are_stored_once_and_own_ones_beside_it(count, store, record, result):
    first, second = (json.dumps({"question": character * 5000}) for character in "xy")
    record("r1", [result("a", inputs=first)])
    record("r2", [result("a", inputs=second), result("a", inputs=first, trial=1)])
    assert [each.inputs for each in store.results("r1")] == [first]
    assert [each.inputs for each in store.results("r2")] == [second, first]
    assert count("payload") == 2


def test_large_contents_are_compressed(ask, store, record, result):
    record("r1", [result("a", inputs=json.dumps("a" * 5_000_000), **LARGE)])
    size_of = "pg_column_size" if store.location.startswith("postgresql") else "length"
    ((rows, size),) = ask(f"SELECT count(*), sum({size_of}(body)) FROM payload")
    assert rows == 3
    assert size < 100_000


@pytest.mark.parametrize(
    "content", ["half a \ud800 " + "x" * 5000, "zero \0 " + "x" * 5000, {1: LONG, "1": LONG}]
)
def test_large_contents_that_databases_do_not_take_come_back_as_they_were(store, record, result, content):
    odd = result("a", **texts(Span("ask", "CHAT_MODEL", inputs=content), Span("again", outputs=content)))
    record("r1", [odd])
    assert list(store.results("r1")) == [odd]


def test_spans_on_one_line_as_earlier_versions_wrote_them_are_stored_as_well(ask, store, record, result):
    old = json.dumps([{"name": "ask", "kind": "CHAT_MODEL", "outputs": LONG}, {"name": "é", "span_id": "b"}])
    record("r1", [result("a", trace_id=TRACE, spans=old)])
    (stored,) = store.results("r1")
    assert json.loads(stored.spans) == json.loads(old)
    assert ask("SELECT kind, name FROM stepset_step ORDER BY kind") == [
        ("CHAT_MODEL", "ask"),
        ("UNKNOWN", "é"),
    ]


@pytest.mark.parametrize("name", ['a "quoted" one', "back\\slash", "new\nline", "é"])
def test_any_name_of_a_span_is_a_step(ask, store, record, result, name):
    record("r1", [result("a", **texts(Span(name, "TOOL"), Span("next", "TOOL")))])
    assert set(ask("SELECT name FROM stepset_step")) == {(name,), ("next",)}


def test_a_later_attempt_has_its_own_spans(store, record, result):
    first, second = result("a", **SMALL), result("a", attempt=1, **LARGE)
    record("r1", [first, second])
    assert list(store.results("r1")) == [second]
    assert [each.spans for each in store.results("r1", all_attempts=True)] == [first.spans, second.spans]
    store.add("r1", [result("a", attempt=1)])
    assert [each.spans for each in store.results("r1", all_attempts=True)] == [first.spans, None]


def test_nothing_is_left_of_a_removed_run(count, store, record, result):
    record("r1", [result("a", inputs=json.dumps(LONG), outputs=json.dumps(LONG), **LARGE)])
    record("r2", [result("b", **SMALL)])
    store.remove("r1")
    assert [count(table) for table in TABLES] == [1, 0, 1, 2, 0, 0, 1]
    store.remove("r2")
    assert [count(table) for table in TABLES] == [0] * len(TABLES)


def test_what_others_use_stays(store, record, result):
    kept = result("b", inputs=json.dumps(LONG), **LARGE)
    record("r1", [result("a", outputs=json.dumps(LONG), **LARGE)])
    record("r2", [kept])
    store.remove("r1")
    assert list(store.results("r2")) == [kept]


def test_spans_travel_to_another_store(store, record, result, tmp_path):
    results = [result("a", **SMALL), result("b", inputs=json.dumps(LONG), **LARGE), result("c")]
    record("r1", results)
    file = io.StringIO()
    export_runs(store, ["r1"], file)
    other = open_store(str(tmp_path / "other.db"))
    import_runs(other, io.StringIO(file.getvalue()))
    assert list(other.results("r1")) == results
    other.close()


def test_a_run_without_spans_has_no_rows_for_them(count, store, record, result):
    record("r1", [result(case) for case in "abc"])
    assert [count(table) for table in TABLES[:5]] == [0] * 5
