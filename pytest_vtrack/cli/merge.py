"""``vtrack merge``: one run of what CI shards stored in files of their own."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_vtrack.cli.output import echo_json, echo_problem, run_as_json
from pytest_vtrack.cli.project import find_project
from pytest_vtrack.cli.safekeeping import confirmed
from pytest_vtrack.cli.stored import json_option
from pytest_vtrack.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.workflow.merging import MergedRun, Source

_MOST = 10
"""How many cases with two results are named."""


@click.command("merge")
@click.argument("stores", metavar="STORE...", nargs=-1, required=True)
@click.option(
    "--into", "--store", "into", metavar="URI", help="Where the runs go; default: the project's store."
)
@click.option(
    "--as-one-run", is_flag=True, help="Also what was recorded without a run key, a run for each version."
)
@click.option("--shards", type=click.IntRange(min=1), metavar="N", help="A run is complete with N shards.")
@json_option
def command(
    stores: tuple[str, ...], into: str | None, as_one_run: bool, shards: int | None, as_json: bool
) -> None:
    """Bring what CI shards stored in files of their own into one store: STORE is the file of one shard.

    Runs with the same run key (VTRACK_RUN_KEY) become one run. A second time changes nothing. Where two
    shards ran the same case, the result that finished counts, else the first; they are named. The exit code
    is 1 where a shard or a case is missing.
    """
    from pytest_vtrack.report.untrusted import visible
    from pytest_vtrack.store import open_store
    from pytest_vtrack.workflow.merging import Source, merge
    from pytest_vtrack.workflow.run_key import expected_shards

    total = shards or expected_shards(os.environ)
    with ExitStack() as opened:
        sources: list[Source] = []
        for name in stores:
            store = open_store(name, read_only=True)
            opened.callback(store.close)
            sources.append(Source(name, store))
        project = find_project(Path.cwd())
        target = open_store(into or project.store_uri)
        opened.callback(target.close)
        _check_apart(target, sources)
        merged: list[MergedRun] = []
        with confirmed(project, target, (each.run for each in merged)):
            merged += merge(target, sources, as_one_run=as_one_run, total=total)
    if as_json:
        echo_json([_as_json(each) for each in merged])
    else:
        for line in _told(merged, target.location):
            click.echo(visible(line))
    missing = list(_missing(merged, total or 1))
    for line in missing:
        echo_problem(f"INCOMPLETE: {line}")
    click.get_current_context().exit(1 if missing else 0)


def _missing(merged: Sequence[MergedRun], total: int) -> Iterator[str]:
    """Say what is not there yet."""
    from pytest_vtrack.workflow.run_key import KEY

    for run in (each.run for each in merged):
        if run.status in ("running", "incomplete"):
            why = run.reason or f"its session has not ended: {run.stored} of {run.expected} cases"
            yield f"run {run.short_id} ({run.version.name}): {why}"
    if total > 1 and not any(each.keys for each in merged):
        yield (
            f"none of these runs was filled by shards, let alone by {total}: give their sessions one {KEY}, "
            "or make one run of them with --as-one-run and the stores of all shards"
        )


def _check_apart(target: Store, sources: Sequence[Source]) -> None:
    for source in sources:
        here, there = Path(target.location), Path(source.store.location)
        if here.exists() and there.exists() and here.samefile(there):  # neither is on a server
            raise StoreError(
                f"merge: {source.name} is the store that the runs go to; name another with --into"
            )


def _told(merged: Sequence[MergedRun], location: str) -> Iterator[str]:
    from pytest_vtrack.report.words import counted

    if not merged:
        yield "Nothing to merge: the stores hold no runs"
    for each in merged:
        run = each.run
        told = [f"{counted(each.added, 'result')} added"]
        told += [f"{each.there} there already"] if each.there else []
        yield (
            f"Run {run.short_id} ({run.version.name}, {run.status}) of {counted(len(each.sources), 'store')} "
            f"in {location}: {', '.join(told)}"
        )
        for conflict in each.conflicts[:_MOST]:
            trial = f", trial {conflict.trial}" if conflict.trial else ""
            yield (
                f"  two results for {conflict.case_id}{trial}: kept that of {conflict.kept}, "
                f"left out that of {conflict.other}"
            )
        if len(each.conflicts) > _MOST:
            yield f"  and {len(each.conflicts) - _MOST} more cases with two results; --json names all"
    several = list(_apart(merged))
    yield from several
    alone = [each for each in merged if len(each.sources) == 1]
    if len(alone) == len(merged) > 1 and not several:
        yield "No two runs have a run key in common; --as-one-run makes one of those of a version"


def _apart(merged: Sequence[MergedRun]) -> Iterator[str]:
    """Say which runs have a run key in common, and are several as their sessions were of several states."""
    from pytest_vtrack.workflow.shared_runs import named_apart

    for key in sorted({key for each in merged for key in each.keys}):
        runs = [each for each in merged if key in each.keys]
        stores = [name for each in runs for name in each.sources]
        if len(runs) > 1 and len(set(stores)) == len(stores):  # a store of both has tests that list versions
            yield (
                f"Run key {key} has {len(runs)} runs: {', '.join(named_apart([each.run for each in runs]))}; "
                "sessions that differ in that never fill one run"
            )


def _as_json(merged: MergedRun) -> dict[str, object]:
    conflicts = [
        {"case": each.case_id, "trial": each.trial, "kept": each.kept, "left_out": each.other}
        for each in merged.conflicts
    ]
    run = {**run_as_json(merged.run), "sources": merged.sources}
    return {**run, "added": merged.added, "there": merged.there, "conflicts": conflicts}
