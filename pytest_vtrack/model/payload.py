"""Anything an application takes or returns, as JSON text that can always be stored."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import orjson

_MAX_DEPTH = 100
_CONTAINERS = (dict, list, tuple)
_LONGEST_INT = 10_000
"""Bits of a whole number that Python reads back from decimal digits."""
_TEXTS = {
    ("builtins", "complex"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("ipaddress", "_IPAddressBase"),
    ("pathlib", "PurePath"),
    ("pathlib._local", "PurePath"),
    ("pydantic.networks", "_BaseUrl"),
    ("pydantic_core._pydantic_core", "Url"),
    ("uuid", "UUID"),
    ("zoneinfo", "ZoneInfo"),
}
"""Types whose text says all; by name, so that none has to be imported."""
_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
"""Refuse what is not JSON's own, and keys that are no texts: how these are written is decided below."""
_NULL = re.compile(b"null")
"""What orjson writes for infinity, too; the pattern finds it in half the time of ``in``."""
_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_canonical = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
).encode
_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True).encode


_MAYBE_NO_TEXT = re.compile(r'"(?=[-\d.tfnNI])(?:-?[\d.e+-]+|true|false|null|NaN|-?Infinity)":')
"""A key that may have been a number, a bool or None: without any, no two keys can have become one.

The look ahead at one character says nothing new; it halves the time.
"""


class Payload(NamedTuple):
    """A value as JSON text, and what could only be described in it."""

    text: str
    problems: tuple[str, ...] = ()


def encode(value: Any, name: str, *, canonical: bool = False) -> Payload:
    """Encode any value as JSON text; what JSON cannot hold is described, never dropped.

    :param name: what the value is called in problems, e.g. ``outputs``.
    :param canonical: sort the keys, so that equal values give equal text.
    """
    if not canonical and (quick := _quickly(value)) is not None:
        return Payload(quick)
    try:
        text = _canonical(value) if canonical else _compact(value)
        text.encode()  # a lone surrogate passes the JSON encoder but no database
        if _MAYBE_NO_TEXT.search(text) is None or _keys_stay_apart(value):
            return Payload(text)
    except Exception:  # noqa: S110  a foreign mapping may fail in any way; it is looked at piece by piece
        pass
    problems: list[str] = []
    return Payload(_ascii(_described(value, name, problems, ())), tuple(problems))


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


def _quickly(value: Any) -> str | None:
    """Return the text of a value that is plainly JSON, as nearly all are; ``None``: look more closely."""
    try:
        text = orjson.dumps(value, option=_STRICT)
    except Exception:  # mostly a TypeError; a foreign object may fail in any way
        return None
    # Only a ready piece of JSON, which nobody has checked, brings a line break.
    return None if _NULL.search(text) or b"\n" in text else text.decode()


def _keys_stay_apart(value: Any) -> bool:
    """Tell whether no mapping has two keys that JSON writes as one, like 1 and "1"."""
    left: list[Any] = [value] if isinstance(value, _CONTAINERS) else []
    while left:
        item: Any = left.pop()
        if isinstance(item, dict):
            if not _all_texts(item) and len({_key(key) for key in item}) < len(item):
                return False
            item = item.values()
        left += [each for each in item if isinstance(each, _CONTAINERS)]
    return True


def _all_texts(keys: Mapping[Any, Any]) -> bool:
    try:
        "".join(keys)  # the fastest look at the types of them all
    except TypeError:
        return False
    return True


def _described(value: Any, path: str, problems: list[str], parents: tuple[int, ...]) -> Any:
    """Return ``value`` in JSON's own types; note in ``problems`` what is only described."""
    before = len(problems)
    try:
        single = _single(value)
        if single is not _COMPOSED:
            return single
        if id(value) in parents or len(parents) >= _MAX_DEPTH:
            deep = f"is nested deeper than {_MAX_DEPTH} levels"
            return _undescribable(value, path, problems, "refers to itself" if id(value) in parents else deep)
        return _composed(value, path, problems, (*parents, id(value)))
    except Exception as error:  # a foreign object may fail in any way when it is looked at
        del problems[before:]
        return _undescribable(value, path, problems, f"cannot be read ({type(error).__name__})")


_COMPOSED = object()


def _single(value: Any) -> Any:
    """Return a value without parts in JSON's own types, ``_COMPOSED`` for all others."""
    match value:
        case None | bool() | str():
            return value
        case enum.Enum():
            return _single(value.value)
        case int():
            return int(value) if value.bit_length() < _LONGEST_INT else {"$number": hex(value)}
        case float():
            return float(value) if math.isfinite(value) else {"$number": str(float(value))}
        case bytes() | bytearray() | memoryview():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return value.total_seconds()
        case BaseException():
            return {"$exception": type(value).__qualname__, "message": _message(value)}
    is_text = any((kind.__module__, kind.__qualname__) in _TEXTS for kind in type(value).__mro__)
    return str(value) if is_text else _COMPOSED


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as another:  # their own text fails too
        return f"(no text: {type(another).__name__})"


def _composed(value: Any, path: str, problems: list[str], inside: tuple[int, ...]) -> Any:
    match value:
        case enum.Enum():
            return _described(value.value, path, problems, inside)
        case Mapping():
            return _mapping(value, path, problems, inside)
        case Set():
            return sorted((_described(item, path, problems, inside) for item in value), key=repr)
        case Sequence():
            return [_described(item, f"{path}[{i}]", problems, inside) for i, item in enumerate(value)]
    plain = _plain(value)
    if plain is value:
        return _undescribable(value, path, problems, "cannot be written as JSON")
    return _described(plain, path, problems, inside)


def _mapping(value: Mapping[Any, Any], path: str, problems: list[str], inside: tuple[int, ...]) -> Any:
    """Return an object; where two keys would become one, the list of keys and values."""
    items = [(_key(key), key, item) for key, item in value.items()]
    named = {name: _described(item, f"{path}.{name}", problems, inside) for name, _, item in items}
    if len(named) == len(items):
        return named
    return {
        "$mapping": [
            [_described(key, path, problems, inside), _described(item, f"{path}.{name}", problems, inside)]
            for name, key, item in items
        ]
    }


def _plain(value: Any) -> Any:
    """Return what a data object holds (dataclass, attrs, pydantic model, numpy, pandas), or the object."""
    kind = type(value)
    if dataclasses.is_dataclass(kind):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(kind)}
    if isinstance(fields := getattr(kind, "__attrs_attrs__", None), tuple):
        return {field.name: getattr(value, field.name) for field in fields}
    for method in ("model_dump", "tolist", "_asdict", "to_dict"):
        if not isinstance(value, type) and callable(getattr(kind, method, None)):
            return getattr(value, method)()
    return value


def _key(key: Any) -> str:
    """Return a key as a text, in the way in which JSON writes keys that are no texts."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key)


def _undescribable(value: Any, path: str, problems: list[str], why: str) -> dict[str, str]:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    problems.append(f"{path}: a value of type {kind} {why}; only its type is stored")
    return {"$unserialisable": kind}
