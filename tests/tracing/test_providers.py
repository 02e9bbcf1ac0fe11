"""Applications that set their provider early, late, elsewhere or never; each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

HEAD = """
import logging, sys, time
logging.basicConfig(level="WARNING", stream=sys.stdout)
from pytest_vtrack.tracing.capture import Capture

def case(function, *args):
    capture = Capture()
    with capture.running():
        function(*args)
    return [span.name for span in capture.close(time.time()).spans]

def exporting(**settings):
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    exporter = InMemorySpanExporter()
    provider = TracerProvider(**settings)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider, lambda: [span.name for span in exporter.get_finished_spans()]
"""


def run(script, **environ):
    """Run a script with warnings as errors; what OpenTelemetry logs is printed, and nothing may be."""
    command = [sys.executable, "-W", "error", "-c", HEAD + dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, env=environ or None, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stdout + done.stderr


def test_provider_set_before_the_first_case_keeps_its_exporters():
    run("""
        from opentelemetry import trace
        provider, exported = exporting()
        trace.set_tracer_provider(provider)
        tracer = trace.get_tracer("app")
        assert case(lambda: tracer.start_span("a").end()) == ["a"]
        assert case(lambda: tracer.start_span("b").end()) == ["b"]
        tracer.start_span("outside").end()
        assert exported() == ["a", "b", "outside"]
    """)


def test_provider_set_inside_the_first_call_wins_and_that_call_is_captured():
    run("""
        def app():
            from opentelemetry import trace
            tracer = trace.get_tracer("app")
            tracer.start_span("early").end()
            provider, app.exported = exporting()
            trace.set_tracer_provider(provider)
            assert trace.get_tracer_provider() is provider
            tracer.start_span("late").end()
            trace.get_tracer("other").start_span("later").end()

        assert not any(name.startswith("opentelemetry") for name in sys.modules)
        assert case(app) == ["early", "late", "later"]
        assert app.exported() == ["late", "later"]
    """)


def test_provider_made_early_and_set_inside_the_first_call_is_captured():
    run("""
        from opentelemetry import trace
        provider, exported = exporting()

        def app():
            trace.set_tracer_provider(provider)
            trace.get_tracer("app").start_span("a").end()

        assert case(app) == exported() == ["a"]
    """)


def test_provider_set_between_cases_after_our_own_was_used():
    run("""
        from opentelemetry import trace
        tracer = trace.get_tracer("app")
        assert case(lambda: tracer.start_span("a").end()) == ["a"]
        provider, exported = exporting()
        trace.set_tracer_provider(provider)
        assert case(lambda: tracer.start_span("b").end()) == exported() == ["b"]
    """)


def test_application_still_sees_that_no_provider_is_set():
    run("""
        from opentelemetry import trace

        def app():
            assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
            assert trace.get_tracer("app").start_span("a").is_recording()

        assert case(app) == ["a"]
    """)


def test_providers_that_are_never_set_are_captured():
    run("""
        def app():
            provider, app.exported = exporting()
            provider.get_tracer("app").start_span("a").end()

        assert case(app) == app.exported() == ["a"]
    """)


def test_sampler_that_follows_the_parent_drops_nothing():
    run("""
        from opentelemetry import trace
        from opentelemetry.sdk.trace.sampling import ParentBased, ALWAYS_OFF
        trace.set_tracer_provider(exporting(sampler=ParentBased(ALWAYS_OFF))[0])
        assert case(lambda: trace.get_tracer("app").start_span("a").end()) == ["a"]
    """)


def test_provider_that_is_not_ready_when_it_is_made_is_attached_to_later():
    run("""
        def app():
            from opentelemetry import trace
            from opentelemetry.sdk.trace import TracerProvider

            class Own(TracerProvider):
                def __init__(self):
                    super().__init__()
                    self.ready = []

                def add_span_processor(self, processor):
                    self.ready.append(processor)
                    super().add_span_processor(processor)

            trace.set_tracer_provider(Own())
            trace.get_tracer("app").start_span("a").end()

        assert case(app) == ["a"]
    """)


def test_provider_of_another_kind_is_left_alone():
    run("""
        from opentelemetry import trace
        trace.set_tracer_provider(trace.NoOpTracerProvider())
        assert case(lambda: trace.get_tracer("app").start_span("a").end()) == []
    """)


def test_disabled_sdk_stays_disabled():
    run(
        """
        from opentelemetry import trace
        assert case(lambda: trace.get_tracer("app").start_span("a").end()) == []
        """,
        OTEL_SDK_DISABLED="true",
    )


def test_provider_that_wraps_another_tells_of_each_span_once():
    run("""
        from opentelemetry import trace

        class Wrapping(trace.TracerProvider):
            def __init__(self, wrapped):
                self.get_tracer, self.add_span_processor = wrapped.get_tracer, wrapped.add_span_processor

            def get_tracer(self):
                raise NotImplementedError

        Capture().close(0.0)
        provider, exported = exporting()
        trace.set_tracer_provider(Wrapping(provider))
        assert case(lambda: trace.get_tracer("app").start_span("a").end()) == exported() == ["a"]
    """)


def test_dropped_attributes_are_counted():
    run("""
        logging.getLogger("opentelemetry.attributes").setLevel("ERROR")  # it says so too
        from opentelemetry import trace
        provider, _ = exporting()
        trace.set_tracer_provider(provider)
        capture = Capture()
        with capture.running():
            trace.get_tracer("app").start_span("a", attributes={f"k{n}": n for n in range(130)}).end()
        (span,) = capture.close(time.time()).spans
        assert span.attributes["vtrack.dropped_attributes"] == 2 and len(span.attributes) == 129
    """)


def test_application_without_opentelemetry_does_not_get_it():
    run("""
        import threading
        from pytest_vtrack import set_tag

        def app():
            set_tag("user", "me")
            thread = threading.Thread(target=set_tag, args=("in", "thread"))
            thread.start()
            thread.join()

        capture = Capture()
        with capture.running():
            app()
        found = capture.close(time.time())
        assert (found.trace_id, found.spans, found.tags) == ("", (), {"user": "me", "in": "thread"})
        assert not [name for name in sys.modules if name.startswith("opentelemetry")]
    """)


def test_api_that_works_otherwise_is_said_and_does_no_harm():
    run("""
        capture = Capture()
        with capture.running():
            import opentelemetry.trace as api
            from pytest_vtrack.tracing import attachment
            del api.ProxyTracer._tracer
            attachment._api_arrived(api)
        (problem,) = capture.close(time.time()).problems
        assert problem.startswith("a span could not be recorded: AttributeError:"), problem
    """)


def test_modules_are_found_as_without_us():
    run("""
        import importlib.util
        Capture().close(0.0)
        spec = importlib.util.find_spec("opentelemetry.sdk.trace")
        assert "class TracerProvider" in spec.loader.get_source("opentelemetry.sdk.trace")
        assert importlib.util.find_spec("opentelemetry.none") is None
    """)
