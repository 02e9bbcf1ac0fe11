"""Traces on the command line: imported, found, shown, exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pytest_vtrack.model.run import Run

Vtrack = Callable[..., Result]
T1, T2 = "5b8efff798038103d269b633813fc60c", "5b8e0000" + "1" * 24


def span(trace: str, number: int, parent: int = 0, kind: str = "CHAIN", took: int = 1) -> dict[str, object]:
    return {
        "traceId": trace,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": f"step \x1b[31m{number}",
        "startTimeUnixNano": str(1_700_000_000 * 10**9),
        "endTimeUnixNano": str((1_700_000_000 + took) * 10**9),
        "attributes": [{"key": "openinference.span.kind", "value": {"stringValue": kind}}],
    }


def request(*spans: object) -> str:
    known = {"service.version": "v7", "deployment.environment.name": "prod"}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in known.items()]
    resource = {"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}
    return json.dumps({"resourceSpans": [resource]}) + "\n"


@pytest.fixture
def production(tmp_path: Path, vtrack: Vtrack) -> str:
    text = request(span(T1, 1, took=3), span(T1, 2, 1, "TOOL")) + request(span(T2, 3))
    (tmp_path / "traces.jsonl").write_text(text)
    return vtrack("store", "import", "--otlp", "traces.jsonl", "--experiment", "bot").stdout


def test_production_traces_are_imported_and_only_once(vtrack: Vtrack, production: str) -> None:
    assert production == "Read 3 spans into experiment 'bot': 2 new traces\n"
    again = ("store", "import", "--otlp", "traces.jsonl")
    assert vtrack(*again).stdout == (
        "Read 3 spans into experiment 'bot': 0 new traces, 2 traces that stood there already\n"
    )
    told = json.loads(vtrack(*again, "--json").stdout)
    assert (told["experiment"], told["added"], told["unchanged"], len(told["runs"])) == ("bot", 0, 2, 1)


def test_traces_are_found_by_a_query(vtrack: Vtrack, production: str) -> None:
    lines = vtrack("traces", "--where", "env = prod and duration > 2s").stdout.splitlines()
    assert lines[0].split() == ["started", "took", "status", "version", "environment", "trace"]
    assert lines[1].endswith(f"  3 s  ok      v7       prod         {T1[:12]}")
    assert len(lines) == 2
    (found,) = json.loads(vtrack("traces", "--where", "span.kind = tool", "--json").stdout)
    assert (found["trace_id"], found["trace"], found["status"]) == (T1, T1[:12], "ok")
    assert (found["version"], found["env"], found["duration_s"]) == ("v7", "prod", 3.0)


def test_every_name_that_is_listed_can_be_shown(
    vtrack: Vtrack, production: str, stored: dict[str, Run]
) -> None:
    listed = json.loads(vtrack("traces", "--json", "--limit", "200").stdout)
    assert len(listed) == 82
    for trace in (*listed[:3], *listed[-3:]):
        shown = json.loads(vtrack("show", trace["trace"], "--json").stdout)
        assert (shown["run"]["id"], shown["case"]["id"]) == (trace["run"], trace["case"])


def test_a_trace_is_shown_with_its_spans(vtrack: Vtrack, production: str) -> None:
    lines = vtrack("show", T1[:8]).stdout.splitlines()
    assert lines[0] == f"trace    {T1}"
    tree = [line for line in lines if "step" in line]
    assert tree[-2].startswith("step \\x1b[31m1")
    assert tree[-1].startswith("└─ step \\x1b[31m2")
    assert "TOOL" in tree[-1]
    shown = json.loads(vtrack("show", T1, "--json").stdout)
    assert [each["kind"] for each in shown["spans"]] == ["CHAIN", "TOOL"]
    assert shown["spans"][1]["parent_id"] == f"{1:016x}"


def test_a_trace_of_a_test_is_named_by_run_and_case(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    run = stored["v1.3"]
    assert "case     case-003" in vtrack("show", f"{run.short_id}:case-003").stdout
    assert "case     case-003" in vtrack("show", f"{run.id[:4]}:test_bot.py::test_answers[case-003]").stdout
    assert f"{run.short_id}:case-039" in vtrack("traces", "--limit", "1").stdout
    assert "correct no" in vtrack("show", f"{run.short_id}:case-003").stdout


def test_a_name_of_several_traces_is_refused(vtrack: Vtrack, production: str) -> None:
    assert vtrack("show", "5b8e", code=2).stderr.splitlines() == [
        "vtrack: 5b8e: several traces are called so; write one of",
        f"  {T2}",
        f"  {T1}",
    ]


@pytest.mark.parametrize("ref", ["5b8f", "nothing", "ffff:case-001"])
def test_a_name_of_nothing_is_refused(
    vtrack: Vtrack, production: str, stored: dict[str, Run], ref: str
) -> None:
    assert f"vtrack: {ref!r} is not in " in vtrack("show", ref, code=2).stderr


@pytest.mark.parametrize("case", ["gone", "case-001#7"])
def test_a_case_that_a_run_does_not_have_is_told_from_an_unknown_run(
    vtrack: Vtrack, stored: dict[str, Run], case: str
) -> None:
    run = stored["v1.3"]
    assert vtrack("show", f"{run.short_id}:{case}", code=2).stderr == (
        f"vtrack: {run.short_id}:{case}: run {run.short_id} (version v1.3) has no such case or trial; "
        f"`vtrack traces --where 'run = {run.short_id}'` lists what it has\n"
    )


def test_a_mistake_in_a_query_is_pointed_at(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert vtrack("traces", "--where", "corect = true", code=2).stderr == (
        "vtrack: --where, column 1: there is no field 'corect'; nearest: correct, completed\n"
        "  corect = true\n"
        "  ^\n"
    )


def test_what_is_left_out_is_said(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "Older traces are left out; `--limit 20` shows more." in vtrack("traces", "--limit", "2").stdout
    nothing = vtrack("traces", "--where", "version = v9").stdout
    assert nothing == "No trace of experiment 'bot' is like that.\n"
    assert (
        vtrack("traces", "--where", "correct = false", "--limit", "16", "--json").stdout.count('"trace":')
        == 16
    )


def test_a_run_is_exported_as_otlp(vtrack: Vtrack, production: str, tmp_path: Path) -> None:
    (run,) = json.loads(vtrack("runs", "--json").stdout)
    told = vtrack("export", "otlp", f"run:{run['id']}", "--output", "out.jsonl").stdout
    assert told == "Wrote 2 traces to out.jsonl\n"
    text = (tmp_path / "out.jsonl").read_text()
    assert vtrack("export", "otlp", f"run:{run['id']}").stdout == text
    before = vtrack("show", T1, "--json").stdout
    vtrack("store", "import", "--otlp", "out.jsonl", "--store", "there.db", "--experiment", "bot")
    assert vtrack("show", T1, "--json", "--store", "there.db").stdout == before


def test_a_run_of_tests_is_exported_with_a_span_for_each_call(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    lines = vtrack("export", "otlp", "v1.3").stdout.splitlines()
    assert len(lines) == 40
    spans = json.loads(lines[0])["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [each["name"] for each in spans] == ["test_bot.py::test_answers[case-000]"]


@pytest.mark.parametrize("words", [(), ("runs.jsonl", "--otlp", "runs.jsonl")])
def test_one_file_is_imported_and_no_other_number(
    vtrack: Vtrack, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "runs.jsonl").write_text("{}")
    assert (
        "give either PATH, a file of `vtrack store export`"
        in vtrack("store", "import", *words, code=2).stderr
    )


def test_a_file_that_is_no_otlp_is_refused(vtrack: Vtrack, tmp_path: Path) -> None:
    (tmp_path / "wrong.jsonl").write_text('{"resourceSpans": []}\n{"inputs": {}}\n')
    error = vtrack("store", "import", "--otlp", "wrong.jsonl", code=2).stderr
    assert error.startswith('vtrack: wrong.jsonl:2: here: expected an object with "resourceSpans"')


def test_the_project_says_what_else_is_masked(vtrack: Vtrack, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nvtrack_redact = inner\n")
    secret = {**span(T1, 1), "attributes": [{"key": "my.inner", "value": {"stringValue": "hunter2"}}]}
    (tmp_path / "t.jsonl").write_text(request(secret))
    vtrack("store", "import", "--otlp", "t.jsonl")
    shown = vtrack("show", T1, "--json").stdout
    assert '"my.inner": "***"' in shown


def test_production_of_a_version_is_not_compared_with_its_tests(
    vtrack: Vtrack, tmp_path: Path, stored: dict[str, Run]
) -> None:
    (tmp_path / "t.jsonl").write_text(request(span(T1, 1)).replace("v7", "v1.3"))
    vtrack("store", "import", "--otlp", "t.jsonl", "--experiment", "bot")
    for refs in (("v1.3", "v1.3"), ("v1.2", "v1.3")):
        compared = json.loads(vtrack("compare", *refs, "--gate", "off", "--json").stdout)
        assert compared["current"]["run"] == stored["v1.3"].id
        assert compared["baseline"]["run"] == stored[refs[0]].id
