"""Anything an application takes or returns, as JSON text that can always be stored."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import hashlib
import json
import math
import pathlib
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

_MAX_DEPTH = 100
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_canonical = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
).encode
_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


class Payload(NamedTuple):
    """A value as JSON text, and what could only be described in it."""

    text: str
    problems: tuple[str, ...] = ()


def encode(value: Any, name: str, *, canonical: bool = False) -> Payload:
    """Encode any value as JSON text; what JSON cannot hold is described, never dropped.

    :param name: what the value is called in problems, e.g. ``outputs``.
    :param canonical: sort the keys, so that equal values give equal text.
    """
    try:
        text = _canonical(value) if canonical else _compact(value)
        text.encode()  # a lone surrogate passes the JSON encoder but no database
    except (TypeError, ValueError, RecursionError):
        problems: list[str] = []
        return Payload(_ascii(_described(value, name, problems, ())), tuple(problems))
    return Payload(text)


def decode(text: str | None) -> Any:
    """Return the value that :func:`encode` was given, descriptions in place of what JSON cannot hold."""
    return None if text is None else json.loads(text)


def digest(*texts: str) -> str:
    """Return 16 hexadecimal digits (64 bits of BLAKE2b) that stand for these texts in this order."""
    hasher = hashlib.blake2b(digest_size=8)
    for text in texts:
        hasher.update(text.encode("utf-8", "surrogatepass"))
        hasher.update(b"\0")
    return hasher.hexdigest()


def _described(value: Any, path: str, problems: list[str], parents: tuple[int, ...]) -> Any:
    """Return ``value`` in JSON's own types; note in ``problems`` what is only described."""
    match value:
        case None | bool() | str():
            return value
        case enum.Enum():
            return _described(value.value, path, problems, parents)
        case int():
            return int(value)
        case float():
            return float(value) if math.isfinite(value) else {"$number": str(float(value))}
        case bytes() | bytearray():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return value.total_seconds()
        case pathlib.PurePath():
            return str(value)
        case BaseException():
            return {"$exception": type(value).__qualname__, "message": str(value)}
    if id(value) in parents or len(parents) >= _MAX_DEPTH:
        why = "refers to itself" if id(value) in parents else f"is nested deeper than {_MAX_DEPTH} levels"
        return _undescribable(value, path, problems, why)
    inside = (*parents, id(value))
    match value:
        case Mapping():
            return {
                _key(key): _described(item, f"{path}.{_key(key)}", problems, inside)
                for key, item in value.items()
            }
        case Set():
            return sorted((_described(item, path, problems, inside) for item in value), key=repr)
        case Sequence():
            return [_described(item, f"{path}[{i}]", problems, inside) for i, item in enumerate(value)]
    plain = _plain(value)
    if plain is value:
        return _undescribable(value, path, problems, "cannot be written as JSON")
    return _described(plain, path, problems, inside)


def _plain(value: Any) -> Any:
    """Return what a data object holds (dataclass, pydantic model, numpy), or the object itself."""
    try:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        for method in ("model_dump", "tolist", "_asdict"):
            if callable(getattr(type(value), method, None)):
                return getattr(value, method)()
    except Exception:  # a foreign object may fail in any way; it is described instead
        return value
    return value


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(key)


def _undescribable(value: Any, path: str, problems: list[str], why: str) -> dict[str, str]:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    problems.append(f"{path}: a value of type {kind} {why}; only its type is stored")
    return {"$unserialisable": kind}
