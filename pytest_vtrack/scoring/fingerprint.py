"""What stands for a scorer's source and configuration, so that only values of one scorer are compared.

The text of a function is taken without its name, decorators, docstring, comments, blank lines, layout
and place: moving or reformatting a scorer, or declaring another tolerance, keeps its fingerprint;
another body, default or closed-over value changes it. What the function calls is not part of it.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import tokenize
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta
from enum import Enum
from functools import lru_cache, partial
from io import StringIO
from numbers import Number
from operator import attrgetter, itemgetter, methodcaller
from pathlib import PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, SimpleNamespace
from typing import Any, TypeAlias

from pytest_vtrack.model import payload

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Place: TypeAlias = tuple[int, int]

_PLAIN = (
    *(bool, int, float, str, bytes, type(None), Enum, re.Pattern, date, time, timedelta),
    *(tuple, list, set, frozenset, dict),
)
"""Types of what a class is configured with; the rest of it is what it does."""
_SECRET = re.compile(r"api_?key|(?:access|auth)_?token|secret|password", re.IGNORECASE)
"""Names of what differs between machines, and says nothing about what is scored."""
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER}
_MARKS = {tokenize.NEWLINE: "\n", tokenize.INDENT: "\t>", tokenize.DEDENT: "\t<"}
# One token up to Python 3.11; from 3.12 on a start, parts and an end, which are put together again.
_STARTS = {getattr(tokenize, name, -1) for name in ("FSTRING_START", "TSTRING_START")}
_ENDS = {getattr(tokenize, name, -1) for name in ("FSTRING_END", "TSTRING_END")}


def fingerprint_of(function: object) -> str:
    """Return the fingerprint of a function, method, partial or callable object.

    An object with a text attribute ``fingerprint`` speaks for itself.
    """
    own = getattr(function, "fingerprint", None)
    if isinstance(own, str):
        return own
    return f"source:{payload.digest(payload.encode(_described(function, ()), 'scorer', canonical=True).text)}"


def _described(value: Any, parents: tuple[int, ...]) -> Any:
    """Return a value as JSON's own types, without addresses, places and other accidents."""
    if id(value) in parents:
        return {"$again": len(parents) - parents.index(id(value))}
    inside = (*parents, id(value))
    match value:
        case FunctionType():
            return _described_function(value, inside)
        case MethodType():
            return {
                "$method": _described(value.__func__, inside),
                "of": _described_object(value.__self__, inside),
            }
        case partial():
            return {
                "$partial": [_described(part, inside) for part in (value.func, value.args, value.keywords)]
            }
        case type():
            return {"$class": value.__name__}
        case Enum():
            return {"$member": value.name, "value": _described(value.value, inside)}
        case itemgetter() | attrgetter() | methodcaller():
            return {"$getter": type(value).__name__, "of": _described(value.__reduce__()[1:], inside)}
        case BuiltinFunctionType():
            return {"$builtin": value.__name__}
        case re.Pattern():
            return {"$pattern": value.pattern, "flags": value.flags}
        case PurePath():
            return {"$path": value.name if value.is_absolute() else value.as_posix()}
        case date() | time() | timedelta():
            return {"$time": str(value)}
        case Mapping():
            return {_described_key(key, inside): _described(item, inside) for key, item in value.items()}
        case str() | bytes() | bytearray():
            return value
        case Set():
            return sorted((_described(item, inside) for item in value), key=repr)
        case Sequence():
            return [_described(item, inside) for item in value]
    if isinstance(own := getattr(value, "fingerprint", None), str):
        return {"$fingerprint": own}
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Number):
        return {"$number": str(value)}
    if _is_record(value) or callable(value):
        return _described_object(value, inside)
    if hasattr(type(value), "tolist"):
        return {"$array": value.tolist()}  # of numpy and its like
    return {"$object": type(value).__name__}  # a client, a lock, a cache: what it holds is no configuration


def _described_key(key: Any, parents: tuple[int, ...]) -> str:
    """Return a key as text; the text of an object would hold its address."""
    if key is None or isinstance(key, (str, int, float)):
        return str(key)
    return payload.encode(_described(key, parents), "key", canonical=True).text


def _is_record(value: Any) -> bool:
    """Tell whether an object is there to hold values: a dataclass, one of attrs or pydantic, a namespace."""
    marks = ("__attrs_attrs__", "__pydantic_fields__")
    return (
        is_dataclass(value)
        or isinstance(value, SimpleNamespace)
        or any(hasattr(type(value), m) for m in marks)
    )


def _described_object(value: Any, parents: tuple[int, ...]) -> Any:
    """Return class, configuration and ``__call__`` of an instance."""
    if isinstance(value, type):
        return {"$class": value.__name__}
    call = inspect.getattr_static(type(value), "__call__", None)
    return {
        "$object": type(value).__name__,
        "configuration": {
            name: _described(item, parents)
            for name, item in _configuration(value)
            if not _is_secret(name, item)
        },
        "call": _described(call, parents) if isinstance(call, FunctionType) else None,
    }


def _is_secret(name: str, value: Any) -> bool:
    """Tell a credential from a setting about credentials, such as the words that give a secret away."""
    return _SECRET.search(name) is not None and (value is None or isinstance(value, (str, bytes)))


def _configuration(value: Any) -> Iterator[tuple[str, Any]]:
    if is_dataclass(value):
        yield from ((field.name, getattr(value, field.name, None)) for field in fields(value))
        return
    named = vars(value) if hasattr(value, "__dict__") else {}
    yield from ((name, item) for name, item in _of_classes(value) if name not in named)
    # Of names like __module__ and __doc__ only the wrapped function says what the object does.
    yield from ((name, item) for name, item in named.items() if name == "__wrapped__" or name[:2] != "__")
    slots = [slot for each in type(value).__mro__ for slot in _slots(each)]
    yield from ((slot, getattr(value, slot)) for slot in slots if hasattr(value, slot))


def _of_classes(value: Any) -> Iterator[tuple[str, Any]]:
    """Return the plain values that stand in the classes of an object that is called, the nearest one's."""
    if _is_record(value) or not callable(value):
        return
    classes = type(value).__mro__
    named = {
        name: item for each in reversed(classes) for name, item in vars(each).items() if name[:2] != "__"
    }
    yield from ((name, item) for name, item in named.items() if isinstance(item, _PLAIN))


def _slots(class_: type) -> Sequence[str]:
    slots = class_.__dict__.get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def _described_function(function: FunctionType, parents: tuple[int, ...]) -> dict[str, Any]:
    code = function.__code__
    text = _source(code, function.__globals__)
    return {
        "source": _described_code(code, parents) if text is None else text,
        "defaults": _described([function.__defaults__, function.__kwdefaults__], parents),
        "closure": {
            name: _described(_contents(cell), parents)
            for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)
        },
    }


def _contents(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet: the function refers to itself
        return None


def _described_code(code: CodeType, parents: tuple[int, ...]) -> dict[str, Any]:
    """Describe a function that has no source; another Python may compile it otherwise."""
    constants = [
        _described_code(each, parents) if isinstance(each, CodeType) else _described(each, parents)
        for each in code.co_consts
    ]
    return {"$code": code.co_code, "constants": constants, "names": [code.co_names, code.co_varnames]}


def _source(code: CodeType, module: dict[str, Any]) -> str | None:
    linecache.checkcache(code.co_filename)
    text = "".join(linecache.getlines(code.co_filename, module))
    node = _node(code, _functions(text).get(code.co_firstlineno, ()))
    segment = ast.get_source_segment(text, node) if node else None
    if segment is None:
        return None
    is_lambda = isinstance(node, ast.Lambda)
    # In brackets the lines of a lambda are one line, as they were where it stood.
    words = list(_words(f"({segment}\n)" if is_lambda else f"{segment}\n"))
    return " ".join(words[1:-2] if is_lambda else _without_docstring(_without_name(words)))


@lru_cache(maxsize=4)
def _functions(text: str) -> Mapping[int, Sequence[_Function]]:
    """Return the functions of a module by the first line of their code, which is the first decorator's."""
    found: dict[int, list[_Function]] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return found
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.setdefault(first, []).append(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, []).append(node)
    return found


def _node(code: CodeType, candidates: Sequence[_Function]) -> _Function | None:
    named = [node for node in candidates if getattr(node, "name", "<lambda>") == code.co_name]
    if len(named) < 2:
        return named[0] if named else None
    # Several lambdas begin on one line: the instructions of one stand in its body, and in those around it.
    places = [place for place in _places(code) if place[0] != place[1]]
    around = [node for node in named if isinstance(node, ast.Lambda) and _holds(node.body, places, code)]
    return min(around, key=lambda node: len(ast.dump(node.body)), default=None)


def _places(code: CodeType) -> Iterator[tuple[_Place, _Place]]:
    """Yield where each instruction begins and ends in the source, by line and column, as far as known."""
    for line, last, begin, end in code.co_positions():
        if line is not None and last is not None and begin is not None and end is not None:
            yield (line, begin), (last, end)


def _holds(body: ast.expr, places: Sequence[tuple[_Place, _Place]], code: CodeType) -> bool:
    """Tell whether instructions may be those of an expression; in Python 3.12 a constant's have no place."""
    begin, end = (body.lineno, body.col_offset), (body.end_lineno or 0, body.end_col_offset or 0)
    if not places:
        return isinstance(body, ast.Constant) and repr(body.value) == repr(code.co_consts[-1])
    return all(begin <= first and last <= end for first, last in places)


def _words(text: str) -> Iterator[str]:
    """Return the words of a source text, the same in every Python version."""
    lines = list(StringIO(text))
    depth, start = 0, (0, 0)
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type in _STARTS:
            start = start if depth else token.start
            depth += 1
        elif token.type in _ENDS:
            depth -= 1
            if not depth:
                yield _between(lines, start, token.end)
        elif not depth and token.type not in _LAYOUT:
            yield _MARKS.get(token.type, token.string)


def _between(lines: Sequence[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]]
    inner = lines[start[0] : end[0] - 1]
    return "".join([lines[start[0] - 1][start[1] :], *inner, lines[end[0] - 1][: end[1]]])


def _without_name(words: list[str]) -> list[str]:
    return words[words.index("def") + 2 :]


def _without_docstring(words: list[str]) -> list[str]:
    first = words.index(_MARKS[tokenize.INDENT]) + 1 if _MARKS[tokenize.INDENT] in words else len(words)
    body = words[first : first + 2]
    is_docstring = len(body) == 2 and body[0][-1] in "\"'" and body[1] == "\n" and body[0][0] not in "bBfF"
    return words[:first] + words[first + 2 :] if is_docstring else words
