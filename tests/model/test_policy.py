from __future__ import annotations

import pytest

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.policy import Tolerance, parse_tolerances


@pytest.mark.parametrize(
    ("line", "name", "tolerance"),
    [
        ("latency = 25%", "latency", Tolerance(25.0, "%")),
        ("latency=2.5 %", "latency", Tolerance(2.5, "%")),
        ("correct = 2pt", "correct", Tolerance(2.0, "pt")),
        ("  helpful  =  0.1 ", "helpful", Tolerance(0.1)),
        ("judge/tone = 0", "judge/tone", Tolerance(0.0)),
        ("loss = 1e-3", "loss", Tolerance(0.001)),
        ("loss = .5%", "loss", Tolerance(0.5, "%")),
    ],
)
def test_tolerances_are_shares_points_or_plain(line, name, tolerance):
    assert parse_tolerances([line], source="ini") == {name: tolerance}


def test_the_last_line_of_a_metric_counts():
    assert parse_tolerances(["a = 1", "b = 2", "a = 3"], source="ini") == {
        "a": Tolerance(3.0),
        "b": Tolerance(2.0),
    }


def test_no_lines_are_no_tolerances():
    assert parse_tolerances([], source="ini") == {}


@pytest.mark.parametrize(
    "line",
    [
        "latency",
        "latency =",
        "= 25%",
        "latency = -1",
        "latency = nan",
        "latency = 1e999",
        "latency = e5",
        "a = 2 points",
        "a = " + "9" * 400,
        "",
    ],
)
def test_other_lines_are_refused_with_their_source(line):
    with pytest.raises(
        SettingError, match=r"pytest.ini: .* is not a tolerance; write `metric = amount` with an amount"
    ):
        parse_tolerances([line], source="pytest.ini")
