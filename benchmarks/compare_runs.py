"""How long comparing two stored runs takes, against numpy pairing the same values in memory.

python benchmarks/compare_runs.py [--rows 100000 1000000] [--metrics 5] [--trials 1] [--rounds 5]

Each line is measured in a process of its own: CPU time, medians, the ratio from rounds that take turns.
Peak memory is what one comparison adds to a process that has compared two small runs before.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store
from pytest_vtrack.store.baseline_file import import_baseline, write_baseline
from pytest_vtrack.store.protocol import WatchedMetric

BATCH = 5000


def results(cases: int, trials: int, specs: list[MetricSpec], seed: int) -> Iterator[CaseResult]:
    """Draw the results of a run; the first metric is yes/no, the others are scores."""
    rng = random.Random(seed)
    for number in range(cases):
        key = CaseKey("t.py::test", "qa", f"case-{number:07d}", "d")
        for trial in range(trials):
            passed = Assessment(specs[0], rng.random() < 0.9)
            scores = [Assessment(spec, rng.random()) for spec in specs[1:]]
            yield CaseResult(
                key,
                "t.py::test",
                "passed",
                trial=trial,
                tags={"topic": str(number % 5)},
                assessments=(passed, *scores),
            )


def fill(store: Store, run_id: str, drawn: Iterator[CaseResult]) -> None:
    """Store a complete run."""
    store.begin(Run(run_id, "bot", AppVersion(run_id)))
    batch: list[CaseResult] = []
    for result in drawn:
        batch.append(result)
        if len(batch) == BATCH:
            store.add(run_id, batch)
            batch = []
    store.add(run_id, batch)
    store.finish(run_id, status="complete", reason=None, ended_at=1.0)


def numpy_pairing(rows: int) -> Callable[[], Any]:
    """Return a function that pairs as many values by sorting arrays that are in memory already."""
    import numpy as np

    rng = np.random.default_rng(0)
    keys = np.arange(rows, dtype="i8")
    before, now = rng.permutation(keys), rng.permutation(keys)
    values = rng.random(rows), rng.random(rows)

    def pair() -> tuple[float, float]:
        order, other = np.argsort(before), np.argsort(now)
        place = np.searchsorted(before[order], now[other])
        d = values[1][other] - values[0][order][place]
        return float(d.sum()), float((d * d).sum())

    return pair


def cpu_of(function: Callable[[], Any]) -> float:
    """Return the CPU seconds of a call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def peak_mb() -> float:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True)
class Task:
    """Two runs of so many assessments, and where the baseline comes from."""

    rows: int
    metrics: int
    trials: int
    rounds: int
    source: str
    folder: str

    @property
    def specs(self) -> list[MetricSpec]:
        """The metrics; the first is yes/no."""
        kinds = range(self.metrics)
        return [MetricSpec(f"m{index}", "f", kind=None if index else "bool") for index in kinds]

    def place(self, name: str) -> Path:
        """Return a file of this task."""
        return Path(self.folder) / f"{self.rows}-{name}"


def prepare(task: Task) -> None:
    """Store the two runs, and write the baseline as a file."""
    store = open_store(str(task.place("runs.db")))
    cases = task.rows // task.metrics // task.trials
    for seed, run_id in enumerate(("before", "now")):
        fill(store, run_id, results(cases, task.trials, task.specs, seed))
    run = store.run("before")
    if run is not None and task.source == ".jsonl":
        write_baseline(task.place("before.jsonl"), store, run)
        store.remove("before")
    store.close()


def compare(store: Store, before: str, task: Task) -> dict[str, float]:
    """Return the CPU seconds of everything that a comparison asks for."""
    watched = [WatchedMetric(spec.name, threshold=0.5) for spec in task.specs]
    jobs = {
        "sums": lambda: store.metric_sums(before, "now"),
        "clusters": lambda: store.metric_sums(before, "now", cluster="topic"),
        "slices": lambda: store.slice_sums(before, "now"),
        "relation": lambda: store.case_relation(before, "now"),
        "changed": lambda: store.changed_cases(before, "now", watched, limit=1000),
    }
    return {name: cpu_of(job) for name, job in jobs.items()}


def warm_up(task: Task) -> None:
    """Load what is loaded once."""
    with tempfile.TemporaryDirectory() as folder:
        small = Task(100, task.metrics, 1, 1, task.source, folder)
        prepare(small)
        store = open_store(str(small.place("runs.db")))
        if task.source == ".jsonl":
            import_baseline(store, small.place("before.jsonl"))
        compare(store, "now", small)
        store.close()


def measure(task: Task) -> str:
    """Compare, and return what it cost as a line of the table."""
    warm_up(task)
    start_mb = peak_mb()
    store = open_store(str(task.place("runs.db")))
    before, read_s = "before", 0.0
    if task.source == ".jsonl":
        start = time.process_time()
        before = import_baseline(store, task.place("before.jsonl")).id
        read_s = time.process_time() - start
    rounds = [compare(store, before, task)]
    growth = peak_mb() - start_mb
    pair, ratios = numpy_pairing(task.rows), []
    for _ in range(task.rounds):
        floor = cpu_of(pair)
        rounds.append(compare(store, before, task))
        ratios.append(2 * rounds[-1]["sums"] / (floor + cpu_of(pair)))
    store.close()
    spent = {name: 1e3 * statistics.median(each[name] for each in rounds) for name in rounds[0]}
    times = " | ".join(f"{spent[name]:,.0f}" for name in spent if name != "sums")
    return (
        f"| {task.rows:,} | {task.source} | {read_s:,.1f} | {spent['sums']:,.0f} | "
        f"{statistics.median(ratios):.1f} [{min(ratios):.1f} to {max(ratios):.1f}] | {times} | "
        f"{growth:+,.0f} MB |"
    )


def in_fresh_process(function: Callable[[Task], Any], task: Task) -> Any:
    """Call a function in a process that has done nothing before."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, task).result()


HEADER = (
    "| rows a run | baseline from | read s | sums ms | ratio to numpy | sums by cluster ms | slices ms | "
    "relation ms | changed cases ms | peak memory |\n|---|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Compare runs of growing size and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--metrics", type=int, default=5)
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--source", nargs="+", choices=["SQLite", ".jsonl"], default=["SQLite", ".jsonl"])
    arguments = parser.parse_args()
    print(HEADER)
    for rows in arguments.rows:
        for source in arguments.source:
            with tempfile.TemporaryDirectory() as folder:
                task = Task(rows, arguments.metrics, arguments.trials, arguments.rounds, source, folder)
                in_fresh_process(prepare, task)
                print(in_fresh_process(measure, task), flush=True)


if __name__ == "__main__":
    main()
