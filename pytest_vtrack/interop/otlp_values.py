"""The values of OTLP/JSON: attributes, ids, times; written as the specification says, read as others write.

The specification has ids in hexadecimal digits, 64-bit integers as texts, and names in lowerCamelCase.
Other writers use what protobuf's own JSON has (ids in base64, bare numbers) or snake_case; all are read.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_SPECIAL = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
"""Numbers as protobuf's JSON writes them, and as payloads describe them."""


class Malformed(ValueError):
    """A value is not what OTLP has at its place."""

    def __init__(self, expected: str, found: object, place: str = "") -> None:
        shown = repr(found)
        super().__init__(place, expected, shown if len(shown) <= 60 else f"{shown[:57]}…")

    def inside(self, place: str) -> Malformed:
        """Note one more step of where it is."""
        inner, expected, shown = self.args
        dot = "." if inner and not inner.startswith("[") else ""
        self.args = (f"{place}{dot}{inner}", expected, shown)
        return self

    def __str__(self) -> str:
        place, expected, shown = self.args
        return f"{place or 'here'}: expected {expected}, found {shown}"


def entry(record: Mapping[str, Any], name: str, default: Any = None) -> Any:
    """Return an entry by its name in lowerCamelCase, or by the same in snake_case."""
    value = record.get(name)
    if value is None:
        value = record.get(_snake(name))
    return default if value is None else value


def objects(record: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the objects in a list by name, each with its place.

    :raises Malformed: it is no list, or holds something else.
    """
    found = entry(record, name, ())
    if not isinstance(found, list | tuple):
        raise Malformed("a list", found, name)
    for number, each in enumerate(found):
        if not isinstance(each, Mapping):
            raise Malformed("an object", each, f"{name}[{number}]")
    return [(f"{name}[{number}]", each) for number, each in enumerate(found)]


def text(record: Mapping[str, Any], name: str) -> str:
    """Return a text; an absent one is empty.

    :raises Malformed: it is something else.
    """
    found = entry(record, name, "")
    if not isinstance(found, str):
        raise Malformed("a text", found, name)
    return found


def identifier(record: Mapping[str, Any], name: str, size: int) -> str:
    """Return an id as hexadecimal digits, empty where there is none.

    :param size: of the id, in bytes.
    :raises Malformed: it is no id of this size, neither in hexadecimal digits nor in base64.
    """
    found = entry(record, name, "")
    if isinstance(found, str):
        if len(found) == 2 * size and _HEX.match(found):
            return "" if not found.strip("0") else found.lower()
        if not found:
            return ""
        with_padding = found + "=" * (-len(found) % 4)
        try:
            plain = base64.b64decode(with_padding.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            plain = b""
        if len(plain) == size:
            return plain.hex() if any(plain) else ""
    raise Malformed(f"{2 * size} hexadecimal digits", found, name)


def whole(record: Mapping[str, Any], name: str) -> int:
    """Return a whole number, written as number or text; an absent one is 0.

    :raises Malformed: it is something else.
    """
    found = entry(record, name, 0)
    number = _whole(found)
    if number is None:
        raise Malformed("a whole number", found, name)
    return number


def attributes(record: Mapping[str, Any], name: str = "attributes") -> dict[str, Any]:
    """Return attributes as plain values; of two under one key the later counts.

    :raises Malformed: an attribute has no key, or a value of no kind that OTLP has.
    """
    found = {}
    for place, each in objects(record, name):
        key = each.get("key")
        if not isinstance(key, str):
            raise Malformed("a key", key, f"{place}.key")
        try:
            found[key] = value_of(each.get("value"))
        except Malformed as error:
            raise error.inside(f"{place}.value") from None
    return found


def value_of(value: Any) -> Any:
    """Return the plain value of OTLP's ``AnyValue``.

    :raises Malformed: it is none.
    """
    if value is None or value == {}:
        return None
    if not isinstance(value, Mapping) or len(value) != 1:
        raise Malformed("an object with one of " + ", ".join(_READ), value)
    ((kind, inner),) = value.items()
    read = _READ.get(kind) or _READ.get(_camel(kind))
    if read is None:
        raise Malformed("one of " + ", ".join(_READ), kind)
    try:
        return read(inner)
    except Malformed as error:
        raise error.inside(kind) from None


def any_value(value: Any) -> dict[str, Any]:
    """Return a plain value as OTLP's ``AnyValue``; what only a payload can describe is read back from it."""
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int() if -(2**63) <= value < 2**63:
            return {"intValue": str(value)}
        case int() | float():
            return {"doubleValue": float(value)} if abs(value) < 2**1023 else {"stringValue": str(value)}
        case str():
            return {"stringValue": encodable(value)}
        case {"$bytes": str(coded)} if len(value) == 1:
            return {"bytesValue": coded}
        case {"$number": str(special)} if len(value) == 1 and special in _SPECIAL.values():
            return {"doubleValue": next(name for name, plain in _SPECIAL.items() if plain == special)}
        case Mapping():
            return {"kvlistValue": {"values": key_values(value)}}
        case Sequence():
            return {"arrayValue": {"values": [any_value(each) for each in value]}}
    return {"stringValue": str(value)}


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold: lone surrogates are written as escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def key_values(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return attributes as OTLP's list of keys and values."""
    return [{"key": encodable(str(key)), "value": any_value(value)} for key, value in values.items()]


def _text_value(inner: Any) -> str:
    if not isinstance(inner, str):
        raise Malformed("a text", inner)
    return inner


def _bool_value(inner: Any) -> bool:
    if not isinstance(inner, bool):
        raise Malformed("true or false", inner)
    return inner


def _int_value(inner: Any) -> int:
    number = _whole(inner)
    if number is None:
        raise Malformed("a whole number", inner)
    return number


def _double_value(inner: Any) -> Any:
    if inner in _SPECIAL:
        return {"$number": _SPECIAL[inner]}
    try:
        return float(inner) if not isinstance(inner, bool) else _bad_number(inner)
    except (TypeError, ValueError):
        return _bad_number(inner)


def _bad_number(inner: Any) -> float:
    raise Malformed("a number", inner)


def _bytes_value(inner: Any) -> dict[str, str]:
    return {"$bytes": _text_value(inner)}


def _list_value(inner: Any) -> list[Any]:
    found = []
    for number, each in enumerate(_values(inner)):
        try:
            found.append(value_of(each))
        except Malformed as error:
            raise error.inside(f"values[{number}]") from None
    return found


def _map_value(inner: Any) -> dict[str, Any]:
    _values(inner)
    return attributes(inner or {}, "values")


def _values(inner: Any) -> Iterable[Any]:
    values = (inner or {}).get("values") if isinstance(inner, Mapping | None) else inner
    if values is not None and not isinstance(values, list):
        raise Malformed("a list of values", values)
    return values or ()


_READ = {
    "stringValue": _text_value,
    "boolValue": _bool_value,
    "intValue": _int_value,
    "doubleValue": _double_value,
    "arrayValue": _list_value,
    "kvlistValue": _map_value,
    "bytesValue": _bytes_value,
}


def _whole(found: object) -> int | None:
    if isinstance(found, bool):
        return None
    if isinstance(found, int):
        return found
    if isinstance(found, str):
        try:
            return int(found)
        except ValueError:
            return None
    return int(found) if isinstance(found, float) and found.is_integer() else None


@lru_cache(maxsize=256)
def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda letter: f"_{letter[1].lower()}", name)


@lru_cache(maxsize=256)
def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
