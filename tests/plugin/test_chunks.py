"""Dividing the cases of a test into chunks, and what chunks are called."""

from __future__ import annotations

import pytest

from pytest_vtrack.model.dataset import Case, Dataset
from pytest_vtrack.plugin.chunks import chunks_of, named_cases, named_slots, single_nodeid
from pytest_vtrack.plugin.concurrency.shares import may_be_one_of_many
from pytest_vtrack.plugin.markers import MarkerArguments
from pytest_vtrack.plugin.slots import TrackedTest, slots_of


def tracked(cases: int, **arguments) -> TrackedTest:
    dataset = Dataset("qa", tuple(Case({"n": n}, id=f"q{n}") for n in range(cases)))
    return TrackedTest("t.py::test", MarkerArguments(**arguments), dataset=dataset)


@pytest.mark.parametrize(
    ("cases", "ids"),
    [
        (1, ["cases_1-1"]),
        (100, ["cases_1-100"]),
        (101, ["cases_1-100", "cases_101-101"]),
        (250, ["cases_1-100", "cases_101-200", "cases_201-250"]),
    ],
)
def test_chunks_are_called_by_their_cases(cases, ids):
    assert [chunk.slot.id for chunk in chunks_of(tracked(cases), 1)] == ids


@pytest.mark.parametrize(("cases", "count", "most"), [(30_000, 200, 150), (300_000, 300, 1000)])
def test_larger_sets_have_larger_chunks(cases, count, most):
    test = TrackedTest("t", MarkerArguments(), dataset=_Huge(cases))
    chunks = chunks_of(test, 1)
    assert (len(chunks), max(chunk.weight for chunk in chunks)) == (count, most)


class _Huge(Dataset):
    """As many cases as a test says, none of which is made."""

    def __init__(self, count: int) -> None:
        object.__setattr__(self, "name", "huge")
        object.__setattr__(self, "cases", range(count))


def test_all_chunks_together_have_the_slots_of_single_items():
    test = tracked(230, flags={"fast": [True, False]}, versions=["1", "2"])
    chunks = chunks_of(test, 3)
    in_chunks = [slot for chunk in chunks for slot in chunk.slots()]
    assert sum(chunk.weight for chunk in chunks) == len(in_chunks) == 230 * 2 * 2 * 3
    assert sorted(slot.id for slot in in_chunks) == sorted(slot.id for slot in slots_of(test, 3))
    assert {slot.version for slot in chunks[0].slots()} == {"1"}
    assert [chunk.slot.id for chunk in chunks[:2]] == ["cases_1-100-1", "cases_1-100-2"]


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["t.py"], []),
        (["t.py::test[cases_1-100]"], []),
        (["t.py::test[cases_1-100-v2]", "t.py::test[x-cases_1-100]"], []),
        (["t.py::test[q1]", "t.py::Test::test[q2-x]"], ["q1", "q2-x"]),
        (["t.py::other[q1]", "t.py::test"], []),
        (["t.py::test[a[b]]"], ["a[b]"]),
    ],
)
def test_node_ids_name_cases_or_chunks(args, named):
    assert named_cases(args, "test") == named


def test_a_named_case_is_found_alone_and_with_other_parameters():
    found = named_slots(tracked(20), 1, ["q1", "q3-x", "y-q5", "q", "z"])
    assert [slot.id for slot in found] == ["q1", "q3", "q5"]


@pytest.mark.parametrize(
    ("nodeid", "slot", "single"),
    [
        ("t.py::test[cases_1-100]", "q1", "t.py::test[q1]"),
        ("t.py::test[cases_1-100-x]", "q1", "t.py::test[q1-x]"),
        ("t.py::test[x-cases_1-100]", "straße", "t.py::test[x-stra\\xdfe]"),
    ],
)
def test_a_case_of_a_chunk_has_the_node_id_of_a_single_item(nodeid, slot, single):
    assert single_nodeid(nodeid, "cases_1-100", slot) == single


@pytest.mark.parametrize(
    ("nodeid", "one_of_many"),
    [("t.py::test", False), ("t.py::test[q1]", True), ("t.py::test[cases_1-100]", False)],
)
def test_a_chunk_is_no_case(nodeid, one_of_many):
    assert may_be_one_of_many(nodeid) == one_of_many
