from __future__ import annotations

import collections
import datetime
import enum
import io
import json
import math
import types
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address
from pathlib import Path, PurePosixPath
from threading import Lock
from uuid import UUID

import numpy
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AnyUrl, BaseModel

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


class Price(BaseModel):
    amount: Decimal
    at: datetime.date


@dataclass(slots=True)
class Slotted:
    x: int


class Frame:
    def to_dict(self):
        return {"a": {0: 1}}


class WordlessError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


Pair = collections.namedtuple("Pair", "a b")
NAN = {"$number": "nan"}


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
        ({1: "a", None: "b", (1, 2): "c"}, {"1": "a", "null": "b", "(1, 2)": "c"}),
        ({1: "a", "1": "b"}, {"$mapping": [[1, "a"], ["1", "b"]]}),
        ({None: [{True: 1, "true": math.nan}]}, {"null": [{"$mapping": [[True, 1], ["true", NAN]]}]}),
        ({(1, 2): 1, "(1, 2)": 2}, {"$mapping": [[[1, 2], 1], ["(1, 2)", 2]]}),
        (10**5000, {"$number": hex(10**5000)}),
        (Decimal("1.10"), "1.10"),
        (Decimal("NaN"), "NaN"),
        (Fraction(1, 3), "1/3"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (1 + 2j, "(1+2j)"),
        (IPv4Address("10.0.0.1"), "10.0.0.1"),
        (Path("a/b"), "a/b"),
        (AnyUrl("https://example.org/a"), "https://example.org/a"),
        (memoryview(b"ab"), {"$bytes": "YWI="}),
        (bytearray(b"ab"), {"$bytes": "YWI="}),
        ("a" * 50_000_000, "a" * 50_000_000),
        (numpy.datetime64("2026-11-23T10:00"), "2026-11-23T10:00:00"),
        (numpy.bool_(True), True),
        (numpy.array([1.5, numpy.nan]), [1.5, NAN]),
        (numpy.array(["a", None], dtype=object), ["a", None]),
        (numpy.zeros((2, 0)), [[], []]),
        (Slotted(3), {"x": 3}),
        (Price(amount=Decimal("0.1"), at=datetime.date(2026, 1, 2)), {"amount": "0.1", "at": "2026-01-02"}),
        (Frame(), {"a": {"0": 1}}),
        (types.MappingProxyType({"a": {1}}), {"a": [1]}),
        (collections.ChainMap({"a": 1}, {"b": 2}), {"b": 2, "a": 1}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (KeyError("k"), {"$exception": "KeyError", "message": "'k'"}),
        (WordlessError(), {"$exception": "WordlessError", "message": "(no text: RuntimeError)"}),
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


class Unreadable:
    def __getattribute__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")


class BrokenMapping(dict):
    def items(self):
        raise RuntimeError("no")


class BrokenList(collections.UserList):
    def __iter__(self):
        raise KeyError("no")


class UnnamedKey:
    def __str__(self):
        raise RuntimeError("no")


@dataclass
class Unset:
    x: int = field(init=False)


def endless():
    while True:
        yield 1


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Unreadable(), "cannot be read (RuntimeError)"),
        (BrokenMapping(a=1), "cannot be read (RuntimeError)"),
        (BrokenList([1]), "cannot be read (KeyError)"),
        ({UnnamedKey(): 1}, "cannot be read (RuntimeError)"),
        (Unset(), "cannot be read (AttributeError)"),
        (Broken(), "cannot be read (RuntimeError)"),
        (endless(), "cannot be written as JSON"),
        (len, "cannot be written as JSON"),
        (Lock(), "cannot be written as JSON"),
        (io.BytesIO(b"a"), "cannot be written as JSON"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_read_is_described_and_the_rest_is_stored(value, why):
    encoded = payload.encode({"v": value, "w": 1}, "outputs")
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    assert payload.decode(encoded.text) == {"v": {"$unserialisable": kind}, "w": 1}
    assert encoded.problems == (f"outputs.v: a value of type {kind} {why}; only its type is stored",)


def test_an_open_file_is_neither_read_nor_closed(tmp_path):
    path = tmp_path / "f"
    path.write_text("content")
    with path.open() as file:
        assert payload.decode(payload.encode(file, "outputs").text) == {
            "$unserialisable": "_io.TextIOWrapper"
        }
        assert file.read() == "content"


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


@settings(deadline=None)
@given(VALUES)
def test_a_value_means_the_same_whether_its_keys_are_sorted_or_not(value):
    plain, canonical = (payload.encode(value, "outputs", canonical=each) for each in (False, True))
    assert payload.decode(plain.text) == payload.decode(canonical.text)
    assert plain.problems == canonical.problems


def test_ready_json_with_line_breaks_is_not_taken_over():
    encoded = payload.encode({"a": orjson.Fragment(b'{"b":\n1}')}, "outputs")
    assert "\n" not in encoded.text
    assert payload.decode(encoded.text) == {"a": {"$unserialisable": "orjson.Fragment"}}


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
