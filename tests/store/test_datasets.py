"""Registered datasets: versions, what they share, and that every case comes back as it was."""

from __future__ import annotations

import pytest

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.dataset import Case, Dataset

FRANCE = Case({"question": "Capital of France?"}, {"answer": "Paris"}, {"split": "test"}, "france")
JAPAN = Case({"question": "Capital of Japan?", "n": 1.5}, {"answer": ["Tokyo", None]}, {}, "japan")
TOLD = {"source": "qa.jsonl", "why": "because", "who": "me", "at": 1.0}


def add(store, *cases, name="qa", **told):
    return store.datasets.add(name, cases, **{**TOLD, **told})


def test_a_version_gives_its_cases_back_in_order(store):
    version, new = add(store, JAPAN, FRANCE)
    assert (version.ref, version.cases, new) == ("qa@1", 2, True)
    back = list(store.datasets.cases("qa", 1))
    assert back == [JAPAN, FRANCE]
    assert [case.digest for case in back] == [JAPAN.digest, FRANCE.digest]
    assert version.digest == Dataset("qa", (FRANCE, JAPAN)).digest


def test_names_inside_a_case_stay_in_their_order(store):
    add(store, Case({"zebra": 1, "ape": 2}, id="a"))
    assert list(next(store.datasets.cases("qa", 1)).inputs) == ["zebra", "ape"]


@pytest.mark.parametrize(
    "case",
    [
        Case({"text": "a\0b \ud800 ünï"}, id="odd text"),
        Case({"text": "x" * 5000}, id="large"),
        Case({}, id="nothing"),
        Case({"deep": {"list": [{"a": None}]}}, {"n": 10**30}, {"ü": "ß"}, "ünï"),
    ],
    ids=lambda case: case.id,
)
def test_any_case_comes_back(store, case):
    add(store, case)
    (back,) = store.datasets.cases("qa", 1)
    assert (back.id, back.digest, back.tags) == (case.id, case.digest, case.tags)


@pytest.mark.parametrize(
    "cases", [(FRANCE, JAPAN), (JAPAN, FRANCE)], ids=["as they were", "in another order"]
)
def test_the_same_cases_again_are_no_new_version(store, cases):
    add(store, FRANCE, JAPAN)
    version, new = add(store, *cases, why="again")
    assert (version.number, version.why, new) == (1, "because", False)


@pytest.mark.parametrize(
    "cases",
    [
        (FRANCE,),
        (FRANCE, JAPAN, Case({"question": "?"}, id="more")),
        (FRANCE, Case(JAPAN.inputs, {"answer": "Kyoto"}, {}, "japan")),
        (FRANCE, Case(JAPAN.inputs, JAPAN.expectations, {"split": "test"}, "japan")),
        (FRANCE, Case(JAPAN.inputs, JAPAN.expectations, {}, "nippon")),
    ],
    ids=["gone", "new", "edited", "other tags", "other id"],
)
def test_any_other_cases_are_a_new_version_and_the_old_one_stays(store, cases):
    add(store, FRANCE, JAPAN)
    version, new = add(store, *cases)
    assert (version.number, new) == (2, True)
    assert list(store.datasets.cases("qa", 1)) == [FRANCE, JAPAN]
    assert list(store.datasets.cases("qa", 2)) == list(cases)


def test_cases_that_versions_share_are_stored_once(store, uri):
    many = [Case({"question": f"{n}?", "text": f"{n} " * 200}, id=str(n)) for n in range(1200)]
    add(store, *many)
    with store._database.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM dataset_case").scalar()
    add(store, *many, FRANCE)
    add(store, *many[:700], name="part")
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM dataset_case").scalar() == before + 1
    assert list(store.datasets.cases("qa", 2)) == [*many, FRANCE]


def test_the_newest_of_each_and_the_history_are_listed(store):
    add(store, FRANCE, name="b"), add(store, FRANCE, name="a"), add(store, JAPAN, name="b", at=2.0)
    assert [each.ref for each in store.datasets.newest()] == ["a@1", "b@2"]
    assert [each.ref for each in store.datasets.history("b")] == ["b@2", "b@1"]
    assert store.datasets.history("c") == []


def test_a_case_is_found_by_what_it_asks_and_expects(store):
    add(store, FRANCE, JAPAN)
    found = store.datasets.cases_like({FRANCE.digest, "0" * 16})
    assert found == {("france", FRANCE.digest): FRANCE}
    assert store.datasets.cases_like(set()) == {}


def test_a_version_that_is_not_there_is_refused(store):
    with pytest.raises(StoreError, match="the dataset qa@1 is not in this store"):
        list(store.datasets.cases("qa", 1))


def test_a_case_that_fails_half_way_leaves_no_version(store):
    def broken():
        yield FRANCE
        raise ValueError("the file ends here")

    with pytest.raises(ValueError, match="ends here"):
        store.datasets.add("qa", broken(), **TOLD)
    assert store.datasets.newest() == []


def test_deleting_runs_leaves_datasets_alone(store, record, result):
    add(store, FRANCE)
    record("r1", [result("a")])
    store.remove("r1")
    assert list(store.datasets.cases("qa", 1)) == [FRANCE]
