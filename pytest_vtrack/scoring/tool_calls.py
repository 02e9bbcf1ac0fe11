"""Which tools were called, from the spans of a trace, and which calls are expected."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.trace import Span, Trace
from pytest_vtrack.scoring.likeness import same_value

_NAMES = ("gen_ai.tool.name", "tool.name")
_ARGUMENTS = ("arguments", "args", "input")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool; ``arguments`` is ``None`` where an expected call leaves them open."""

    name: str
    arguments: Any = None

    def is_met_by(self, made: ToolCall) -> bool:
        """Tell whether a call that was made is this expected one."""
        same = self.arguments is None or same_value(self.arguments, made.arguments)
        return self.name == made.name and same


def calls_made(trace: Trace) -> list[ToolCall]:
    """Return the calls of a trace's TOOL spans in the order in which they began.

    :raises ScorerError: the trace has no spans at all.
    """
    if not trace.spans:
        raise ScorerError("the trace has no spans, so which tools were called is not known; trace the tools")
    return [_call(span) for span in trace.spans if span.kind == "TOOL"]


def calls_expected(expected: Any) -> list[ToolCall]:
    """Return the calls that a case expects.

    :raises ScorerError: the expectation is not a list of names and objects ``{"name", "arguments"}``.
    """
    if isinstance(expected, (list, tuple)):
        return [_expected(each) for each in expected]
    raise ScorerError(f"the expected tool calls, {expected!r}, must be a list; {_SHAPE}")


_SHAPE = 'each is a name, or an object {"name": …, "arguments": {…}}'


def _expected(call: Any) -> ToolCall:
    if isinstance(call, str):
        return ToolCall(call)
    if isinstance(call, Mapping) and isinstance(call.get("name"), str):
        given = next((call[name] for name in _ARGUMENTS if name in call), None)
        return ToolCall(call["name"], _read(given))
    raise ScorerError(f"the expected tool call {call!r} has no name; {_SHAPE}")


def _call(span: Span) -> ToolCall:
    named = next((span.attributes[name] for name in _NAMES if name in span.attributes), span.name)
    arguments = _read(span.inputs)
    return ToolCall(str(named), {} if arguments is None else arguments)


def _read(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
