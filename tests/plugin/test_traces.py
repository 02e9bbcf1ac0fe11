"""What an instrumented application does is stored with its case, and measured."""

from __future__ import annotations

import re

import pytest

from pytest_vtrack.model.spans import decode

APP = """
import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from opentelemetry import trace
from pytest_vtrack import set_tag, span, traced

TRACER = trace.get_tracer("app")


def ask(question):
    usage = {"gen_ai.usage.input_tokens": 10 + question, "gen_ai.usage.output_tokens": 5}
    with TRACER.start_as_current_span(f"chat {question}", attributes=usage) as chat:
        chat.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": "small-1"})
    return question


@traced(kind="CHAIN")
def answer(n):
    with span(f"search {n}", kind="RETRIEVER", inputs={"n": n}) as search:
        search.set_outputs([n])
        set_tag("asked", n)
    return ask(n)


def threaded(n):
    thread = threading.Thread(target=answer, args=(n,))
    thread.start()
    thread.join()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask, n).result()


async def awaited(n):
    await asyncio.gather(asyncio.to_thread(answer, n), asyncio.create_task(later(n)))
    return n


async def later(n):
    await asyncio.sleep(0)
    return ask(n)
"""

TESTS = {
    "returned": "def test_app(vtrack_case):\n    return app.answer(vtrack_case.inputs['n'])",
    "called": "def test_app(vtrack_case):\n    assert vtrack_case.run(app.answer) >= 0",
    "in threads": "def test_app(vtrack_case):\n    vtrack_case.run(app.threaded)",
    "async app": "def test_app(vtrack_case):\n    vtrack_case.run(app.awaited)",
    "async test": "async def test_app(vtrack_case):\n    return await app.awaited(vtrack_case.inputs['n'])",
    "async call": "async def test_app(vtrack_case):\n    await vtrack_case.run(app.awaited)",
}
MARK = "import app\nimport pytest\n\n@pytest.mark.vtrack(dataset='qa.jsonl', scorers=[{scorers}])\n"


def write(project, test, scorers="", ini="[pytest]\n"):
    project.questions(4)
    project.write(app=APP, **{"pytest.ini": ini})
    project.write(test_app=MARK.format(scorers=scorers) + test)


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_each_case_has_exactly_its_own_spans(project, test):
    write(project, test)
    done = project.run_apart()
    assert done.exit == 0, done.flat
    results = project.results()
    assert len({result.trace_id for result in results}) == 4
    for result in results:
        spans, number = decode(result.spans), int(result.key.case_id[1:])
        chats = 2 if "threaded" in test or "awaited" in test else 1
        assert sorted(span.name for span in spans) == sorted(
            ["answer", f"search {number}", *[f"chat {number}"] * chats]
        )
        by_name = {span.name: span for span in spans}
        answer, search = by_name["answer"], by_name[f"search {number}"]
        assert (answer.kind, answer.parent_id, answer.outputs) == ("CHAIN", None, number)
        assert (search.kind, search.parent_id, search.inputs) == ("RETRIEVER", answer.span_id, {"n": number})
        assert result.tags == {"asked": str(number)}
        values = {each.metric.name: each.value for each in result.assessments}
        assert values["tokens"] == (15 + number) * chats
        assert "cost" not in values, "nobody said what tokens cost"
    assert re.fullmatch("[0-9a-f]{32}", results[0].trace_id)


def test_spans_come_from_workers_whole(project):
    write(project, TESTS["in threads"])
    assert project.run_apart("-n2").exit == 0
    for result in project.results():
        chats = [span.name for span in decode(result.spans) if span.name.startswith("chat")]
        assert chats == [f"chat {result.key.case_id[1:]}"] * 2


@pytest.mark.parametrize(
    ("marker", "options"),
    [("asyncio", ("-p", "asyncio")), ("anyio", ())],
    ids=["pytest-asyncio", "anyio"],
)
@pytest.mark.parametrize("test", ["async test", "async call"])
def test_other_plugins_that_run_asynchronous_tests_change_nothing(project, marker, options, test):
    write(project, f"@pytest.mark.{marker}\n{TESTS[test]}")
    if marker == "anyio":
        project.write(
            conftest="""
            import pytest

            @pytest.fixture
            def anyio_backend():
                return "asyncio"
            """
        )
    done = project.run_apart(*options)
    assert done.exit == 0, done.flat
    for result in project.results():
        names = sorted(span.name.split()[0] for span in decode(result.spans))
        assert names == ["answer", "chat", "chat", "search"]
        assert {span.name.split()[-1] for span in decode(result.spans)} == {"answer", result.key.case_id[1:]}


def test_provider_of_the_application_is_fed_too(project):
    write(project, TESTS["called"])
    project.write(
        conftest="""
        import pytest
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        @pytest.fixture(autouse=True, scope="session")
        def provider():
            exporter, provider = InMemorySpanExporter(), TracerProvider()
            provider.add_span_processor(SimpleSpanProcessor(exporter))
            trace.set_tracer_provider(provider)
            yield
            assert len(exporter.get_finished_spans()) == 12
        """
    )
    done = project.run_apart()
    assert done.exit == 0, done.flat
    assert [len(decode(result.spans)) for result in project.results()] == [3] * 4


def test_prices_make_cost_a_metric_and_named_spans_a_latency(project):
    ini = "[pytest]\nvtrack_prices = prices.toml\nvtrack_span_latency =\n    search 1\n    absent\n"
    write(project, TESTS["called"], ini=ini)
    project.write(**{"prices.toml": '["small-*"]\ninput = 1000000\noutput = 2000000\n'})
    assert project.run_apart().exit == 0
    assert project.said("cost") == {f"q{n}": 20.0 + n for n in range(4)}
    assert list(project.said("latency.search 1")) == ["q1"]
    assert 0 < project.said("latency.search 1")["q1"] < 5
    assert project.said("latency.absent") == {}


def test_bad_prices_end_the_session_before_the_first_test(project):
    write(project, TESTS["called"], ini="[pytest]\nvtrack_prices = prices.json\n")
    done = project.run()
    assert done.exit == 4
    assert "vtrack_prices:" in done.flat
    assert "prices.json cannot be read: No such file or directory" in done.flat


def test_scorers_see_the_spans(project):
    project.write(
        scorers="""
        def retrieved(trace):
            return any(span.kind == "RETRIEVER" and span.outputs for span in trace.spans)

        def tokens(trace):
            return 7
        """
    )
    write(project, TESTS["called"], scorers="scorers.retrieved, scorers.tokens")
    test = project.path / "test_app.py"
    test.write_text(f"import scorers\n{test.read_text()}")
    done = project.run_apart()
    assert done.exit == 0, done.flat
    assert set(project.said("retrieved").values()) == {True}
    assert set(project.said("tokens").values()) == {7}, "a scorer's own metric takes the place of ours"


def test_test_itself_sees_the_spans_so_far(project):
    test = """
def test_app(vtrack_case):
    assert vtrack_case.trace.spans == ()
    vtrack_case.run(app.answer)
    assert [span.name[:4] for span in vtrack_case.trace.spans] == ["answ", "sear", "chat"]
    app.ask(0)
    assert len(vtrack_case.trace.spans) == 4
"""
    write(project, test)
    assert project.run_apart().exit == 0
    assert [len(decode(result.spans)) for result in project.results()] == [4] * 4


def test_failing_and_skipped_tests_leave_no_spans_to_the_next(project):
    test = """
def test_app(vtrack_case):
    n = vtrack_case.inputs["n"]
    if n == 1:
        pytest.skip("not today")
    app.ask(n)
    assert n != 2
"""
    write(project, test)
    assert project.run_apart().exit == 1
    spans = {each.key.case_id: [span.name for span in decode(each.spans)] for each in project.results()}
    assert spans == {"q0": ["chat 0"], "q1": [], "q2": ["chat 2"], "q3": ["chat 3"]}


SECRETS = """
def test_app(vtrack_case):
    with app.span("call", inputs={"api_key": "SECRET-1", "q": "kept-input"}) as step:
        step.set_attribute("http.request.header.authorization", ["SECRET-2"])
        step.set_attribute("db.password", "SECRET-3")
        step.set_attribute("llm.invocation_parameters", '{"api_key": "SECRET-4", "top": 1}')
        step.set_attribute("session", "SECRET-5")
        step.set_attribute("gen_ai.usage.input_tokens", 12)
        step.otel.add_event("sent", {"client_secret": "SECRET-6", "kept": "kept-event"})
        app.set_tag("auth_token", "SECRET-7")
"""


def test_secrets_in_spans_are_masked(project, mode):
    write(project, SECRETS, ini="[pytest]\nvtrack_redact = session\n")
    done = project.run_apart(*mode)
    assert done.exit == 0, done.flat
    result = project.result()
    (call,) = decode(result.spans)
    assert "SECRET" not in result.spans + str(result.tags)
    assert (call.inputs, call.events[0].attributes["kept"]) == (
        {"api_key": "***", "q": "kept-input"},
        "kept-event",
    )
    assert call.attributes["gen_ai.usage.input_tokens"] == 12
    assert call.attributes["llm.invocation_parameters"] == '{"api_key":"***","top":1}'
    assert b"SECRET-" not in project.stored_bytes()


def test_scores_only_keeps_no_spans_but_their_metrics(project):
    write(project, TESTS["called"], ini="[pytest]\nvtrack_capture = scores\n")
    assert project.run_apart().exit == 0
    assert {(result.trace_id, result.spans) for result in project.results()} == {("", None)}
    assert project.said("tokens")["q0"] == 15


def test_suite_without_opentelemetry_does_not_get_it(project):
    project.questions(2)
    project.write(
        test_app="""
        import sys
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"])
        def test_app(vtrack_case):
            assert not [name for name in sys.modules if name.startswith("opentelemetry")]
            return vtrack_case.inputs["n"]
        """
    )
    done = project.run_apart()
    assert done.exit == 0, done.flat
    assert {(result.trace_id, result.spans) for result in project.results()} == {("", None)}


@pytest.mark.parametrize(("imported", "ready"), [("from pytest_vtrack import span", True), ("", False)])
def test_no_call_pays_for_imports_of_what_records_its_spans(project, imported, ready):
    project.questions(1)
    project.write(
        test_app=f"""
        import sys
        import pytest
        {imported}

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            return "opentelemetry.sdk.trace" in sys.modules
        """
    )
    done = project.run_apart("-pno:cacheprovider")
    assert done.exit == 0, done.screen
    assert project.outputs() == {"q0": ready}
