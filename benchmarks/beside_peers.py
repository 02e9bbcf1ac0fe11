"""The same cases, application and scorers given to pytest-vtrack and to other tools.

    python benchmarks/beside_peers.py --cases 1000 --rounds 3 --docs docs/explanation/speed.md

Each tool runs in an environment of its own, which is made once (`--environments`) and used again. All run in
turn, round by round. CPU and wall are a whole process, less one that has a single case, a case; start-up is
that single case. What is stored is read back with the tool's own means after the last round.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from paired import Command, Run, run_once, with_bytecode

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "peers"
BEGIN, END = "<!-- table of benchmarks/beside_peers.py -->", "<!-- end of the table -->"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist")

QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DO_NOT_TRACK": "1",
    "GIT_PYTHON_REFRESH": "quiet",
    "LANGSMITH_TEST_TRACKING": "false",
    "LANGSMITH_TRACING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "NO_COLOR": "1",
}
"""No tool may reach for the network."""


@dataclass(frozen=True)
class Peer:
    """A tool, how it is installed, and how it is called."""

    name: str
    packages: Sequence[str]
    arguments: Sequence[str]
    reads_back: str | None = None
    """The program that counts what was stored."""
    most_cases: int = sys.maxsize
    """Beyond which it would take longer than anybody waits."""

    @property
    def environment(self) -> str:
        """The name of its environment."""
        return "-".join(each.partition("[")[0].replace(str(HERE.parent), "vtrack") for each in self.packages)


def suite(name: str, *more: str) -> tuple[str, ...]:
    """Return the arguments that run one of the suites."""
    return (*PYTEST, *more, f"suite_{name}.py")


PEERS = (
    Peer("pytest alone", ["pytest"], suite("plain")),
    Peer("pytest-vtrack", [str(HERE.parent)], suite("vtrack", "--vtrack-version=v1"), "stored_vtrack.py"),
    Peer("pytest-evals", ["pytest-evals"], suite("pytest_evals", "--run-eval")),
    Peer("LangSmith, tracking off", ["langsmith[pytest]"], suite("langsmith")),
    Peer("pydantic-evals", ["pydantic-evals"], ["evaluate_pydantic_evals.py"]),
    Peer("DeepEval, assert_test", ["deepeval"], suite("deepeval")),
    Peer("Inspect AI, eval", ["inspect-ai"], ["evaluate_inspect.py"], "stored_inspect.py"),
    Peer("MLflow, genai.evaluate", ["mlflow"], ["evaluate_mlflow.py"], "stored_mlflow.py", most_cases=200),
    Peer(
        "MLflow, @mlflow.test",
        ["mlflow", "pytest"],
        suite("mlflow", "-p", "mlflow.pytest.plugin"),
        "stored_mlflow.py",
        most_cases=50,
    ),
)


@dataclass
class Measured:
    """What one tool cost."""

    peer: Peer
    cases: int
    one: list[Run] = field(default_factory=list)
    all: list[Run] = field(default_factory=list)
    stored: str = "nothing"
    size_mb: float = 0.0

    def per_case_ms(self, what: str) -> float:
        """Return the median milliseconds that one more case takes."""
        pairs = zip(self.all, self.one, strict=True)
        spent = [float(getattr(many, what) - getattr(few, what)) for many, few in pairs]
        return 1000 * statistics.median(spent) / (self.cases - 1)


def interpreter(environments: Path, peer: Peer) -> Path:
    """Return the Python of a tool's environment, made first where it is not there."""
    home = environments / peer.environment
    python = home / "bin" / "python"
    if not python.exists():
        print(f"making {home}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *peer.packages], check=True)
    return python


def size_mb(python: Path) -> float:
    """Return what an environment holds besides pip, which each of them has."""
    packages = next(python.parent.parent.glob("lib/python*/site-packages"))
    own = [each for each in packages.iterdir() if each.name.partition("-")[0] not in ("pip", "setuptools")]
    return sum(path.stat().st_size for each in own for path in _files(each)) / 1e6


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (each for each in path.rglob("*") if each.is_file())
    else:
        yield path


def program(python: Path, arguments: Sequence[str], folder: Path, cases: int) -> Command:
    """Return the command that gives a tool so many cases, in a folder that is new each time."""

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(PROGRAMS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "pytest.ini").write_text("[pytest]\n")

    return Command(" ".join(arguments), [str(python), *arguments], folder, prepare, environ(cases))


def environ(cases: int) -> Mapping[str, str]:
    """Return the environment variables of all tools."""
    return {**with_bytecode(os.environ), **QUIET, "PEERS_CASES": str(cases)}


def measure(environments: Path, peers: Sequence[Peer], cases: int, rounds: int) -> list[Measured]:
    """Run all tools in turn, so many rounds, after one uncounted run of each with a single case."""
    found = [Measured(peer, min(cases, peer.most_cases)) for peer in peers]
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "work"
        for round_ in range(rounds + 1):
            for one in found:
                python = interpreter(environments, one.peer)
                few = run_once(program(python, one.peer.arguments, folder, 1))
                if not round_:
                    one.size_mb = size_mb(python)
                    continue
                one.one.append(few)
                one.all.append(run_once(program(python, one.peer.arguments, folder, one.cases)))
                if one.peer.reads_back:
                    again = Command(
                        "", [str(python), one.peer.reads_back], folder, environ=environ(one.cases)
                    )
                    run_once(again)
                    stored = int((folder / "stored.json").read_text())
                    one.stored = f"{stored:,} of {3 * one.cases:,}"
                print(f"{one.peer.name}: {one.all[-1]}", file=sys.stderr)
    return found


def table(found: Sequence[Measured]) -> str:
    """Return the results as a Markdown table."""
    bare = found[0].per_case_ms("cpu_s")
    lines = [
        "| tool | cases | CPU a case | beside pytest | wall a case | start-up | peak memory | installed "
        "| scores stored |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found:
        cpu = one.per_case_ms("cpu_s")
        start = statistics.median(run.wall_s for run in one.one)
        peak = max(run.peak_mb for run in one.all)
        lines.append(
            f"| {one.peer.name} | {one.cases:,} | {cpu:.2f} ms | {cpu / bare:.1f} × | "
            f"{one.per_case_ms('wall_s'):.2f} ms | {start:.1f} s | {peak:.0f} MB | {one.size_mb:.0f} MB | "
            f"{one.stored} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the table, and put it into a page where one is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=HERE.parent / ".venv-peers")
    parser.add_argument("--only", default="", help="Parts of names, separated by commas.")
    parser.add_argument("--docs", type=Path, help="A page that has the table between two marks.")
    arguments = parser.parse_args()
    wanted = arguments.only.lower().split(",")
    peers = [PEERS[0], *(peer for peer in PEERS[1:] if any(part in peer.name.lower() for part in wanted))]
    rows = table(measure(arguments.environments.resolve(), peers, arguments.cases, arguments.rounds))
    print(rows)
    if arguments.docs:
        before, _, rest = arguments.docs.read_text().partition(BEGIN)
        after = rest.partition(END)[2]
        arguments.docs.write_text(f"{before}{BEGIN}\n{rows}\n{END}{after}")


if __name__ == "__main__":
    main()
