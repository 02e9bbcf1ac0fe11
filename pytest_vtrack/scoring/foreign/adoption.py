"""Making another library's scorer one of ours, and saying what it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from pytest_vtrack.errors import ScorerError, nearest
from pytest_vtrack.model import payload
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.given import WHOLE, Given
from pytest_vtrack.scoring.foreign.library_scorer import LibraryScorer
from pytest_vtrack.scoring.foreign.recognition import Origin, origin_of
from pytest_vtrack.scoring.parameters import parameters_of


def from_library(
    obj: object, /, *, reads: Mapping[str, str | Callable[..., Any]] | None = None
) -> LibraryScorer:
    """Return a scorer of another library, told where it finds what it asks for.

    :param obj: a scorer of MLflow, DeepEval, pydantic-evals, ragas, autoevals, Phoenix, openevals or
        LangChain.
    :param reads: the library's names, each with a place such as ``"outputs.answer"``, or with a function
        that takes any of ``inputs, outputs, expectations, trace, tags, case`` by name.
    :raises ScorerError: the object is no such scorer, or has no such name.
    """
    adapted = adopted(obj, where="from_library")
    if not isinstance(adapted, LibraryScorer):
        raise ScorerError(
            f"from_library: {obj!r} is no scorer of a known library (MLflow, DeepEval, pydantic-evals, "
            "ragas, autoevals, Phoenix, openevals, LangChain); what is a function of yours is given as it is"
        )
    given = dict(reads or {})
    _check_names(adapted, given)
    places = {name: fingerprint_of(each) if callable(each) else each for name, each in given.items()}
    mark = payload.encode([adapted.fingerprint, places], "scorer", canonical=True).text
    return replace(
        adapted,
        reads={name: _reader(name, each) for name, each in given.items()},
        fingerprint=f"{adapted.fingerprint}:{payload.digest(mark)}" if given else adapted.fingerprint,
    )


def adopted(obj: object, *, where: str) -> object:
    """Return what a known library's object is as a scorer; anything else as it is.

    :raises ScorerError: the object is of a known library, but cannot score a single case.
    """
    origin = origin_of(obj, where=where)
    if origin is None:
        return obj
    if isinstance(obj, type):
        obj = _instance(obj, origin, where)
    adapter = import_module(f"{__package__}.{origin.library}")
    return adapter.adapt(obj, origin.base, where=where)


def _instance(class_: type, origin: Origin, where: str) -> object:
    """Return an object of a class; only autoevals is used to giving classes."""
    if origin.library == "autoevals":
        try:
            return class_()
        except TypeError:
            pass
    raise ScorerError(f"{where}: {class_.__name__} is a class; give an instance of it: {class_.__name__}(…)")


def _check_names(adapted: LibraryScorer, reads: Mapping[str, object]) -> None:
    for name in reads:
        if adapted.fields is not None and name not in adapted.fields:
            raise ScorerError(
                f"from_library: {adapted.name!r} asks for no {name!r}; nearest: "
                f"{', '.join(nearest(name, adapted.fields))}"
            )


def _reader(name: str, place: object) -> Callable[[Given], Any]:
    where = f"from_library: reads={{{name!r}: …}}"
    if callable(place):
        parameters = [each for each in parameters_of(place, where) if each != "baseline"]
        return lambda given: place(**{each: getattr(given, each) for each in parameters})
    part, *path = place.split(".") if isinstance(place, str) else [""]
    if part not in WHOLE or not all(path):
        raise ScorerError(
            f"{where}: {place!r} is no place; give a function, or one of {', '.join(WHOLE)} with names "
            "behind it, like 'outputs.answer'"
        )
    return lambda given: _at(getattr(given, part), path, str(place))


def _at(value: Any, path: list[str], place: str) -> Any:
    """Return what stands at a place.

    :raises ScorerError: the case has nothing there.
    """
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            known = ", ".join(map(repr, value)) if isinstance(value, Mapping) else f"a {type(value).__name__}"
            raise ScorerError(f"{place}: there is no {name!r} in {known or 'nothing'}")
        value = value[name]
    return value
