"""What waiting costs: cases that wait 100 ms each, many at once, against asyncio alone and bare pytest.

    python benchmarks/concurrency.py --cases 5000 --at-once 50 500 --rounds 3

Everything is stored. Bare asyncio runs the same application in as many tasks at once; bare pytest runs as
many tests that do nothing. The latencies are those that the application measures itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from paired import Command, Run, run_once

APP = """
import asyncio, atexit, json, time
from pathlib import Path

TOOK = []

async def app(n):
    start = time.perf_counter()
    await asyncio.sleep(0.1)
    TOOK.append(time.perf_counter() - start)
    return n

atexit.register(lambda: Path("took.json").write_text(json.dumps(TOOK)))
"""

TRACKED = """
import pytest
from app import app

@pytest.mark.vtrack(dataset="cases.jsonl")
async def test_app(vtrack_case):
    return await vtrack_case.run(app)
"""

ASYNCIO = """
import asyncio, sys
from app import app

async def main(cases, at_once):
    numbers = iter(range(cases))

    async def work():
        for n in numbers:
            await app(n)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""

BARE = """
import pytest

@pytest.mark.parametrize("n", range({cases}))
def test_no_op(n):
    pass
"""


def project(folder: Path, name: str, cases: int, **files: str) -> Path:
    """Write a project."""
    home = folder / f"{name}{cases}"
    home.mkdir()
    (home / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    for file, text in files.items():
        (home / f"{file}.py").write_text(text)
    lines = (json.dumps({"id": f"case-{n:07}", "inputs": {"n": n}}) for n in range(cases))
    (home / "cases.jsonl").write_text("\n".join(lines))
    return home


def latencies(home: Path) -> tuple[float, float]:
    """Return median and 99th percentile of what the last run measured, in milliseconds."""
    cuts = statistics.quantiles(json.loads((home / "took.json").read_text()), n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def row(at_once: int, runs: list[tuple[Run, Run, Run]], seen: Sequence[tuple[float, ...]]) -> str:
    """Return the table row of one number of cases at once: medians, and ratios within each round."""
    ours, alone, bare = (statistics.median(run.wall_s for run in side) for side in zip(*runs, strict=True))
    to_alone = statistics.median(each[0].wall_s / each[1].wall_s for each in runs)
    to_bare = statistics.median(each[0].wall_s / each[2].wall_s for each in runs)
    mine50, mine99, floor50, floor99 = (statistics.median(each) for each in zip(*seen, strict=True))
    return (
        f"| {at_once} | {len(runs)} | {ours:.2f} s | {alone:.2f} s | {bare:.2f} s | {to_alone:.2f} | "
        f"{to_bare:.2f} | {mine50:.0f} / {mine99:.0f} ms | {floor50:.0f} / {floor99:.0f} ms |"
    )


def measure(folder: Path, cases: int, at_once: int, rounds: int) -> str:
    """Return the table row for one number of cases at once."""
    home = folder / str(at_once)
    home.mkdir()
    tracked = project(home, "tracked", cases, app=APP, test_app=TRACKED)
    alone = project(home, "alone", cases, app=APP, alone=ASYNCIO)
    bare = project(home, "bare", cases, test_no_op=BARE.format(cases=cases))
    others = ("xdist", "randomly", "rerunfailures", "asyncio", "timeout", "hypothesispytest", "anyio")
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    pytest += [option for name in others for option in ("-p", f"no:{name}")]
    commands = (
        Command(
            "tracked",
            [*pytest, "--vtrack-version=v1", f"--vtrack-concurrency={at_once}"],
            tracked,
            lambda: shutil.rmtree(tracked / ".vtrack", ignore_errors=True),
        ),
        Command("asyncio", [sys.executable, "alone.py", str(cases), str(at_once)], alone),
        Command("bare", [*pytest, "-p", "no:vtrack"], bare),
    )
    runs, seen = [], []
    for _ in range(rounds):
        ours, floor, no_op = (run_once(command) for command in commands)
        runs.append((ours, floor, no_op))
        seen.append((*latencies(tracked), *latencies(alone)))
    return row(at_once, runs, seen)


def main() -> None:
    """Measure every number of cases at once and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--at-once", type=int, nargs="+", default=[50, 500])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(
        "| at once | rounds | vtrack | asyncio alone | bare pytest, no-ops | to asyncio | to bare | "
        "p50 / p99 seen | asyncio alone |\n|---|---|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        for at_once in arguments.at_once:
            print(measure(Path(folder), arguments.cases, at_once, arguments.rounds), flush=True)


if __name__ == "__main__":
    main()
