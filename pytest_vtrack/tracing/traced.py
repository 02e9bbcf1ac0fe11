"""Functions whose every call is a span."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar, overload

from pytest_vtrack.tracing.spans import OpenSpan, check_kind, current, start

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def traced(function: Function, /) -> Function: ...


@overload
def traced(*, name: str | None = None, kind: str = "UNKNOWN") -> Callable[[Function], Function]: ...


def traced(function: Any = None, /, *, name: str | None = None, kind: str = "UNKNOWN") -> Any:
    """Record every call of a function as a step, with its arguments and what it returns.

    For functions, methods, ``async def``, generators and asynchronous generators. What a generator
    yields are its outputs, as one text where all of it is text.

    :param name: of the step; default: the function's name.
    :param kind: what kind of step it is: one of ``SPAN_KINDS``.
    :raises SettingError: the kind is not one of those.
    """
    if function is None:
        check_kind(kind)
        return functools.partial(_traced, name=name, kind=kind)
    return _traced(function, name=name, kind=kind)


def _traced(function: Callable[..., Any], *, name: str | None, kind: str) -> Callable[..., Any]:
    begin = functools.partial(_begin, name or function.__name__, kind, _argument_names(function))
    of_model = kind == "CHAT_MODEL"
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, begin, of_model)
    if inspect.isgeneratorfunction(function):
        return _generator(function, begin, of_model)
    wrapper = _coroutine if inspect.iscoroutinefunction(function) else _function
    return wrapper(function, begin)


Begin = Callable[[tuple[Any, ...], dict[str, Any]], OpenSpan]


def _begin(
    name: str, kind: str, names: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> OpenSpan:
    step = OpenSpan(start(name, kind))
    if step.otel.is_recording():
        more = args[len(names) :]
        given = {**dict(zip(names, args, strict=False)), **kwargs, **({"args": more} if more else {})}
        step.set_inputs({key: value for key, value in given.items() if key not in ("self", "cls")})
    return step


def _argument_names(function: Callable[..., Any]) -> tuple[str, ...]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return tuple(name for name, each in inspect.signature(function).parameters.items() if each.kind in kinds)


def _function(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        step = begin(args, kwargs)
        with current(step.otel, ends=True):
            outputs = function(*args, **kwargs)
            step.set_outputs(outputs)
            return outputs

    return called


def _coroutine(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    async def called(*args: Any, **kwargs: Any) -> Any:
        step = begin(args, kwargs)
        with current(step.otel, ends=True):
            outputs = await function(*args, **kwargs)
            step.set_outputs(outputs)
            return outputs

    return called


class _Yielded:
    """What a generator yields, until its span ends."""

    def __init__(self, step: OpenSpan, *, of_model: bool) -> None:
        self._step = step
        self._items: list[Any] = []
        self._first_counts = of_model

    def add(self, item: Any) -> None:
        if self._first_counts and not self._items:
            self._step.first_token()
        self._items.append(item)

    def end(self) -> None:
        texts = bool(self._items) and all(isinstance(item, str) for item in self._items)
        self._step.set_outputs("".join(self._items) if texts else self._items)
        self._step.otel.end()


def _generator(function: Callable[..., Any], begin: Begin, of_model: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        step, inner = begin(args, kwargs), function(*args, **kwargs)
        yielded = _Yielded(step, of_model=of_model)
        resume: Callable[[], Any] = functools.partial(next, inner)
        try:
            while True:
                ended, item = _advanced(step, resume)
                if ended:
                    return item
                yielded.add(item)
                try:
                    resume = functools.partial(inner.send, (yield item))
                except GeneratorExit:
                    _advanced(step, inner.close)
                    raise
                except BaseException as error:
                    resume = functools.partial(inner.throw, error)
        finally:
            yielded.end()

    return called


def _advanced(step: OpenSpan, resume: Callable[[], Any]) -> tuple[bool, Any]:
    """Let a generator run to its next item, and say whether it has ended.

    Its span is current only meanwhile: what whoever consumes it does in between is not part of it.
    """
    with current(step.otel, ends=False):
        try:
            return False, resume()
        except StopIteration as end:
            return True, end.value


def _async_generator(function: Callable[..., Any], begin: Begin, of_model: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    async def called(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        step, inner = begin(args, kwargs), function(*args, **kwargs)
        yielded = _Yielded(step, of_model=of_model)
        resume: Callable[[], Any] = inner.__anext__
        try:
            while True:
                ended, item = await _awaited(step, resume)
                if ended:
                    return
                yielded.add(item)
                try:
                    resume = functools.partial(inner.asend, (yield item))
                except GeneratorExit:
                    await _awaited(step, inner.aclose)
                    raise
                except BaseException as error:
                    resume = functools.partial(inner.athrow, error)
        finally:
            yielded.end()

    return called


async def _awaited(step: OpenSpan, resume: Callable[[], Any]) -> tuple[bool, Any]:
    with current(step.otel, ends=False):
        try:
            return False, await resume()
        except StopAsyncIteration:
            return True, None
