"""The table of metrics on a terminal: as many columns as fit, what matters most kept longest."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_vtrack.report.layout import Align, Line, Paper, Segment, columns, padded, text_of, widest
from pytest_vtrack.report.view import MetricRow, ReportView

_WIDEST_NAME, _WIDEST_VERSION, _NARROWEST_NAME = 28, 11, 6
_ALIGNS: tuple[Align, ...] = ("left", "right", "right", "right", "left")
_FALLBACKS = (
    ((0, 1, 2, 3, 4), "could be anywhere from"),
    ((0, 1, 2, 3, 4), "could be from"),
    ((0, 1, 2, 3), ""),
    ((0, 2, 3), ""),
)
"""Columns (name, baseline, current, change, range) in the order in which they are given up."""


def metric_table(view: ReportView, paper: Paper) -> list[Line]:
    """Return one line a metric below a header; empty without metrics."""
    if not view.metrics:
        return []
    lines: list[Line] = []
    for kept, header in _FALLBACKS if any(row.ends for row in view.metrics) else _FALLBACKS[2:]:
        lines = _table(view, paper, kept, header, _WIDEST_NAME)
        if _width(lines) <= paper.width:
            return lines
    names = min(widest(row.name for row in view.metrics), _WIDEST_NAME)
    room = max(names - (_width(lines) - paper.width), _NARROWEST_NAME)
    return _table(view, paper, _FALLBACKS[-1][0], "", room)


def _table(view: ReportView, paper: Paper, kept: Sequence[int], header: str, name_width: int) -> list[Line]:
    rows = [["metric", *_versions(view, paper), "change", header]]
    rows += [
        [paper.middle(row.name, name_width), row.baseline, row.current, row.change, ends]
        for row, ends in zip(view.metrics, _ranges(view.metrics), strict=True)
    ]
    head, *texts = columns([[row[i] for i in kept] for row in rows], [_ALIGNS[i] for i in kept])
    edge = widest(texts) + 3
    lines = [_row(row, text, edge, paper) for row, text in zip(view.metrics, texts, strict=True)]
    return [paper.line(Segment(f"  {head}", "muted")), *lines]


def _row(row: MetricRow, text: str, edge: int, paper: Paper) -> Line:
    tone = row.look.tone
    return paper.line(
        Segment(paper.glyph(row.look.symbol), tone), f" {padded(text, edge)}", Segment(row.word, tone)
    )


def _ranges(rows: Sequence[MetricRow]) -> list[str]:
    """Return the ranges with their ``to`` below each other."""
    edge = max((len(row.ends[0]) for row in rows if row.ends), default=0)
    return [f"{row.ends[0]:>{edge}} to {row.ends[1]}" if row.ends else "" for row in rows]


def _versions(view: ReportView, paper: Paper) -> tuple[str, str]:
    sides = view.comparison.baseline.version.name, view.comparison.current.version.name
    old, new = (paper.middle(name, _WIDEST_VERSION) for name in sides)
    return (old, new) if old != new else ("baseline", "current")


def _width(lines: Sequence[Line]) -> int:
    return widest(map(text_of, lines))
