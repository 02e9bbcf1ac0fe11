"""Whether the tools that a case expects were called, from the TOOL spans of the trace.

A call is a span's tool and its inputs. The expectation is the one under ``key``, else the first of
``tool_calls``, ``expected_tool_calls``, ``tools``: a list of names and of objects ``{"name",
"arguments"}``. A trace with spans of which none is a tool has called none; one without spans is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pytest_vtrack.model.assessment import Value
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.check import TraceCheck
from pytest_vtrack.scoring.configured import fingerprint
from pytest_vtrack.scoring.measures import SHARE, YES_NO, Measures
from pytest_vtrack.scoring.tool_calls import ToolCall, calls_expected, calls_made

USUAL_KEYS = ("tool_calls", "expected_tool_calls", "tools")

_Calls = Sequence[ToolCall]


def tool_calls(*, key: str | None = None, name: str | None = None) -> TraceCheck:
    """Say whether exactly the expected calls were made, in this order. Bool; higher is better.

    Names and arguments must be equal, and no call more; an expected call without arguments leaves them
    open.
    """

    def compare(made: _Calls, expected: _Calls) -> bool:
        return len(made) == len(expected) and all(
            wanted.is_met_by(call) for wanted, call in zip(expected, made, strict=True)
        )

    return _calls("tool_calls", compare, key, name, YES_NO)


def tool_set(*, key: str | None = None, name: str | None = None) -> TraceCheck:
    """Say whether the same tools were called, however often and in which order. Bool; higher is better."""

    def compare(made: _Calls, expected: _Calls) -> bool:
        return {call.name for call in made} == {call.name for call in expected}

    return _calls("tool_set", compare, key, name, YES_NO)


def tool_order(*, key: str | None = None, name: str | None = None) -> TraceCheck:
    """Say whether the expected tools were called one after the other. Bool; higher is better.

    Other calls may stand before, between and after them; arguments do not matter.
    """

    def compare(made: _Calls, expected: _Calls) -> bool:
        remaining = iter(call.name for call in made)
        return all(wanted.name in remaining for wanted in expected)

    return _calls("tool_order", compare, key, name, YES_NO)


def tool_arguments(*, key: str | None = None, name: str | None = None) -> TraceCheck:
    """Return the share of the expected calls that were made with their arguments. 0 to 1; higher is better.

    In any order; each call that was made stands for one that is expected. Nothing to say where no call is
    expected.
    """

    def compare(made: _Calls, expected: _Calls) -> float | None:
        left, met = list(made), 0
        # Those that leave their arguments open come last: any call of the tool will do for them.
        for wanted in sorted(expected, key=lambda call: call.arguments is None):
            place = next((place for place, call in enumerate(left) if wanted.is_met_by(call)), None)
            if place is not None:
                del left[place]
                met += 1
        return met / len(expected) if expected else None

    return _calls("tool_arguments", compare, key, name, SHARE)


def _calls(
    kind: str,
    score: Callable[[_Calls, _Calls], Value | None],
    key: str | None,
    name: str | None,
    measures: Measures,
) -> TraceCheck:
    def compare(trace: Trace, expected: object) -> Value | None:
        return score(calls_made(trace), calls_expected(expected))

    mark = fingerprint(kind, {}, key=key)
    return TraceCheck(kind if name is None else name, mark, compare, key, USUAL_KEYS, measures)
