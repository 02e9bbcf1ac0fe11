"""``vtrack store``: looking after what is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, screen
from pytest_vtrack.cli.project import find_project, opened, store_options


@click.group("store")
def command() -> None:
    """Look after the store: info, export, import, prune."""


@command.command("info")
@store_options
def info(store_uri: str | None, experiment: str | None, as_json: bool) -> None:
    """Show where the store is, how large it is, and what it holds."""
    from pytest_vtrack.report.tables import store_info_lines

    store, _ = opened(store_uri, experiment)
    held = store.info()
    counts = {
        name: getattr(held, name)
        for name in ("experiments", "versions", "runs", "cases", "traces", "assessments")
    }
    if as_json:
        echo_json({"location": held.location, "schema": held.schema, "bytes": held.size, **counts})
    else:
        echo_lines(
            store_info_lines(
                held.location, size_bytes=held.size, counts=counts, schema=held.schema, **screen()
            )
        )
    store.close()


@command.command("export")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--run", "refs", multiple=True, metavar="REF", help="Only this run (repeatable); default: all.")
@store_options
def export(
    path: Path, refs: tuple[str, ...], store_uri: str | None, experiment: str | None, as_json: bool
) -> None:
    """Write runs with everything in them to PATH as JSON lines, for another store."""
    from pytest_vtrack.store.exchange import export_runs
    from pytest_vtrack.workflow.references import resolve

    store, name = opened(store_uri, experiment)
    chosen = [resolve(store, ref, name, folder=Path.cwd()).run for ref in refs] or store.runs()
    with path.open("w", encoding="utf-8") as file:
        export_runs(store, [run.id for run in chosen], file)
    _say({"runs": len(chosen), "path": str(path)}, f"Wrote {len(chosen)} runs to {path}", as_json)
    store.close()


@command.command("import")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@store_options
def import_(path: Path, store_uri: str | None, experiment: str | None, as_json: bool) -> None:  # noqa: ARG001
    """Read runs that ``vtrack store export`` wrote; runs that are here already are left as they are."""
    from pytest_vtrack.store import open_store
    from pytest_vtrack.store.exchange import import_runs

    store = open_store(store_uri or find_project(Path.cwd()).store_uri)
    with path.open(encoding="utf-8") as file:
        done = import_runs(store, file)
    _say(
        {"imported": len(done.imported), "skipped": len(done.skipped)},
        f"Read {len(done.imported)} runs; {len(done.skipped)} were here already",
        as_json,
    )
    store.close()


@command.command("prune")
@click.option("--keep", type=click.IntRange(min=1), required=True, metavar="N", help="Newest runs to keep.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@store_options
def prune(keep: int, dry_run: bool, store_uri: str | None, experiment: str | None, as_json: bool) -> None:
    """Delete all but the newest N runs of each experiment; runs that a baseline ever named stay."""
    store, _ = opened(store_uri, experiment)
    deleted = store.prune(keep=keep, experiment=experiment, dry_run=dry_run)
    names = ", ".join(f"{run.short_id} ({run.version.name})" for run in deleted)
    would = "Would delete" if dry_run else "Deleted"
    _say(
        {"deleted": [run.id for run in deleted], "dry_run": dry_run},
        f"{would} {len(deleted)} runs{': ' + names if names else ''}",
        as_json,
    )
    store.close()


def _say(value: Any, text: str, as_json: bool) -> None:
    if as_json:
        echo_json(value)
    else:
        click.echo(text)
