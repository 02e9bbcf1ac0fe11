from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import Result

from pytest_vtrack.cli import demo

Vtrack = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[str]]


def test_init_writes_a_test_a_dataset_and_says_what_to_type(vtrack: Vtrack, tmp_path: Path) -> None:
    assert vtrack("init").stdout == (
        "Created  test_vtrack_example.py   1 test, 5 cases, no API key needed\n"
        "Created  qa_example.jsonl         the 5 cases\n"
        "Added    .vtrack/ to .gitignore\n"
        "Next:    pytest test_vtrack_example.py\n"
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        ".gitignore",
        "qa_example.jsonl",
        "test_vtrack_example.py",
    ]


def test_init_overwrites_nothing(vtrack: Vtrack, tmp_path: Path) -> None:
    (tmp_path / "qa_example.jsonl").write_text("mine")
    assert "qa_example.jsonl: already here, so nothing was written" in vtrack("init", code=2).stderr
    assert [each.name for each in tmp_path.iterdir()] == ["qa_example.jsonl"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*.pyc", "*.pyc\n.vtrack/\n"),
        ("*.pyc\n", "*.pyc\n.vtrack/\n"),
        (".vtrack/\n*.pyc\n", ".vtrack/\n*.pyc\n"),
    ],
    ids=["no last newline", "last newline", "there already"],
)
def test_init_adds_one_line_to_gitignore(vtrack: Vtrack, tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    vtrack("init")
    assert (tmp_path / ".gitignore").read_text() == after


def test_init_for_programs_and_with_another_store(vtrack: Vtrack) -> None:
    done = json.loads(vtrack("init", "--json", "--store", "kept.db").stdout)
    assert done["created"] == ["test_vtrack_example.py", "qa_example.jsonl"]
    assert done["next"] == ["pytest", "test_vtrack_example.py", "--vtrack-store=kept.db"]


def test_the_demo_needs_an_empty_folder(vtrack: Vtrack, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there/mine.txt").write_text("mine")
    assert "there exists and is not empty; name another folder" in vtrack("demo", "there", code=2).stderr
    assert "mine.txt exists and is not empty" in vtrack("demo", "there/mine.txt", code=2).stderr


def test_the_demo_says_which_package_is_missing(vtrack: Vtrack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo.importlib.util, "find_spec", lambda _name: None)
    assert "pip install 'pytest-vtrack[demo]'" in vtrack("demo", code=2).stderr


@pytest.mark.skipif(find_spec("rank_bm25") is None, reason="the example needs rank-bm25")
class TestDemo:
    def test_it_catches_the_regression_and_what_it_says_to_type_works(
        self, shell: Shell, tmp_path: Path
    ) -> None:
        done = shell("vtrack demo", env={"VTRACK_GATE": "off", "PYTEST_ADDOPTS": "--vtrack-gate=off"})
        lines = done.stdout.splitlines()
        assert done.returncode == 0, done.stdout
        typed = [line for line in lines if line.startswith("$ ")]
        assert typed == [
            "$ cd vtrack-demo",
            "$ HELPDESK_VERSION=1.2 pytest --vtrack-version=v1.2",
            "$ HELPDESK_VERSION=1.3 pytest --vtrack-version=v1.3 --vtrack-baseline=v1.2",
        ]
        assert "Gate: failed (exit code 10)" in lines
        assert "That is exit code 10: in CI it stops the merge. The tests alone would have passed." in lines
        assert "    cd vtrack-demo" in lines
        assert shell("vtrack compare v1.2 v1.3 -v", folder=tmp_path / "vtrack-demo").returncode == 10
        assert "def content_words" in (tmp_path / "vtrack-demo/app.py").read_text()

    def test_where_the_command_is_not_at_hand_it_says_how_to_get_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "activate").touch()
        monkeypatch.setattr(demo.sys, "executable", str(tmp_path / "python"))
        monkeypatch.setenv("PATH", str(tmp_path))
        assert demo._enter(Path("a b")) == f". {tmp_path}/activate\n    cd 'a b'"

    def test_it_can_be_run_again_and_is_no_part_of_a_repository(self, shell: Shell, tmp_path: Path) -> None:
        (tmp_path / "vtrack-demo").mkdir()
        done = json.loads(shell("vtrack demo --json --store kept.db").stdout)
        assert done["folder"] == "vtrack-demo-2"
        assert (done["exit_codes"], done["caught"]) == ([0, 10], True)
        assert (tmp_path / "kept.db").exists()
        assert (tmp_path / "vtrack-demo-2/.gitignore").read_text() == "*\n"

    def test_it_fails_when_nothing_was_caught(
        self, vtrack: Vtrack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(demo, "_NEW", "1.2")
        result = vtrack("demo", "quiet", "--json", code=1)
        assert json.loads(result.stdout)["caught"] is False
        assert "the demo failed" in result.stderr
