"""Hearing of every span, whichever provider the application makes, sets or never sets.

OpenTelemetry's global provider can be set once. Setting one of ours would make the application's own
``set_tracer_provider`` fail later on, and its exporters would get nothing; so ours is never set. Instead:

* what stands behind ``opentelemetry.trace.get_tracer`` while no provider is set (it would drop every span)
  records into our tracer as long as a case runs; the moment the application sets its provider, that is used;
* every provider of OpenTelemetry's SDK gets our processor when it is made, wherever and however late that
  happens and whether it becomes the global one or not (MLflow and others keep one to themselves); the ones
  that were made before are asked for when a case opens.

An application that never imports OpenTelemetry does not get it imported by this.
"""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import Any

from pytest_vtrack.tracing.arrivals import when_imported
from pytest_vtrack.tracing.recorder import any_open
from pytest_vtrack.tracing.routing import routing

_attached: weakref.WeakSet[Any] = weakref.WeakSet()


@functools.cache
def follow_spans() -> None:
    """Hear of OpenTelemetry as soon as it is imported."""
    when_imported({"opentelemetry.trace": _api_arrived, "opentelemetry.sdk.trace": _sdk_arrived})


def import_recording() -> None:
    """Import OpenTelemetry and our side of it: a call that did it first would seem to take long."""
    with _noting_failures():
        from pytest_vtrack.tracing import conversion, root  # noqa: F401  imported later on by the first case

        _own_tracer()


def attach_to_known_providers() -> None:
    """Attach to the providers that were made before we heard of it: the global one, and MLflow's own.

    MLflow's public ``get_bridged_tracer_provider`` would make one where there is none yet, with its store.
    """
    with _noting_failures():
        _attach(sys.modules["opentelemetry.trace"].get_tracer_provider())
        mlflow = getattr(sys.modules.get("mlflow.tracing.provider"), "provider", None)
        if mlflow is not None:
            _attach(mlflow.get())


def _attach(provider: Any) -> None:
    """Add our processor to a provider, once; what is no provider of the SDK is left alone."""
    if provider in _attached or not hasattr(provider, "add_span_processor"):
        return
    provider.add_span_processor(_processor())
    _attached.add(provider)


@contextmanager
def _noting_failures() -> Iterator[None]:
    """Let nothing that goes wrong here reach the application, and let its cases say so."""
    try:
        yield
    except Exception as error:
        routing.failed(error)


@functools.cache
def _processor() -> Any:
    from pytest_vtrack.tracing.processor import CaseSpans

    return CaseSpans()


def _sdk_arrived(sdk: ModuleType) -> None:
    with _noting_failures():
        _follow_providers(sdk)


def _api_arrived(api: ModuleType) -> None:
    with _noting_failures():
        _follow_tracers(api)


def _follow_providers(sdk: ModuleType) -> None:
    made = sdk.TracerProvider.__init__

    @functools.wraps(made)
    def init(provider: Any, *args: Any, **kwargs: Any) -> None:
        made(provider, *args, **kwargs)
        # A subclass may not be ready for processors yet; then it is asked for when a case opens.
        with suppress(Exception):
            _attach(provider)

    sdk.TracerProvider.__init__ = init


def _follow_tracers(api: ModuleType) -> None:
    real = api.ProxyTracer._tracer.fget  # noqa: SLF001  the one place where a span without a provider goes

    def tracer(proxy: Any) -> Any:
        found = real(proxy)
        if not isinstance(found, api.NoOpTracer) or not any_open():
            return found
        return _own_tracer() or found

    api.ProxyTracer._tracer = property(tracer)  # noqa: SLF001
    if "_set_tracer_provider" in vars(api):
        vars(api)["_set_tracer_provider"] = _attaching(vars(api)["_set_tracer_provider"])


def _own_tracer() -> Any:
    from pytest_vtrack.tracing.processor import own_tracer

    return own_tracer()


def _attaching(set_provider: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(set_provider)
    def attached(provider: Any, *args: Any, **kwargs: Any) -> None:
        with _noting_failures():
            _attach(provider)
        set_provider(provider, *args, **kwargs)

    return attached
