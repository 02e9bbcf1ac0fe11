from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pytest_vtrack.model.run import Run

Vtrack = Callable[..., Result]
ACCEPT = ("baseline", "set", "main", "--version", "v1.2", "--why", "agreed with support")


def test_a_baseline_is_accepted_with_a_reason(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert vtrack(*ACCEPT).stdout == "main is now v1.2 (run 01010101, 40 cases): agreed with support\n"
    lines = vtrack("baseline", "show").stdout.splitlines()
    assert lines[1].split()[:3] == ["main", "v1.2", "01010101"]
    assert lines[2].endswith(": agreed with support")


def test_a_name_stands_as_a_ref(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    vtrack(*ACCEPT)
    assert "v1.3 vs v1.2" in vtrack("compare", "main", "v1.3", code=10).stdout


def test_the_history_keeps_what_a_name_stood_for(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    vtrack(*ACCEPT)
    vtrack("baseline", "set", "main", "--version", "run:02", "--why", "shorter answers")
    history = json.loads(vtrack("baseline", "history", "main", "--json").stdout)
    assert [entry["why"] for entry in history] == ["shorter answers", "agreed with support"]
    (now,) = json.loads(vtrack("baseline", "show", "main", "--json").stdout)
    assert now["run"] == stored["v1.3"].id


def test_nothing_named_yet_says_how_to_name_one(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    text = vtrack("baseline", "show").stdout
    assert "No baseline is named yet." in text
    assert 'vtrack baseline set main --version VERSION --why "..."' in text


@pytest.mark.parametrize("command", ["show", "history"])
def test_an_unknown_name_lists_those_that_there_are(
    vtrack: Vtrack, stored: dict[str, Run], command: str
) -> None:
    assert (
        "there is no baseline 'mian'. Known: none yet" in vtrack("baseline", command, "mian", code=2).stderr
    )
    vtrack(*ACCEPT)
    assert "there is no baseline 'mian'. Known: main" in vtrack("baseline", command, "mian", code=2).stderr


@pytest.mark.parametrize("missing", ["--version", "--why"])
def test_version_and_reason_are_required(vtrack: Vtrack, stored: dict[str, Run], missing: str) -> None:
    words = list(ACCEPT)
    at = words.index(missing)
    del words[at : at + 2]
    assert f"Missing option '{missing}'" in vtrack(*words, code=2).stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["main", "--version", "v1.2", "--why", " "], "--why is empty; say in a sentence why"),
        (["last", "--version", "v1.2", "--why", "x"], "'last' cannot name a baseline"),
        (["a:b", "--version", "v1.2", "--why", "x"], "'a:b' cannot name a baseline"),
        (["main", "--version", "v1.1", "--why", "x"], "'v1.1' is not in"),
        (
            ["main", "--version", "v1.2", "--why", "x", "--file", "b.json"],
            "--file b.json: the name must end in .jsonl, so that it can stand as a REF",
        ),
    ],
    ids=["empty reason", "reserved name", "name with a colon", "unknown version", "suffix of the file"],
)
def test_refused_is_said_and_nothing_is_accepted(
    vtrack: Vtrack, stored: dict[str, Run], words: list[str], message: str
) -> None:
    assert message in vtrack("baseline", "set", *words, code=2).stderr
    assert json.loads(vtrack("baseline", "show", "--json").stdout) == []


def test_a_partial_run_cannot_become_the_baseline(
    vtrack: Vtrack, record: Callable[..., Run], tmp_path: Path
) -> None:
    partial = record("v1.4", status="partial", cases=12)
    words = ("baseline", "set", "main", "--why", "x", "--file", "main.jsonl", "--version")
    error = vtrack(*words, f"run:{partial.short_id}", code=2).stderr
    assert "is partial (-k refund: a part); only a complete run can become a baseline" in error
    assert "no complete run" in vtrack(*words, "v1.4", code=2).stderr
    assert not (tmp_path / "main.jsonl").exists()


@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS"])
def test_in_ci_a_baseline_is_accepted_only_when_it_is_meant(
    vtrack: Vtrack, stored: dict[str, Run], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "true")
    assert "a baseline is accepted by a person; add --yes" in vtrack(*ACCEPT, code=2).stderr
    vtrack(*ACCEPT, "--yes")


def test_ci_that_is_switched_off_is_no_ci(
    vtrack: Vtrack, stored: dict[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "false")
    vtrack(*ACCEPT)


def test_the_committed_form_has_one_line_a_case_and_stands_as_a_ref(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path
) -> None:
    text = vtrack(*ACCEPT, "--file", "main.jsonl").stdout
    assert "Wrote main.jsonl; commit it, and compare with: pytest --vtrack-baseline=main.jsonl" in text
    lines = (tmp_path / "main.jsonl").read_text().splitlines()
    assert sum(line.startswith('{"case":') for line in lines) == 40
    assert "✗ REGRESSED" in vtrack("compare", "main.jsonl", "v1.3", code=10).stdout


def test_a_committed_file_that_is_not_there_is_no_baseline(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "there is no such baseline file" in vtrack("compare", "gone.jsonl", "v1.3", code=12).stderr


def test_a_committed_file_that_is_none_is_wrong_usage(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path
) -> None:
    (tmp_path / "qa.jsonl").write_text('{"inputs": {}}\n')
    assert "qa.jsonl" in vtrack("compare", "qa.jsonl", "v1.3", code=2).stderr
