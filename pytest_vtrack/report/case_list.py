"""Lists of changed cases on a terminal: which, from what to what, and why."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_vtrack.report import untrusted
from pytest_vtrack.report.layout import Line, Paper, Segment, padded, widest
from pytest_vtrack.report.look import Tone
from pytest_vtrack.report.view import CaseRow, ReportView, ValueRow
from pytest_vtrack.report.words import counted

_BY_DEFAULT = 5
_SHORTEST_WHY = 16
"""Columns below which a reason goes to a line of its own."""


def case_lists(view: ReportView, paper: Paper, *, everything: bool) -> list[Line]:
    """Return the changed cases where they matter: without a problem only their number, unless asked.

    :param everything: list all cases that are known to have changed, better ones too.
    """
    counts = view.comparison.cases
    if not (counts.worse or counts.better or view.worse or view.failing):
        return []
    nouns, limit = f"{view.between.noun}s", None if everything else _BY_DEFAULT
    problem = view.comparison.verdict in ("regressed", "not_sure") or bool(view.failing)
    if not (problem or everything or view.between.noun == "test"):
        ask = f"Changed {nouns}: {counts.worse} worse, {counts.better} better (-v shows them)."
        return paper.paragraph(ask)
    other = "" if view.failing else f"{counts.worse} worse, {counts.better} better"
    fixed = view.between.noun == "test"
    better = view.better if fixed or everything else ()
    return [
        *_listed(f"Newly failing {nouns}", view.failing, "", limit, "worse", paper),
        *_listed(f"Worst {nouns}", view.worse, other, limit, "worse", paper),
        *_mostly_in(view, paper),
        *_listed(f"{'Fixed' if fixed else 'Better'} {nouns}", better, "", limit, "better", paper),
        *_not_listed(view, paper, everything=everything),
    ]


def _listed(
    title: str, rows: Sequence[CaseRow], counts: str, limit: int | None, tone: Tone, paper: Paper
) -> list[Line]:
    if not rows:
        return []
    shown = rows[:limit]
    hint = (
        "; -v shows all"
        if len(shown) < len(rows) or (limit and counts and ", 0 better" not in counts)
        else ""
    )
    lines = [paper.line(Segment(f"{title} ({counts or len(rows)}{hint}):", "bold"))]
    labels = min(widest(paper.text(row.label) for row in shown), max(paper.width * 3 // 10, 12))
    values = widest(_value(row.values[0], paper) for row in shown if row.values)
    for row in shown:
        lines += _case(row, labels, values, tone, paper) if row.change.dataset else _test(row, tone, paper)
        if limit is None:
            lines += [paper.line("    ", _value(value, paper)) for value in row.values[1:]]
    return lines


def _case(row: CaseRow, label_width: int, value_width: int, tone: Tone, paper: Paper) -> list[Line]:
    """Return a case of a dataset on one line, its reason beside it where there is room."""
    label = paper.middle(row.label, label_width)
    value = paper.cut(_value(row.values[0], paper) if row.values else "", paper.width - label_width - 4)
    start = f"  {padded(label, label_width)}  "
    room = paper.width - untrusted.display_width(start) - value_width - 2
    why = _why(row, paper, room if room >= _SHORTEST_WHY else paper.width - 6)
    if room >= _SHORTEST_WHY or not why:
        return [
            paper.line(
                start, Segment(padded(value, value_width) if why else value, tone), f"  {why}" if why else ""
            )
        ]
    return [paper.line(start, Segment(value, tone)), paper.line("      ", Segment(why, "muted"))]


def _test(row: CaseRow, tone: Tone, paper: Paper) -> list[Line]:
    """Return a test by its node id; what failed stands below, other values where it did not fail."""
    lines = [paper.line("  ", Segment(paper.middle(row.label, paper.width - 2), tone))]
    first = row.values[0] if row.values and row.values[0].metric not in ("passed", "completed") else None
    if first:
        lines.append(paper.line("      ", _value(first, paper)))
    why = _why(row, paper, paper.width - 6)
    return [*lines, paper.line("      ", Segment(why, "muted"))] if why else lines


def _value(value: ValueRow, paper: Paper) -> str:
    text = f"{value.metric} {value.baseline} -> {value.current}"
    return paper.text(text, max(paper.width - 6, 10)).replace("->", paper.glyph("→"))


def _why(row: CaseRow, paper: Paper, room: int) -> str:
    mark = f"{row.note}  " if row.note else ""
    return mark + (f'"{paper.text(row.why, max(room - len(mark) - 2, 1))}"' if row.why else "")


def _mostly_in(view: ReportView, paper: Paper) -> list[Line]:
    if not view.mostly_in:
        return []
    shared = ", ".join(f"{paper.middle(one.label, 40)} ({one.number} of {one.of})" for one in view.mostly_in)
    return paper.paragraph(shared, label="Mostly in:")


def _not_listed(view: ReportView, paper: Paper, *, everything: bool) -> list[Line]:
    """Return how many changed cases are beyond those that are known by name."""
    counts = view.comparison.cases
    worse = counts.worse - len(view.worse) - len(view.failing)
    better = counts.better - len(view.better)
    if not everything or (worse <= 0 and better <= 0):
        return []
    more = counted(max(worse, 0) + max(better, 0), f"more changed {view.between.noun}")
    return paper.paragraph(f"And {more}: see the report or the stored traces.", tone="muted")
