"""How long the application took, and how much it said."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.check import OutputCheck, TraceReading
from pytest_vtrack.scoring.configured import fingerprint, output_check
from pytest_vtrack.scoring.likeness import as_text
from pytest_vtrack.scoring.measures import Measures
from pytest_vtrack.scoring.words import plain_words

LengthUnit = Literal["characters", "words", "lines"]


def span_latency(span: str | None = None, *, name: str | None = None) -> TraceReading:
    """Return the seconds that the spans of a name took, added up. Above 0; lower is better.

    Nothing to say where the trace has no such span, or it took no time. It decides only where a marker's
    ``gate=`` names it.

    :param span: the name; default: the whole trace.
    """

    def read(trace: Trace) -> float | None:
        if span is None:
            return trace.duration_s or None
        return sum(each.duration_s for each in trace.spans if each.name == span) or None

    mark = fingerprint("span_latency", {}, span=span)
    return TraceReading("span_latency" if name is None else name, mark, read, Measures("latency", "lower"))


def output_length(
    *, unit: LengthUnit = "characters", output: str | None = None, name: str | None = None
) -> OutputCheck:
    """Return how long the output is, as text. From 0 up; lower is better.

    Nothing to say where the output is None. It decides only where a marker's ``gate=`` names it: whether
    shorter is better, ``scorer(output_length(), better=…)`` says.

    :param unit: Unicode characters, words (runs of letters and digits), or lines.
    :raises ScorerError: ``unit`` is another.
    """
    if unit not in get_args(LengthUnit):
        known = ", ".join(map(repr, get_args(LengthUnit)))
        raise ScorerError(f"output_length: unit={unit!r} must be one of {known}")
    counted = {"characters": len, "words": lambda text: len(plain_words(text)), "lines": _lines}[unit]

    def measure(got: Any) -> float | None:
        return None if got is None else float(counted(as_text(got)))

    measures = Measures("number", "lower", gate=False)
    return output_check("output_length", measure, output, name, {"unit": unit}, measures)


def _lines(text: str) -> int:
    return len(text.splitlines())
