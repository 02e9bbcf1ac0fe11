"""Very large sets: time, memory and completeness of N no-op cases that run in chunks.

    python benchmarks/bulk.py --cases 100000 1000000 --scorers 1 3 --workers 0 2

Memory is the most that each process has had in memory at once, above that of a session with 1,000 cases.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCORERS = """
@scorer
def right(outputs, expectations):
    return outputs == expectations["answer"]

@scorer(better="lower", tolerance=1)
def length(outputs):
    return len(outputs)

@scorer(bounds=(0, 1))
def share(inputs, outputs):
    return 0.5
"""
TEST = """
import pytest
from pytest_vtrack import scorer
{scorers}
@pytest.mark.vtrack(dataset="cases.jsonl", bulk=True, scorers=[{names}])
def test_no_op(vtrack_case):
    return "yes"
"""
CONFTEST = """
import json, os, resource

def pytest_unconfigure(config):
    name = os.environ.get("PYTEST_XDIST_WORKER", "controller")
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open(f"memory-{name}.json", "w") as file:
        json.dump({"kb": used.ru_maxrss, "cpu": used.ru_utime + used.ru_stime}, file)
"""
NAMES = ("right", "length", "share")


def project(folder: Path, cases: int, scorers: int) -> Path:
    """Write a project with one test over so many cases."""
    home = folder / f"{cases}-{scorers}"
    home.mkdir()
    (home / "pytest.ini").write_text("[pytest]\nvtrack_version = 1\n")
    (home / "conftest.py").write_text(CONFTEST)
    (home / "test_no_op.py").write_text(TEST.format(scorers=SCORERS, names=", ".join(NAMES[:scorers])))
    with (home / "cases.jsonl").open("w") as file:
        for number in range(cases):
            record = {
                "id": f"case-{number:07}",
                "inputs": {"question": f"question number {number}, asked politely"},
                "expectations": {"answer": "yes"},
                "tags": {"topic": f"topic{number % 10}"},
            }
            file.write(json.dumps(record) + "\n")
    return home


def run(home: Path, workers: int) -> tuple[float, dict[str, dict[str, float]], int, str]:
    """Run the session; return its time, what each process used, and what is stored."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    command += [f"-n{workers}"] if workers else ["-p", "no:xdist"]
    start = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, env=environment)
    took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stdout[-3000:] + done.stderr[-3000:])
    used = {
        path.stem.removeprefix("memory-"): json.loads(path.read_text()) for path in home.glob("memory-*.json")
    }
    database = sqlite3.connect(home / ".vtrack" / "vtrack.db")
    (stored, status), (rows,) = (
        database.execute("select stored, status from run").fetchone(),
        database.execute("select count(*) from trace").fetchone(),
    )
    database.close()
    assert stored == rows, f"{stored} said, {rows} found"
    return took, used, rows, status


def row(cases: int, scorers: int, workers: int, folder: Path) -> str:
    """Return a row of the table."""
    base, home = project(folder, 1000, scorers), project(folder, cases, scorers)
    _, least, _, _ = run(base, workers)
    took, used, rows, status = run(home, workers)
    controller = (used["controller"]["kb"] - least["controller"]["kb"]) * 1024 / cases
    others = [
        (used[name]["kb"] - least[name]["kb"]) / 1024
        for name in used
        if name != "controller" and name in least
    ]
    cpu = sum(each["cpu"] for each in used.values()) / cases * 1e6
    shutil.rmtree(base)
    shutil.rmtree(home)
    return (
        f"| {cases:,} | {scorers} | {workers or 'none'} | {took:.0f} s | {cpu:.0f} µs | {controller:.0f} B | "
        f"{f'{max(others):.0f} MB' if others else '-'} | {rows:,} of {cases:,}, {status} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[100_000])
    parser.add_argument("--scorers", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    asked = parser.parse_args()
    print("| cases | scorers | workers | time | CPU a case | controller, a case | worker, in all | stored |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="vtrack-bulk-") as folder:
        for cases in asked.cases:
            for scorers in asked.scorers:
                for workers in asked.workers:
                    print(row(cases, scorers, workers, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
