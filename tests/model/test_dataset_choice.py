"""Choosing cases by tags, and typing what they hold."""

from __future__ import annotations

import dataclasses

import pydantic
import pytest
from typing_extensions import TypedDict

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.model.case_types import CaseTypes, arguments_of
from pytest_vtrack.model.dataset import Case, Dataset, DatasetSource

CASES = (
    Case({"n": 1}, tags={"split": "test", "purpose": "regression, feature"}, id="a"),
    Case({"n": 2}, tags={"split": "dev"}, id="b"),
    Case({"n": 3}, tags={"must_pass": "true"}, id="c"),
)


@pytest.mark.parametrize(
    ("tags", "ids"),
    [
        ({"split": "test"}, "a"),
        ({"split": ["test", "dev"]}, "ab"),
        ({"purpose": "feature"}, "a"),
        ({"purpose": "regression, feature"}, "a"),
        ({"split": "test", "purpose": "feature"}, "a"),
        ({"must_pass": True}, "c"),
        ({}, "abc"),
    ],
    ids=str,
)
def test_cases_are_chosen_by_their_tags(tags, ids):
    chosen = Dataset("qa", CASES).where(**tags)
    assert "".join(case.id for case in chosen) == ids
    assert (chosen.name, chosen.digest == Dataset("qa", CASES).digest) == ("qa", ids == "abc")


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"splt": "test"}, "no case has a tag 'splt'; tags: split"),
        ({"split": "tset"}, "no case has the tag split=tset; values: test"),
        ({"split": "dev", "must_pass": "true"}, "no case has all of split=dev and must_pass=true"),
    ],
)
def test_no_case_says_what_there_is(tags, message):
    with pytest.raises(DatasetError, match=f"dataset 'qa': {message}"):
        Dataset("qa", CASES).where(**tags)


def test_a_source_only_describes():
    source = Dataset.read("gone.jsonl", inputs=dict).where(split="test").where(purpose="feature")
    assert source == DatasetSource(
        "gone.jsonl", CaseTypes(inputs=dict), wanted={"split": "test", "purpose": "feature"}
    )
    assert Dataset.read("gone.jsonl").types is None


class Model(pydantic.BaseModel):
    question: str
    n: int = 0


@dataclasses.dataclass
class Plain:
    question: str
    n: int = 0


class Typed(TypedDict):
    question: str


@pytest.mark.parametrize("kind", [Model, Plain])
def test_values_become_instances_and_arguments(kind):
    made = CaseTypes(inputs=kind).typed("inputs", {"question": "?", "n": "3"}, where="here")
    assert made == kind(question="?", n=3)
    assert arguments_of(made) == {"question": "?", "n": 3}


def test_a_typed_dict_stays_a_mapping():
    made = CaseTypes(inputs=Typed).typed("inputs", {"question": "?"}, where="here")
    assert arguments_of(made) == {"question": "?"}


def test_extra_fields_and_nested_models_are_arguments_too():
    class Outer(pydantic.BaseModel, extra="allow"):
        inner: Model

    made = CaseTypes(inputs=Outer).typed("inputs", {"inner": {"question": "?"}, "more": 1}, where="here")
    assert arguments_of(made) == {"inner": Model(question="?"), "more": 1}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, r"here: inputs.question: Field required \(Model\)"),
        ({"question": 3, "n": "x"}, r"inputs.question: .*string, found 3; inputs.n: .*integer.*, found 'x'"),
        ({"question": ["y" * 99]}, r"found \['yyy.*…"),
    ],
    ids=["missing", "two", "long"],
)
def test_every_wrong_field_is_named(values, message):
    with pytest.raises(DatasetError, match=message):
        CaseTypes(inputs=Model).check("inputs", values, where="here")


def test_what_is_no_type_is_refused():
    with pytest.raises(DatasetError, match="cannot type inputs or expectations; give a pydantic model"):
        CaseTypes(inputs=3).check("inputs", {}, where="here")


def test_what_has_no_type_is_as_it_was():
    values = {"a": 1}
    assert CaseTypes(expectations=Model).typed("inputs", values, where="here") is values
