from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.report import numbers


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (numbers.share, 0.925, "92.5 %"),
        (numbers.share, 1.0, "100.0 %"),
        (numbers.share, 0.0, "0.0 %"),
        (numbers.share, 0.9996, "99.96 %"),
        (numbers.share, 0.99999, ">99.99 %"),
        (numbers.share, 0.00001, "<0.01 %"),
        (numbers.plain, 4.31, "4.31"),
        (numbers.plain, 0.0, "0.00"),
        (numbers.plain, -0.0, "0.00"),
        (numbers.plain, 0.0123, "0.012"),
        (numbers.plain, 123.46, "123.5"),
        (numbers.plain, 12345.6, "12,346"),
        (numbers.plain, -4.31, "-4.31"),
        (numbers.plain, -1e300, "-1e+300"),
        (numbers.plain, 1.5e-12, "1.5e-12"),
        (numbers.money, 1e300, "$1e+300"),
        (numbers.money, 1e-30, "$1e-30"),
        (numbers.tokens, 1e300, "1e+300"),
        (numbers.duration, 0.0001, "0.10 ms"),
        (numbers.duration, 0.000241, "0.24 ms"),
        (numbers.duration, 0.0, "0 ms"),
        (numbers.duration, 0.142, "142 ms"),
        (numbers.duration, 0.9999, "1.00 s"),
        (numbers.duration, 1.42, "1.42 s"),
        (numbers.duration, 84.12, "84.1 s"),
        (numbers.duration, 99.96, "1.67 min"),
        (numbers.duration, 120.0, "2 min"),
        (numbers.duration, 7200.0, "2 h"),
        (numbers.duration, -1.42, "-1.42 s"),
        (numbers.money, 0.0041, "$0.0041"),
        (numbers.money, 0.0, "$0.00"),
        (numbers.money, 0.41, "$0.41"),
        (numbers.money, 1234.5, "$1,234.50"),
        (numbers.money, -0.0041, "-$0.0041"),
        (numbers.tokens, 1234.0, "1,234"),
        (numbers.tokens, 12.0, "12"),
        (numbers.tokens, 12.34, "12.3"),
        (numbers.size, 999, "999 B"),
        (numbers.size, 12_345_678, "12.3 MB"),
        (numbers.size, 5_000_000_000_000, "5 TB"),
        (numbers.rounded_up, 317, "320"),
        (numbers.rounded_up, 1546, "1,600"),
        (numbers.rounded_up, 7, "7"),
        (numbers.probability, 0.00001, "below 0.0001"),
        (numbers.probability, 0.00152, "0.0015"),
        (numbers.probability, 0.31, "0.31"),
    ],
)
def test_numbers_read_as_people_write_them(write: Any, value: float, text: str) -> None:
    assert write(value) == text


def test_noise_of_rounding_is_no_change(build: SimpleNamespace) -> None:
    same = build.metric(kind="number", baseline=0.5, current=0.5, effect=1e-16)
    assert numbers.change(same) == "0.00"


def test_no_data_is_not_zero() -> None:
    assert numbers.value("bool", None) == "-"
    assert numbers.value("latency", None) == "-"


@pytest.mark.parametrize(
    ("changes", "change", "ends"),
    [
        pytest.param(
            {"effect": -0.1, "low": -0.163, "high": -0.037}, "-10.0 pt", ("-16.3", "-3.7"), id="points"
        ),
        pytest.param(
            {"effect": -0.1, "low": -0.163, "high": -0.037, "direction": "lower"},
            "+10.0 pt",
            ("+3.7", "+16.3"),
            id="more of a bad thing",
        ),
        pytest.param(
            {"effect": -1e-9, "low": -0.0, "high": 0.0}, "0.0 pt", ("0.0", "0.0"), id="no negative zero"
        ),
        pytest.param(
            {
                "kind": "bounded",
                "baseline": 4.31,
                "current": 4.28,
                "effect": -0.03,
                "low": -0.12,
                "high": 0.06,
            },
            "-0.03",
            ("-0.12", "+0.06"),
            id="score",
        ),
        pytest.param(
            {
                "kind": "score",
                "baseline": 0.8234,
                "current": 0.8191,
                "effect": -0.0043,
                "low": -0.01,
                "high": 0.0,
            },
            "-0.004",
            ("-0.010", "0.000"),
            id="small change of a score",
        ),
    ],
)
def test_a_change_has_the_direction_of_its_metric(
    build: SimpleNamespace, changes: dict[str, Any], change: str, ends: tuple[str, str]
) -> None:
    result = build.metric(**changes)
    assert (numbers.change(result), numbers.plausible_range(result)) == (change, ends)


@pytest.mark.parametrize(
    ("effect", "change"),
    [
        (-math.log(1.20), "+20 %"),
        (-math.log(0.84), "-16 %"),
        (0.0, "0.0 %"),
        (-math.log(1.004), "+0.4 %"),
        (-math.log(6.2), "x6.2"),
        (-math.log(0.1), "-90 %"),
        (-1e6, "x114,200,738,981,568,423,454,048,256"),
    ],
)
def test_a_slower_version_shows_a_rise(build: SimpleNamespace, effect: float, change: str) -> None:
    assert numbers.change(replace(build.LATENCY, effect=effect, low=None, high=None)) == change


def test_a_range_up_to_a_multiple_reads_in_factors(build: SimpleNamespace) -> None:
    slower = replace(build.LATENCY, effect=-math.log(3), low=-math.log(7), high=-math.log(0.9))
    assert numbers.change(slower) == "x3"
    assert numbers.plausible_range(slower) == ("x0.90", "x7")


@pytest.mark.parametrize(
    ("kind", "effect", "change"),
    [("latency", -0.2, "+200 ms"), ("cost", 0.0002, "-$0.00020"), ("tokens", -12.0, "+12")],
)
def test_ratio_kinds_without_logarithms_change_in_their_unit(
    build: SimpleNamespace, kind: str, effect: float, change: str
) -> None:
    assert numbers.change(replace(build.LATENCY, kind=kind, ratio=False, effect=effect)) == change


@pytest.mark.parametrize(
    ("changes", "amount", "text"),
    [
        ({}, 0.03, "3 points"),
        ({}, 0.01, "1 point"),
        ({"ratio": True, "kind": "latency"}, math.log(1.1), "10 %"),
        ({"kind": "latency"}, 0.2, "200 ms"),
        ({"kind": "bounded"}, 0.15, "0.15"),
    ],
)
def test_a_tolerance_reads_in_the_unit_of_the_change(
    build: SimpleNamespace, changes: dict[str, Any], amount: float, text: str
) -> None:
    assert numbers.amount_of_change(build.metric(**changes), amount) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_no_number_reads_as_negative_zero(value: float) -> None:
    for text in (numbers.plain(value), numbers.duration(value), numbers.money(value), numbers.tokens(value)):
        assert not text.startswith("-") or any(digit in text for digit in "123456789")
