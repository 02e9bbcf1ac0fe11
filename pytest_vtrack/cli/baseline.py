"""``vtrack baseline``: accepting a run on purpose, with a reason."""

from __future__ import annotations

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, echo_problem, local_zone, screen
from pytest_vtrack.cli.stored import Stored, on_store
from pytest_vtrack.errors import BaselineRefused, ReferenceUnknown, nearest
from pytest_vtrack.tracing.ci import detect_ci

if TYPE_CHECKING:
    from pytest_vtrack.report.tables import BaselineRow
    from pytest_vtrack.store.protocol import NamedBaseline, Store


@click.group("baseline")
def command() -> None:
    """Show or set the run that others are compared with."""


@command.command("set")
@click.argument("name")
@click.option("--version", "ref", metavar="REF", required=True, help="The version, or run:ID, to accept.")
@click.option("--why", metavar="TEXT", required=True, help="Why this behaviour is accepted, in a sentence.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Also write this .jsonl file.")
@click.option("--scores-only", is_flag=True, help="Write the file without inputs and outputs.")
@click.option("--yes", is_flag=True, help="Needed in CI, where the variable CI is set.")
@on_store
def set_(
    stored: Stored,
    name: str,
    ref: str,
    why: str,
    file: Path | None,
    scores_only: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Accept a complete run as the baseline NAME; the earlier one stays in the history.

    With --file the baseline is also written as one line per case, to be committed: its diff in a pull
    request is the review.
    """
    from pytest_vtrack.report.untrusted import visible
    from pytest_vtrack.report.words import counted
    from pytest_vtrack.workflow.accepting import Acceptance, accept
    from pytest_vtrack.workflow.references import resolve

    if detect_ci(os.environ) and not yes:
        raise BaselineRefused("CI is set: a baseline is accepted by a person; add --yes if this is meant")
    if file is not None and file.suffix != ".jsonl":
        raise BaselineRefused(f"--file {file}: the name must end in .jsonl, so that it can stand as a REF")
    if scores_only and file is None:
        raise BaselineRefused("--scores-only says what the file holds; name it with --file PATH.jsonl")
    found = resolve(stored.store, ref, stored.experiment, folder=Path.cwd(), writable=True)
    accept(stored.store, found.run, Acceptance(name, why, _who()), file=file, scores_only=scores_only)
    for warning in found.warnings:
        echo_problem(warning)
    if as_json:
        echo_json(_as_json(stored.store.baseline_history(found.run.experiment, name)[0]))
        return
    run, cases = found.run, counted(found.run.stored, "case")
    click.echo(visible(f"{name} is now {run.version.name} (run {run.short_id}, {cases}): {why}"))
    if file is not None:
        click.echo(f"Wrote {file}; commit it, and compare with: pytest --vtrack-baseline={file}")


@command.command("show")
@click.argument("name", required=False)
@on_store
def show(stored: Stored, name: str | None, as_json: bool) -> None:
    """Show all baselines, or the one called NAME."""
    entries = stored.store.baselines(stored.experiment)
    if name is not None:
        entries = [entry for entry in entries if entry.name == name] or _unknown(name, entries)
    _print(stored.store, entries, as_json=as_json)


@command.command("history")
@click.argument("name")
@on_store
def history(stored: Stored, name: str, as_json: bool) -> None:
    """Show every run that NAME stood for, with who accepted it and why."""
    entries = stored.store.baseline_history(stored.experiment, name)
    _print(
        stored.store, entries or _unknown(name, stored.store.baselines(stored.experiment)), as_json=as_json
    )


def _unknown(name: str, entries: list[NamedBaseline]) -> list[NamedBaseline]:
    known = ", ".join(nearest(name, [entry.name for entry in entries])) or "none yet"
    raise ReferenceUnknown(f"there is no baseline {name!r}. Known: {known}")


def _print(store: Store, entries: list[NamedBaseline], *, as_json: bool) -> None:
    from pytest_vtrack.report.tables import baseline_table

    if as_json:
        echo_json([_as_json(entry) for entry in entries])
    else:
        echo_lines(baseline_table([_row(store, entry) for entry in entries], zone=local_zone(), **screen()))


def _row(store: Store, entry: NamedBaseline) -> BaselineRow:
    from pytest_vtrack.report.tables import BaselineRow

    run = store.run(entry.run_id)
    version = run.version.name if run else "(pruned)"
    return BaselineRow(entry.name, version, entry.run_id, entry.at, entry.who, entry.why)


def _as_json(entry: NamedBaseline) -> dict[str, Any]:
    return {
        "experiment": entry.experiment,
        "name": entry.name,
        "run": entry.run_id,
        "who": entry.who,
        "why": entry.why,
        "at": datetime.fromtimestamp(entry.at, UTC).isoformat(),
    }


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run as a user without a name
        return "unknown"
