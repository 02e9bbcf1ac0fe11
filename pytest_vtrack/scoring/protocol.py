"""Scorers: functions that judge a trace, and what can be made into one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import PurePath
from typing import Any, overload

from pytest_vtrack.errors import ScorerError, nearest
from pytest_vtrack.model.assessment import Direction, Kind, MetricSpec
from pytest_vtrack.scoring.builtin import BUILTINS, NEEDS_SETTINGS, name_of
from pytest_vtrack.scoring.declaration import checked_flag, declared_metric
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.adoption import adopted
from pytest_vtrack.scoring.instances import instance_of
from pytest_vtrack.scoring.limits import Limited, RetryOn, checked_limits
from pytest_vtrack.scoring.measures import Measures
from pytest_vtrack.scoring.parameters import parameters_of

_NO_LIMITS = (None, 0, None)


@dataclass(frozen=True, eq=False)
class Scorer:
    """A function that judges a trace, with what is declared about its metric.

    Calling it calls the function. Two scorers are equal only when they are the same object.
    """

    function: Callable[..., Any]
    """What is called; it may return anything that a scorer may return, or an awaitable of it."""
    spec: MetricSpec
    parameters: tuple[str, ...]
    """The names out of ``inputs, outputs, expectations, trace, tags, case, baseline`` that it takes."""
    paid: bool = False
    """Whether running it costs money: nothing runs it without being asked to."""

    def __post_init__(self) -> None:
        function = self._unlimited
        self.__dict__.update(__wrapped__=function, __name__=self.spec.name, __qualname__=self.spec.name)
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            if isinstance(given := getattr(function, name, None), str):
                self.__dict__[name] = given

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function as it was declared, without time limit and retries."""
        return self._unlimited(*args, **kwargs)

    @property
    def _unlimited(self) -> Callable[..., Any]:
        return self.function.function if isinstance(self.function, Limited) else self.function

    @property
    def name(self) -> str:
        """The name of the metric."""
        return self.spec.name

    @property
    def fingerprint(self) -> str:
        """What stands for the scorer's source and configuration."""
        return self.spec.fingerprint

    @property
    def needs_baseline(self) -> bool:
        """Whether the function asks for the baseline's trace of the same case."""
        return "baseline" in self.parameters


@overload
def scorer(
    function: Callable[..., Any],
    /,
    *,
    name: str | None = None,
    better: Direction | None = None,
    tolerance: float | None = None,
    bounds: tuple[float, float] | None = None,
    kind: Kind | None = None,
    gate: bool | None = None,
    must_pass: bool = False,
    version: str | int | None = None,
    paid: bool | None = None,
    timeout: float | None = None,
    retries: int = 0,
    retry_on: RetryOn | None = None,
) -> Scorer: ...
@overload
def scorer(
    *,
    name: str | None = None,
    better: Direction | None = None,
    tolerance: float | None = None,
    bounds: tuple[float, float] | None = None,
    kind: Kind | None = None,
    gate: bool | None = None,
    must_pass: bool = False,
    version: str | int | None = None,
    paid: bool | None = None,
    timeout: float | None = None,
    retries: int = 0,
    retry_on: RetryOn | None = None,
) -> Callable[[Callable[..., Any]], Scorer]: ...
def scorer(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    better: Direction | None = None,
    tolerance: float | None = None,
    bounds: tuple[float, float] | None = None,
    kind: Kind | None = None,
    gate: bool | None = None,
    must_pass: bool = False,
    version: str | int | None = None,
    paid: bool | None = None,
    timeout: float | None = None,
    retries: int = 0,
    retry_on: RetryOn | None = None,
) -> Scorer | Callable[[Callable[..., Any]], Scorer]:
    """Declare a function or class as a scorer; usable as ``@scorer`` and as ``@scorer(better="lower", ...)``.

    The function, synchronous or not, takes any of ``inputs, outputs, expectations, trace, tags, case,
    baseline`` by name (all of them with ``**kwargs``); other parameters need a default, which they keep.
    It returns a bool, a finite number, a category, a ``Feedback``, a list of ``Feedback``, or ``None``
    when it has nothing to say. ``baseline`` is ``None`` where the baseline has no such case.

    :param name: the metric; default: the function's name.
    :param better: which direction is good; default ``"lower"`` for the kinds latency, cost and tokens,
        else ``"higher"``.
    :param tolerance: how much worse is allowed, in the metric's unit; a share for latency, cost, tokens.
    :param bounds: the lowest and highest possible value.
    :param kind: how differences are measured; default: read from the values.
    :param gate: whether the metric may fail the run; default: yes, but for latency, cost and tokens.
    :param must_pass: a case that passed in the baseline and fails now fails the run by itself.
    :param version: stands for the source in place of the fingerprint; raise it when the meaning changes,
        for instance in something that the function calls.
    :param paid: whether running it costs money; what is stored is not scored with it unasked. Default:
        no, but for judges.
    :param timeout: how many seconds one call may take; longer is an error. What is not asynchronous is
        left behind in its thread.
    :param retries: how often a call that failed is made again, after half a second and longer.
    :param retry_on: the errors after which it is; default: every ``Exception``.
    :raises ScorerError: the function cannot be called with these names, or a declared value is wrong.
    """
    declared = {
        "name": name,
        "better": better,
        "tolerance": tolerance,
        "bounds": bounds,
        "kind": kind,
        "gate": gate,
        "must_pass": must_pass,
        "version": version,
        "paid": paid,
    }
    limits = (timeout, retries, retry_on)

    def declare(function: Callable[..., Any]) -> Scorer:
        return _declared(function, _place(function), declared, limits)

    return declare if function is None else declare(function)


def as_scorer(obj: object, *, where: str) -> Scorer:
    """Return the scorer that an object stands for.

    :param obj: a scorer, a function or other callable, a scorer of another library, a built-in
        (configured or not), the name of a built-in such as ``"exact_match"``, or ``"module:name"`` of
        any of them, found on ``sys.path``.
    :param where: where the object was given, for the message.
    :raises ScorerError: it is none of these, or cannot be called as a scorer.
    """
    if isinstance(obj, str):
        obj = _named(obj, where)
    if isinstance(obj, Scorer):
        return obj
    obj = adopted(obj, where=where)
    if not callable(obj):
        raise ScorerError(
            f"{where}: {obj!r} is not a scorer; give a function, a built-in such as 'exact_match', or "
            "'module:name'"
        )
    return _declared(obj, where, {"name": None})


def _declared(
    obj: object, where: str, declared: dict[str, Any], limits: tuple[object, object, object] = _NO_LIMITS
) -> Scorer:
    if isinstance(obj, Scorer):
        raise ScorerError(f"{where}: {obj.name!r} is a scorer already; declare everything in one @scorer")
    obj = adopted(obj, where=where)
    if isinstance(obj, type):
        obj = instance_of(obj, where)
    if not callable(obj):
        raise ScorerError(f"{where}: {obj!r} cannot be called; a scorer is a function")
    bare = name_of(obj)
    function = _unconfigured(bare, where) if bare else obj
    name = _own_name(function, where) if declared["name"] is None else declared["name"]
    parameters = parameters_of(function, f"{where}: scorer {name!r}")
    fingerprint = fingerprint_of(function) if declared.get("version") is None else ""
    given = {what: value for what, value in declared.items() if value is not None}
    paid = given.pop("paid", getattr(function, "paid", False) is True)
    metric = declared_metric(fingerprint, where, **{**_measures(function), **given, "name": name})
    where = f"{where}: scorer {name!r}"
    if limits != _NO_LIMITS and (checked := checked_limits(where, *limits)):
        function = Limited(function, checked)
    return Scorer(function, metric, parameters, checked_flag(where, "paid", paid))


def _unconfigured(name: str, where: str) -> Callable[..., Any]:
    if name in NEEDS_SETTINGS:
        raise ScorerError(f"{where}: {name} cannot be used as it is; write {NEEDS_SETTINGS[name]}")
    try:
        built: Callable[..., Any] = BUILTINS[name]()
    except ScorerError as error:
        raise ScorerError(f"{where}: {error}") from None
    return built


def _measures(function: object) -> dict[str, Any]:
    """Return what a built-in declares about its metric."""
    measures = getattr(function, "measures", None)
    return asdict(measures) if isinstance(measures, Measures) else {}


def _own_name(function: Callable[..., Any], where: str) -> str:
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__name__", None) or getattr(function, "name", None)
    if name == "<lambda>":
        raise ScorerError(f"{where}: a lambda has no name; give it one: scorer(lambda …, name='…')")
    return name if isinstance(name, str) else type(function).__name__


def _place(function: object) -> str:
    """Return where a function is written, as ``file.py:12``; for messages only."""
    code = getattr(function, "__code__", None)
    return f"{PurePath(code.co_filename).name}:{code.co_firstlineno}" if code else "@scorer"


def _named(text: str, where: str) -> object:
    module, colon, path = text.partition(":")
    if colon:
        return _imported(module, path, f"{where}: {text!r}")
    if text in BUILTINS:
        return BUILTINS[text]
    raise ScorerError(
        f"{where}: there is no built-in scorer {text!r}; nearest: {', '.join(nearest(text, BUILTINS))}. "
        "A scorer of your own is named 'module:name'"
    )


def _imported(module: str, path: str, where: str) -> object:
    try:
        found: object = import_module(module)
    except Exception as error:  # the module is the user's: importing it may fail in any way
        raise ScorerError(
            f"{where}: cannot import {module!r}: {type(error).__name__}: {error} (sys.path was searched)"
        ) from error
    for part in path.split("."):
        if not hasattr(found, part):
            known = [name for name in dir(found) if not name.startswith("_")]
            near = ", ".join(nearest(part, known)) or "nothing"
            raise ScorerError(f"{where}: {module!r} has no {path!r}; nearest: {near}")
        found = getattr(found, part)
    return found
