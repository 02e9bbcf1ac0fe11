from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store

Vtrack = Callable[..., Result]


def test_info_says_where_the_store_is_and_what_it_holds(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path
) -> None:
    held = json.loads(vtrack("store", "info", "--json").stdout)
    assert held["location"] == str(tmp_path / ".vtrack/vtrack.db")
    assert (held["runs"], held["cases"], held["traces"]) == (2, 40, 80)
    assert held["bytes"] > 0
    assert "traces       80" in vtrack("store", "info").stdout


def test_runs_travel_to_another_store_and_only_once(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert vtrack("store", "export", "runs.jsonl").stdout == "Wrote 2 runs to runs.jsonl\n"
    there = ("store", "import", "runs.jsonl", "--store", "there.db")
    assert vtrack(*there).stdout == "Read 2 runs; 0 were here already\n"
    assert json.loads(vtrack(*there, "--json").stdout) == {
        "imported": 0,
        "skipped": 2,
        "baselines": 0,
        "datasets": 0,
        "kept": [],
    }
    vtrack("compare", "v1.2", "v1.3", "--store", "there.db", code=10)


def test_chosen_runs_are_exported_and_no_others(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "Wrote 1 run to" in vtrack("store", "export", "one.jsonl", "--run", "v1.3").stdout


def test_the_runs_of_one_experiment_are_exported_and_no_others(
    vtrack: Vtrack, stored: dict[str, Run], record: Callable[..., Run]
) -> None:
    record("v1", experiment="other")
    assert "Wrote 1 run to" in vtrack("store", "export", "one.jsonl", "--experiment", "other").stdout
    assert "Wrote 3 runs to" in vtrack("store", "export", "all.jsonl").stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe\x00", "wrong.jsonl: is not text in UTF-8; give a file that `vtrack store export` wrote"),
        (b'{"inputs": {}}\n', "`vtrack store export`"),
    ],
    ids=["no text", "a dataset"],
)
def test_a_file_that_is_no_export_is_refused(
    vtrack: Vtrack, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "wrong.jsonl").write_bytes(content)
    assert message in vtrack("store", "import", "wrong.jsonl", code=2).stderr


def test_a_file_that_is_not_there_is_refused(vtrack: Vtrack) -> None:
    assert "'gone.jsonl' does not exist" in vtrack("store", "import", "gone.jsonl", code=2).stderr


def test_pruning_keeps_the_newest_and_the_baselines(vtrack: Vtrack, record: Callable[..., Run]) -> None:
    for version in ("v1", "v2", "v3"):
        record(version)
    vtrack("baseline", "set", "main", "--version", "v1", "--why", "released")
    would = vtrack("store", "prune", "--keep", "1", "--dry-run").stdout
    assert would == "Would delete 1 run: 02020202 (v2)\n"
    assert vtrack("store", "prune", "--keep", "1").stdout == "Deleted 1 run: 02020202 (v2)\n"
    assert vtrack("store", "prune", "--keep", "1").stdout == "Nothing to delete\n"
    assert len(json.loads(vtrack("runs", "--json").stdout)) == 2


def test_pruning_leaves_what_a_session_is_recording(vtrack: Vtrack, record: Callable[..., Run]) -> None:
    record("v1", started_at=time.time() + 3600)
    with closing(open_store(".vtrack/vtrack.db")) as store:
        store.begin(Run("a" * 32, "bot", AppVersion("v2"), started_at=time.time()))
    assert vtrack("store", "prune", "--keep", "1").stdout == "Nothing to delete\n"


def test_how_many_to_keep_must_be_said(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "Missing option '--keep'" in vtrack("store", "prune", code=2).stderr
    assert "0 is not in the range" in vtrack("store", "prune", "--keep", "0", code=2).stderr
