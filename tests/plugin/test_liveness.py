"""Telling whether the process that records a run is still there."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

from pytest_vtrack.plugin.liveness import is_alive, process_mark

HERE = platform.node()


@pytest.mark.parametrize(
    "mark",
    [
        "",
        "nonsense",
        f"{HERE} x",
        f"{HERE} {os.getpid()}",
        f"elsewhere {os.getppid()}",
        f"{HERE} {os.getppid()} 1",
    ],
    ids=["none", "no mark", "no number", "this process", "another host", "a number that came round again"],
)
def test_who_is_not_known_to_be_there(mark):
    assert not is_alive(mark)


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is known of processes there")
def test_another_process_is_there_until_it_ends():
    code = (
        "from pytest_vtrack.plugin.liveness import process_mark; print(process_mark(), flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        mark = other.stdout.readline().strip()
        assert is_alive(mark)
        other.communicate("\n")
    assert not is_alive(mark)


def test_the_mark_says_host_and_number():
    assert process_mark().startswith(f"{HERE} {os.getpid()}")
