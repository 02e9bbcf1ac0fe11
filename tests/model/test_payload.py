from __future__ import annotations

import collections
import datetime
import enum
import json
import math
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from pytest_vtrack.model import payload


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclass
class Point:
    x: int
    y: object = None


class Answer(BaseModel):
    text: str
    score: float


Pair = collections.namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "decoded"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (10**400, 10**400),
        (0.1, 0.1),
        ("é\u2028\0", "é\u2028\0"),
        ("lone \ud800", "lone \ud800"),
        ([1, (2, 3)], [1, [2, 3]]),
        ({"a": {"b": []}}, {"a": {"b": []}}),
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "None": "b", "(1, 2)": "c"}),
        (math.nan, {"$number": "nan"}),
        ([math.inf, -math.inf], [{"$number": "inf"}, {"$number": "-inf"}]),
        (b"\x00\xff", {"$bytes": "AP8="}),
        ({3, 1, 2}, [1, 2, 3]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (datetime.datetime(2025, 1, 2, 3, 4), "2025-01-02T03:04:00"),
        (datetime.date(2025, 1, 2), "2025-01-02"),
        (datetime.time(3, 4), "03:04:00"),
        (datetime.timedelta(minutes=1), 60.0),
        (PurePosixPath("a/b"), "a/b"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (ValueError("bad"), {"$exception": "ValueError", "message": "bad"}),
        (Point(1, Point(2)), {"x": 1, "y": {"x": 2, "y": None}}),
        (Answer(text="a", score=0.5), {"text": "a", "score": 0.5}),
        (Pair(1, 2), [1, 2]),
        (numpy.float64(0.5), 0.5),
        (numpy.int64(3), 3),
        (numpy.array([[1, 2]]), [[1, 2]]),
        (numpy.float32("nan"), {"$number": "nan"}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_odd_values_are_stored_in_json_own_types(value, decoded):
    encoded = payload.encode({"v": value}, "outputs")
    assert payload.decode(encoded.text) == {"v": decoded}
    assert encoded.problems == ()
    encoded.text.encode()


class Broken:
    def model_dump(self):
        raise RuntimeError("no")


def test_what_cannot_be_stored_is_described_and_named():
    encoded = payload.encode({"a": [object(), 1], "b": Broken(), "c": Point}, "outputs")
    assert payload.decode(encoded.text) == {
        "a": [{"$unserialisable": "builtins.object"}, 1],
        "b": {"$unserialisable": f"{__name__}.Broken"},
        "c": {"$unserialisable": "builtins.type"},
    }
    first, second, third = encoded.problems
    assert (
        first
        == "outputs.a[0]: a value of type builtins.object cannot be written as JSON; only its type is stored"
    )
    assert second.startswith("outputs.b: a value of type ")
    assert third.startswith("outputs.c: ")


def test_a_value_inside_of_itself_is_described_where_it_comes_again():
    value: dict[str, object] = {"a": 1}
    value["self"] = value
    encoded = payload.encode(value, "outputs")
    assert payload.decode(encoded.text) == {"a": 1, "self": {"$unserialisable": "builtins.dict"}}
    assert encoded.problems == (
        "outputs.self: a value of type builtins.dict refers to itself; only its type is stored",
    )


@pytest.mark.parametrize("depth", [200, 5_000, 100_000])
def test_deep_values_are_stored_as_deep_as_goes(depth):
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    encoded = payload.encode(value, "outputs")
    assert payload.decode(encoded.text) is not None
    # How deep the JSON encoder goes by itself depends on the version of Python.
    assert all("nested deeper than 100 levels" in problem for problem in encoded.problems)
    assert encoded.problems or depth < 100_000


def test_the_same_value_twice_is_no_value_inside_of_itself():
    shared = [math.nan]
    assert payload.encode([shared, shared], "outputs").problems == ()


def test_nothing_decodes_to_nothing():
    assert payload.decode(None) is None


def test_a_digest_is_of_texts_in_their_order():
    digests = {
        payload.digest(*texts)
        for texts in ([], ["a"], ["a", "b"], ["b", "a"], ["ab"], ["ab", ""], ["\ud800"])
    }
    assert len(digests) == 7
    assert payload.digest("a") == "4dd0bb1c45b748c1"


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.characters(categories=["Cs"])
    | st.binary()
    | st.dates()
    | st.timedeltas()
    | st.decimals()
    | st.fractions()
    | st.complex_numbers()
    | st.uuids()
    | st.builds(object)
    | st.sampled_from([Colour.RED, Level.HIGH, Point, len, ...]),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.none() | st.floats() | st.binary(), inner)
        | st.frozensets(st.integers() | st.text() | st.none())
        | st.builds(Point, st.integers(), inner)
        | inner.map(lambda value: iter([value]))
    ),
)


@settings(deadline=None)
@given(VALUES, st.booleans())
def test_every_value_can_be_encoded_decoded_and_stored(value, canonical):
    encoded = payload.encode(value, "outputs", canonical=canonical)
    decoded = payload.decode(encoded.text)
    encoded.text.encode("utf-8")
    assert all(problem.startswith("outputs") for problem in encoded.problems)
    again = payload.encode(decoded, "outputs", canonical=canonical)
    assert payload.decode(again.text) == decoded
    assert again.problems == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON)
def test_json_values_come_back_as_they_were(value):
    assert payload.decode(payload.encode(value, "outputs").text) == value
    assert json.loads(payload.encode(value, "outputs", canonical=True).text) == value
