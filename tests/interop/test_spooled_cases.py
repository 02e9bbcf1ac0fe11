"""The cases of very large datasets, read from a file where they are needed."""

from __future__ import annotations

import tempfile
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop import records
from pytest_vtrack.interop.datasets import dataset_from_records
from pytest_vtrack.interop.spooled_cases import BLOCK, SpooledCases, spooled
from pytest_vtrack.model.dataset import Case

CASES = [
    Case({"n": n, "nested": {"list": [n, (1, 2)]}}, {"answer": n}, {"kind": "a"}, f"q{n}") for n in range(250)
]
SPOOLED = SpooledCases(CASES, where="here")


def test_cases_come_back_as_they_were():
    assert list(SPOOLED) == CASES
    assert len(SPOOLED) == len(CASES)
    assert [case.digest for case in SPOOLED] == [case.digest for case in CASES]
    assert SPOOLED[-1].inputs["nested"]["list"][1] == (1, 2)


@settings(deadline=None)
@given(st.slices(300))
def test_any_slice_is_that_of_the_list(part):
    if part.step is None or part.step > 0:
        assert SPOOLED[part] == CASES[part]


@pytest.mark.parametrize("index", [0, BLOCK - 1, BLOCK, 249, -1, -250])
def test_any_index_is_that_of_the_list(index):
    assert SPOOLED[index] == CASES[index]


def test_an_index_beyond_the_end_is_an_error():
    with pytest.raises(IndexError):
        SPOOLED[250]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            Case({"n": 1}, id="twin"),
            Case({"n": 2}, id="twin"),
            "here: case 252: the id 'twin' is taken by case 251; ids must be unique",
        ),
        (
            Case({"n": 1}),
            Case({"n": 1}),
            "here: case 252: the same inputs as in case 251, "
            "and no id tells the two apart; give each an 'id'",
        ),
    ],
    ids=["id", "inputs"],
)
def test_two_cases_with_one_id_are_refused(first, second, message):
    with pytest.raises(DatasetError) as found:
        SpooledCases([*CASES, first, second], where="here")
    assert str(found.value) == message


def test_cases_that_only_live_in_memory_stay_there():
    cases = [*CASES, Case({"lock": threading.Lock()}, id="lock"), Case({"n": 1}, id="last")]
    found = spooled(iter(cases), "here")
    assert isinstance(found, tuple)
    assert [case.id for case in found] == [case.id for case in cases]


def test_a_dataset_of_many_cases_is_not_held_in_memory(monkeypatch):
    monkeypatch.setattr(records, "MOST_IN_MEMORY", 10)
    few = dataset_from_records(({"id": f"q{n}", "inputs": {"n": n}} for n in range(9)), "qa", where="here")
    many = dataset_from_records(({"id": f"q{n}", "inputs": {"n": n}} for n in range(25)), "qa", where="here")
    assert isinstance(few.cases, tuple)
    assert isinstance(many.cases, SpooledCases)
    assert [case.id for case in many] == [f"q{n}" for n in range(25)]
    with pytest.raises(DatasetError, match="here: record 21: the record has no 'inputs'"):
        dataset_from_records(
            ({"inputs": {"n": n}} if n < 20 else {"id": 1} for n in range(25)), "qa", where="here"
        )


def test_a_full_disk_is_said_with_what_helps(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(DatasetError) as found:
        SpooledCases(CASES, where="here")
    assert str(found.value) == (
        f"here: no room for a copy in {tmp_path / 'gone'}: No such file or directory; "
        "TMPDIR names another folder"
    )
