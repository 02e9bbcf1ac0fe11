"""What was found as Markdown: the comment on a pull request, the summary of a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from pytest_vtrack.model.comparison import OverallVerdict
from pytest_vtrack.model.run import Run
from pytest_vtrack.report.markdown_tables import case_tables, metric_table, value_table
from pytest_vtrack.report.markdown_text import code, words
from pytest_vtrack.report.summary import Missing, Recorded, Summary
from pytest_vtrack.report.view import ReportView, report_view
from pytest_vtrack.report.words import banner, cases_of, counted

LONGEST = 60_000
"""Characters; GitHub takes 65,536 in a comment."""
_ROWS = (20, 10, 5, 2)
"""How many rows a table has at most: fewer until the text is short enough."""
_HEADLINES: dict[OverallVerdict, str] = {
    "regressed": "❌ vtrack: {new} is worse than {old}",
    "not_sure": "❔ vtrack: not sure whether {new} is worse than {old}",
    "improved": "✅ vtrack: {new} is better than {old}",
    "ok": "✅ vtrack: {new} is ok, compared with {old}",
    "no_baseline": "⚠️ vtrack: no baseline, {new} cannot be compared with {old}",
}


def report_markdown(
    summary: Summary, *, reports: Sequence[str] = (), baseline_name: str = "main", longest: int = LONGEST
) -> str:
    """Return the report, of at most ``longest`` characters: what is left out is whole rows, and counted.

    Its first line is a comment that is always the same for an experiment, to find the report again by.

    :param reports: names of other files that have more in them.
    :param baseline_name: the named baseline that the hint to accept speaks of.
    """
    marker = f"<!-- vtrack:{quote(summary.experiment[:200], safe='', errors='replace')} -->"
    views = [
        report_view(each.comparison, exit_code=each.exit_code, reports=reports, baseline_name=baseline_name)
        for each in summary.gravest_first
    ]
    text = ""
    for rows in _ROWS:
        text = _joined(marker, _sections(summary, views, rows))
        if len(text) <= longest:
            return text
    return _shortened(marker, _sections(summary, views, _ROWS[-1]), longest)


def _sections(summary: Summary, views: Sequence[ReportView], rows: int) -> list[str]:
    compared = [_comparison(view, rows) for view in views]
    alone = [_missing(each) for each in summary.missing]
    alone += [_recorded(each, rows) for each in summary.recorded]
    found = [*alone, *compared] if summary.is_missed else [*compared, *alone]
    if not found:
        found = [f"### ⚠️ vtrack: no case ran — {code(summary.experiment, 60)}"]
    return [*found, *_notices(summary.notices, rows)]


def _joined(marker: str, sections: Iterable[str]) -> str:
    return "\n".join([marker, "\n\n---\n\n".join(sections)]) + "\n"


def _shortened(marker: str, sections: list[str], longest: int) -> str:
    """Return as many sections as fit: dozens of versions and baselines were compared at once."""
    for kept in range(len(sections) - 1, 0, -1):
        more = f"… and {counted(len(sections) - kept, 'more comparison')}: see the other reports."
        text = _joined(marker, [*sections[:kept], more])
        if len(text) <= longest:
            return text
    return _joined(marker, ["### vtrack: too much to show here; see the other reports."])


def _comparison(view: ReportView, rows: int) -> str:
    comparison = view.comparison
    names = {"new": words(view.between.new, 80), "old": words(view.between.old, 80)}
    experiment, cases, _ = view.facts
    head = _HEADLINES[comparison.verdict].format(**names)
    first, *others = view.meaning
    named = (*view.between, *(row.name for row in view.metrics))
    lead, stop, rest = (first if first.startswith(named) else _sentence(first)).partition(". ")
    blocks = [
        f"### {head} — {code(experiment, 60)}, {cases}",
        f"⚠️ {words(view.banner)}" if view.banner else "",
        f"**{words(lead + stop.strip())}** {words(rest)}".strip(),
        *map(words, others),
        metric_table(view, 3 * rows),
        _list((f"❗ {words(why)}" for why in view.not_comparable[:rows]), len(view.not_comparable)),
        _mostly_in(view),
        *case_tables(view, rows),
        _list((words(notice) for notice in view.notices[:rows]), len(view.notices)),
        _footer(view),
    ]
    return "\n\n".join(block for block in blocks if block)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _mostly_in(view: ReportView) -> str:
    shared = [f"{code(one.label, 60)} ({one.number} of {one.of})" for one in view.mostly_in]
    return f"Mostly in: {', '.join(shared)}" if shared else ""


def _footer(view: ReportView) -> str:
    comparison = view.comparison
    facts = [
        *(f"Full report: {code(path, 100)}" for path in view.reports),
        *_run_facts(comparison.current),
        f"compared with run {code(comparison.baseline.short_id)}",
    ]
    accept = [f"Accept on purpose: {code(view.accept, 400)}"] if view.accept else []
    return "\n\n".join([words(view.gate), *accept, " · ".join(facts)])


def _run_facts(run: Run) -> list[str]:
    commit = [f"commit {code(run.version.commit[:12])}"] if run.version.commit else []
    return [f"run {code(run.short_id)}", *commit, f"environment {code(run.env, 40)}"]


def _recorded(recorded: Recorded, rows: int) -> str:
    run = recorded.run
    name, cases = words(run.version.name, 80), cases_of(run, recorded.cases)
    warning = banner(run)
    blocks = [
        f"### vtrack: {name} recorded, compared with nothing — {code(run.experiment, 60)}, {cases}",
        f"⚠️ {words(warning)}" if warning else "",
        value_table(recorded.metrics, 3 * rows) if recorded.metrics else "",
        " · ".join(_run_facts(run)),
    ]
    return "\n\n".join(block for block in blocks if block)


def _missing(missing: Missing) -> str:
    label, is_command, command = missing.create.partition("Create it: ")
    blocks = [
        f"### ⚠️ vtrack: no baseline {code(missing.ref, 80)}",
        words(_sentence(missing.why)),
        f"{is_command}{code(command, 400)}" if is_command else words(label),
    ]
    return "\n\n".join(block for block in blocks if block)


def _notices(notices: Sequence[str], rows: int) -> list[str]:
    listed = _list((words(_sentence(notice)) for notice in notices[:rows]), len(notices))
    return [listed] if listed else []


def _list(items: Iterable[str], total: int) -> str:
    lines = [f"- {item}" for item in items]
    if more := total - len(lines):
        lines.append(f"- … and {more} more")
    return "\n".join(lines)
