"""``vtrack dataset from-traces``: what was asked in production, as a dataset."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_vtrack.cli.dataset_sources import Sources, on_sources, who
from pytest_vtrack.cli.output import echo_json, local_zone

if TYPE_CHECKING:
    from pytest_vtrack.model.sampled import TraceCases


@click.command("from-traces")
@click.argument("target", metavar="NAME|PATH")
@click.option("--where", "query", metavar="QUERY", help='Only these: "env = prod and duration > 2s".')
@click.option("--sample", "size", type=click.IntRange(min=1), metavar="N", help="At most N cases, at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one gives another sample.")
@click.option("--stratify", metavar="TAG", help="Sample from each value of this tag its share.")
@click.option("--dedupe", is_flag=True, help="One case for each inputs: the newest, of labelled ones first.")
@click.option(
    "--input",
    "input_name",
    metavar="NAME",
    default="input",
    help="What to call inputs that are one text or list.",
)
@click.option("--why", metavar="TEXT", default="", help="Why there is a new version, in a sentence.")
@on_sources
def command(
    sources: Sources,
    target: str,
    query: str | None,
    size: int | None,
    seed: int,
    stratify: str | None,
    dedupe: bool,
    input_name: str,
    why: str,
    as_json: bool,
) -> None:
    """Make a dataset of stored traces: the next version of NAME, or a file.

    What was recorded as expected and what people said of a trace become the expectations. The same seed
    chooses the same traces.
    """
    from pytest_vtrack.workflow.dataset_from_traces import Choice, cases_from_traces
    from pytest_vtrack.workflow.dataset_references import check_name, names_a_file
    from pytest_vtrack.workflow.query_parsing import parse_query

    if stratify is not None and size is None:
        raise click.UsageError("--stratify needs --sample N: without a sample every trace becomes a case")
    to_file = names_a_file(target)
    if not to_file:
        check_name(target, given=f"vtrack dataset from-traces {target}")
    store = sources.store
    where = None if query is None else parse_query(query, metrics=store.metric_names(), zone=local_zone())
    choice = Choice(size, seed, stratify, dedupe, input_name)
    found = cases_from_traces(store, where, choice, experiment=sources.experiment)
    source = f"traces where {query}" if query else "traces"
    made = _written(found, Path(target)) if to_file else _registered(sources, found, target, source, why)
    if as_json:
        counts = {name: value for name, value in asdict(found).items() if name != "cases"}
        echo_json({"made": made, "cases": len(found.cases), **counts})
    else:
        for line in _told(found):
            click.echo(line)
        click.echo(made)


def _written(found: TraceCases, path: Path) -> str:
    from pytest_vtrack.interop.dataset_writing import write_dataset
    from pytest_vtrack.report.words import counted

    others = write_dataset(found.cases, path)
    changed = f"; {others} of them cannot stand in {path.suffix} as they are" if others else ""
    return f"Wrote {counted(len(found.cases), 'case')} to {path}{changed}"


def _registered(sources: Sources, found: TraceCases, name: str, source: str, why: str) -> str:
    from pytest_vtrack.report.words import counted

    version, new = sources.store.datasets.add(
        name, found.cases, source=source, why=why, who=who(), at=time.time()
    )
    if not new:
        return f"{version.ref} has exactly these cases already; nothing was added"
    return f"Registered {version.ref}: {counted(version.cases, 'case')}"


def _told(found: TraceCases) -> Iterator[str]:
    from pytest_vtrack.report.words import counted

    yield f"{counted(found.matched, 'trace')} matched"
    if found.without_inputs:
        yield f"{counted(found.without_inputs, 'trace')} without inputs left out"
    if found.duplicates:
        yield f"{counted(found.duplicates, 'trace')} left out: another has the same inputs"
    if found.conflicts:
        yield f"{found.conflicts} of these people judged otherwise than the one that was kept"
    if found.sampled_from > len(found.cases):
        yield f"{counted(len(found.cases), 'case')} sampled from {found.sampled_from:,}"
    if found.same_inputs:
        yield f"{counted(found.same_inputs, 'case')} with the inputs of another; --dedupe keeps one of each"
    yield f"{counted(found.labelled, 'case')} with an expectation that a person gave"
