"""What judges do in a session stands in the traces of their cases, and never counts as the application's."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
import pytest

from pytest_vtrack.model.scorer_spans import SCORER
from pytest_vtrack.model.spans import decode, decode_scorers
from pytest_vtrack.tracing.usage import usage_of

# All that a client needs is imported now: pytester forgets what a session in this process was the first to
# import, and other tests would get a second half of it.
openai.OpenAI(api_key="any").close()

TESTS = """
import os

import pytest
from pytest_vtrack import judge, scorer, span

polite = judge("polite", "{how} {{{{ outputs }}}} polite?", model="small")


@scorer
def steps(trace):
    return ",".join(each.name for each in trace.spans)


@pytest.mark.vtrack(dataset="qa.jsonl", scorers=[polite, steps{more}])
def test_app(vtrack_case):
    if {traced}:
        usage = {{"input_tokens": 5, "output_tokens": 2, "cost": 0.01}}
        with span("ask", kind="CHAT_MODEL") as step:
            for name, value in usage.items():
                step.set_attribute(f"gen_ai.usage.{{name}}", value)
    return f"thanks, {{vtrack_case.inputs['n']}}"
"""


@pytest.fixture(scope="module")
def model():
    """The address of a model that answers yes to everything, for 0.25."""
    content = json.dumps({"rationale": "so it is", "answer": "yes"})
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-1",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120, "cost": 0.25},
    }

    class Model(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.fixture
def judged(project, model, monkeypatch):
    """Run a session whose cases a judge judges."""
    monkeypatch.setenv("OPENAI_BASE_URL", model)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    project.questions(3)

    def judged(*args, traced=True, more="", how="Is"):
        project.write(test_app=TESTS.format(traced=traced, more=more, how=how))
        return project.run(*args)

    return judged


def test_the_trace_has_both_and_the_metrics_are_those_of_the_application(project, judged, mode):
    assert judged(*mode).exit == 0
    results = project.results()
    assert len(results) == 3
    for result in results:
        values = {each.metric.name: each.value for each in result.assessments}
        assert (values["tokens"], values["cost"], values["steps"]) == (7.0, 0.01, "ask")
        assert [span.name for span in decode(result.spans)] == ["ask"]
        own, request = decode_scorers(result.spans)
        assert (own.name, own.kind, request.name, request.parent_id) == (
            "polite",
            "EVALUATOR",
            "chat small",
            own.span_id,
        )
        assert {own.attributes[SCORER], request.attributes[SCORER]} == {"polite"}
        usage = usage_of((own, request))
        assert (usage.input_tokens, usage.output_tokens, usage.cost) == (100, 20, 0.25)
        assert own.started_at >= result.started_at + result.duration_s - 0.01


@pytest.mark.parametrize(
    "ini", ["", "vtrack_concurrency = 3", "vtrack_bulk = 2"], ids=["alone", "at once", "in chunks"]
)
def test_an_application_without_spans_still_has_none(project, judged, ini):
    project.write(**{"pytest.ini": f"[pytest]\n{ini}\n"})
    judged(traced=False, more=', "tool_calls"')
    results = project.results()
    assert len(results) == 3
    for result in results:
        values = {each.metric.name: each.error or each.value for each in result.assessments}
        assert {"tokens", "cost"}.isdisjoint(values)
        assert values["steps"] == ""
        assert "no spans" in values["tool_calls"]
        assert (decode(result.spans), result.trace_id) == ((), "")
        assert len(decode_scorers(result.spans)) == 2


def test_where_contents_are_not_stored_no_span_is(project, judged):
    project.write(**{"pytest.ini": "[pytest]\nvtrack_capture = scores\n"})
    judged()
    assert [result.spans for result in project.results()] == [None] * 3
    said = [each for result in project.results() for each in result.assessments if each.metadata]
    assert [each.metadata["judge.cost"] for each in said] == [0.25] * 3


def test_what_a_judge_costs_is_counted_once(judged):
    session = judged("--vtrack-max-cost=0.5")
    assert "--vtrack-max-cost=0.5 reached (0.52 spent)" in session.flat


def test_a_baseline_that_is_judged_again_has_the_new_judgement(project, judged):
    judged("--vtrack-version=v1")
    judged("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-rescore=always", how="Really, is")
    attempts = project.results(project.runs()[0], all_attempts=True)
    ids = {}
    for result in attempts:
        assert [span.name for span in decode(result.spans)] == ["ask"]
        own, request = decode_scorers(result.spans)
        assert request.parent_id == own.span_id
        ids.setdefault(result.attempt, set()).add(own.span_id)
        values = {each.metric.name: each.value for each in result.assessments}
        assert (values["steps"], values["tokens"], values["polite"]) == ("ask", 7.0, True)
    assert {attempt: len(each) for attempt, each in ids.items()} == {0: 3, 1: 3}
    assert ids[0].isdisjoint(ids[1])


def test_the_command_and_the_cost_are_told_of_a_judge_that_is_not_asked_again(judged):
    judged("--vtrack-version=v1")
    session = judged("--vtrack-version=v2", "--vtrack-baseline=v1", how="Really, is")
    assert (
        "polite makes paid calls, so v1 was not scored again with it: 3 calls, about 0.75 by what it cost in "
        "this run; to do it: `vtrack rescore v1 --scorers test_app.py:polite`, then `vtrack compare v1 v2`"
    ) in session.flat
