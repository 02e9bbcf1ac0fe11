from __future__ import annotations

import pytest

from pytest_vtrack.errors import BaselineRefused
from pytest_vtrack.workflow.accepting import Acceptance, accept


def test_a_complete_run_becomes_the_baseline_with_who_and_why(store, record, tmp_path):
    run = record("v1")
    accept(store, run, Acceptance("main", "answers are shorter", "ana"), file=tmp_path / "main.jsonl")
    entry = store.baseline("bot", "main")
    assert (entry.run_id, entry.why, entry.who) == (run.id, "answers are shorter", "ana")
    lines = (tmp_path / "main.jsonl").read_text().splitlines()
    assert len([line for line in lines if '"case' in line or '"id"' in line]) >= 20


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("partial", "is partial \\(-k x\\); only a complete run can become a baseline: run all of its cases"),
        ("incomplete", "is incomplete \\(-k x\\)"),
    ],
)
def test_a_run_with_missing_cases_is_refused_and_nothing_is_written(store, record, tmp_path, status, says):
    run = record("v1", status=status, reason="-k x")
    with pytest.raises(BaselineRefused, match=says):
        accept(store, run, Acceptance("main", "why", "me"), file=tmp_path / "main.jsonl")
    assert store.baseline("bot", "main") is None
    assert not (tmp_path / "main.jsonl").exists()


@pytest.mark.parametrize("why", ["", "  ", "\n"])
def test_a_reason_is_required(store, record, why):
    with pytest.raises(BaselineRefused, match="--why is empty"):
        accept(store, record("v1"), Acceptance("main", why, "me"))


@pytest.mark.parametrize("name", ["last", "run:1", "env:prod", "x.jsonl", "", "  "])
def test_names_that_mean_something_else_are_refused(store, record, name):
    with pytest.raises(BaselineRefused, match="cannot name a baseline"):
        accept(store, record("v1"), Acceptance(name, "why", "me"))
