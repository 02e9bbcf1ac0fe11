from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case, Dataset

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
MAPPINGS = st.dictionaries(st.text(), VALUES, max_size=3)


def reordered(value):
    if isinstance(value, dict):
        return {key: reordered(item) for key, item in reversed(value.items())}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS)
def test_identity_and_digest_do_not_depend_on_the_order_of_keys(inputs, expectations):
    case, other = Case(inputs, expectations), Case(reordered(inputs), reordered(expectations))
    assert (case.id, case.digest) == (other.id, other.digest)


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_expectations_change_the_digest_and_not_the_identity(inputs, one, other):
    first, second = Case(inputs, one), Case(inputs, other)
    differ = payload.encode(one, "", canonical=True) != payload.encode(other, "", canonical=True)
    assert first.id == second.id
    assert (first.digest != second.digest) is differ


def test_a_case_is_named_by_its_inputs_or_its_id():
    assert Case({"q": 1}).id == Case({"q": 1}, {"a": 2}, {"t": "x"}).id != Case({"q": 2}).id
    assert Case({"q": 1}, id="first").id == "first"
    assert Case({"q": 1}, id="first").digest == Case({"q": 1}).digest


def test_tags_are_neither_in_identity_nor_digest():
    assert Case({"q": 1}, tags={"t": "x"}).digest == Case({"q": 1}).digest


def test_what_can_only_be_described_is_a_problem():
    case = Case({"q": object()}, {"a": math.nan, "b": len})
    assert [problem.split(":")[0] for problem in case.problems] == ["inputs.q", "expectations.b"]


def test_a_dataset_is_its_cases():
    cases = (Case({"q": 1}), Case({"q": 2}))
    dataset = Dataset("qa", cases)
    assert (list(dataset), len(dataset)) == (list(cases), 2)


def test_the_digest_of_a_dataset_is_of_its_contents_in_any_order():
    one, two = Case({"q": 1}), Case({"q": 2})
    assert Dataset("a", (one, two)).digest == Dataset("b", (two, one)).digest
    assert Dataset("a", (one,)).digest != Dataset("a", (one, two)).digest
    assert Dataset("a", (one,)).digest != Dataset("a", (Case({"q": 1}, {"a": 1}),)).digest


def test_cases_have_unique_ids():
    with pytest.raises(DatasetError, match="dataset 'qa': the case id 'x' stands twice; ids must be unique"):
        Dataset("qa", (Case({"q": 1}, id="x"), Case({"q": 2}, id="x")))
