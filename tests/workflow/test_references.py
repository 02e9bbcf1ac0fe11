from __future__ import annotations

import pytest

from pytest_vtrack.errors import ReferenceInvalid, ReferenceUnknown
from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.accepting import Acceptance, accept
from pytest_vtrack.workflow.references import known_names, resolve


def found(store, ref, tmp_path, **options):
    return resolve(store, ref, "bot", folder=tmp_path, **options)


def test_a_version_is_its_newest_complete_run(store, record, tmp_path):
    record("v1")
    newest = record("v1")
    record("v1", status="partial", reason="-k x")
    record("v1", experiment="other")
    assert found(store, "v1", tmp_path).run == newest


def test_last_is_the_newest_complete_run_of_the_experiment(store, record, tmp_path):
    record("v1")
    newest = record("v2")
    record("v3", status="incomplete", reason="a worker died")
    record("v4", experiment="other")
    assert found(store, "last", tmp_path).run == newest


def test_a_name_goes_before_a_version_and_a_clash_is_told(store, record, tmp_path):
    first, second = record("v1"), record("v2")
    accept(store, first, Acceptance("main", "why", "me"))
    assert found(store, "main", tmp_path).warnings == ()
    accept(store, first, Acceptance("v2", "why", "me"))
    clash = found(store, "v2", tmp_path)
    assert clash.run == first
    assert "'v2' is both a named baseline and a version" in clash.warnings[0]
    accept(store, second, Acceptance("v2", "why", "me"))
    assert found(store, "v2", tmp_path).warnings == (), "both mean one run"


def test_a_run_by_a_prefix_of_its_id(store, record, tmp_path):
    one = record("v1", id="abc1")
    record("v2", id="abd2")
    assert found(store, "run:abc", tmp_path).run == one
    with pytest.raises(ReferenceInvalid, match=r"several runs start so \(abd2, abc1\); give more digits"):
        found(store, "run:ab", tmp_path)
    with pytest.raises(ReferenceUnknown, match=r"run:x: no run starts so in .*Newest: run:abd2, run:abc1"):
        found(store, "run:x", tmp_path)
    with pytest.raises(ReferenceUnknown, match="no run starts so"):
        found(store, "run:", tmp_path)


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("v11", r"'v11' is not in .*vtrack\.db\. Known: v1, v10"),
        ("elsewhere", "'elsewhere' is not in experiment 'bot'; it is in 'other'"),
        ("half", r"'half' has no complete run in .* \(newest: partial, -k x\)"),
        ("env:prod", "no version is promoted to 'prod'"),
        ("none.jsonl", "there is no such baseline file"),
    ],
)
def test_what_is_unknown_comes_with_what_is_known(store, record, tmp_path, ref, says):
    for version in ("v1", "v10", "w2"):
        record(version)
    record("elsewhere", experiment="other")
    record("half", status="partial", reason="-k x")
    with pytest.raises(ReferenceUnknown, match=says):
        found(store, ref, tmp_path)


def test_an_empty_store_knows_nothing(store, tmp_path):
    for ref, says in (
        ("v1", "Known: none yet"),
        ("last", "has no complete run"),
        ("run:a", "Newest: none yet"),
    ):
        with pytest.raises(ReferenceUnknown, match=says):
            found(store, ref, tmp_path)
    with pytest.raises(ReferenceInvalid, match="the REF is empty"):
        found(store, " ", tmp_path)


def test_a_baseline_file_is_read_into_the_store_once(store, record, tmp_path):
    run = record("v1")
    accept(store, run, Acceptance("main", "why", "me"), file=tmp_path / "main.jsonl")
    other = open_store(str(tmp_path / "other.db"))
    try:
        first = found(other, "main.jsonl", tmp_path, writable=True).run
        assert (first.version.name, first.origin, first.stored) == ("v1", "file", 20)
        assert found(other, "main.jsonl", tmp_path, writable=True).run.id == first.id
        assert found(other, "main.jsonl", tmp_path).run.id == first.id
        assert other.runs() == []
    finally:
        other.close()


def test_known_names_are_baselines_then_versions_newest_first(store, record):
    first = record("v1")
    record("v2")
    record("v1")
    record("v3", status="partial", reason="-k")
    accept(store, first, Acceptance("main", "why", "me"))
    assert known_names(store, "bot") == ["main", "v1", "v2"]
