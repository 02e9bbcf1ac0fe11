"""``vtrack store``: looking after what is kept."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_vtrack.cli.output import echo_either, echo_json, echo_lines, screen
from pytest_vtrack.cli.project import Project, find_project
from pytest_vtrack.cli.stored import Stored, json_option, on_store, store_option
from pytest_vtrack.errors import StoreError

if TYPE_CHECKING:
    from pytest_vtrack.store.protocol import Store


@click.group("store")
def command() -> None:
    """Look after the store: info, export, import, prune."""


@command.command("info")
@on_store
def info(stored: Stored, as_json: bool) -> None:
    """Show where the store is, how large it is, and what it holds."""
    from pytest_vtrack.report.tables import store_info_lines

    held = stored.store.info()
    counts = {
        name: getattr(held, name)
        for name in ("experiments", "versions", "runs", "cases", "traces", "assessments")
    }
    if as_json:
        echo_json({"location": held.location, "schema": held.schema, "bytes": held.size, **counts})
    else:
        lines = store_info_lines(
            held.location, size_bytes=held.size, counts=counts, schema=held.schema, **screen()
        )
        echo_lines(lines)


@command.command("export")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--run", "refs", multiple=True, metavar="REF", help="Only this run (repeatable); default: all.")
@on_store
def export(stored: Stored, path: Path, refs: tuple[str, ...], as_json: bool) -> None:
    """Write runs, baselines and registered datasets to PATH as JSON lines, for another store.

    With --run only runs, with --experiment only its runs and baselines.
    """
    from pytest_vtrack.report.files import refuse_to_replace
    from pytest_vtrack.report.words import counted
    from pytest_vtrack.store.exchange import export_runs
    from pytest_vtrack.store.exchange_names import export_names
    from pytest_vtrack.workflow.references import resolve

    store, folder = stored.store, Path.cwd()
    chosen = [resolve(store, ref, stored.experiment, folder=folder, writable=True).run for ref in refs]
    chosen = chosen or store.runs(stored.asked)
    refuse_to_replace(path)
    with path.open("w", encoding="utf-8") as file:
        export_runs(store, [run.id for run in chosen], file)
        if not refs:
            export_names(store, file, experiment=stored.asked)
    echo_either(
        {"runs": len(chosen), "path": str(path)},
        f"Wrote {counted(len(chosen), 'run')} to {path}",
        as_json=as_json,
    )


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=False)
@click.option(
    "--otlp",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Read traces of production from this OTLP/JSON file instead.",
)
@click.option("--experiment", metavar="NAME", help="Where the traces belong; default: the project's.")
@store_option
@json_option
def import_(
    path: Path | None, otlp: Path | None, experiment: str | None, store_uri: str | None, as_json: bool
) -> None:
    """Read what `vtrack store export` wrote; runs and names that are here already are left as they are.

    PATH may also be what a session kept that its store did not take.

    With --otlp, traces of production: a run for each version in each environment. Spans that are here
    already are left as they are.
    """
    from pytest_vtrack.store import open_store

    if (path is None) == (otlp is None):
        raise click.UsageError("give either PATH, a file of `vtrack store export`, or --otlp FILE")
    project = find_project(Path.cwd())
    store = open_store(store_uri or project.store_uri)
    try:
        if path is not None:
            _import_runs(store, path, as_json=as_json)
        elif otlp is not None:
            _import_otlp(store, otlp, experiment, project, as_json=as_json)
    finally:
        store.close()


def _import_runs(store: Store, path: Path, *, as_json: bool) -> None:
    from pytest_vtrack.report.words import counted
    from pytest_vtrack.store.exchange import import_runs
    from pytest_vtrack.store.spool import is_spool

    try:
        with path.open(encoding="utf-8") as file:
            first = file.readline()
            file.seek(0)
            if is_spool(first):
                _import_spool(store, file, as_json=as_json)
                return
            done = import_runs(store, file)
    except UnicodeDecodeError:
        raise StoreError(
            f"{path}: is not text in UTF-8; give a file that `vtrack store export` wrote"
        ) from None
    told = f"Read {counted(done.added, 'run')}; {done.existing} were here already"
    if done.baselines:
        told += f"\nRead {done.baselines} {'entry' if done.baselines == 1 else 'entries'} of named baselines"
    if done.datasets:
        told += f"\nRead {counted(done.datasets, 'version')} of registered datasets"
    told += "".join(f"\n  left as it is here: {name}, which is something else" for name in done.kept)
    counts = {"baselines": done.baselines, "datasets": done.datasets, "kept": list(done.kept)}
    echo_either({"imported": done.added, "skipped": done.existing, **counts}, told, as_json=as_json)


def _import_spool(store: Store, lines: Iterable[str], *, as_json: bool) -> None:
    from pytest_vtrack.report.words import counted
    from pytest_vtrack.store.spool import import_spool

    added, known = import_spool(store, lines)
    echo_either(
        {"added": added, "known": known},
        f"Stored {counted(added, 'result')} that waited; {known} were stored already",
        as_json=as_json,
    )


def _import_otlp(
    store: Store, path: Path, experiment: str | None, project: Project, *, as_json: bool
) -> None:
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.report.words import counted
    from pytest_vtrack.workflow.importing_traces import import_otlp

    name = experiment or project.experiment(store.experiments())
    done = import_otlp(store, path, name, Redaction(project.lines("redact")))
    told = [
        f"Read {counted(done.spans, 'span')} into experiment {name!r}: {counted(done.added, 'new trace')}"
    ]
    told += [f"{counted(done.completed, 'trace')} with more spans"] if done.completed else []
    told += [f"{counted(done.unchanged, 'trace')} that stood there already"] if done.unchanged else []
    told += [f"{counted(done.other, 'line')} of metrics or logs left out"] if done.other else []
    counts = {field: getattr(done, field) for field in ("added", "completed", "unchanged", "spans", "other")}
    echo_either({"experiment": name, **counts, "runs": list(done.runs)}, ", ".join(told), as_json=as_json)


@command.command("prune")
@click.option("--keep", type=click.IntRange(min=1), required=True, metavar="N", help="Newest runs to keep.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@on_store
def prune(stored: Stored, keep: int, dry_run: bool, as_json: bool) -> None:
    """Delete all but the newest N runs of each experiment; runs that a baseline ever named stay.

    So do runs that may be recorded right now: those not closed that got something within a day.
    """
    from pytest_vtrack.report.words import counted

    deleted = stored.store.prune(keep=keep, experiment=stored.asked, at=time.time(), dry_run=dry_run)
    names = ", ".join(f"{run.short_id} ({run.version.name})" for run in deleted)
    would = "Would delete" if dry_run else "Deleted"
    text = f"{would} {counted(len(deleted), 'run')}: {names}" if deleted else "Nothing to delete"
    echo_either({"deleted": [run.id for run in deleted], "dry_run": dry_run}, text, as_json=as_json)
