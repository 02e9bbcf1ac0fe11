"""Counting what has not reported: single cases by name, chunks by place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.plugin.awaited import Awaited


def awaited() -> Awaited:
    return Awaited(["t[a]", "t[b]"], [["t[cases_1-5]", 0, 5, 2], ["t[cases_6-8]", 5, 8, 2]])


def test_every_trial_of_every_case_is_awaited():
    assert len(awaited()) == 2 + 5 * 2 + 3 * 2


@pytest.mark.parametrize(
    ("reported", "left", "names"),
    [
        ([], 18, "t[a], t[b], cases 1-5 of t[cases_1-5] and 6 more"),
        ([("t[a]", None), ("t[b]", None)], 16, "cases 1-5 of t[cases_1-5], cases 6-8 of t[cases_6-8]"),
        (
            [("t[a]", None), ("t[a]", None), ("t[cases_1-5]", 3), ("t[cases_1-5]", 3)],
            16,
            "t[b], cases 1-2 of",
        ),
        (
            [("t[a]", None), ("t[b]", None), *(("t[cases_1-5]", n) for n in (0, 1, 4, 5, 6, 7, 8, 9))],
            8,
            "case 2 of t[cases_1-5], cases 6-8 of t[cases_6-8]",
        ),
    ],
    ids=["nothing", "the single ones", "twice", "all but one case of a chunk"],
)
def test_what_is_missing_is_counted_and_named(reported, left, names):
    found = awaited()
    for each in reported:
        found.discard(*each)
    assert len(found) == left
    assert found.names().startswith(names)


def test_what_nobody_awaits_is_no_harm():
    found = awaited()
    found.discard("other")
    found.discard("other[cases_1-5]", 3)
    assert len(found) == 18


@given(st.integers(1, 60), st.integers(1, 4), st.data())
def test_the_gaps_are_what_did_not_report(cases, per_case, data):
    numbers = data.draw(st.sets(st.integers(0, cases * per_case - 1)))
    found = Awaited([], [["t", 0, cases, per_case]])
    for number in numbers:
        found.discard("t", number)
    assert len(found) == cases * per_case - len(numbers)
    assert (found.names() == "") == (len(found) == 0)
