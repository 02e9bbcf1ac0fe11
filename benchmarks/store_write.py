"""How fast results are stored: CPU a result with six assessments, through the buffering writer.

python benchmarks/store_write.py [--results 20000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_vtrack.model.assessment import LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.writer import Writer

SCORES = [MetricSpec(f"score_{index}", "f") for index in range(4)]


def results(cases: int, seed: int) -> Iterator[CaseResult]:
    """Draw results: a yes/no metric with its reason, four scores, and the latency."""
    rng = random.Random(seed)
    for number in range(cases):
        passed = Assessment(
            PASSED, rng.random() < 0.9, rationale=f"the answer to question {number} is as expected"
        )
        scores = [Assessment(spec, rng.random()) for spec in SCORES]
        name = f"case-{number:07d}"
        yield CaseResult(
            CaseKey("tests/test_qa.py::test_answers", "qa", name, f"{number:016x}"),
            f"tests/test_qa.py::test_answers[{name}]",
            "passed",
            inputs=f'{{"question":"What is the answer to question {number}?"}}',
            outputs=f'{{"text":"The answer to question {number} is {rng.random()}."}}',
            tags={"topic": f"topic {number % 5}"},
            started_at=float(number),
            duration_s=0.1,
            assessments=(passed, *scores, Assessment(LATENCY, rng.random() + 0.1)),
        )


def main() -> None:
    """Store several runs one after another; print CPU and wall time a result, and bytes on disk."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--results", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vtrack.db"
        store = open_store(str(path))
        for number in range(arguments.rounds):
            drawn = list(results(arguments.results, number))
            store.begin(Run(f"run{number}", "bot", AppVersion("v1"), started_at=float(number)))
            writer = Writer(store)
            cpu, wall = time.process_time(), time.perf_counter()
            for result in drawn:
                writer.add(f"run{number}", [result])
            writer.close()
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            known = "new cases" if number == 0 else "known cases"
            per_result, rate = 1e6 / len(drawn), len(drawn) / wall
            print(
                f"{known:12} {per_result * cpu:6.1f} us CPU, {per_result * wall:6.1f} us wall a result; "
                f"{rate:,.0f} results/s, {9 * rate:,.0f} rows/s"
            )
        store.close()
        size = path.stat().st_size / arguments.results / arguments.rounds
        print(f"{size:.0f} bytes a result on disk")


if __name__ == "__main__":
    main()
