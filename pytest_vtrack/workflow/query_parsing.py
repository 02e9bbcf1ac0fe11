"""Queries for traces as users write them: ``env = prod and duration > 2s and not tags.topic = billing``."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import QueryError
from pytest_vtrack.model.query import AllOf, AnyOf, Condition, Field, IsNull, Not
from pytest_vtrack.workflow.query_fields import Unsuitable, compared, field_of, nullable

if TYPE_CHECKING:
    from lark import Lark

_GRAMMAR = r"""
start: any
any: all (_OR all)*
all: one (_AND one)*
?one: _NOT one -> negated
    | "(" any ")"
    | FIELD OPERATOR VALUE -> compared
    | FIELD _IN "(" VALUE ("," VALUE)* ")" -> one_of
    | FIELD _NOT _IN "(" VALUE ("," VALUE)* ")" -> none_of
    | FIELD _IS _NULL -> absent
    | FIELD _IS _NOT _NULL -> present

OPERATOR: "!=" | "<=" | ">=" | "=" | "<" | ">" | "~"
_AND.2: /and(?![^\s()=!<>~,"'])/i
_OR.2: /or(?![^\s()=!<>~,"'])/i
_NOT.2: /not(?![^\s()=!<>~,"'])/i
_IN.2: /in(?![^\s()=!<>~,"'])/i
_IS.2: /is(?![^\s()=!<>~,"'])/i
_NULL.2: /null(?![^\s()=!<>~,"'])/i
FIELD: /([^\s()=!<>~,"']|"(\\.|[^"\\])*"|'(\\.|[^'\\])*')+/
VALUE: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'|[^\s()=!<>~,"']+/
%ignore /\s+/
"""
_SPOKEN = {
    "FIELD": "a field",
    "VALUE": "a value",
    "OPERATOR": "= != < <= > >= ~",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "$END": "the end",
    **{f"_{word.upper()}": word for word in ("and", "or", "not", "in", "is", "null")},
}
_DEEPEST = 100


def parse_query(text: str, *, metrics: Collection[str], zone: tzinfo) -> Condition:
    """Return the condition that a query states.

    :param metrics: the names of the metrics that may be asked for.
    :param zone: the time zone of dates that name none.
    :raises QueryError: the text is no query; the message points at the column.
    """
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    try:
        tree = _parser().parse(text)
    except UnexpectedToken as error:
        at = len(text.rstrip()) if error.token.type == "$END" else error.token.start_pos or 0
        raise _pointing(text, at, f"expected {_either(error.accepts or error.expected)}") from None
    except UnexpectedCharacters as error:
        expected = _either(error.allowed or ())
        raise _pointing(text, error.pos_in_stream or 0, f"expected {expected}") from None
    return _Reader(text, metrics, zone).condition(tree.children[0])


class _Reader:
    """Turns the tree of one query into conditions."""

    def __init__(self, text: str, metrics: Collection[str], zone: tzinfo) -> None:
        self._text, self._metrics, self._zone = text, metrics, zone

    def condition(self, tree: Any, depth: int = 0) -> Condition:
        """Return what a part of the tree states."""
        if depth > _DEEPEST:
            raise QueryError(f"--where: parentheses and negations are nested deeper than {_DEEPEST} levels")
        parts = tree.children
        match tree.data:
            case "any" | "all":
                inner = tuple(self.condition(part, depth + 1) for part in parts)
                if len(inner) == 1:
                    return inner[0]
                return AnyOf(inner) if tree.data == "any" else AllOf(inner)
            case "negated":
                return Not(self.condition(parts[0], depth + 1))
            case "absent":
                return self._null(parts[0])
            case "present":
                return Not(self._null(parts[0]))
            case "compared":
                return self._compared(*parts)
            case _:
                return self._one_of(tree)

    def _one_of(self, tree: Any) -> Condition:
        field, *values = tree.children
        inside = AnyOf(tuple(self._compared(field, "=", value, field) for value in values))
        if tree.data == "one_of":
            return inside
        return AllOf((Not(inside), Not(self._null(field)))) if nullable(self._field(field)) else Not(inside)

    def _compared(self, field: Any, operator: Any, value: Any, at: Any = None) -> Condition:
        known = self._field(field)
        quoted = value[0] in "\"'"
        try:
            return compared(known, str(operator), _unquoted(value), quoted=quoted, zone=self._zone)
        except Unsuitable as error:
            place = (at or operator) if error.of_operator else value
            raise _pointing(self._text, place.start_pos, str(error)) from None

    def _null(self, field: Any) -> IsNull:
        known = self._field(field)
        if not nullable(known):
            raise _pointing(self._text, field.start_pos, f"every trace has {field}, so it is never null")
        return IsNull(known)

    def _field(self, token: Any) -> Field:
        try:
            return field_of(str(token), self._metrics)
        except Unsuitable as error:
            raise _pointing(self._text, token.start_pos, str(error)) from None


def _unquoted(token: str) -> str:
    if token[0] not in "\"'":
        return str(token)
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


def _either(expected: Collection[str]) -> str:
    names = sorted({_SPOKEN.get(name, name) for name in expected}, key=list(_SPOKEN.values()).index)
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


def _pointing(text: str, at: int, message: str) -> QueryError:
    """Return an error with the line of the query, and a caret under the column."""
    before = text[:at]
    line = text.split("\n")[before.count("\n")]
    column = at - (before.rfind("\n") + 1)
    return QueryError(f"--where, column {column + 1}: {message}\n  {line}\n  {' ' * column}^")


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="contextual")
