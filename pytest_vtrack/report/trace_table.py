"""A list of traces for the command line: one line a trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from pytest_vtrack.model.trace_summary import TraceSummary
from pytest_vtrack.report import numbers
from pytest_vtrack.report.layout import Align, Line, Paper, Segment, columns, widest

_HEAD = ("started", "took", "status", "version", "environment", "trace")
_ALIGNS: tuple[Align, ...] = ("left", "right", "left", "left", "left", "left")
_DROPPED = (4, 3)
"""Columns that go where lines are too wide; a trace's name is never cut, since it is there to be typed."""


def trace_table(
    traces: Sequence[TraceSummary], *, width: int = 80, unicode: bool = True, zone: tzinfo = UTC
) -> list[Line]:
    """Return one line a trace, in the order given; what names a trace stands last.

    :param zone: the time zone that times are shown in.
    """
    paper = Paper(width, unicode)
    rows = [
        [
            started(trace.started_at, zone),
            numbers.duration(trace.duration_s),
            trace.status,
            paper.middle(trace.version, 16),
            paper.middle(trace.env, 12),
            paper.text(trace.ref),
        ]
        for trace in traces
    ]
    texts = _fitting([list(_HEAD), *rows], width)
    return [paper.line(Segment(texts[0], "muted")), *(paper.line(text) for text in texts[1:])]


def started(seconds: float, zone: tzinfo) -> str:
    """Return when something started, to the second."""
    if not seconds:
        return numbers.MISSING
    return datetime.fromtimestamp(seconds, tz=zone).strftime("%Y-%m-%d %H:%M:%S")


def _fitting(rows: list[list[str]], width: int) -> list[str]:
    kept = list(range(len(_HEAD)))
    for dropped in (*_DROPPED, None):
        texts = columns([[row[i] for i in kept] for row in rows], [_ALIGNS[i] for i in kept])
        if dropped is None or widest(texts) <= width:
            break
        kept.remove(dropped)
    return texts
