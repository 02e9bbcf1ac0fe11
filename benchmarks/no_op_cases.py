"""What recording costs: N no-op cases with three scorers, everything stored, against bare pytest.

    python benchmarks/no_op_cases.py --cases 1000 10000 --rounds 9

Bare is the same parametrized no-op test without the plugin.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from paired import HEADER, Command, report, run_paired

TRACKED = """
import pytest
from pytest_vtrack import scorer

@scorer
def right(outputs, expectations):
    return outputs == expectations["answer"]

@scorer(better="lower", tolerance=1)
def length(outputs):
    return len(outputs)

@scorer(bounds=(0, 1))
def share(inputs, outputs):
    return 0.5

@pytest.mark.vtrack(dataset="cases.jsonl", scorers=[right, length, share])
def test_no_op(vtrack_case):
    return "yes"
"""

BARE = """
import json, pathlib, pytest

CASES = [json.loads(line) for line in pathlib.Path(__file__).with_name("cases.jsonl").open()]

@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_no_op(case):
    pass
"""


def project(folder: Path, name: str, test: str, cases: int) -> Path:
    """Write a project with one test over so many cases."""
    home = folder / f"{name}{cases}"
    home.mkdir()
    (home / "pytest.ini").write_text("[pytest]\n")
    (home / "test_no_op.py").write_text(test)
    lines = (
        json.dumps(
            {
                "id": f"case-{i:07}",
                "inputs": {"question": f"question number {i}, asked politely"},
                "expectations": {"answer": "yes"},
                "tags": {"topic": f"topic{i % 10}"},
            }
        )
        for i in range(cases)
    )
    (home / "cases.jsonl").write_text("\n".join(lines))
    return home


def measure(cases: int, rounds: int, folder: Path) -> str:
    """Return the table row for one number of cases."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    others = ["xdist", "randomly", "rerunfailures", "asyncio", "timeout", "hypothesispytest", "anyio"]
    pytest += [option for name in others for option in ("-p", f"no:{name}")]
    tracked = project(folder, "tracked", TRACKED, cases)
    bare = project(folder, "bare", BARE, cases)
    ours = Command(
        "tracked",
        [*pytest, "--vtrack-version=v1"],
        tracked,
        lambda: shutil.rmtree(tracked / ".vtrack", ignore_errors=True),
    )
    pairs = run_paired(ours, Command("bare", [*pytest, "-p", "no:vtrack"], bare), rounds)
    extra = [(a.peak_mb - b.peak_mb) * 1024 / cases for a, b in pairs]
    return f"{report(f'{cases:,} cases', pairs)} {sorted(extra)[len(extra) // 2]:.2f} KB a case |"


def main() -> None:
    """Measure every size and print one table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    first, second = HEADER.split("\n")
    print(f"{first} memory a case |\n{second}---|")
    with tempfile.TemporaryDirectory() as folder:
        for cases in arguments.cases:
            print(measure(cases, arguments.rounds, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
