"""How fast queries for traces answer: each is asked of one store, in which the traces have spans and tags.

python benchmarks/trace_query.py [--traces 1000000] [--runs 100] [--rounds 3]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

from pytest_vtrack.model import spans
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store
from pytest_vtrack.workflow.query_parsing import parse_query

START = 1_800_000_000.0
CORRECT = MetricSpec("correct", "f")
QUERIES = (
    "env = prod and duration > 2s",
    "env = prod and duration > 1h",
    "tags.topic = billing and correct = false",
    "tags.topic = rare and correct = false",
    "span.kind = TOOL",
    "span.name = lookup and status = error",
    "correct = false",
    "version = v9 and not tags.topic = billing",
    "time > 2027-01-20 and span.kind is null",
    "text ~ 'answer 123456'",
)


def results(count: int, seed: int) -> Iterator[CaseResult]:
    """Draw results: every second one has spans, every sixth a tool call, every thousandth a rare topic."""
    rng = random.Random(seed)
    for number in range(count):
        name = f"case-{seed}-{number:07d}"
        started = START + seed * 20_000 + number
        steps = [("plan", "CHAIN"), ("ask", "CHAT_MODEL"), *([("lookup", "TOOL")] if number % 3 == 0 else [])]
        inner = [
            Span(step, kind, started + at, 0.3, f"{number:08x}{at:08x}")
            for at, (step, kind) in enumerate(steps)
        ]
        topic = "rare" if number % 1000 == 0 else rng.choice(("billing", "refund", "other"))
        yield CaseResult(
            CaseKey("tests/test_qa.py::test_answers", "qa", name),
            f"tests/test_qa.py::test_answers[{name}]",
            "passed" if rng.random() < 0.98 else "error",
            inputs=f'{{"question":"question {number}?"}}',
            outputs=f'"answer {rng.randrange(10**6)}"',
            tags={"topic": topic, "session": f"s{rng.randrange(1000)}"},
            started_at=started,
            duration_s=rng.expovariate(1.0),
            assessments=(Assessment(CORRECT, rng.random() < 0.9),),
            trace_id=f"{rng.getrandbits(128):032x}" if number % 2 == 0 else "",
            spans=spans.encode(inner).text if number % 2 == 0 else None,
        )


def fill(store: Store, traces: int, runs: int) -> None:
    """Store runs of ten versions in two environments."""
    for number in range(runs):
        env = "prod" if number % 2 else "dev"
        started = START + number * 20_000
        run = Run(f"{number:032x}", "bot", AppVersion(f"v{number % 10}"), env, started_at=started)
        store.begin(run)
        store.add(run.id, list(results(traces // runs, number)))
        store.finish(run.id, status="complete", reason=None, ended_at=started + 19_000)


def main() -> None:
    """Fill a store, ask every query several times, and print the best time and how many traces it found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--traces", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vtrack.db"
        store = open_store(str(path))
        begun = time.perf_counter()
        fill(store, arguments.traces, arguments.runs)
        took = time.perf_counter() - begun
        store.close()
        size = path.stat().st_size / arguments.traces
        print(f"{arguments.traces:,} traces stored in {took:.0f} s, {size:.0f} bytes each on disk")
        for query in QUERIES:
            times, found = ask(path, query, arguments.rounds)
            print(f"{query:45} {found:4} found  {times[0]:7.3f} s first, {min(times):7.3f} s best")


def ask(path: Path, query: str, rounds: int) -> tuple[list[float], int]:
    """Ask a query as the command does, each time of a store that was just opened."""
    times, found = [], 0
    for _ in range(rounds):
        store = open_store(str(path))
        begun = time.perf_counter()
        where = parse_query(query, metrics=store.metric_names(), zone=UTC)
        found = len(store.traces(where, experiment="bot", limit=100))
        times.append(time.perf_counter() - begun)
        store.close()
    return times, found


if __name__ == "__main__":
    main()
