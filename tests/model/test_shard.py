"""Whether several shards have stored everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.model.shard import Shard, settled


def shard(number, *nodeids, total=None, status="complete", **more):
    return Shard(f"s{number}", "k", number, total, "host", frozenset(nodeids), status=status, **more)


def test_all_shards_and_cases_are_there():
    shards = [shard(1, "a", "b", total=2), shard(2, "c", total=2)]
    found = settled(shards, {"a", "b", "c"})
    assert (found.status, found.reason, found.expected) == ("complete", None, 3)


@pytest.mark.parametrize(
    ("shards", "stored", "final", "status", "reason"),
    [
        ([shard(1, "a", total=2)], "a", False, "running", "shard 2 of 2 has not begun"),
        ([shard(1, "a", total=2)], "a", True, "incomplete", "shard 2 of 2 has not begun"),
        ([shard(0, "a", total=3)], "a", True, "incomplete", "shards 1, 2 of 3 have not begun"),
        (
            [shard(1, "a", total=2), shard(2, "b", "c", total=2, status="running")],
            "ab",
            False,
            "running",
            "shard 2 of 2 has not finished: 1 of 2 cases are missing: c",
        ),
        (
            [shard(1, *"abcde", total=1, status="incomplete", reason="stopped by Ctrl-C")],
            "",
            False,
            "incomplete",
            "shard 1 of 1 stopped by Ctrl-C: 5 of 5 cases are missing: a, b, c and 2 more",
        ),
        (
            [shard(1, *"ab", total=1, status="incomplete", reason="2 of 2 cases never reported: a, b")],
            "a",
            True,
            "incomplete",
            "shard 1 of 1 ended: 1 of 2 cases are missing: b",
        ),
        (
            [shard(1, total=1, status="running", chunks=(("t[cases_1-9]", 0, 9, 1),))],
            "",
            True,
            "incomplete",
            "shard 1 of 1 has not finished",
        ),
    ],
)
def test_what_is_missing_is_named(shards, stored, final, status, reason):
    found = settled(shards, set(stored), final=final)
    assert (found.status, found.reason) == (status, reason)


def test_a_shard_that_died_after_its_last_case_is_no_loss():
    shards = [shard(1, "a", status="running"), shard(2, "b")]
    assert settled(shards, {"a", "b"}).status == "complete"


@pytest.mark.parametrize(
    ("numbers", "missing"), [((1, 3), "shard 2 of 3"), ((0, 2), "shard 1 of 3"), ((0, 1, 2), None)]
)
def test_a_number_above_the_announced_total_tells_of_more_shards(numbers, missing):
    shards = [shard(number, f"case {number}", total=2) for number in numbers]
    found = settled(shards, {f"case {number}" for number in numbers}, final=True)
    assert found.reason == (f"{missing} has not begun" if missing else None)


def test_shards_without_numbers_are_counted():
    shards = [Shard(name, "k", None, None, "host", frozenset(name), status="complete") for name in "ab"]
    assert settled(shards, set("ab")).status == "complete"
    assert settled(shards, set("ab"), 3, final=True).reason == "1 of 3 shards have not begun"


def test_a_part_chosen_by_a_person_stays_partial_and_one_chosen_for_a_shard_does_not():
    chosen = shard(1, "a", status="partial", reason="-k a: 1 of 3 cases")
    assert settled([chosen], {"a"}).status == "partial"
    assert (
        settled([chosen, shard(2, "b", "c", status="partial", reason="-k b")], set("abc")).status
        == "complete"
    )


def test_cases_of_two_shards_are_expected_once():
    assert settled([shard(1, "a", "b"), shard(2, "b", "c")], set("abc")).expected == 3


@given(
    parts=st.lists(st.frozensets(st.sampled_from("abcdef")), min_size=2, max_size=4),
    stored=st.frozensets(st.sampled_from("abcdef")),
)
def test_it_is_complete_when_and_only_when_every_expected_case_is_stored(parts, stored):
    shards = [shard(number, *part, total=len(parts)) for number, part in enumerate(parts, start=1)]
    expected = frozenset().union(*parts)
    assert (settled(shards, stored).status == "complete") == (expected <= stored)
