"""What is shown of a run that is compared with nothing: its metrics, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_vtrack.model.assessment import Kind
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.model.run import Run
from pytest_vtrack.report import numbers, words
from pytest_vtrack.report.layout import Line, Paper, Segment, columns
from pytest_vtrack.report.words import counted

NO_BASELINE_TITLE = "vtrack: no baseline"
"""The title over what is said of a baseline that is not there."""

_QUIET = ("passed", "completed")


def saved_title(known: Sequence[str] = ()) -> str:
    """Return the title over :func:`first_version_screen`."""
    return "vtrack: run saved" if known else "vtrack: first version"


def first_version_screen(
    run: Run,
    summaries: Sequence[SideCounts],
    *,
    command: str,
    cases: int | None = None,
    width: int = 80,
    unicode: bool = True,
    known: Sequence[str] = (),
) -> list[Line]:
    """Return what a run without a baseline found, and how to compare with it.

    :param command: what to type next; empty for no advice.
    :param cases: how many the run has results of; ``None``: as many as trials.
    :param known: versions that are stored besides this one, newest first; empty for the very first.
    """
    paper = Paper(width, unicode)
    name = words.brief(run.version.name)
    stored = words.cases_of(run, cases)
    saved = f"Saved as version {name} (run {run.short_id}, {stored}, environment {run.env})."
    banner = words.banner(run)
    return [
        *paper.paragraph(saved),
        *(paper.paragraph(banner, tone="not_sure") if banner else []),
        (),
        *metric_values(summaries, paper),
        (),
        *_next(run, command, known, paper),
    ]


def metric_values(summaries: Sequence[SideCounts], paper: Paper) -> list[Line]:
    """Return a table of one run's metrics: their values, and how they are read."""
    rows = [
        (paper.middle(one.spec.name, 28), numbers.value(kind_of(one), one.mean), how_read(one))
        for one in worth_a_row(summaries)
    ]
    if not rows:
        return paper.paragraph("No metric has a value yet: return a value from a scorer.", indent=2)
    head, *texts = columns([("metric", "value", "how it is read"), *rows], ("left", "left", "left"))
    return [
        paper.line("  ", Segment(head, "muted")),
        *(paper.line("  ", paper.cut(text, paper.width - 2)) for text in texts),
    ]


def worth_a_row(summaries: Sequence[SideCounts]) -> list[SideCounts]:
    """Return the metrics that say something: built-in ones only where not all is well."""
    others = [one for one in summaries if one.spec.name not in _QUIET or one.mean != 1.0 or one.errors]
    return others or list(summaries[:1])


def kind_of(one: SideCounts) -> Kind | None:
    """Return the declared kind of a metric, else the one that its values show."""
    if one.spec.kind:
        return one.spec.kind
    if one.labels and not (one.bools or one.numbers):
        return "category"
    return "bool" if one.bools and not one.numbers else "number"


def how_read(one: SideCounts) -> str:
    """Return what a metric's value is made of, and which way is better."""
    match kind_of(one):
        case "category":
            what = f"{counted(one.cases, 'case')}; a label, compared case by case"
        case "bool" if (
            one.mean is not None and abs(round(one.mean * one.cases) - one.mean * one.cases) < 1e-6
        ):
            what = (
                f"{round(one.mean * one.cases)} of {counted(one.cases, 'case')}; {one.spec.better} is better"
            )
        case "latency" | "cost" | "tokens":
            what = f"typical case; {one.spec.better} is better"
        case _:
            what = f"mean of {counted(one.cases, 'case')}; {one.spec.better} is better"
    return what + (f"; {counted(one.errors, 'error')}" if one.errors else "")


def _next(run: Run, command: str, known: Sequence[str], paper: Paper) -> list[Line]:
    if not run.complete:
        return paper.paragraph("Only a complete run can be compared with later: run all cases once.")
    if not command:
        return []
    advice = (
        f"To compare with an earlier version ({words.named(known)}), run:"
        if known
        else "Nothing to compare with yet. Change your app, then run:"
    )
    return [*paper.paragraph(advice), (), *paper.command(command)]
