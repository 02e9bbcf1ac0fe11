"""What the command line shows of registered datasets: versions, one version, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset_difference import DatasetDifference, EditedCase, FieldChange
from pytest_vtrack.model.dataset_summary import DatasetSummary
from pytest_vtrack.model.dataset_version import DatasetVersion
from pytest_vtrack.report import numbers
from pytest_vtrack.report.layout import Line, Paper, Segment, columns, wrap
from pytest_vtrack.report.words import counted

_MOST_VALUES = 8
_WIDEST_VALUE = 60


def version_table(
    versions: Sequence[DatasetVersion],
    *,
    whys: bool = False,
    width: int = 80,
    unicode: bool = True,
    zone: tzinfo = UTC,
) -> list[Line]:
    """Return one line a version.

    :param whys: with who made it and why below.
    """
    paper = Paper(width, unicode)
    rows = [
        [
            paper.middle(each.ref, 30),
            numbers.count(each.cases),
            _time(each.at, zone),
            paper.middle(each.source, 30),
        ]
        for each in versions
    ]
    header, *texts = columns(
        [["dataset", "cases", "since", "from"], *rows], ("left", "right", "left", "left")
    )
    lines = [paper.line(Segment(paper.cut(header, width), "muted"))]
    for each, text in zip(versions, texts, strict=True):
        lines.append(paper.line(paper.cut(text, width)))
        if whys and each.why:
            why = wrap(paper.text(f"{each.who}: {each.why}"), width - 4)
            lines += [paper.line(f"    {part}") for part in why]
    return lines


def version_screen(
    version: DatasetVersion,
    held: DatasetSummary,
    *,
    width: int = 80,
    unicode: bool = True,
    zone: tzinfo = UTC,
) -> list[Line]:
    """Return where a version comes from, and what its cases look like."""
    paper = Paper(width, unicode)
    facts = {
        "dataset": version.ref,
        "cases": numbers.count(version.cases),
        "from": version.source,
        "since": _time(version.at, zone),
        "by": version.who,
        "why": version.why,
        "digest": version.digest,
        "inputs": _names(held.inputs, version.cases),
        "expectations": _names(held.expectations, version.cases) or "none",
        **{f"tag {name}": _values(values, version.cases) for name, values in held.tags.items()},
    }
    return paper.facts(facts.items())


def difference_lines(
    found: DatasetDifference,
    before: str,
    after: str,
    *,
    most: int | None = None,
    width: int = 80,
    unicode: bool = True,
) -> list[Line]:
    """Return what is different between two datasets.

    :param most: how many cases of a kind are listed; ``None``: all.
    """
    paper = Paper(width, unicode)
    edited = [each for each in found.edited if not each.only_tags]
    retagged = [each for each in found.edited if each.only_tags]
    counts = (
        f"{before} {paper.glyph('→')} {after}: {counted(found.same, 'case')} the same, {len(found.new)} new, "
        f"{len(found.gone)} gone, {len(edited)} edited, {len(retagged)} with other tags only"
    )
    lines = paper.paragraph(counts)
    for title, ids in (("new", found.new), ("gone", found.gone)):
        lines += _list(paper, title, [[paper.text(each)] for each in ids], most)
    lines += _list(paper, "edited", [_edited(paper, each) for each in edited], most)
    return lines + _list(paper, "other tags", [_edited(paper, each) for each in retagged], most)


def _list(paper: Paper, title: str, entries: Sequence[Sequence[str]], most: int | None) -> list[Line]:
    if not entries:
        return []
    lines: list[Line] = [paper.line(Segment(title, "bold"))]
    for first, *rest in entries[:most]:
        lines += [paper.line(paper.cut(f"  {first}", paper.width))]
        lines += [paper.line(paper.cut(f"    {row}", paper.width)) for row in rest]
    left = len(entries) - len(entries[:most])
    return lines + ([paper.line(f"  and {counted(left, 'more case')}; --all lists them")] if left else [])


def _edited(paper: Paper, case: EditedCase) -> list[str]:
    return [paper.text(case.id), *(_change(paper, change) for change in case.changes)]


def _change(paper: Paper, change: FieldChange) -> str:
    field = paper.text(change.field, 40)
    if change.added:
        return f"{field}: added {_value(paper, change.after)}"
    if change.removed:
        return f"{field}: removed {_value(paper, change.before)}"
    return f"{field}: {_value(paper, change.before)} {paper.glyph('→')} {_value(paper, change.after)}"


def _value(paper: Paper, value: Any) -> str:
    return paper.text(payload.encode(value, "value").text, _WIDEST_VALUE)


def _names(counts: Mapping[str, int], cases: int) -> str:
    return ", ".join(
        name if count == cases else f"{name} ({count} of {cases})" for name, count in counts.items()
    )


def _values(values: Mapping[str, int], cases: int) -> str:
    shown = [f"{value} ({count})" for value, count in list(values.items())[:_MOST_VALUES]]
    more = len(values) - len(shown)
    shown += [f"{more} more values"] if more else []
    missing = cases - sum(values.values())
    return ", ".join(shown + ([f"none ({missing})"] if missing else []))


def _time(seconds: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, tz=zone).strftime("%Y-%m-%d %H:%M")
