from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import time

import pytest

from pytest_vtrack import span, traced
from pytest_vtrack.errors import SettingError
from pytest_vtrack.tracing.capture import Capture
from pytest_vtrack.tracing.first_token import time_to_first_token


def spans_of(function, *args):
    capture = Capture()
    with capture.running():
        function(*args)
    return capture.close(time.time()).spans


class Odd:
    @property
    def __class__(self):
        raise RuntimeError("looked at")


def test_block_is_a_span_with_kind_inputs_and_outputs():
    def work():
        with span("search", kind="RETRIEVER", inputs={"q": "Hi"}) as step:
            with span("inner") as inner:
                inner.set_inputs("text {")
            step.set_outputs([1, 2])
            step.set_attribute("index", "v1")

    search, inner = spans_of(work)
    assert (search.name, search.kind, search.inputs, search.outputs) == (
        "search",
        "RETRIEVER",
        {"q": "Hi"},
        [1, 2],
    )
    assert search.attributes == {"index": "v1"}
    assert (inner.kind, inner.inputs, inner.outputs) == ("UNKNOWN", "text {", None)
    assert inner.parent_id == search.span_id


@pytest.mark.parametrize("value", ["42", '{"a": 1}', 42, None, True, {"a": [None, 1.5]}, "ü\n"], ids=repr)
def test_values_are_recorded_as_they_are(value):
    def work():
        with span("s") as step:
            step.set_outputs(value)

    (found,) = spans_of(work)
    assert found.outputs == value
    assert type(found.outputs) is type(value)


def test_value_that_fails_when_looked_at_does_not_break_the_application():
    def work():
        with span("s") as step:
            step.set_outputs(Odd())

    (found,) = spans_of(work)
    assert "looked at" in str(found.outputs) or "Odd" in str(found.outputs)


def test_exception_is_recorded_and_goes_on():
    def work():
        with pytest.raises(ValueError, match="boom"), span("s"):
            raise ValueError("boom")

    (found,) = spans_of(work)
    assert (found.status, found.error) == ("error", "ValueError: boom")


@pytest.mark.parametrize(
    "use", [lambda kind: traced(kind=kind), lambda kind: span("s", kind=kind).__enter__()]
)
def test_unknown_kind_names_the_nearest(use):
    with pytest.raises(SettingError, match="kind 'RETRIVER' is none of a span; did you mean 'RETRIEVER'"):
        use("RETRIVER")


def test_function_records_arguments_by_name_and_what_it_returns():
    @traced
    def add(a, b=2, *more, scale=1, **others):
        """Add."""
        return (a + b) * scale

    (found,) = spans_of(lambda: add(1, 5, 6, 7, scale=2, x=1))
    assert (found.name, found.kind, found.outputs) == ("add", "UNKNOWN", 12)
    assert found.inputs == {"a": 1, "b": 5, "args": [6, 7], "scale": 2, "x": 1}
    assert (add.__name__, add.__doc__, list(inspect.signature(add).parameters)[:2]) == (
        "add",
        "Add.",
        ["a", "b"],
    )


def test_method_records_neither_self_nor_class():
    class App:
        @traced(name="answer", kind="CHAIN")
        def run(self, question):
            return question

        @classmethod
        @traced
        def make(cls, x):
            return x

    run, make = spans_of(lambda: (App().run("q"), App.make(1)))
    assert (run.name, run.kind, run.inputs, run.outputs) == ("answer", "CHAIN", {"question": "q"}, "q")
    assert make.inputs == {"x": 1}


def test_coroutine_function_stays_one_and_is_the_parent_of_what_it_awaits():
    @traced(kind="TOOL")
    async def inner(x):
        await asyncio.sleep(0)
        return x

    @traced
    async def outer():
        return await asyncio.gather(inner(1), inner(2))

    assert inspect.iscoroutinefunction(inner)
    found = spans_of(lambda: asyncio.run(outer()))
    assert [(each.name, each.outputs) for each in found] == [("outer", [1, 2]), ("inner", 1), ("inner", 2)]
    assert {each.parent_id for each in found[1:]} == {found[0].span_id}


def test_generator_records_what_it_yields_and_is_current_only_while_it_runs():
    @traced(kind="CHAT_MODEL")
    def stream(question):
        with span("inside"):
            pass
        yield "Hel"
        yield "lo"
        return 3

    def work():
        parts = []
        for part in stream("q"):
            with span("consumer"):
                parts.append(part)
        assert parts == ["Hel", "lo"]

    found = {each.name: each for each in spans_of(work)}
    assert (found["stream"].inputs, found["stream"].outputs) == ({"question": "q"}, "Hello")
    assert found["inside"].parent_id == found["stream"].span_id
    assert found["consumer"].parent_id is None
    assert 0 <= time_to_first_token(found.values()) <= found["stream"].duration_s


def test_generator_that_is_no_model_says_no_first_token():
    found = spans_of(lambda: list(traced(lambda: (yield 1))()))
    assert (found[0].outputs, time_to_first_token(found)) == ([1], None)


def test_generator_takes_what_is_sent_and_thrown_and_returns_its_value():
    @traced
    def echo():
        got = []
        while True:
            try:
                sent = yield len(got)
            except KeyError as error:
                return [*got, str(error)]
            got.append(sent)

    def work():
        running = echo()
        assert (next(running), running.send("a"), running.send("b")) == (0, 1, 2)
        with pytest.raises(StopIteration) as end:
            running.throw(KeyError("x"))
        assert end.value.value == ["a", "b", "'x'"]

    assert spans_of(work)[0].outputs == [0, 1, 2]


def test_generator_that_is_given_up_is_closed_and_its_span_ended():
    cleaned = []

    @traced
    def stream():
        try:
            yield "a"
            yield "b"
        finally:
            cleaned.append(True)

    def work():
        running = stream()
        next(running)
        running.close()

    (found,) = spans_of(work)
    assert cleaned == [True]
    assert (found.outputs, found.status, found.attributes) == ("a", "ok", {})


def test_generator_that_fails_says_so():
    @traced
    def stream():
        yield 1
        raise ValueError("boom")

    def work():
        with pytest.raises(ValueError, match="boom"):
            list(stream())

    (found,) = spans_of(work)
    assert (found.status, found.error, found.outputs) == ("error", "ValueError: boom", [1])


def test_asynchronous_generator_records_what_it_yields():
    cleaned = []

    @traced(kind="CHAT_MODEL")
    async def stream(n):
        try:
            for each in range(n):
                await asyncio.sleep(0)
                yield str(each)
        finally:
            cleaned.append(n)

    async def main():
        assert [part async for part in stream(3)] == ["0", "1", "2"]
        running = stream(9)
        assert await anext(running) == "0"
        await running.aclose()

    whole, given_up = spans_of(lambda: asyncio.run(main()))
    assert inspect.isasyncgenfunction(stream)
    assert (whole.inputs, whole.outputs, given_up.outputs) == ({"n": 3}, "012", "0")
    assert cleaned == [3, 9]
    assert time_to_first_token([whole]) is not None


def test_without_a_provider_and_a_case_everything_is_a_no_op():
    """As in production; in a process of its own, where no case has ever run."""
    script = """
import sys
import pytest_vtrack
from pytest_vtrack import set_tag, span, traced
assert "opentelemetry" not in sys.modules

@traced(kind="CHAIN")
def app(x):
    with span("inner", inputs=x) as step:
        step.set_outputs(object())
        set_tag("user", "me")
        return step.otel.is_recording()

assert app(1) is False
assert list(traced(lambda: (yield 1))()) == [1]
assert "pytest" not in sys.modules and "opentelemetry.sdk" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
