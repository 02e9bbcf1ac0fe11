"""Which of the things that a scorer may ask for a function takes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from pytest_vtrack.errors import ScorerError

PARAMETERS = ("inputs", "outputs", "expectations", "trace", "tags", "case", "baseline")
"""What a scorer may ask for, by name."""

_ALLOWED = f"a scorer takes any of {', '.join(PARAMETERS)} by name"


def parameters_of(function: Callable[..., Any], where: str) -> tuple[str, ...]:
    """Return the names out of :data:`PARAMETERS` that a function takes; all of them with ``**kwargs``.

    :raises ScorerError: it takes something else without a default, or its parameters cannot be read.
    """
    try:
        signature = _signature(function)
    except (TypeError, ValueError) as error:
        raise ScorerError(
            f"{where}: the parameters cannot be read ({error}); wrap it in a function"
        ) from None
    taken: set[str] = set()
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            taken.update(PARAMETERS)
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            _check(parameter, where)
            taken.add(parameter.name)
    return tuple(name for name in PARAMETERS if name in taken)


def _check(parameter: inspect.Parameter, where: str) -> None:
    name = parameter.name
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise ScorerError(f"{where}: {name!r} can be given by position only; {_ALLOWED}: remove the '/'")
    guess = _meant(name)
    if name in PARAMETERS or (parameter.default is not parameter.empty and guess is None):
        return  # what has a default and another name is configuration, and keeps its default
    hint = f" (did you mean {guess!r}?)" if guess else ""
    if name == "self":
        hint = " (declare the bound method: scorer(instance.method))"
    raise ScorerError(f"{where}: takes {name!r}, which no scorer is given{hint}; {_ALLOWED}")


def _meant(name: str) -> str | None:
    """Return the parameter that a name is a slip of the pen for, such as ``outputs`` for ``output``."""
    stem = name.rstrip("s").lower()
    return next((known for known in PARAMETERS if known.rstrip("s") == stem), None)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    if sys.version_info >= (3, 14):  # annotations may name what only type checkers import
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)
