"""Queries for traces: conditions on fields, joined by and, or, not.

A comparison with something that a trace does not have is false, whatever the operator; ``Not`` is true
wherever its condition is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FieldKind = Literal[
    "version",
    "env",
    "run",
    "status",
    "duration",
    "time",
    "text",
    "tags",
    "flags",
    "metric",
    "span.name",
    "span.kind",
]

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~"]
"""``~``: the text contains the value, whatever the case of ASCII letters."""

Value = str | float | bool

STATUSES = ("ok", "error", "passed", "failed", "skipped")
"""Of the application, ``ok`` or ``error``; of its test the others."""


@dataclass(frozen=True, slots=True)
class Field:
    """What of a trace is looked at."""

    kind: FieldKind
    name: str = ""
    """Of the tag, the flag or the metric."""


@dataclass(frozen=True, slots=True)
class Compare:
    """A field compared with a value: of ``duration`` in seconds, of ``time`` in seconds since the epoch."""

    field: Field
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class IsNull:
    """A trace has no such tag, flag or value of a metric, or no spans."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    """Every trace that the condition does not hold for."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of the conditions holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the conditions holds at least."""

    conditions: tuple[Condition, ...]


Condition: TypeAlias = Compare | IsNull | Not | AllOf | AnyOf
