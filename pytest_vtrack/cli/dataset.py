"""``vtrack dataset``: registered datasets and their versions."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_vtrack.cli import dataset_from_traces, dataset_validate
from pytest_vtrack.cli.dataset_sources import Sources, columns_option, on_sources, who
from pytest_vtrack.cli.output import echo_either, echo_json, echo_lines, echo_notices, local_zone, screen

if TYPE_CHECKING:
    from pytest_vtrack.model.dataset_difference import DatasetDifference
    from pytest_vtrack.model.dataset_version import DatasetVersion


@click.group("dataset")
def command() -> None:
    """Register datasets and their versions, compare, check and export them."""


command.add_command(dataset_from_traces.command)
command.add_command(dataset_validate.command)


@command.command("add")
@click.argument("name")
@click.argument("source", metavar="PATH")
@click.option("--why", metavar="TEXT", default="", help="Why there is a new version, in a sentence.")
@click.option("--dataset", metavar="NAME", help="Which dataset of a run, where it used several.")
@columns_option
@on_sources
def add(
    sources: Sources,
    name: str,
    source: str,
    why: str,
    dataset: str | None,
    columns: dict[str, str],
    as_json: bool,
) -> None:
    """Register the cases of PATH as the next version of NAME.

    PATH is a file, or run:ID for the cases that a run used. Cases that an earlier version has are stored
    once. The cases of the newest version again add nothing.
    """
    from pytest_vtrack.workflow.dataset_references import SCHEME, check_name

    check_name(name, given=f"vtrack dataset add {name}")
    found = sources.find(source, dataset=dataset, columns=columns)
    version, new = sources.open(create=True).datasets.add(
        name, (case for _, case in found.cases()), source=found.label, why=why, who=who(), at=time.time()
    )
    echo_notices([] if as_json else found.notices)
    told = f'Registered {version.ref}: {_counted(version)}. Use it with dataset="{SCHEME}{version.ref}"'
    same = f"{version.ref} has exactly these cases already; nothing was added"
    record = {**as_record(version), "new": new, "notices": found.notices}
    echo_either(record, told if new else same, as_json=as_json)


@command.command("list")
@on_sources
def list_(sources: Sources, as_json: bool) -> None:
    """List the registered datasets, each with its newest version."""
    from pytest_vtrack.report.dataset_screens import version_table

    versions = sources.store.datasets.newest()
    if as_json:
        echo_json([as_record(version) for version in versions])
    elif versions:
        echo_lines(version_table(versions, zone=local_zone(), **screen()))
    else:
        click.echo("No dataset is registered yet. Register one: vtrack dataset add NAME PATH")


@command.command("show")
@click.argument("ref", metavar="NAME[@VERSION]")
@on_sources
def show(sources: Sources, ref: str, as_json: bool) -> None:
    """Show the versions of NAME, or one version and what its cases look like."""
    from pytest_vtrack.report.dataset_screens import version_screen, version_table
    from pytest_vtrack.workflow.dataset_references import find_version, registered_ref
    from pytest_vtrack.workflow.dataset_summary import summary

    wanted = registered_ref(ref)
    version = find_version(sources.store, wanted)
    if wanted.number is None and not ref.endswith("@latest"):
        history = sources.store.datasets.history(version.name)
        if as_json:
            echo_json([as_record(each) for each in history])
        else:
            echo_lines(version_table(history, zone=local_zone(), whys=True, **screen()))
        return
    held = summary(sources.store.datasets.cases(version.name, version.number))
    if as_json:
        echo_json({**as_record(version), **asdict(held)})
    else:
        echo_lines(version_screen(version, held, zone=local_zone(), **screen()))


@command.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--all", "everything", is_flag=True, help="List all cases, not the first 20 of a kind.")
@on_sources
def diff(sources: Sources, before: str, after: str, everything: bool, as_json: bool) -> None:
    """Show new, gone and edited cases from BEFORE to AFTER: files, NAME[@VERSION] or run:ID.

    Ends with 1 where they differ.
    """
    from pytest_vtrack.report.dataset_screens import difference_lines
    from pytest_vtrack.workflow.dataset_differences import difference

    one, other = sources.find(before), sources.find(after)
    found = difference((case for _, case in one.cases()), (case for _, case in other.cases()))
    notices = [*one.notices, *other.notices]
    if as_json:
        echo_json({**_difference_record(found), "notices": notices})
    else:
        echo_notices(notices)
        limit = None if everything else 20
        echo_lines(difference_lines(found, one.label, other.label, most=limit, **screen()))
    if found:
        raise click.exceptions.Exit(1)


@command.command("export")
@click.argument("source", metavar="NAME[@VERSION]")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dataset", metavar="NAME", help="Which dataset of a run, where it used several.")
@on_sources
def export(sources: Sources, source: str, path: Path, dataset: str | None, as_json: bool) -> None:
    """Write a registered dataset, or the cases of run:ID, to PATH: .jsonl, .json, .csv, .tsv or .parquet."""
    from pytest_vtrack.interop.dataset_writing import write_dataset
    from pytest_vtrack.report.words import counted

    found = sources.find(source, dataset=dataset)
    cases = [case for _, case in found.cases()]
    others = write_dataset(cases, path)
    notices = list(found.notices)
    if others:
        notices.append(
            f"{counted(others, 'case')} of {len(cases)} cannot stand in {path.suffix} as they are, and read "
            "back as other cases; .jsonl holds every case"
        )
    echo_notices([] if as_json else notices)
    record = {"path": str(path), "cases": len(cases), "changed": others, "notices": notices}
    echo_either(record, f"Wrote {counted(len(cases), 'case')} of {found.label} to {path}", as_json=as_json)


def _difference_record(found: DatasetDifference) -> dict[str, Any]:
    from pytest_vtrack.model import payload

    record = {"same": found.same, "new": found.new, "gone": found.gone}
    edited = [{"id": each.id, "only_tags": each.only_tags, "changes": each.changes} for each in found.edited]
    plain: dict[str, Any] = payload.decode(payload.encode({**record, "edited": edited}, "difference").text)
    return plain


def as_record(version: DatasetVersion) -> dict[str, Any]:
    """Return what is known of a version, for programs."""
    return {
        "name": version.name,
        "version": version.number,
        "digest": version.digest,
        "cases": version.cases,
        "source": version.source,
        "why": version.why,
        "who": version.who,
        "at": datetime.fromtimestamp(version.at, UTC).isoformat(),
    }


def _counted(version: DatasetVersion) -> str:
    from pytest_vtrack.report.words import counted

    return f"{counted(version.cases, 'case')} of {version.source}"
