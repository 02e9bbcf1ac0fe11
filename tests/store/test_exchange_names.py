"""Baselines and registered datasets travel with the runs, and never change what a name means elsewhere."""

from __future__ import annotations

import io

import pytest

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.store.exchange import Imported, export_runs, import_runs
from pytest_vtrack.store.exchange_names import export_names

FRANCE = Case({"question": "Capital of France?", "n": 1.5}, {"answer": ["Paris", None]}, {"t": "x"}, "france")
JAPAN = Case({"question": "ünï \ud800 \0"}, {}, {}, "japan")
SAME = {"added": 0, "existing": 2}


@pytest.fixture
def filled(store, record, result):
    record("r1", [result("a", {"m": 1.0})])
    record("r2", [result("a", {"m": 0.0})])
    accept(store, "r1", why="first", at=1.0)
    accept(store, "r2", why="second", at=2.0)
    keep(store, FRANCE, JAPAN)
    keep(store, FRANCE)
    return store


def accept(store, run_id, *, name="trusted", why="because", at=1.0):
    store.set_baseline("bot", name, run_id, why=why, who="ann", at=at)


def keep(store, *cases, name="qa"):
    store.datasets.add(name, cases, source="qa.jsonl", why="because", who="ann", at=1.0)


def exported(store, **chosen):
    file = io.StringIO()
    export_runs(store, ["r1", "r2"], file)
    export_names(store, file, **chosen)
    return file.getvalue()


def imported(store, text):
    return import_runs(store, io.StringIO(text))


def test_names_come_back_with_their_whole_history(filled, other):
    text = exported(filled)
    assert imported(other, text) == Imported(added=2, baselines=2, datasets=2)
    assert other.baseline_history("bot", "trusted") == filled.baseline_history("bot", "trusted")
    assert other.datasets.history("qa") == filled.datasets.history("qa")
    for number in (1, 2):
        assert list(other.datasets.cases("qa", number)) == list(filled.datasets.cases("qa", number))
    assert exported(other) == text


def test_a_second_time_changes_nothing(filled, other):
    text = exported(filled)
    imported(other, text)
    assert imported(other, text) == Imported(**SAME)
    assert exported(other) == text


def test_a_history_that_went_on_is_completed(filled, other):
    imported(other, exported(filled))
    accept(filled, "r1", why="third", at=3.0)
    keep(filled, JAPAN)
    assert imported(other, exported(filled)) == Imported(**SAME, baselines=1, datasets=1)
    assert exported(other) == exported(filled)


def test_a_history_that_went_on_here_stays(filled, other):
    text = exported(filled)
    imported(other, text)
    accept(other, "r1", why="third", at=3.0)
    keep(other, JAPAN)
    assert imported(other, text) == Imported(**SAME)
    assert other.baseline("bot", "trusted").why == "third"
    assert other.datasets.newest()[0].number == 3


def test_a_name_that_is_something_else_here_stays_and_is_named(filled, other):
    imported(other, exported(filled, experiment="none"))
    accept(other, "r1", why="mine", at=0.5)
    keep(other, JAPAN)
    kept = ("baseline 'trusted' of experiment 'bot'", "dataset 'qa'")
    assert imported(other, exported(filled)) == Imported(**SAME, kept=kept)
    assert [entry.why for entry in other.baseline_history("bot", "trusted")] == ["mine"]
    assert list(other.datasets.cases("qa", 1)) == [JAPAN]
    assert len(other.datasets.history("qa")) == 1


def test_an_experiment_is_exported_with_its_baselines_and_no_others(filled):
    assert '"baseline"' in exported(filled, experiment="bot")
    assert '"baseline"' not in exported(filled, experiment="another")
    assert '"dataset":{' not in exported(filled, experiment="bot")


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (lambda lines: lines[:-1], "the file ends inside dataset qa@2; export it again"),
        (lambda lines: [*lines[:-2], lines[-1]], "expected a case of dataset qa@2, or its end after 0 cases"),
        (lambda lines: [*lines[:-2], '{"case":["a",1]}', lines[-1]], "expected a case of dataset qa@2"),
        (lambda lines: [lines[0], '{"baseline":[]}'], "import, line 2: this is not as export writes it"),
        (lambda lines: [lines[0], '{"dataset":{"name":"qa"}}'], "line 2: this is not as export writes it"),
    ],
    ids=["cut off", "a case is missing", "no case", "an empty history", "half a version"],
)
def test_a_broken_export_is_refused_and_leaves_no_half_a_version(filled, other, cut, message):
    lines = cut(exported(filled).splitlines())
    with pytest.raises(StoreError, match=message):
        imported(other, "\n".join(lines))
    assert len(other.datasets.history("qa")) == (1 if "qa@2" in message else 0)


def test_a_baseline_of_a_run_that_is_nowhere_is_refused(filled, other):
    lines = exported(filled).splitlines()
    alone = [lines[0], next(line for line in lines if line.startswith('{"baseline"'))]
    with pytest.raises(StoreError, match="baseline 'trusted' names run r1, which is not here"):
        imported(other, "\n".join(alone))
