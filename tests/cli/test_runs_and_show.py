from __future__ import annotations

import json
from collections.abc import Callable

from click.testing import Result

from pytest_vtrack.model.run import Run

Vtrack = Callable[..., Result]


def test_runs_are_listed_newest_first(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    head, newest, oldest = vtrack("runs").stdout.splitlines()
    assert head.split() == ["run", "version", "environment", "cases", "status", "started", "verdict"]
    assert newest.split()[:5] == ["02020202", "v1.3", "dev", "40", "complete"]
    assert oldest.split()[:5] == ["01010101", "v1.2", "dev", "40", "complete"]


def test_older_runs_are_left_out_and_that_is_said(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    lines = vtrack("runs", "--limit", "1").stdout.splitlines()
    assert lines[-1] == "Older runs are left out; `vtrack runs --limit 10` shows more."
    assert len(lines) == 3


def test_runs_of_a_version_that_is_not_there_name_those_that_are(
    vtrack: Vtrack, stored: dict[str, Run]
) -> None:
    result = vtrack("runs", "--version", "v9", "--env", "prod")
    assert result.stdout == (
        "No runs of version 'v9' in environment 'prod'. Stored versions: v1.3, v1.2; environments: dev.\n"
    )


def test_runs_as_json_have_their_verdict(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    newest = json.loads(vtrack("runs", "--json").stdout)[0]
    assert newest["version"] == "v1.3"
    assert newest["verdict"] is None
    assert newest["started_at"] == "2023-11-15T00:13:20+00:00"


def test_show_without_a_name_is_the_newest_run_whatever_became_of_it(
    vtrack: Vtrack, stored: dict[str, Run], record: Callable[..., Run]
) -> None:
    record("v1.4", status="partial", cases=7)
    text = vtrack("show").stdout
    assert "version      v1.4" in text
    assert "status       partial (-k refund: a part)" in text


def test_show_takes_a_version_an_id_and_the_beginning_of_one(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    shown = {vtrack("show", ref).stdout for ref in ("v1.2", "run:0101", "01010101", stored["v1.2"].id)}
    assert len(shown) == 1
    assert "correct  95.0 %  38 of 40 cases; higher is better" in shown.pop()


def test_a_version_is_meant_before_the_beginning_of_an_id(
    vtrack: Vtrack, stored: dict[str, Run], record: Callable[..., Run]
) -> None:
    record("0101", wrong=1)
    assert json.loads(vtrack("show", "0101", "--json").stdout)["version"] == "0101"


def test_show_of_a_version_without_a_complete_run_shows_the_partial_one(
    vtrack: Vtrack, record: Callable[..., Run]
) -> None:
    record("v1.4", status="partial", cases=7)
    assert json.loads(vtrack("show", "v1.4", "--json").stdout)["status"] == "partial"


def test_show_of_something_unknown_names_what_is_known(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "'v1.1' is not in" in vtrack("show", "v1.1", code=2).stderr
    assert "Newest: run:02020202, run:01010101" in vtrack("show", "run:ff", code=2).stderr


def test_show_in_an_experiment_without_runs_says_which_have_some(
    vtrack: Vtrack, stored: dict[str, Run], record: Callable[..., Run]
) -> None:
    record("v1", experiment="other")
    error = vtrack("show", code=2).stderr
    assert "has no runs in" in error
    assert "stored experiments: bot, other" in error
    assert "stored experiments: bot, other" in vtrack("runs").stdout
    assert "version      v1\n" in vtrack("show", "--experiment", "other").stdout
