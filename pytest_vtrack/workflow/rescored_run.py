"""Scoring everything that is stored of a run, in pieces: what was scored is stored at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_vtrack.model import payload
from pytest_vtrack.store.protocol import Place
from pytest_vtrack.store.writer import Writer
from pytest_vtrack.workflow.rescoring import Given, MetricNames, Rescored, is_scored, rescore
from pytest_vtrack.workflow.scoring_threads import ScoringThreads

if TYPE_CHECKING:
    from pytest_vtrack.model.dataset import Dataset
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.scoring.protocol import Scorer
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.store.spool import Spool

_PIECE = 200

Trial = Sequence["CaseResult"]
"""Its attempts, the newest last."""


@dataclass(slots=True)
class Tally:
    """What became of the stored trials of a run."""

    traces: int = 0
    not_run: int = 0
    """Trials that were skipped, or whose application never ran: nobody scores those."""
    answered: int = 0
    """Trials that every scorer had answered on before."""
    scored: int = 0
    called: int = 0
    """How often a scorer ran."""
    errors: Counter[str] = field(default_factory=Counter)
    """Answers that are errors, by metric; not those about a trial whose application failed."""
    first_errors: dict[str, str] = field(default_factory=dict)
    errors_before: Counter[str] = field(default_factory=Counter)
    """Answers from before that are errors and were not asked for again, by scorer; counted likewise."""
    no_outputs: int = 0
    """Trials whose application failed: that error is the answer."""
    hindered: dict[str, Counter[str]] = field(default_factory=dict)
    """Trials that a scorer could not be asked about, by reason and scorer."""
    other_inputs: int = 0
    """Trials whose case is not in the dataset that was named, or has other inputs there."""
    interrupted: bool = False

    @property
    def flawless(self) -> bool:
        """Whether every trial that ran has an answer of every scorer, and none is an error."""
        return not (self.errors or self.errors_before or self.hindered or self.interrupted)


@dataclass(frozen=True)
class Rescoring:
    """One run to be scored by some scorers.

    :param dataset: says what is expected, where its cases have the inputs that are stored.
    :param retry_errors: ask again where the stored answer is an error.
    :param spool: where answers wait while the store takes nothing; without it that ends the scoring.
    """

    store: Store
    run: Run
    scorers: Sequence[Scorer]
    redaction: Redaction
    dataset: Dataset | None = None
    retry_errors: bool = False
    concurrency: int = 8
    spool: Spool | None = None

    def carry_out(self, on_progress: Callable[[int], None]) -> Tally:
        """Score what lacks an answer, and store the answers as they come; Ctrl-C ends it early.

        :param on_progress: is called with the number of trials that were looked at since the last call.
        """
        tally, names = Tally(), MetricNames(self.scorers)
        names.learn_stored(each.spec for each in self.store.metric_summaries(self.run.id))
        threads, writer = ScoringThreads(self.concurrency), Writer(self.store, spool=self.spool)

        def work(task: _Task) -> Rescored:
            return self._rescored(task, names, threads)

        def take(found: Rescored) -> None:
            _count(found, tally)
            if found.result is not None:
                names.learn(found.new)
                writer.add(self.run.id, [found.result])

        try:
            for found in threads.each(work, self._tasks(tally, names, writer, on_progress)):
                take(found)
                on_progress(1)
        except KeyboardInterrupt:
            tally.interrupted = True
            for found in threads.stop():
                take(found)
        finally:
            threads.close()
            writer.close()
            if tally.scored:
                writer.patiently(partial(keep_counts, self.store, self.run))
        return tally

    def _tasks(
        self, tally: Tally, names: MetricNames, writer: Writer, on_progress: Callable[[int], None]
    ) -> Iterator[_Task]:
        """Yield the trials that lack an answer."""
        cases = {} if self.dataset is None else {case.id: case for case in self.dataset}
        for trial in stored_trials(self.store, self.run, writer):
            tally.traces += 1
            newest = trial[-1]
            given, changed = self._given(newest, cases, tally)
            lacking = list(self.scorers) if changed else names.lacking(newest)
            failed = [each for each in self._failed(newest, names) if each not in lacking]
            if self.retry_errors:
                lacking += failed
            else:
                tally.errors_before.update(each.name for each in failed)
            if is_scored(newest) and lacking:
                yield _Task(trial, lacking, given, changed or self.retry_errors)
                continue
            tally.answered += is_scored(newest)
            tally.not_run += not is_scored(newest)
            on_progress(1)

    def _failed(self, result: CaseResult, names: MetricNames) -> list[Scorer]:
        failed = {
            (each.metric.name, each.metric.fingerprint)
            for each in result.assessments
            if each.error is not None and result.outputs is not None
        }
        return [s for s in self.scorers if any((name, s.fingerprint) in failed for name in names.of(s))]

    def _given(self, result: CaseResult, cases: Mapping[str, Any], tally: Tally) -> tuple[Given, bool]:
        """Return what the dataset says of a case, and whether it expects something else than is stored."""
        if self.dataset is None or not is_scored(result):
            return Given(), False
        case = cases.get(result.key.case_id)
        inputs = payload.decode(result.inputs)
        if case is None or _canonical(self.redaction, case.inputs) != _canonical(self.redaction, inputs):
            tally.other_inputs += 1
            return Given(), False
        stored = payload.decode(result.expectations)
        changed = _canonical(self.redaction, case.expectations) != _canonical(self.redaction, stored)
        return Given(case.inputs, case.expectations, case), changed

    def _rescored(self, task: _Task, names: MetricNames, threads: ScoringThreads) -> Rescored:
        return rescore(
            task.trial,
            task.lacking,
            names,
            await_=threads.await_,
            redaction=self.redaction,
            given=task.given,
            spans_kept=self.run.origin != "file",
            again=task.again,
        )


@dataclass(frozen=True, slots=True)
class _Task:
    trial: Trial
    lacking: Sequence[Scorer]
    given: Given
    again: bool


def stored_trials(store: Store, run: Run, writer: Writer) -> Iterator[Trial]:
    """Yield the trials of a run; nothing is held open between two pieces, and a server may be away."""
    after: Place | None = None
    while True:
        trials, after = writer.patiently(partial(store.some_trials, run.id, after=after, limit=_PIECE))
        yield from trials
        if after is None:
            return


def keep_counts(store: Store, run: Run) -> None:
    """Count again what a run that has ended has stored, so that no comparison has to."""
    if run.status != "running" and run.ended_at is not None:
        store.finish(
            run.id, status=run.status, reason=run.reason, ended_at=run.ended_at, expected=run.expected
        )


def _canonical(redaction: Redaction, value: Any) -> str | None:
    text = redaction.text(payload.encode(value, "value").text)
    return payload.encode(payload.decode(text), "value", canonical=True).text


def _count(found: Rescored, tally: Tally) -> None:
    for scorer, why in found.hindered.items():
        tally.hindered.setdefault(why, Counter())[scorer] += 1
    if found.result is None:
        return
    tally.scored += 1
    if found.result.outputs is None:
        tally.no_outputs += 1
        return
    tally.called += found.called
    for each in found.new:
        if each.error is not None:
            tally.errors[each.metric.name] += 1
            tally.first_errors.setdefault(each.metric.name, each.error)
