"""Scorers: what is declared about them, and what can be made into one."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, get_args, overload

from pytest_vtrack.errors import ScorerError, nearest
from pytest_vtrack.model.assessment import (
    COMPLETED,
    LATENCY,
    PASSED,
    RATIO_KINDS,
    Direction,
    Kind,
    MetricSpec,
)
from pytest_vtrack.scoring.builtin import BUILTINS
from pytest_vtrack.scoring.fingerprint import fingerprint_of

PARAMETERS = ("inputs", "outputs", "expectations", "trace", "tags", "case", "baseline")
"""What a scorer may ask for, by name."""

RESERVED = frozenset({PASSED.name, COMPLETED.name, LATENCY.name})
"""Metrics that are measured without a scorer."""

_BETTER: tuple[str, ...] = get_args(Direction)
_KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True, eq=False)
class Scorer:
    """A function that judges a trace, with what is declared about its metric.

    Calling it calls the function. Two scorers are equal only when they are the same object.
    """

    function: Callable[..., Any]
    """What is called; it may return anything that a scorer may return, or an awaitable of it."""
    spec: MetricSpec
    parameters: tuple[str, ...]
    """The names out of :data:`PARAMETERS` that the function takes, in that order."""

    def __post_init__(self) -> None:
        origin = self.function
        own = {"__name__": self.spec.name, "__qualname__": self.spec.name, "__wrapped__": origin}
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            if isinstance(given := getattr(origin, name, None), str):
                own[name] = given
        self.__dict__.update(own)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

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
def scorer(function: Callable[..., Any], /) -> Scorer: ...
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
    gate: bool = True,
    must_pass: bool = False,
    version: str | int | None = None,
) -> Scorer: ...
@overload
def scorer(
    *,
    name: str | None = None,
    better: Direction | None = None,
    tolerance: float | None = None,
    bounds: tuple[float, float] | None = None,
    kind: Kind | None = None,
    gate: bool = True,
    must_pass: bool = False,
    version: str | int | None = None,
) -> Callable[[Callable[..., Any]], Scorer]: ...
def scorer(
    function: Callable[..., Any] | None = None, /, **declared: Any
) -> Scorer | Callable[[Callable[..., Any]], Scorer]:
    """Declare a function as a scorer; usable as ``@scorer`` and as ``@scorer(better="lower", ...)``.

    The function takes any of ``inputs, outputs, expectations, trace, tags, case, baseline`` by name (all
    of them with ``**kwargs``) and returns a bool, a finite number, a category, a ``Feedback``, a list of
    ``Feedback``, or ``None`` when it has nothing to say. Other parameters need defaults and keep them.

    :param name: the metric; default: the function's name.
    :param better: which direction is good; default ``"lower"`` for kinds latency, cost and tokens, else
        ``"higher"``.
    :param tolerance: how much worse is allowed, in the metric's unit; a share for latency, cost, tokens.
    :param bounds: the lowest and highest possible value.
    :param kind: how differences are measured; default: read from the values.
    :param gate: whether the metric may fail the run.
    :param must_pass: a case that passed in the baseline and fails now fails the run by itself.
    :param version: stands for the source in place of the fingerprint; raise it when the meaning changes,
        for instance in a function that the scorer calls.
    :raises ScorerError: the function cannot be called with these names, or a declared value is wrong.
    """
    if function is not None:
        return _declared(function, _place(function), declared)
    return lambda function: _declared(function, _place(function), declared)


def as_scorer(obj: object, *, where: str) -> Scorer:
    """Return the scorer that an object stands for.

    :param obj: a scorer, a function or other callable, a built-in (configured or not), the name of a
        built-in such as ``"exact_match"``, or ``"module:name"`` of any of them.
    :param where: where the object was given, for the message.
    :raises ScorerError: it is none of these, or cannot be called as a scorer.
    """
    if isinstance(obj, str):
        obj = _named(obj, where)
    if isinstance(obj, Scorer):
        return obj
    if not callable(obj):
        raise ScorerError(
            f"{where}: {obj!r} is not a scorer; give a function, the name of a built-in "
            f"({', '.join(BUILTINS)}) or 'module:name'"
        )
    return _declared(obj, where, {})


def check_metric_name(name: object, *, where: str) -> str:
    """Return the name of a metric as it was given.

    :raises ScorerError: it is empty, cannot stand in ``metric = tolerance`` lines, or is reserved.
    """
    if not isinstance(name, str) or not name.strip() or name != name.strip() or not name.isprintable():
        raise ScorerError(f"{where}: name={name!r} cannot name a metric; give a text of printable characters")
    if "=" in name:
        raise ScorerError(f"{where}: name={name!r} cannot name a metric: it may not contain '='")
    if name in RESERVED:
        raise ScorerError(
            f"{where}: the name {name!r} is taken: {', '.join(sorted(RESERVED))} are measured without a "
            "scorer; choose another with name=…"
        )
    return name


def _declared(function: Callable[..., Any], where: str, declared: Mapping[str, Any]) -> Scorer:
    if isinstance(function, Scorer):
        raise ScorerError(f"{where}: {function.name!r} is a scorer already; declare everything in one @scorer")
    if BUILTINS.get(getattr(function, "__name__", "")) is function:
        function = function()
    parameters = _parameters(function, where)
    return Scorer(function, _spec(function, where, **declared), parameters)


def _spec(
    function: Callable[..., Any],
    where: str,
    *,
    name: object = None,
    better: object = None,
    tolerance: object = None,
    bounds: object = None,
    kind: object = None,
    gate: object = True,
    must_pass: object = False,
    version: object = None,
) -> MetricSpec:
    """Check every declared value, whatever its type: callers are test files that nothing type-checks."""
    name = check_metric_name(_own_name(function, where) if name is None else name, where=where)
    where = f"{where}: scorer {name!r}"
    _check_choice(where, "kind", kind, _KINDS)
    _check_choice(where, "better", better, _BETTER)
    for flag, value in (("gate", gate), ("must_pass", must_pass)):
        if not isinstance(value, bool):
            raise ScorerError(f"{where}: {flag}={value!r} must be True or False")
    if version is not None and (isinstance(version, bool) or not isinstance(version, (str, int))):
        raise ScorerError(f"{where}: version={version!r} must be a text or a whole number")
    return MetricSpec(
        name,
        fingerprint_of(function) if version is None else f"version:{version}",
        better=better or ("lower" if kind in RATIO_KINDS else "higher"),  # type: ignore[arg-type]
        tolerance=_checked_tolerance(where, tolerance),
        bounds=_checked_bounds(where, bounds),
        kind=kind,  # type: ignore[arg-type]
        gate=bool(gate),
        must_pass=bool(must_pass),
    )


def _check_choice(where: str, what: str, value: object, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise ScorerError(f"{where}: {what}={value!r} must be one of {', '.join(map(repr, allowed))}")


def _checked_tolerance(where: str, tolerance: object) -> float | None:
    if tolerance is None:
        return None
    if _is_finite(tolerance) and tolerance >= 0:
        return float(tolerance)
    raise ScorerError(
        f"{where}: tolerance={tolerance!r} must be a finite number from 0 up, in the metric's own unit "
        "(for latency, cost and tokens a share: 0.1 is 10 %)"
    )


def _checked_bounds(where: str, bounds: object) -> tuple[float, float] | None:
    if bounds is None:
        return None
    if isinstance(bounds, (tuple, list)) and len(bounds) == 2 and all(map(_is_finite, bounds)):
        low, high = bounds
        if low < high:
            return float(low), float(high)
    raise ScorerError(
        f"{where}: bounds={bounds!r} must be two finite numbers (lowest, highest), the lowest first"
    )


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _own_name(function: Callable[..., Any], where: str) -> str:
    inner = getattr(function, "func", function)  # a functools.partial has no name of its own
    name = str(getattr(inner, "__name__", None) or type(inner).__name__)
    if name == "<lambda>":
        raise ScorerError(f"{where}: a lambda has no name; give one: scorer(lambda …, name='…')")
    return name


def _parameters(function: Callable[..., Any], where: str) -> tuple[str, ...]:
    """Return what the function takes by name, so that a wrong name is found before the first call."""
    where = f"{where}: scorer {getattr(function, '__name__', type(function).__name__)!r}"
    if isinstance(function, type):
        raise ScorerError(f"{where} is a class; give an instance of it that can be called")
    try:
        signature = _signature(function)
    except (TypeError, ValueError) as error:
        raise ScorerError(f"{where}: its parameters cannot be read ({error}); wrap it in a function") from None
    taken: set[str] = set()
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            taken.update(PARAMETERS)
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            _check_parameter(parameter, where)
            taken.add(parameter.name)
    return tuple(name for name in PARAMETERS if name in taken)


def _check_parameter(parameter: inspect.Parameter, where: str) -> None:
    name = parameter.name
    if name in PARAMETERS and parameter.kind is not parameter.POSITIONAL_ONLY:
        return
    if parameter.default is not parameter.empty and name not in PARAMETERS:
        if not _close_to_parameter(name):
            return  # configuration that keeps its default
    allowed = f"a scorer takes any of {', '.join(PARAMETERS)} by name"
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise ScorerError(f"{where}: {name!r} can only be given by position (remove the '/'); {allowed}")
    guess = f" (did you mean {nearest(name, PARAMETERS)[0]!r}?)" if _close_to_parameter(name) else ""
    hint = "; declare a bound method instead: scorer(instance.method)" if name == "self" else ""
    raise ScorerError(f"{where}: takes {name!r}{guess}, which it is never given; {allowed}{hint}")


def _close_to_parameter(name: str) -> bool:
    """Tell whether a name is a slip of the pen: ``output`` for ``outputs``."""
    return any(name.rstrip("s").lower() == known.rstrip("s") for known in PARAMETERS)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):  # annotations may name what is imported for type checkers only
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def _place(function: object) -> str:
    """Return where a function stands, as ``file.py:12``; for the message only."""
    code = getattr(inspect.unwrap(function) if callable(function) else function, "__code__", None)
    return f"{code.co_filename.replace('\\', '/').rpartition('/')[2]}:{code.co_firstlineno}" if code else "scorer"


def _named(text: str, where: str) -> object:
    module, colon, path = text.partition(":")
    if not colon:
        if text in BUILTINS:
            return BUILTINS[text]
        raise ScorerError(
            f"{where}: there is no built-in scorer {text!r}; nearest: {', '.join(nearest(text, BUILTINS))}. "
            "A scorer of your own is named 'module:name'"
        )
    try:
        found: object = import_module(module)
    except Exception as error:  # the module is the user's: importing it may fail in any way
        raise ScorerError(
            f"{where}: {text!r}: the module {module!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    for part in path.split("."):
        known = [name for name in dir(found) if not name.startswith("_")]
        if not hasattr(found, part):
            raise ScorerError(
                f"{where}: {text!r}: {module!r} has no {path!r}; nearest: {', '.join(nearest(part, known))}"
            )
        found = getattr(found, part)
    return found
