"""Tables of the Markdown report: metrics, and the cases that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.report import numbers
from pytest_vtrack.report.markdown_text import cell, cell_words
from pytest_vtrack.report.view import CaseRow, MetricRow, ReportView
from pytest_vtrack.report.without_baseline import how_read, kind_of, worth_a_row

_SIGNS = {
    "worse": "🔻",
    "not sure": "❔",
    "better": "🔺",
    "ok": "✔️",
    "not comparable": "❗",
    "new": "➕",
    "gone": "➖",
}
"""Never alone: the word stands in the same row."""
_METRIC_HEAD = "|---|---|---:|---:|---:|:---:|---|"
_CASE_HEAD = ("|---|---|---|", "|---|---|---|---|")
_VALUE_HEAD = "|---|---:|---|"


def metric_table(view: ReportView, most: int) -> str:
    """Return one row a metric; empty without metrics."""
    if not view.metrics:
        return ""
    old, new = cell_words(view.between.old, 30), cell_words(view.between.new, 30)
    rows = [_metric(row) for row in view.metrics[:most]]
    head = f"| | metric | {old} | {new} | change | could be anywhere from | |"
    return _table(head, _METRIC_HEAD, rows, len(view.metrics), "metric")


def value_table(metrics: Sequence[SideCounts], most: int) -> str:
    """Return one row a metric of a run that was compared with nothing."""
    shown = worth_a_row(metrics)
    rows = [
        _row(cell_words(one.spec.name), numbers.value(kind_of(one), one.mean), how_read(one))
        for one in shown[:most]
    ]
    return _table("| metric | value | how it is read |", _VALUE_HEAD, rows, len(shown), "metric")


def case_tables(view: ReportView, most: int) -> list[str]:
    """Return the changed cases, folded, one table for each way in which they changed."""
    noun, counts = view.between.noun, view.comparison.cases
    worse = max(counts.worse - len(view.failing), len(view.worse))
    return [
        table
        for title, rows, total in (
            (f"Newly failing {noun}s", view.failing, len(view.failing)),
            (f"Worst {noun}s", view.worse, worse),
            (f"Better {noun}s", view.better, max(counts.better, len(view.better))),
        )
        if (table := _cases(title, rows[:most], total, view))
    ]


def _cases(title: str, rows: Sequence[CaseRow], total: int, view: ReportView) -> str:
    if not rows:
        return ""
    noun = view.between.noun
    old, new = cell_words(view.between.old, 30), cell_words(view.between.new, 30)
    reasons = any(row.why or row.note for row in rows)
    head = f"| {noun} | metric | {old} → {new} |{' why |' if reasons else ''}"
    number = f"{len(rows)} of {numbers.count(total)}" if len(rows) < total else numbers.count(total)
    table = _table(head, _CASE_HEAD[reasons], [_case(row, reasons=reasons) for row in rows], total, noun)
    return f"<details><summary>{title}: {number}</summary>\n\n{table}\n\n</details>"


def _metric(row: MetricRow) -> str:
    ends = f"{row.ends[0]} … {row.ends[1]}" if row.ends else ""
    word = f"**{row.word}**" if row.look.word == "worse" and row.result.gate else row.word
    shown = (row.baseline, row.current, _signed(row.change), _signed(ends))
    return _row(_SIGNS[row.look.word], cell_words(row.name), *shown, word)


def _case(row: CaseRow, *, reasons: bool) -> str:
    first = row.values[0] if row.values else None
    moved = f"{cell_words(first.baseline)} → {cell_words(first.current)}" if first else ""
    why = " ".join(part for part in (row.note, cell(row.why, 160) if row.why else "") if part)
    shown = (cell(row.label, 100), cell_words(first.metric) if first else "", moved)
    return _row(*shown, why) if reasons else _row(*shown)


def _signed(text: str) -> str:
    return text.replace("-", "−") if text != numbers.MISSING else text


def _table(head: str, rule: str, rows: Iterable[str], total: int, noun: str) -> str:
    lines = [head, rule, *rows]
    if more := total - (len(lines) - 2):
        lines += ["", f"… and {numbers.count(more)} more {noun}{'' if more == 1 else 's'}."]
    return "\n".join(lines)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
