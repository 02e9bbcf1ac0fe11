"""``vtrack dataset validate``: what is wrong with a dataset, before it costs anything."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_vtrack.cli.dataset_sources import Sources, columns_option, on_sources
from pytest_vtrack.cli.output import echo_json, echo_lines, echo_notices, screen

if TYPE_CHECKING:
    from pytest_vtrack.model.dataset_problem import DatasetProblem

_SHOWN = 10


@click.command("validate")
@click.argument("source", metavar="PATH|NAME")
@click.option(
    "--scorers",
    "names",
    multiple=True,
    metavar="NAME",
    help="Also check that every case has what this scorer compares with (repeatable).",
)
@columns_option
@click.option("--strict", is_flag=True, help="End with 1 for notes too.")
@click.option("--all", "everything", is_flag=True, help=f"List every case, not {_SHOWN} of a kind.")
@on_sources
def command(
    sources: Sources,
    source: str,
    names: tuple[str, ...],
    columns: dict[str, str],
    strict: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Check the cases of a file, a registered dataset or run:ID.

    Problems: records that are no cases, ids or inputs that stand twice, expected answers that stand in the
    inputs, cases that a scorer of --scorers can never score. Notes, which may well be meant: inputs that are
    nearly the same, expectations that most cases have, classes with hardly any cases. Ends with 1 where
    there are problems.
    """
    from pytest_vtrack.cli.scorer_names import named_scorers
    from pytest_vtrack.workflow.dataset_checks import check_dataset

    scorers = named_scorers(names, sources.project, Path.cwd()) if names else []
    found = sources.find(source, columns=columns)
    checked = check_dataset(found.records, where=source, scorers=scorers)
    if as_json:
        listed = [asdict(problem) for problem in checked.problems]
        record = {"source": found.label, "cases": checked.cases, "notices": found.notices}
        echo_json({**record, "problems": listed})
    else:
        echo_notices(found.notices)
        _echo(found.label, checked.cases, checked.problems, most=None if everything else _SHOWN)
    if checked.serious or (strict and checked.problems):
        raise click.exceptions.Exit(1)


def _echo(label: str, cases: int, problems: list[DatasetProblem], *, most: int | None) -> None:
    from pytest_vtrack.report.layout import Paper
    from pytest_vtrack.report.words import counted

    paper = Paper(**screen())
    for _, group in groupby(problems, key=lambda each: (each.kind, each.serious)):
        several = list(group)
        for problem in several[:most]:
            echo_lines(
                paper.paragraph(
                    _told(label, problem), tone="worse" if problem.serious else "not_sure", indent=4
                )
            )
        if left := len(several) - len(several[:most]):
            click.echo(f"    and {counted(left, 'more case')} with: {several[0].kind}; --all lists them")
    serious = sum(problem.serious for problem in problems)
    notes = len(problems) - serious
    click.echo(f"{label}: {counted(cases, 'case')}, {counted(serious, 'problem')}, {counted(notes, 'note')}")


def _told(label: str, problem: DatasetProblem) -> str:
    if problem.kind == "not a case" and not problem.place:
        return problem.message  # which begins with the file itself
    place = f": {problem.place}" if problem.place else ""
    case = (
        f" (case {problem.case_id})" if problem.case_id and problem.place != f"case {problem.case_id}" else ""
    )
    prefix = "" if problem.serious else "note: "
    return f"{label}{place}{case}: {prefix}{problem.message}"
