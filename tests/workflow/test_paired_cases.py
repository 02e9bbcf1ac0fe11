"""Two runs read side by side, a case at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.workflow.paired_cases import paired_cases


def result(case_id: str = "a", digest: str = "d", **changes: Any) -> CaseResult:
    known = {name: changes.pop(name) for name in ("test", "dataset", "flags") if name in changes}
    key = replace(CaseKey("t.py::test", "qa", case_id, digest), **known)
    return CaseResult(key=key, nodeid=case_id, outcome="passed", **changes)


def order(one: CaseResult) -> tuple[Any, ...]:
    key = one.key
    return key.test, key.dataset, key.case_id, key.flags, key.digest, one.trial


def paired(before: list[CaseResult], now: list[CaseResult]) -> list[tuple[str, str]]:
    """Return the contents that met, as ``id/digest`` of each side."""
    pairs = paired_cases(sorted(before, key=order), sorted(now, key=order))
    return [
        tuple("+".join(f"{r.key.case_id}/{r.key.digest}" for r in side) for side in pair) for pair in pairs
    ]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ([], [], []),
        ([result("a")], [result("a")], [("a/d", "a/d")]),
        ([result("a")], [result("b")], [("a/d", ""), ("", "b/d")]),
        ([result("a", "1")], [result("a", "2")], [("a/1", "a/2")]),
        (
            [result("a", "1"), result("a", "2")],
            [result("a", "2"), result("a", "3")],
            [("a/2", "a/2"), ("a/1", "a/3")],
        ),
        ([result("a", trial=0), result("a", trial=1)], [result("a")], [("a/d+a/d", "a/d")]),
        ([result("a", flags='{"x":"1"}')], [result("a", flags='{"x":"2"}')], [("a/d", ""), ("", "a/d")]),
    ],
    ids=[
        "nothing",
        "shared",
        "gone and new",
        "edited",
        "content first",
        "trials",
        "each flag state by itself",
    ],
)
def test_pairs(before: list[CaseResult], now: list[CaseResult], expected: list[tuple[str, str]]) -> None:
    assert paired(before, now) == expected


_results = st.lists(
    st.builds(
        result,
        st.sampled_from("abcdé"),
        st.sampled_from("12"),
        test=st.sampled_from(["t.py::one", "t.py::two"]),
        flags=st.sampled_from(["", '{"x":"1"}']),
        trial=st.integers(0, 2),
    ),
    unique_by=order,
)


@given(_results, _results)
def test_every_result_stands_in_exactly_one_pair(before: list[CaseResult], now: list[CaseResult]) -> None:
    pairs = list(paired_cases(sorted(before, key=order), sorted(now, key=order)))
    for side, results in ((0, before), (1, now)):
        assert sorted((one for pair in pairs for one in pair[side]), key=order) == sorted(results, key=order)
    shared = {one.key for one in before} & {one.key for one in now}
    assert {pair.current[0].key for pair in pairs if pair.same_content} == shared
    assert all(len({one.key for one in side}) == 1 for pair in pairs for side in pair if side)
    keys = [(pair.current or pair.baseline)[0].key for pair in pairs]
    names = [(key.test, key.dataset, key.case_id, key.flags) for key in keys]
    assert [name for name, _ in groupby(names)] == sorted(set(names))
