"""``vtrack compare``: the gate outside of pytest, over stored runs."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_vtrack.cli.output import echo_lines, echo_problem, echo_title, screen
from pytest_vtrack.cli.rules import check_metrics, check_slices, policy_of
from pytest_vtrack.cli.stored import Stored, on_store
from pytest_vtrack.errors import ReferenceUnknown, RunIncomplete
from pytest_vtrack.model.policy import EVIDENCE, GATES, Policy

if TYPE_CHECKING:
    from pytest_vtrack.model.comparison import Comparison, OverallVerdict
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.report.summary import Recorded, Summary
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.workflow.references import Resolved


@click.command("compare")
@click.argument("baseline_ref", metavar="BASELINE")
@click.argument("current_ref", metavar="CURRENT")
@click.option("--gate", type=click.Choice(GATES), help="What makes the exit code non-zero.")
@click.option("--anchor", metavar="REF", help="Also compare CURRENT with this older release.")
@click.option("--tolerance", multiple=True, metavar="METRIC=AMOUNT", help="E.g. latency=25% (repeatable).")
@click.option("--alpha", metavar="SHARE", help="How often chance may look worse (default: 0.05).")
@click.option("--evidence", type=click.Choice(EVIDENCE), help="What has to be shown (default: any loss).")
@click.option("--cluster", metavar="TAG", help="Cases with equal values of this tag depend on each other.")
@click.option("--slice", "slices", multiple=True, metavar="TAG[=VALUE]", help="Also decides (repeatable).")
@click.option(
    "--shards", type=click.IntRange(min=1), metavar="N", help="CURRENT is complete when N shards filled it."
)
@click.option("--gating", multiple=True, metavar="METRIC", help="This metric decides (repeatable).")
@click.option("--soft", multiple=True, metavar="METRIC", help="This metric does not decide (repeatable).")
@click.option(
    "--must-pass", multiple=True, metavar="METRIC", help="A case that passed and fails now fails the gate."
)
@click.option("--may-fail", multiple=True, metavar="METRIC", help="No case of this metric must pass.")
@click.option("--html", type=click.Path(path_type=Path), help="Also write this report, one HTML file.")
@click.option("--md", type=click.Path(path_type=Path), help="Also write this Markdown file.")
@click.option(
    "-v", "--verbose", count=True, help="All changed cases; twice: every number behind the verdict."
)
@on_store
def command(
    stored: Stored,
    baseline_ref: str,
    current_ref: str,
    anchor: str | None,
    verbose: int,
    as_json: bool,
    html: Path | None,
    md: Path | None,
    shards: int | None,
    **rules: Any,
) -> None:
    """Compare the run CURRENT with the run BASELINE, case by case, without running anything.

    Both are REFs: a version, a baseline's name, last, run:ID, key:NAME (the run that CI shards with this
    run key filled; key: alone is the run key here) or a .jsonl file. The same version twice compares its two
    newest runs, which shows how much varies by chance. The exit code is the gate's: 10 for a regression, 11
    for not sure (strict), 12 for no baseline; 1 where CURRENT lacks a shard.
    """
    from pytest_vtrack.report.as_json import report_text
    from pytest_vtrack.report.files import check_places, write_text
    from pytest_vtrack.report.markdown import report_markdown
    from pytest_vtrack.workflow.gate import exit_code, strictest

    check_places({name: path for name, path in (("--html", html), ("--md", md)) if path})
    policy = policy_of(stored.project, **rules)
    current = _closed(stored, _resolved(stored, current_ref), shards)
    check_metrics(stored.store, current.run, rules)
    sides = [_against(stored, ref, current, policy) for ref in (baseline_ref, anchor) if ref is not None]
    for side in sides:
        if side.comparison:
            check_slices(side.comparison, rules["slices"])
    first, *others = (side.verdict for side in sides)
    code = exit_code(strictest(first, others), policy.gate)
    summary = _summary(stored.store, current.run, sides, policy, code)
    if md:
        write_text(md, report_markdown(summary, reports=[str(html)] if html else ()))
    if html:
        _write_html(html, stored.store, summary)
    if as_json:
        click.echo(report_text(summary), nl=False)
    else:
        for side in sides:
            side.echo(policy, verbose)
    click.get_current_context().exit(code)


@dataclass(frozen=True)
class _Side:
    """One comparison, or why there is none."""

    ref: str
    comparison: Comparison | None
    missing: str = ""

    @property
    def verdict(self) -> OverallVerdict:
        return self.comparison.verdict if self.comparison else "no_baseline"

    def echo(self, policy: Policy, verbosity: int) -> None:
        from pytest_vtrack.report.terminal import comparison_screen, comparison_title
        from pytest_vtrack.report.view import report_view
        from pytest_vtrack.report.words import gate
        from pytest_vtrack.workflow.gate import exit_code

        code, size = exit_code(self.verdict, policy.gate), screen()
        if self.comparison is None:
            echo_problem(f"NO BASELINE: {self.missing}")
            click.echo(gate(policy.gate, self.verdict, code), err=True)
            return
        view = report_view(self.comparison, exit_code=code)
        echo_title(comparison_title(view, width=size["width"] - 2, unicode=size["unicode"]))
        echo_lines(comparison_screen(view, verbosity=verbosity, **size))


def _write_html(path: Path, store: Store, summary: Summary) -> None:
    from pytest_vtrack.workflow.html_report import moment_of, write_html

    for warning in write_html(path, store, summary, made_at=moment_of(os.environ, time.time())):
        echo_problem(warning)


def _summary(store: Store, current: Run, sides: list[_Side], policy: Policy, code: int) -> Summary:
    from pytest_vtrack.report.summary import Compared, Missing, Summary
    from pytest_vtrack.workflow.gate import exit_code

    compared = [side.comparison for side in sides if side.comparison]
    return Summary(
        experiment=current.experiment,
        gate=policy.gate,
        exit_code=code,
        comparisons=tuple(Compared(each, exit_code(each.verdict, policy.gate)) for each in compared),
        recorded=() if compared else (_recorded(store, current),),
        missing=tuple(Missing(side.ref, side.missing) for side in sides if side.missing),
    )


def _recorded(store: Store, run: Run) -> Recorded:
    from pytest_vtrack.report.summary import Recorded

    return Recorded(run, tuple(store.metric_summaries(run.id)), store.count_cases(run.id))


def _against(stored: Stored, ref: str, current: Resolved, policy: Policy) -> _Side:
    from pytest_vtrack.workflow.comparing import compare

    try:
        found = _resolved(stored, ref)
    except ReferenceUnknown as error:
        return _Side(ref, None, str(error))
    baseline = found.run
    if ref == baseline.version.name and baseline.id == current.run.id:
        baseline = _run_before(stored, baseline)
    comparison = compare(stored.store, baseline, current.run, policy)
    warnings = dict.fromkeys((*found.warnings, *current.warnings, *comparison.warnings))
    return _Side(ref, replace(comparison, warnings=tuple(warnings)))


def _resolved(stored: Stored, ref: str) -> Resolved:
    from pytest_vtrack.workflow.references import resolve

    return resolve(stored.store, ref, stored.experiment, folder=Path.cwd(), writable=True)


def _closed(stored: Stored, current: Resolved, shards: int | None) -> Resolved:
    """Return the current run; one that lacks a shard ends the command, whatever the gate."""
    from pytest_vtrack.workflow.run_key import expected_shards
    from pytest_vtrack.workflow.shared_runs import closed

    try:
        total = shards or expected_shards(os.environ)
        return replace(current, run=closed(stored.store, current.run, total=total, at=time.time()))
    except RunIncomplete as error:
        echo_problem(f"INCOMPLETE: {error}")
        click.get_current_context().exit(1)


def _run_before(stored: Stored, newest: Run) -> Run:
    """Return the complete run of the same version before its newest one; that one where it is the only."""
    runs = stored.store.runs(newest.experiment, version=newest.version.name)
    earlier = (run for run in runs if run.complete and run.id != newest.id and run.origin != "import")
    return next(earlier, newest)
