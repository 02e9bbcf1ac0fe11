"""Moving runs between stores: nothing is lost, nothing is overwritten."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store.exchange import Imported, export_runs, import_runs


@pytest.fixture
def filled(store, record, result):
    bounded = MetricSpec("helpful", "abc", better="lower", bounds=(1.0, 5.0), kind="bounded")
    hand = Assessment(bounded, 2.0, rationale="ü", source="human", metadata={"by": "ann"})
    record(
        "r1",
        [
            result("a", assessments=(hand, Assessment(LATENCY, 0.5), Assessment(bounded, 3.0))),
            result("b", {"m": 1.0, "z": None}, error="boom", warnings=("w",), tags={"t": "x"}),
            result("b", {"m": RuntimeError("no"), "category": "refund"}, attempt=1),
            result("c", {"m": True}, trial=1, expectations='{"x":1}', outputs='"' + "y" * 3000 + '"'),
        ],
        version=AppVersion("v1", "abc", dirty=True, params={"model": "m"}),
        tags={"k": "v"},
        expected=3,
    )
    store.begin(Run("r2", "bot", AppVersion("v2"), started_at=9.0))
    store.add("r2", [result("a", {"a": 1.0, "m": 0.0})])
    return store


def exported(store, ids=("r1", "r2")):
    file = io.StringIO()
    assert export_runs(store, ids, file) == len(ids)
    return file.getvalue()


def test_export_import_export_is_the_same_text(filled, other):
    text = exported(filled)
    assert import_runs(other, io.StringIO(text)) == Imported(added=2)
    assert exported(other) == text


def test_imported_runs_are_the_runs_that_were_exported(filled, other):
    import_runs(other, io.StringIO(exported(filled)))
    for run_id in ("r1", "r2"):
        assert other.run(run_id) == filled.run(run_id)
        for every in (True, False):
            assert list(other.results(run_id, all_attempts=every)) == list(
                filled.results(run_id, all_attempts=every)
            )
    assert other.run("r2").status == "running"


def test_what_no_longer_counts_does_not_count_elsewhere_either(filled, other, result):
    gone = result("b")
    filled.set_aside("r1", [(gone.key, gone.trial)])
    text = exported(filled)
    import_runs(other, io.StringIO(text))
    assert other.run("r1") == filled.run("r1")
    assert [each.key.case_id for each in other.results("r1")] == ["a", "c"]
    assert exported(other) == text


def test_shards_travel_with_their_run(store, other, result):
    run = Run("r1", "bot", AppVersion("v1"), started_at=1.0)
    first = Shard("s1", "k", 1, None, "ci", frozenset({result("a").nodeid}), started_at=2.0)
    second = replace(first, id="s2", number=2, nodeids=frozenset(), chunks=(("t[cases_1-5]", 0, 5, 2),))
    for shard in (first, second):
        store.shards.join(run, shard)
    store.add("r1", [result("a")])
    store.shards.leave("r1", "s1", status="complete", reason=None, ended_at=5.0)
    text = exported(store, ["r1"])
    import_runs(other, io.StringIO(text))
    (there,) = store.runs()
    assert other.runs() == other.shards.runs_with_key("k", "bot") == [replace(there, reason=None)]
    assert other.shards.of_run("r1") == store.shards.of_run("r1")
    told = {"total": None, "at": 9.0}
    assert other.shards.settle("r1", **told) == store.shards.settle("r1", **told)


def test_existing_runs_are_counted_and_left_alone(filled, other, result):
    text = exported(filled)
    other.begin(Run("r1", "mine", AppVersion("mine")))
    assert import_runs(other, io.StringIO(text)) == Imported(added=1, existing=1)
    assert other.run("r1").experiment == "mine"
    assert import_runs(other, io.StringIO(text)) == Imported(existing=2)


def test_unknown_run_cannot_be_exported(store):
    with pytest.raises(StoreError, match=rf"export: run 'nope' is not in {re.escape(store.location)}"):
        export_runs(store, ["nope"], io.StringIO())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [], 'line 1: expected {"vtrack_runs": 1}'),
        (
            lambda lines: ["{}", *lines[1:]],
            'line 1: expected {"vtrack_runs": 1}, as `vtrack store export` writes',
        ),
        (lambda lines: [lines[0], "{}"], "line 2: expected the beginning of a run"),
        (lambda lines: [lines[0], '{"run": {}}'], "line 2: this is not as export writes it"),
        (lambda lines: [*lines[:3], "oops", *lines[3:]], "line 4: 'oops' is no JSON object"),
        (lambda lines: lines[:4], "the file ends inside run 'r1'; export it again"),
        (
            lambda lines: [*lines[:4], lines[-1]],
            "line 5: expected a result of run 'r1', or its end after . results",
        ),
        (lambda lines: [*lines[:2], '{"result": {}}'], "line 3: this is not as export writes it"),
    ],
)
def test_broken_file_is_refused_and_leaves_no_half_run(filled, other, change, message):
    lines = exported(filled, ["r1"]).splitlines()
    text = "\n".join(change(lines))
    with pytest.raises(StoreError, match=message):
        import_runs(other, io.StringIO(text))
    assert other.info().runs == other.info().traces == other.info().cases == 0
