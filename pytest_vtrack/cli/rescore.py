"""``vtrack rescore``: scorers over what is stored of a run, without running the application."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_vtrack.cli.output import echo_json, echo_lines, run_as_json, screen
from pytest_vtrack.cli.safekeeping import confirmed, spool_of
from pytest_vtrack.cli.scorer_names import named_scorers
from pytest_vtrack.cli.show import find_run
from pytest_vtrack.cli.stored import Stored, on_store
from pytest_vtrack.errors import ReferenceInvalid, ScorerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_vtrack.model.comparison import SideCounts
    from pytest_vtrack.model.dataset import Dataset
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.scoring.protocol import Scorer
    from pytest_vtrack.workflow.rescored_run import Tally

INTERRUPTED = 130


@click.command("rescore")
@click.argument("ref", metavar="[REF]", required=False)
@click.option(
    "--scorers",
    "names",
    multiple=True,
    required=True,
    metavar="NAME",
    help="module:name, path/to/test_file.py:name, or a built-in such as exact_match (repeatable).",
)
@click.option("--version", metavar="NAME", help="In place of REF: the newest run of this version.")
@click.option(
    "--dataset",
    "file",
    metavar="PATH",
    help="What is expected now, where inputs are the same: a file, or dataset:NAME.",
)
@click.option("--retry-errors", is_flag=True, help="Ask again where the stored answer is an error.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    metavar="N",
    help="Score up to N traces at once.",
)
@on_store
def command(
    stored: Stored,
    ref: str | None,
    names: tuple[str, ...],
    version: str | None,
    file: str | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Run scorers over the stored traces of the run REF, without running the application.

    Only what a trace lacks is scored: answers of a scorer that is new, or has another fingerprint. They
    take the place of those that the trace had; these stay in the store. What is scored is stored at once:
    after Ctrl-C the same command goes on. Ends with 1 where answers are errors or traces could not be
    scored, with 130 after Ctrl-C.
    """
    run = _run(stored, ref, version)
    scorers = named_scorers(names, stored.project, Path.cwd())
    _check(scorers)
    tally = _carried_out(stored, run, scorers, _dataset(stored, file), **how)
    kept = [each for each in stored.store.metric_summaries(run.id) if _is_asked(each, scorers)]
    if as_json:
        echo_json(_as_json(run, scorers, tally, kept))
    else:
        _echo(run, scorers, tally, kept)
    click.get_current_context().exit(INTERRUPTED if tally.interrupted else int(not tally.flawless))


def _run(stored: Stored, ref: str | None, version: str | None) -> Run:
    """Return the run that is meant; where REF and version are given, they must agree."""
    if ref is None and version is None:
        raise click.UsageError("Missing argument 'REF': name a version, a baseline, last or run:ID.")
    run = find_run(stored, ref or version or "")
    if version is not None and run.version.name != version:
        raise ReferenceInvalid(
            f"{ref} is run {run.short_id} of version {run.version.name!r}, not of --version={version}; leave "
            "one of the two out"
        )
    return run


def _check(scorers: Sequence[Scorer]) -> None:
    for scorer in scorers:
        if scorer.needs_baseline:
            raise ScorerError(
                f"--scorers: {scorer.name!r} looks at the baseline's trace of each case, which is not stored "
                "with a run; leave it out here, it scores where pytest runs the cases with "
                "--vtrack-baseline=REF"
            )


def _dataset(stored: Stored, file: str | None) -> Dataset | None:
    if file is None:
        return None
    from pytest_vtrack.interop.datasets import find_dataset, read_dataset
    from pytest_vtrack.workflow.dataset_references import is_registered, registered_dataset

    if is_registered(file):
        return registered_dataset(stored.store, file)
    return read_dataset(find_dataset(file, Path.cwd(), stored.project.folder))


def _carried_out(
    stored: Stored,
    run: Run,
    scorers: Sequence[Scorer],
    dataset: Dataset | None,
    *,
    retry_errors: bool,
    concurrency: int,
) -> Tally:
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.workflow.rescored_run import Rescoring

    redaction = Redaction(stored.project.lines("redact"))
    spool = spool_of(stored.project, stored.store)
    task = Rescoring(stored.store, run, scorers, redaction, dataset, retry_errors, concurrency, spool)
    with confirmed(stored.project, stored.store, [run]), _progress(run) as advance:
        return task.carry_out(advance)


@contextmanager
def _progress(run: Run) -> Iterator[Callable[[int], None]]:
    """Show how far it is: a bar on a terminal, nothing in a log."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(
        length=run.stored,
        label=f"Scoring {run.version.name}",
        file=sys.stderr,
        show_pos=True,
        update_min_steps=1,
    ) as bar:
        yield lambda steps: bar.update(steps)


def _is_asked(side: SideCounts, scorers: Sequence[Scorer]) -> bool:
    """Tell whether a metric of the run is an answer of one of the scorers."""
    name, mark = side.spec.name, side.spec.fingerprint
    others = {scorer.name for scorer in scorers}
    return any(mark == each.fingerprint and (name == each.name or name not in others) for each in scorers)


def _as_json(run: Run, scorers: Sequence[Scorer], tally: Tally, kept: Sequence[SideCounts]) -> dict[str, Any]:
    return {
        "run": run_as_json(run),
        "scorers": [{"name": each.name, "fingerprint": each.fingerprint} for each in scorers],
        "traces": tally.traces,
        "scored": tally.scored,
        "answered_before": tally.answered,
        "not_run": tally.not_run,
        "app_failed": tally.no_outputs,
        "calls": tally.called,
        "errors": dict(tally.errors),
        "errors_before": dict(tally.errors_before),
        "not_scored": {why: dict(counts) for why, counts in tally.hindered.items()},
        "not_in_dataset": tally.other_inputs,
        "interrupted": tally.interrupted,
        "metrics": [
            {"name": one.spec.name, "value": one.mean, "cases": one.cases, "errors": one.errors}
            for one in kept
        ],
    }


def _echo(run: Run, scorers: Sequence[Scorer], tally: Tally, kept: Sequence[SideCounts]) -> None:
    from pytest_vtrack.report.layout import Paper
    from pytest_vtrack.report.without_baseline import metric_values

    paper = Paper(**screen())
    for sentence in _sentences(run, scorers, tally):
        echo_lines(paper.paragraph(sentence))
    if kept:
        echo_lines([(), *metric_values(kept, paper), ()])
    for sentence in _troubles(tally):
        echo_lines(paper.paragraph(sentence, tone="not_sure"))


def _sentences(run: Run, scorers: Sequence[Scorer], tally: Tally) -> Iterator[str]:
    from pytest_vtrack.report.words import counted

    what = f"{run.version.name} (run {run.short_id})"
    if tally.interrupted:
        yield (
            f"Interrupted. {counted(tally.scored, 'trace')} scored and stored; the same command goes on from "
            "there."
        )
        return
    yield (
        f"{counted(tally.scored, 'trace')} of {what} scored with {', '.join(each.name for each in scorers)}; "
        f"{tally.answered:,} had the answers before. The application was not called."
    )
    if tally.not_run:
        yield f"{counted(tally.not_run, 'case')} never ran, so there is nothing to score."


def _troubles(tally: Tally) -> Iterator[str]:
    from pytest_vtrack.report.words import counted

    if tally.no_outputs:
        yield (
            f"{counted(tally.no_outputs, 'trace')} ended in an error of the application, which is the answer "
            "there."
        )
    for metric, count in tally.errors.items():
        yield f"{counted(count, 'error')} of {metric}, the first: {tally.first_errors[metric]}"
    for scorer, count in tally.errors_before.items():
        yield f"{counted(count, 'error')} of {scorer} from before; to ask again: --retry-errors."
    for why, counts in tally.hindered.items():
        for scorer, count in counts.items():
            yield f"{counted(count, 'trace')} not scored with {scorer}: {why}."
    if tally.other_inputs:
        yield (
            f"{counted(tally.other_inputs, 'trace')} kept the expectations that are stored: the case is not "
            "in the dataset, or has other inputs there."
        )
