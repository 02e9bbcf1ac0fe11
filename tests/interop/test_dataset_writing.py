"""Writing datasets: what is read back, and what a format cannot hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.dataset_writing import line_of, write_dataset
from pytest_vtrack.interop.datasets import read_dataset
from pytest_vtrack.model.dataset import Case

texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
names = st.text("abc.é ", min_size=1, max_size=4)
cases = st.lists(
    st.builds(
        Case,
        st.dictionaries(names, values, max_size=3),
        st.dictionaries(names, values, max_size=3),
        st.dictionaries(st.sampled_from(["topic", "split"]), texts, max_size=2),
        texts.filter(bool),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda case: case.id,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("written")


@given(cases)
@settings(deadline=None)
def test_json_lines_hold_every_case(folder, given):
    assert write_dataset(given, folder / "qa.jsonl") == 0
    back = read_dataset(folder / "qa.jsonl")
    assert [(case.id, case.digest, case.tags) for case in back] == [
        (case.id, case.digest, case.tags) for case in given
    ]


@given(cases)
@settings(deadline=None, max_examples=50)
def test_a_table_says_how_many_cases_it_cannot_hold(folder, given):
    path = folder / "qa.csv"
    changed = write_dataset(given, path)
    try:
        back = {case.id: case for case in read_dataset(path)}
    except DatasetError:
        assert changed == len(given)
        return
    same = [case for case in given if case.id in back and case.digest == back[case.id].digest]
    assert changed >= len(given) - len(same)


def test_half_a_character_is_written_as_an_escape(tmp_path):
    case = Case({"q": "\ud800"}, id="odd")
    assert "\\ud800" in line_of(case)
    assert write_dataset([case], tmp_path / "qa.jsonl") == 0
    assert write_dataset([case], tmp_path / "qa.csv") == 1


def test_cases_without_inputs_are_nothing_for_a_table(tmp_path):
    assert write_dataset([Case({}, id="a")], tmp_path / "qa.csv") == 1
