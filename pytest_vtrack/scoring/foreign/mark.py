"""What stands for a scorer of another library: its class, its configuration, the library's version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from inspect import unwrap
from types import FunctionType, MethodType
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.foreign.recognition import top_package

_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "langchain_classic": ("langchain-classic",),
    "mlflow": ("mlflow", "mlflow-skinny"),
    "phoenix": ("arize-phoenix-evals",),
    "pydantic_evals": ("pydantic-evals",),
}
"""What is installed for a top package, where that has another name."""
_OF_MODELS = ("provider", "model", "model_name", "model_id", "deployment_name", "temperature")
"""What is looked at of a client or a model; what else they hold is no configuration."""
_PRIVATE = re.compile(r"api_?key|token$|secret|password|client|base_?url|organization", re.IGNORECASE)
"""Names of what differs between machines, and must not leave them."""


def mark_of(obj: Any, base: type, configuration: Mapping[str, Any]) -> str:
    """Return what stands for an object whose class comes from ``base``.

    The version counts where the library's own code judges, the source of what was written elsewhere.
    """
    package = top_package(base)
    before = type(obj).__mro__[: type(obj).__mro__.index(base)]
    written = [each for each in before if top_package(each) != package and each.__module__ != "builtins"]
    of_library = [each for each in before if top_package(each) == package]
    sources = {each.__qualname__: dict(_sources(each)) for each in written}
    return mark(package, type(obj).__name__, configuration, sources, versioned=bool(of_library))


def mark(
    package: str, name: str, configuration: Mapping[str, Any], sources: Any = None, *, versioned: bool = True
) -> str:
    """Return the fingerprint that these give."""
    described = {"configuration": _plain(configuration, package, ()), "sources": sources}
    digest = payload.digest(payload.encode(described, "scorer", canonical=True).text)
    return f"{package}:{name}/{_version(package) if versioned else 'own'}:{digest}"


def _version(package: str) -> str:
    for name in _PACKAGES.get(package, (package,)):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "unknown"


def _sources(class_: type) -> Iterator[tuple[str, Any]]:
    """Describe what somebody wrote into a class; what a decorator generated has no source."""
    for name, value in vars(class_).items():
        if (function := _function(value)) is not None:
            if function.__code__.co_filename != "<string>":
                yield name, fingerprint_of(function)
        elif isinstance(value, (bool, int, float, str)) and name[:2] != "__":
            yield name, value


def _function(value: Any) -> FunctionType | None:
    """Return the function of a method or property, without what a library wrapped around it."""
    inner = getattr(value, "fget", None) or getattr(value, "__func__", None) or value
    inner = unwrap(inner) if isinstance(inner, FunctionType) else None
    return inner if isinstance(inner, FunctionType) else None


def _plain(value: Any, package: str, parents: tuple[int, ...]) -> Any:
    """Return a value as JSON's own types, without addresses, clients and secrets."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value.value if isinstance(value, Enum) else value
    if id(value) in parents:
        return "(again)"
    inside = (*parents, id(value))
    match value:
        case Enum():
            return value.name
        case re.Pattern():
            return {"pattern": value.pattern, "flags": value.flags}
        case FunctionType() | MethodType() | partial():
            return fingerprint_of(value)
        case type():
            return value.__name__
        case Mapping():
            kept = ((str(key), each) for key, each in value.items() if not _PRIVATE.search(str(key)))
            return {key: _plain(each, package, inside) for key, each in kept}
        case list() | tuple():
            return [_plain(each, package, inside) for each in value]
        case Set():
            return sorted((_plain(each, package, inside) for each in value), key=repr)
    return {"class": type(value).__name__, **_looked_at(value, package, inside)}


def _looked_at(value: Any, package: str, parents: tuple[int, ...]) -> dict[str, Any]:
    """Return the settings of the library's own objects and of records, else what a model is known by."""
    is_record = is_dataclass(value) or hasattr(type(value), "__pydantic_fields__")
    names = tuple(settings_of(value)) if is_record or top_package(type(value)) == package else ()
    if _is_model(value):
        names = _OF_MODELS
    found = {name: getattr(value, name, None) for name in names if not _PRIVATE.search(name)}
    return {name: _plain(each, package, parents) for name, each in found.items() if each is not None}


def _is_model(value: Any) -> bool:
    """Tell whether an object calls a model: it is known by the model, not by its caches and counters."""
    return any(isinstance(getattr(value, name, None), str) for name in _OF_MODELS[1:5])


def settings_of(obj: Any) -> dict[str, Any]:
    """Return the attributes of an object, with what pydantic keeps aside."""
    aside = getattr(obj, "__pydantic_private__", None) or {}
    return {**getattr(obj, "__dict__", {}), **aside}
