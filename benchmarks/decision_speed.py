"""How long a decision takes on the standard library: 1,000 metrics over 1,000 cases, summed up and judged.

python benchmarks/decision_speed.py
"""

from __future__ import annotations

import argparse
import random
import time

from pytest_vtrack.compare.rule import decide
from pytest_vtrack.compare.sums import sum_pairs
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import MetricSums, SideCounts
from pytest_vtrack.model.policy import Policy


def values(cases: int, rng: random.Random) -> tuple[list[float], list[float]]:
    """Draw one metric's scores on both sides; every third case changes."""
    before = [rng.random() for _ in range(cases)]
    return before, [rng.random() if rng.random() < 0.3 else value for value in before]


def main() -> None:
    """Measure summing and deciding apart; print seconds, the best of three rounds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--metrics", type=int, default=1000)
    parser.add_argument("--cases", type=int, default=1000)
    arguments = parser.parse_args()
    rng = random.Random(1)
    drawn = [values(arguments.cases, rng) for _ in range(arguments.metrics)]
    side = [
        SideCounts(
            MetricSpec(f"m{index}", "f"), arguments.cases, numbers=arguments.cases, minimum=0, maximum=1
        )
        for index in range(arguments.metrics)
    ]
    summing, deciding = [], []
    for _ in range(3):
        started = time.perf_counter()
        pairs = [sum_pairs(before, now) for before, now in drawn]
        summed = time.perf_counter()
        metrics = [MetricSums(s.spec.name, s, s, raw=p) for s, p in zip(side, pairs, strict=True)]
        decide(metrics, Policy())
        summing.append(summed - started)
        deciding.append(time.perf_counter() - summed)
    print(f"{arguments.metrics:,} metrics x {arguments.cases:,} cases")
    print(f"summing up {min(summing):.2f} s, deciding {min(deciding):.3f} s")


if __name__ == "__main__":
    main()
