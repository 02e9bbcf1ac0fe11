"""Timing two commands in turn, so that their ratio holds when the machine's speed drifts."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


def with_bytecode(environ: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables under which Python keeps what it compiled, as it does for users."""
    return {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """What one process cost."""

    cpu_s: float
    wall_s: float
    peak_mb: float


@dataclass(frozen=True)
class Command:
    """A command line, the folder it runs in, and what to do there before each run."""

    name: str
    argv: Sequence[str]
    folder: Path
    prepare: Callable[[], None] = lambda: None
    environ: Mapping[str, str] = field(default_factory=lambda: with_bytecode(os.environ))


def run_once(command: Command) -> Run:
    """Run a command and return its cost as the operating system accounts for it.

    :raises RuntimeError: it did not end with exit code 0.
    """
    command.prepare()
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.argv,
            cwd=command.folder,
            env=command.environ,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            raise RuntimeError(f"{command.name}: exit code {process.returncode}\n{output.read().decode()}")
    return Run(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024)


def run_paired(ours: Command, bare: Command, rounds: int) -> list[tuple[Run, Run]]:
    """Run both commands in turn after one uncounted run of each."""
    run_once(ours)
    run_once(bare)
    return [(run_once(ours), run_once(bare)) for _ in range(rounds)]


def report(title: str, pairs: list[tuple[Run, Run]]) -> str:
    """Return medians and the ratio of the pairs as a Markdown table row, with the range of the ratio."""
    cpu = [ours.cpu_s / bare.cpu_s for ours, bare in pairs]
    wall = [ours.wall_s / bare.wall_s for ours, bare in pairs]
    ours_cpu, bare_cpu = (
        statistics.median(side) for side in zip(*((a.cpu_s, b.cpu_s) for a, b in pairs), strict=True)
    )
    peak = statistics.median(ours.peak_mb - bare.peak_mb for ours, bare in pairs)
    return (
        f"| {title} | {len(pairs)} | {ours_cpu:.2f} s | {bare_cpu:.2f} s | "
        f"{statistics.median(cpu):.2f} [{min(cpu):.2f} to {max(cpu):.2f}] | "
        f"{statistics.median(wall):.2f} | {peak:+.1f} MB |"
    )


HEADER = (
    "| what | rounds | CPU with vtrack | CPU bare | ratio of CPU [range] | ratio of wall | peak memory |\n"
    "|---|---|---|---|---|---|---|"
)
