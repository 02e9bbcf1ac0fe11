"""Traces of production become runs: the same file twice changes nothing, and files add up."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from pytest_vtrack.errors import BaselineRefused, ReferenceUnknown, TraceFileError
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.scorer_spans import judged_again, of_metric
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.accepting import Acceptance, accept
from pytest_vtrack.workflow.importing_traces import import_otlp
from pytest_vtrack.workflow.references import resolve

T1, T2, T3 = "a" * 32, "b" * 32, "c" * 32
RUN_FIELDS = ("id", "version", "env", "status", "stored", "started_at", "ended_at", "origin")


def span(trace, number, parent=None, at=0, **attributes):
    return {
        "traceId": trace,
        "spanId": f"{number:016x}",
        "parentSpanId": f"{parent:016x}" if parent else "",
        "name": f"step {number}",
        "startTimeUnixNano": str((1_800_000_000 + at) * 10**9),
        "endTimeUnixNano": str((1_800_000_001 + at) * 10**9),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }


def line(*spans, version="v7", env="prod"):
    known = {"service.name": "bot", "service.version": version, "deployment.environment.name": env}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in known.items() if value]
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}]}
    )


@pytest.fixture
def store(tmp_path):
    store = open_store(str(tmp_path / "vtrack.db"))
    yield store
    store.close()


@pytest.fixture
def read(store, tmp_path):
    def read(*lines, experiment="bot", into=store, redaction=Redaction()):  # noqa: B008
        path = tmp_path / "traces.jsonl"
        path.write_text("\n".join(lines))
        return import_otlp(into, path, experiment, redaction)

    return read


def held(store):
    """Return everything that a store holds."""
    return {
        run.id: ([getattr(run, name) for name in RUN_FIELDS], list(store.results(run.id)))
        for run in store.runs()
    }


FILE = (
    line(span(T1, 1, **{"input.value": "hi", "session.id": "s1"}), span(T1, 2, 1)),
    line(span(T2, 3, at=5), env="staging"),
    line(span(T3, 4, at=9), version="", env=""),
)


def test_each_version_in_each_environment_is_a_run(store, read):
    done = read(*FILE, line(span("d" * 32, 5, at=20)))
    assert (done.added, done.completed, done.unchanged, done.spans) == (4, 0, 0, 5)
    runs = {(run.version.name, run.env): run for run in store.runs("bot")}
    assert set(runs) == {("v7", "prod"), ("v7", "staging"), ("0+unknown", "unknown")}
    prod = runs["v7", "prod"]
    assert (prod.status, prod.stored, prod.origin) == ("complete", 2, "import")
    assert prod.ended_at == 1_800_000_021.0
    first = next(each for each in store.results(prod.id) if each.trace_id == T1)
    assert (first.key.case_id, first.nodeid, first.inputs) == (T1, "step 1", '"hi"')
    assert (dict(first.tags), first.outcome, first.duration_s) == (
        {"service": "bot", "session": "s1"},
        "passed",
        1.0,
    )


def test_the_same_file_twice_changes_nothing(store, read):
    read(*FILE)
    before = held(store)
    again = read(*FILE)
    assert (again.added, again.completed, again.unchanged, sorted(again.runs)) == (0, 0, 3, sorted(before))
    assert held(store) == before


def test_parts_of_a_trace_add_up_in_whatever_order_they_come(read, tmp_path):
    root = line(span(T1, 1, **{"output.value": "done"}))
    parts = [root, line(span(T1, 2, 1, at=1)), line(span(T1, 3, 2, at=2))]
    stores = []
    for number, order in enumerate([[FILE[0], *parts], *permutations(parts)]):
        store = open_store(str(tmp_path / f"{number}.db"))
        for part in order[1:] if number == 0 else order:
            read(part, into=store)
        ((_, (result,)),) = held(store).values()
        stores.append((result.nodeid, result.spans, result.outputs, result.started_at, result.duration_s))
        store.close()
    assert len(set(stores)) == 1
    assert stores[0][:1] + stores[0][2:] == ("step 1", '"done"', 1_800_000_000.0, 1.0)


def test_a_trace_stays_in_the_run_that_it_first_came_to(store, read):
    read(line(span(T1, 2, 1)))
    done = read(line(span(T1, 1), version="v8"))
    assert (done.added, done.completed) == (0, 1)
    assert [run.version.name for run in store.runs("bot")] == ["v7"]


def test_the_same_trace_in_another_experiment_is_another(store, read):
    read(FILE[0])
    assert read(FILE[0], experiment="other").added == 1
    assert store.experiments() == ["bot", "other"]


def test_an_import_that_was_broken_off_is_completed_by_the_next(store, read):
    read(*FILE)
    (run,) = (run for run in store.runs("bot") if run.env == "prod")
    store.begin(run)
    assert store.run(run.id).status == "running"
    assert read(*FILE).unchanged == 3
    assert store.run(run.id).status == "complete"


def test_nothing_of_a_malformed_file_is_stored(store, read):
    with pytest.raises(TraceFileError, match=":4:"):
        read(*FILE, "oops")
    assert store.runs() == []


def test_secrets_are_masked_before_anything_is_stored(store, read, tmp_path):
    secret = {
        "api_key": "hunter2",
        "input.value": '{"password": "hunter2"}',
        "input.mime_type": "application/json",
    }
    read(line(span(T1, 1, **secret, **{"vtrack.tag.token": "hunter2", "vtrack.tag.inner": "hunter2"})),
         redaction=Redaction(["inner"]))  # fmt: skip
    ((_, (result,)),) = held(store).values()
    assert result.inputs == '{"password":"***"}'
    assert dict(result.tags) == {"service": "bot", "token": "***", "inner": "***"}
    store.close()
    assert b"hunter2" not in Path(tmp_path / "vtrack.db").read_bytes()


def test_failed_traces_keep_their_error(store, read):
    read(line({**span(T1, 1), "status": {"code": 2, "message": "boom"}}))
    ((_, (result,)),) = held(store).values()
    assert (result.outcome, result.error) == ("error", "boom")


def test_production_is_never_a_baseline_nor_the_last_run(store, read, tmp_path):
    read(*FILE)
    for ref in ("last", "v7"):
        with pytest.raises(ReferenceUnknown):
            resolve(store, ref, "bot", folder=tmp_path)
    with pytest.raises(ReferenceUnknown, match=r"'v7' has only traces of production in .*; evaluate it"):
        resolve(store, "v7", "bot", folder=tmp_path)
    run = resolve(store, f"run:{store.runs('bot')[0].id}", "bot", folder=tmp_path).run
    with pytest.raises(
        BaselineRefused, match="holds traces of production, which no test can be compared with"
    ):
        accept(store, run, Acceptance("main", "why", "me"))


def test_production_does_not_push_out_recorded_runs(store, read):
    store.begin(Run("r1", "bot", AppVersion("v1"), started_at=1.0))
    store.add("r1", [CaseResult(CaseKey("t", "", "a"), "t", "passed")])
    store.finish("r1", status="complete", reason=None, ended_at=2.0)
    read(*FILE)
    assert "r1" not in {run.id for run in store.prune(keep=1)}


def test_what_scorers_did_since_is_no_change_of_the_trace(store, read):
    read(*FILE)
    (run,) = [run for run in store.runs() if run.env == "prod"]
    (stored,) = store.results(run.id)
    judge = of_metric([Span("polite", "EVALUATOR", 1_700_000_000.0, 1.0, "f" * 16)], "polite")
    judged = judged_again(stored.spans, {"polite"}, encode(judge).text)
    store.add(run.id, [replace(stored, attempt=1, spans=judged)])
    before = held(store)
    again = read(*FILE)
    assert (again.added, again.completed, again.unchanged) == (0, 0, 3)
    assert held(store) == before
