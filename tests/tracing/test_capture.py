"""One process, no provider set: spans go to our own tracer. Providers have test_providers.py."""

from __future__ import annotations

import asyncio
import contextvars
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from pytest_vtrack.errors import SettingError
from pytest_vtrack.tracing.capture import Capture
from pytest_vtrack.tracing.routing import routing
from pytest_vtrack.tracing.spans import span
from pytest_vtrack.tracing.tagging import set_tag

TRACER = trace.get_tracer(__name__)


def captured(function, *args):
    capture = Capture()
    with capture.running():
        function(*args)
    return capture.close(time.time())


def names(found):
    return [each.name for each in found.spans]


def tree(found):
    by_id = {each.span_id: each.name for each in found.spans}
    return {each.name: by_id.get(each.parent_id) for each in found.spans}


def step(name, *, inside=lambda: None):
    with TRACER.start_as_current_span(name):
        inside()


def test_spans_of_a_call_are_a_tree_below_the_case():
    found = captured(lambda: (step("a", inside=lambda: step("b")), step("c")))
    assert tree(found) == {"a": None, "b": "a", "c": None}
    assert names(found) == ["a", "b", "c"]
    assert len(found.trace_id) == 32
    assert all(0 <= each.duration_s < 1 and abs(each.started_at - time.time()) < 60 for each in found.spans)


def test_call_without_spans_has_no_trace():
    found = captured(lambda: None)
    assert (found.trace_id, found.spans, found.tags) == ("", (), {})


def test_span_keeps_attributes_events_exception_and_status():
    def work():
        with TRACER.start_as_current_span("ok", attributes={"n": 1, "list": ["x"]}) as ok:
            ok.add_event("seen", {"k": "v"})
        with pytest.raises(ValueError, match="boom"), TRACER.start_as_current_span("bad"):
            raise ValueError("boom")

    ok, bad = captured(work).spans
    assert (ok.attributes, ok.status, ok.error) == ({"n": 1, "list": ("x",)}, "ok", None)
    assert [(event.name, event.attributes) for event in ok.events] == [("seen", {"k": "v"})]
    assert (bad.status, bad.error, bad.events[0].name) == ("error", "ValueError: boom", "exception")


def test_long_conversation_keeps_all_its_attributes():
    many = {f"llm.input_messages.{n}.message.content": "x" for n in range(500)}
    (found,) = captured(lambda: TRACER.start_span("chat", attributes=many).end()).spans
    assert len(found.inputs) == 500


def test_span_that_ends_after_the_call_is_whole_and_one_that_does_not_says_so():
    capture = Capture()
    with capture.running():
        late, never = TRACER.start_span("late"), TRACER.start_span("never")
    late.set_attribute("answer", 1)
    late.end()
    found = capture.close(time.time() + 5)
    assert [each.attributes for each in found.spans] == [{"answer": 1}, {"vtrack.unfinished": True}]
    assert found.spans[1].duration_s > 4
    never.end()


def test_span_after_the_trace_is_closed_belongs_to_no_case():
    capture, again = Capture(), threading.Event()
    with capture.running():
        worker = threading.Thread(target=lambda: (again.wait(9), step("late")))
        worker.start()
        context = contextvars.copy_context()
    capture.close(time.time())
    other, strays = Capture(), routing.strays
    with other.running():
        again.set()
        worker.join()
        context.run(step, "later")
        step("mine")
    assert names(other.close(time.time())) == ["mine"]
    assert routing.strays == strays + 2


def test_span_outside_of_a_case_is_a_no_op_without_a_provider():
    with TRACER.start_as_current_span("nobody's") as nobody:
        assert not nobody.is_recording()


def test_several_parts_of_a_call_are_one_trace_and_nested_ones_change_nothing():
    capture = Capture()
    with capture.running(), capture.running():
        step("a")
    with capture.running():
        step("b")
    step("outside")
    assert names(capture.close(time.time())) == ["a", "b"]


def test_case_inside_a_case_is_its_own_trace():
    outer, inner = Capture(), Capture()
    with outer.running():
        with inner.running():
            step("inner")
        step("outer")
    assert names(inner.close(time.time())) == ["inner"]
    assert names(outer.close(time.time())) == ["outer"]


def test_application_that_begins_its_own_trace_is_followed():
    """By the context where it begins, by the trace id where there is no context of the case."""

    def work():
        fresh = trace.set_span_in_context(trace.INVALID_SPAN)
        root = TRACER.start_span("root", context=fresh)
        below = trace.set_span_in_context(root)
        contextvars.Context().run(lambda: TRACER.start_span("far away", context=below).end())
        root.end()

    assert tree(captured(work)) == {"root": None, "far away": "root"}


def test_two_cases_in_one_trace_of_the_application_are_not_mixed():
    parent = trace.NonRecordingSpan(trace.SpanContext(7, 8, is_remote=True, trace_flags=trace.TraceFlags(1)))
    shared = trace.set_span_in_context(parent)
    one, two = Capture(), Capture()
    with one.running():
        TRACER.start_span("one", context=shared).end()
    with two.running():
        TRACER.start_span("two", context=shared).end()
    strays = routing.strays
    contextvars.Context().run(lambda: TRACER.start_span("whose?", context=shared).end())
    assert names(two.close(time.time())) == ["two"]
    assert names(one.close(time.time())) == ["one"]
    assert routing.strays == strays + 1


def in_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def in_subclass(work):
    class Own(threading.Thread):
        def run(self):
            work()

    thread = Own()
    thread.start()
    thread.join()


def in_timer(work):
    timer = threading.Timer(0, work)
    timer.start()
    timer.join()


def in_pool(work):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
        list(pool.map(lambda _: work(), [1]))


def in_background(work):
    with ThreadPool(1) as pool:
        pool.apply(work)


def in_executor_of_loop(work):
    async def main():
        await asyncio.get_running_loop().run_in_executor(None, work)
        await asyncio.to_thread(work)

    asyncio.run(main())


def in_task(work):
    async def one():
        await asyncio.sleep(0)
        work()

    async def main():
        await asyncio.gather(one(), asyncio.create_task(one()))

    asyncio.run(main())


PLACES = (in_thread, in_subclass, in_timer, in_pool, in_background, in_executor_of_loop, in_task)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_threads_and_tasks_of_a_call_work_for_its_case(place):
    def work():
        step("far")
        set_tag("where", "there")

    found = captured(place, work)
    assert set(names(found)) == {"far"}
    assert found.tags == {"where": "there"}


def test_pool_that_lives_longer_than_a_case_works_for_whoever_gives_it_work():
    with ThreadPoolExecutor(1) as pool:
        one, two = Capture(), Capture()
        with one.running():
            pool.submit(step, "one").result()
        with two.running():
            pool.submit(step, "two").result()
        pool.submit(step, "nobody's").result()
        assert names(one.close(time.time())) == ["one"]
        assert names(two.close(time.time())) == ["two"]


def test_background_thread_of_one_case_does_not_speak_for_it_while_others_run():
    """It may serve all of them, as a consumer of a queue does."""
    one, go = Capture(), threading.Event()
    with one.running():
        consumer = threading.Thread(target=lambda: (go.wait(9), step("whose?")), daemon=True)
        consumer.start()
    two = Capture()
    go.set()
    consumer.join()
    assert names(one.close(time.time())) == names(two.close(time.time())) == []


def test_work_for_a_pool_may_have_arguments_of_any_name():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(dict, who=1, function=2, pool=3).result() == {"who": 1, "function": 2, "pool": 3}


def test_threads_see_no_other_context_than_without_us():
    variable = contextvars.ContextVar("variable", default="nothing")

    def work():
        variable.set("something")
        seen = []
        in_thread(lambda: seen.append((variable.get(), trace.get_current_span())))
        assert seen == [("nothing", trace.INVALID_SPAN)]

    captured(work)


def application(number):
    """What a case does: spans of every sort, each with its case's number in the name."""
    random.seed(7)  # as many do, so ids of the default generator repeat
    with TRACER.start_as_current_span(f"{number}:a"):
        with span(f"{number}:b", kind="TOOL", inputs=number):
            set_tag("number", number)
        fresh = trace.set_span_in_context(trace.INVALID_SPAN)
        TRACER.start_span(f"{number}:root", context=fresh).end()


async def asynchronous(number):
    async def part(name):
        await asyncio.sleep(random.random() / 100)
        with TRACER.start_as_current_span(f"{number}:{name}"):
            await asyncio.sleep(random.random() / 100)

    await asyncio.gather(part("x"), part("y"), asyncio.to_thread(application, number))


def assert_exactly_its_own(results, steps):
    for number, found in results.items():
        assert sorted(names(found)) == sorted(f"{number}:{name}" for name in steps)
        assert found.tags == {"number": str(number)}
        assert not found.problems
    assert len({found.trace_id for found in results.values()}) == len(results)
    spans = [each.span_id for found in results.values() for each in found.spans]
    assert len(spans) == len(set(spans)) == len(results) * len(steps)


@pytest.mark.parametrize("provider", ["none", "with seeded ids"])
def test_500_concurrent_cases_over_asyncio_and_threads_have_exactly_their_own_spans(provider, monkeypatch):
    if provider != "none":
        own = TracerProvider(shutdown_on_exit=False)
        monkeypatch.setitem(globals(), "TRACER", own.get_tracer("app"))
    strays, results = routing.strays, {}

    async def case(number):
        capture = Capture()
        with capture.running():
            await asynchronous(number)
        results[number] = capture.close(time.time())

    async def main():
        await asyncio.gather(*(case(number) for number in range(500)))

    asyncio.run(main())
    assert len(results) == 500
    if provider == "none":
        assert_exactly_its_own(results, ("a", "b", "root", "x", "y"))
    else:  # ids of the application's own generator repeat; nothing is lost or mixed for that
        for number, found in results.items():
            assert sorted(names(found)) == sorted(f"{number}:{name}" for name in ("a", "b", "root", "x", "y"))
    assert routing.strays == strays


def test_500_cases_in_threads_have_exactly_their_own_spans():
    def case(number):
        found = captured(
            lambda: in_thread(lambda: application(number)) if number % 2 else application(number)
        )
        return number, found

    with ThreadPoolExecutor(50) as pool:
        results = dict(pool.map(case, range(500)))
    assert_exactly_its_own(results, ("a", "b", "root"))


def test_trace_ids_do_not_follow_the_seed_of_the_application():
    def seeded():
        random.seed(1)
        before = random.random()
        random.seed(1)
        found = captured(step, "a")
        assert random.random() == before
        return found

    assert seeded().trace_id != seeded().trace_id


def test_exception_in_our_processor_never_reaches_the_application(monkeypatch):
    def broken(*args):
        raise RuntimeError("ours")

    monkeypatch.setattr(routing, "recorder_of", broken)
    found = captured(step, "a")
    assert found.problems == ("a span could not be recorded: RuntimeError: ours",)


def test_span_that_cannot_be_read_is_said():
    class Foreign:
        context = trace.SpanContext(1, 2, is_remote=False)

    capture = Capture()
    capture.recorder.spans.append(Foreign())
    found = capture.close(time.time())
    assert found.spans == ()
    assert found.problems[0].startswith("a span could not be read: AttributeError: 'Foreign' object has no")


@pytest.mark.parametrize("name", ["vtrack.own", " ", ""])
def test_reserved_and_empty_tag_names_are_refused(name):
    with pytest.raises(SettingError, match=r"set_tag\("):
        set_tag(name, 1)


def test_set_tag_outside_of_a_case_does_nothing():
    set_tag("user", "me")
    assert captured(lambda: set_tag("user", 7)).tags == {"user": "7"}
