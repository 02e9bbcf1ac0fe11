"""How long comparing two stored runs takes, against numpy pairing the same values in memory.

python benchmarks/compare_runs.py [--rows 50000 500000] [--metrics 5] [--trials 1] [--rounds 3]
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store
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
    """Store a run."""
    store.begin(Run(run_id, "bot", AppVersion(run_id)))
    batch: list[CaseResult] = []
    for result in drawn:
        batch.append(result)
        if len(batch) == BATCH:
            store.add(run_id, batch)
            batch = []
    store.add(run_id, batch)


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


def cpu_of(function: Callable[[], Any], rounds: int) -> float:
    """Return the median CPU seconds of a call."""
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        function()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def peak_mb() -> float:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(rows: int, arguments: argparse.Namespace, folder: Path) -> None:
    """Store two runs of so many assessments, compare them, and print what it cost."""
    cases = rows // arguments.metrics // arguments.trials
    specs = [
        MetricSpec(f"m{index}", "f", kind=None if index else "bool") for index in range(arguments.metrics)
    ]
    store = open_store(str(folder / f"{rows}.db"))
    for seed, run_id in enumerate(("before", "now")):
        fill(store, run_id, results(cases, arguments.trials, specs, seed))
    store.case_relation("before", "now")  # what is loaded once does not count
    start_mb = peak_mb()
    watched = [WatchedMetric(spec.name, threshold=0.5) for spec in specs]
    jobs = {
        "sums": lambda: store.metric_sums("before", "now"),
        "sums by cluster": lambda: store.metric_sums("before", "now", cluster="topic"),
        "slices": lambda: store.slice_sums("before", "now"),
        "relation": lambda: store.case_relation("before", "now"),
        "changed cases": lambda: store.changed_cases("before", "now", watched, limit=1000),
    }
    spent = {name: cpu_of(job, arguments.rounds) for name, job in jobs.items()}
    growth = peak_mb() - start_mb
    floor = cpu_of(numpy_pairing(rows), arguments.rounds)
    print(f"{rows:,} assessments a run, {cases:,} cases; peak memory grew by {growth:.0f} MB")
    print(f"  {'numpy, in memory':18} {floor:7.3f} s CPU")
    for name, seconds in spent.items():
        print(f"  {name:18} {seconds:7.3f} s CPU  x{seconds / floor:.1f}")
    store.close()


def main() -> None:
    """Compare runs of growing size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 500_000])
    parser.add_argument("--metrics", type=int, default=5)
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for rows in arguments.rows:
            measure(rows, arguments, Path(folder))


if __name__ == "__main__":
    main()
