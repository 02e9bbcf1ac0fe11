"""How long a decision takes: 1,000 metrics over 1,000 cases, summed up and judged, without and with numpy.

python benchmarks/decision_speed.py
"""

from __future__ import annotations

import argparse
import random
import time
from typing import Any

import numpy

from pytest_vtrack.compare.rule import decide
from pytest_vtrack.compare.sums import sum_tables
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import MetricSums, SideCounts
from pytest_vtrack.model.policy import Policy

ROUNDS = 7


def values(cases: int, rng: random.Random) -> tuple[list[float], list[float]]:
    """Draw one metric's scores on both sides; every third case changes."""
    before = [rng.random() for _ in range(cases)]
    return before, [rng.random() if rng.random() < 0.3 else value for value in before]


def main() -> None:
    """Measure summing and deciding apart; print seconds, the best of some rounds."""
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
    before, now = zip(*drawn, strict=True)
    print(f"{arguments.metrics:,} metrics x {arguments.cases:,} cases, best of {ROUNDS}")
    print(f"standard library: {measured(side, before, now)}")
    print(f"numpy:            {measured(side, numpy.array(before), numpy.array(now))}")


def measured(side: list[SideCounts], before: Any, now: Any) -> str:
    """Return the seconds that summing up and deciding take."""
    summing, deciding = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        pairs = sum_tables(before, now)
        summed = time.perf_counter()
        metrics = [MetricSums(s.spec.name, s, s, raw=p) for s, p in zip(side, pairs, strict=True)]
        decide(metrics, Policy())
        summing.append(summed - started)
        deciding.append(time.perf_counter() - summed)
    both = min(a + b for a, b in zip(summing, deciding, strict=True))
    return f"{both:.3f} s (summing up {min(summing):.3f} s, deciding {min(deciding):.3f} s)"


if __name__ == "__main__":
    main()
