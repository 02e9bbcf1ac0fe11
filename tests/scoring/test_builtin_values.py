"""Scorers of lists and of JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack import (
    contains,
    exact_match,
    json_equal,
    json_path,
    json_schema,
    output_length,
    set_f1,
    set_precision,
    set_recall,
)
from pytest_vtrack.errors import ScorerError

ORDER = {"order": {"id": 7, "items": [{"unit price": 2.0}, {"unit price": 3}]}}
SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "tags": {"$ref": "#/$defs/names"}},
    "required": ["id"],
    "$defs": {"names": {"type": "array", "items": {"type": "string"}}},
}


@pytest.mark.parametrize(
    ("got", "expected", "precision", "recall", "f1"),
    [
        (["a", "b", "c", "d"], ["a", "b", "e"], 0.5, 2 / 3, 4 / 7),
        (["a", "a", "b"], ["a", "b"], 1.0, 1.0, 1.0),
        ('["a", 1]', ["a", 1.0], 1.0, 1.0, 1.0),
        ("a", ["a", "b"], 1.0, 0.5, 2 / 3),
        ("[a", ["[a"], 1.0, 1.0, 1.0),
        ([True], [1], 0.0, 0.0, 0.0),
        ([{"a": 1, "b": [2.0]}], [{"b": [2], "a": 1}], 1.0, 1.0, 1.0),
        ([], ["a"], None, 0.0, 0.0),
        (None, ["a"], None, 0.0, 0.0),
        (["a"], [], 0.0, None, 0.0),
        ([], [], None, None, 1.0),
    ],
)
def test_items_are_counted_once(got, expected, precision, recall, f1):
    for check, value in ((set_precision(), precision), (set_recall(), recall), (set_f1(), f1)):
        assert check(got, {"answer": expected}) == (value if value is None else pytest.approx(value))


def test_items_may_be_counted_as_often_as_they_stand_there():
    given_, wanted = ["a", "a", "b"], {"answer": ["a", "b", "b", "c"]}
    assert set_precision(repeats=True)(given_, wanted) == pytest.approx(2 / 3)
    assert set_recall(repeats=True)(given_, wanted) == pytest.approx(2 / 4)
    assert set_f1(repeats=True)(given_, wanted) == pytest.approx(4 / 7)
    assert set_f1(ignore_case=True)(["A"], {"answer": ["a"]}) == 1.0


def test_expected_items_are_a_list():
    with pytest.raises(ScorerError, match="set_recall: the expectation 'a' must be a list"):
        set_recall()(["a"], {"answer": "a"})


@given(
    got=st.lists(st.integers(0, 5)), expected=st.lists(st.integers(0, 5), min_size=1), repeats=st.booleans()
)
def test_f1_lies_between_precision_and_recall(got, expected, repeats):
    given_ = {"answer": expected}
    precision, recall, f1 = (
        check(repeats=repeats)(got, given_) for check in (set_precision, set_recall, set_f1)
    )
    low, high = sorted([precision or 0.0, recall])
    assert 0 <= low - 1e-12 <= f1 <= high + 1e-12 <= 1 + 2e-12 or low == 0 == f1
    assert set_f1(repeats=repeats)(expected, given_) == 1.0


@pytest.mark.parametrize(
    ("got", "valid"),
    [
        ({"id": 3}, True),
        ({"id": 3, "answer": "x", "tags": ["a"]}, True),
        ('{"id": 3}', True),
        ({"id": "3"}, False),
        ({"id": 3, "tags": [1]}, False),
        ("not json", False),
        (None, False),
    ],
)
def test_outputs_are_valid_by_a_schema_as_a_whole(got, valid):
    assert json_schema(SCHEMA)(got, {}) is valid
    assert json_schema()(got, {"answer": SCHEMA}) is valid


def test_a_part_of_the_outputs_may_be_checked():
    assert json_schema({"type": "integer"}, output="id")({"id": 3, "answer": "x"}, {}) is True


def test_an_expected_schema_that_is_none_is_an_error():
    with pytest.raises(ScorerError, match="json_schema: 'object' is not a JSON Schema: it must be an object"):
        json_schema()({}, {"answer": "object"})


def test_a_schema_is_not_fetched_from_elsewhere():
    check = json_schema({"$ref": "https://example.org/schema.json"})
    with pytest.raises(ScorerError, match="a reference of the schema leads outside of it"):
        check({}, {})


@pytest.mark.parametrize(
    ("path", "got", "expected", "same"),
    [
        ("$.order.id", ORDER, 7, True),
        ("$.order.id", '{"order": {"id": 7.0}}', 7, True),
        ("$.order.id", ORDER, "7", False),
        ('$.order.items[0]["unit price"]', ORDER, 2, True),
        ("$['order'].items[-1]['unit price']", ORDER, 3, True),
        ("$.order.items[2]", ORDER, None, False),
        ("$.order.missing", ORDER, None, False),
        ("$.order[0]", ORDER, None, False),
        ("$.order.items.id", ORDER, 7, False),
        ("$[0]", [5], 5, True),
        ("$", [5], [5], True),
        ("$.answer", {"answer": {"answer": 1}}, {"answer": 1}, True),
        ("$.a", "not json", 1, False),
        ("$.a", None, None, False),
    ],
)
def test_one_place_of_the_output_is_compared(path, got, expected, same):
    assert json_path(path)(got, {"answer": expected}) is same


@dataclass
class City:
    name: str
    founded: date | None = None


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("check", "got", "expected", "value"),
    [
        (json_equal(), City("Orléans"), {"name": "Orléans", "founded": None}, True),
        (json_equal(), [City("Orléans")], [{"name": "Orléans", "founded": None}], True),
        (json_equal(), City("Orléans"), {"name": "Tours", "founded": None}, False),
        (exact_match(output="name"), City("Orléans"), "Orléans", True),
        (exact_match(), Colour.RED, "red", True),
        (exact_match(), date(2026, 1, 2), "2026-01-02", True),
        (exact_match(), Decimal("1.50"), 1.5, True),
        (exact_match(), numpy.array([1, 2]), [1, 2], True),
        (contains(output="name"), City("Orléans"), "é", True),
        (contains(), [City("Orléans", date(2026, 1, 2))], "é", True),
        (json_path("$.name"), City("Orléans"), "Orléans", True),
        (json_schema({"required": ["name"]}), City("Orléans"), None, True),
    ],
)
def test_objects_are_compared_as_json_holds_them(check, got, expected, value):
    assert check(got, {"answer": expected}) is value


def test_a_date_is_as_long_as_its_text():
    assert output_length()(date(2026, 1, 2)) == 10.0
