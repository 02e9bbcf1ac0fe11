"""The comparison as a terminal screen: verdict, metrics, meaning, changed cases, gate."""

from __future__ import annotations

from pytest_vtrack.report import untrusted, words
from pytest_vtrack.report.case_list import case_lists
from pytest_vtrack.report.layout import Line, Paper, Segment
from pytest_vtrack.report.metric_table import metric_table
from pytest_vtrack.report.view import Detail, ReportView

_VERDICT_COLUMN = 14
_MOST_NAMES = 20


def comparison_title(view: ReportView, *, width: int = 80, unicode: bool = True) -> str:
    """Return the title of the section, short enough to stand between rules."""
    paper = Paper(width, unicode)
    room = max((width - len("== vtrack:  vs  ==")) // 2, 4)
    new, old = (paper.middle(name, room) for name in (view.between.new, view.between.old))
    return f"vtrack: {new} vs {old}"


def comparison_screen(
    view: ReportView, *, width: int, verbosity: int = 0, unicode: bool = True
) -> list[Line]:
    """Return the lines below the title.

    :param verbosity: 0 shows the worst cases, 1 all that are known, 2 every number behind the verdict too.
    :param unicode: ``False`` where the stream takes ASCII only; other characters are then escaped.
    """
    paper = Paper(width, unicode)
    blocks = [
        _head(view, paper),
        metric_table(view, paper),
        [
            line
            for why in view.not_comparable
            for line in paper.paragraph(f"! {why}", indent=2, tone="not_sure")
        ],
        _meaning(view, paper),
        case_lists(view, paper, everything=verbosity > 0),
        _notices(view, paper, verbosity),
        *([_detail(one, paper) for one in view.details] if verbosity > 1 else []),
        paper.paragraph(view.rule, tone="muted", indent=2) if verbosity > 1 else [],
        _hints(view, paper),
    ]
    lines: list[Line] = []
    for block in blocks:
        lines += [(), *block] if lines and block else block
    return [*lines, *_gate(view, paper)]


def quiet_line(view: ReportView, *, width: int = 80, unicode: bool = True) -> Line:
    """Return everything in one line, for ``-q``: the verdict, the versions, and what decided."""
    paper = Paper(width, unicode)
    head = f"vtrack {view.look.word} {view.between.new} vs {view.between.old}"
    decided = ", ".join(_decided(view))
    return paper.line(Segment(paper.text(f"{head}: {decided}" if decided else head, width), view.look.tone))


def _decided(view: ReportView) -> list[str]:
    if view.comparison.verdict == "ok":
        return [view.facts[1]]
    rows = [row for row in view.metrics if row.result.gate and row.look.tone == view.look.tone]
    metrics = [f"{row.name} {row.word if row.result.effect is None else row.change}" for row in rows]
    failures = view.comparison.must_pass_failures
    return [*metrics, *([f"must-pass {words.named(failures)}"] if failures else [])]


def _head(view: ReportView, paper: Paper) -> list[Line]:
    facts = [paper.text(fact, paper.width - 2) for fact in view.facts if fact]
    verdict = Segment(f"{paper.glyph(view.look.symbol)} {view.look.word}", view.look.tone)
    text = "   ".join(facts)
    if untrusted.display_width(text) + _VERDICT_COLUMN <= paper.width:
        lines = [paper.line(verdict, " " * (_VERDICT_COLUMN - len(verdict.text)), text)]
    else:
        lines = [paper.line(verdict), *paper.paragraph(", ".join(facts))]
    return [*lines, *(paper.paragraph(view.banner, tone="not_sure") if view.banner else [])]


def _meaning(view: ReportView, paper: Paper) -> list[Line]:
    first, *others = view.meaning
    lines = paper.paragraph(first, label="What this means:")
    for sentence in others:
        lines += paper.paragraph(sentence)
    return lines


def _notices(view: ReportView, paper: Paper, verbosity: int) -> list[Line]:
    lines = [line for notice in view.notices for line in paper.paragraph(notice)]
    if verbosity < 1:
        return lines
    comparison, counts = view.comparison, view.comparison.cases
    for word, names, total in (
        ("New", comparison.new_cases, counts.new),
        ("Gone", comparison.gone_cases, counts.gone),
        ("Edited", comparison.edited_cases, counts.edited),
    ):
        if names:
            lines += paper.paragraph(f"{word}: {words.named(names, total, most=_MOST_NAMES)}", indent=2)
    return lines


def _detail(detail: Detail, paper: Paper) -> list[Line]:
    lines = [paper.line(Segment(paper.text(f"{detail.name}: {detail.word}", paper.width), "bold"))]
    return [*lines, *paper.facts(detail.facts, indent=2)]


def _hints(view: ReportView, paper: Paper) -> list[Line]:
    lines = [line for path in view.reports for line in paper.paragraph(f"Report: {path}", indent=4)]
    if not view.accept:
        return lines
    label = "Accept on purpose: "
    whole = paper.text(label + view.accept)
    if untrusted.display_width(whole) <= paper.width:
        return [*lines, paper.line(label, Segment(whole[len(label) :], "bold"))]
    return [*lines, paper.line(label.rstrip()), *paper.command(view.accept)]


def _gate(view: ReportView, paper: Paper) -> list[Line]:
    failed = view.gate.startswith("Gate: failed")
    return paper.paragraph(view.gate, tone="worse" if failed else "plain")
