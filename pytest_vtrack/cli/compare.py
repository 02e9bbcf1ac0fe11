"""``vtrack compare``: the gate outside of pytest, over stored runs."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, screen_width, speaks_unicode
from pytest_vtrack.cli.project import find_project, opened, store_options
from pytest_vtrack.errors import ReferenceUnknown
from pytest_vtrack.model.policy import (
    EXIT_NO_BASELINE,
    GATES,
    Evidence,
    Policy,
    checked_gate,
    parse_tolerances,
)


@click.command("compare")
@click.argument("baseline_ref", metavar="BASELINE")
@click.argument("current_ref", metavar="CURRENT")
@click.option("--gate", type=click.Choice(GATES), help="What makes the exit code non-zero.")
@click.option("--tolerance", multiple=True, metavar="METRIC=AMOUNT", help="E.g. latency=25% (repeatable).")
@click.option("--evidence", type=click.Choice(["any", "beyond-tolerance"]), default="any", show_default=True)
@click.option("--cluster", metavar="TAG", help="Cases with equal values of this tag depend on each other.")
@click.option(
    "-v", "--verbose", count=True, help="All changed cases; twice: every number behind the verdict."
)
@store_options
def command(
    baseline_ref: str,
    current_ref: str,
    gate: str | None,
    tolerance: tuple[str, ...],
    evidence: str,
    cluster: str | None,
    verbose: int,
    store_uri: str | None,
    experiment: str | None,
    as_json: bool,
) -> None:
    """Compare the run CURRENT with the run BASELINE, case by case, without running anything.

    Both are REFs: a version, a baseline's name, last, run:ID or a .jsonl file. The exit code is the
    gate's: 10 for a regression, 11 for not sure (strict), 12 for no baseline.
    """
    from pytest_vtrack.report.as_json import report_json
    from pytest_vtrack.report.terminal import comparison_screen, comparison_title
    from pytest_vtrack.report.view import report_view
    from pytest_vtrack.workflow.comparing import compare
    from pytest_vtrack.workflow.gate import exit_code
    from pytest_vtrack.workflow.references import resolve

    project = find_project(Path.cwd())
    policy = _policy(project.settings, gate, tolerance, evidence, cluster)
    store, name = opened(store_uri, experiment)
    try:
        found = resolve(store, baseline_ref, name, folder=Path.cwd(), writable=True)
    except ReferenceUnknown as error:
        click.echo(f"vtrack: NO BASELINE: {error}", err=True)
        sys.exit(EXIT_NO_BASELINE if policy.gate in ("regress", "strict") else 0)
    current = resolve(store, current_ref, name, folder=Path.cwd(), writable=True)
    comparison = compare(store, found.run, current.run, policy)
    comparison = replace(comparison, warnings=(*found.warnings, *current.warnings, *comparison.warnings))
    code = exit_code(comparison.verdict, policy.gate)
    store.save_verdict(comparison, exit_code=code, at=time.time())
    if as_json:
        echo_json(report_json(comparison, exit_code=code))
    else:
        view = report_view(comparison, exit_code=code)
        width, unicode = screen_width(), speaks_unicode()
        click.echo(f" {comparison_title(view, width=width - 2, unicode=unicode)} ".center(width, "="))
        echo_lines(comparison_screen(view, width=width, verbosity=verbose, unicode=unicode))
    store.close()
    sys.exit(code)


def _policy(
    settings: object, gate: str | None, tolerance: tuple[str, ...], evidence: str, cluster: str | None
) -> Policy:
    """Return the policy of the ini file with what the command line says on top."""
    ini = settings if isinstance(settings, dict) else {}
    lines = ini.get("vtrack_tolerance", "")
    lines = lines.splitlines() if isinstance(lines, str) else lines
    tolerances = parse_tolerances([line for line in lines if line.strip()], source="vtrack_tolerance")
    return Policy(
        gate=checked_gate(gate or ini.get("vtrack_gate") or "regress", source="vtrack_gate"),
        evidence=cast("Evidence", evidence),
        tolerances=tolerances | parse_tolerances(tolerance, source="--tolerance"),
        cluster=cluster,
    )
