"""Where bars, dots and labels of the drawings stand, and in which order slices are told."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import MetricResult, SideCounts, SliceResult
from pytest_vtrack.report.html import forest, trend
from pytest_vtrack.report.html.forest import forest_row, scale_of
from pytest_vtrack.report.html.material import Material, PastRun
from pytest_vtrack.report.html.slices import slice_tables

MIDDLE = forest.WIDTH / 2


def test_worse_is_left_of_the_middle_and_better_right(build: SimpleNamespace) -> None:
    worse, better = forest_row(build.CORRECT_WORSE, 6.0), forest_row(build.LATENCY, 6.0)
    assert worse is not None
    assert better is not None
    assert worse.low < worse.dot < worse.high < worse.band[0] < MIDDLE < worse.band[1]
    assert MIDDLE < better.band[1] < better.low < better.dot < better.high


def test_all_rows_have_the_same_band_because_each_has_the_scale_of_its_tolerance(
    build: SimpleNamespace,
) -> None:
    rows = [forest_row(one, 6.0) for one in (build.CORRECT_WORSE, build.LATENCY, build.HELPFUL)]
    assert len({row.band for row in rows if row}) == 1


def test_a_range_that_goes_on_is_marked(build: SimpleNamespace) -> None:
    far = replace(build.CORRECT_WORSE, low=-0.9, high=0.9)
    row = forest_row(far, scale_of([far]))
    assert row is not None
    assert (row.beyond_left, row.beyond_right) == (True, True)
    assert 0 < row.low < row.high < forest.WIDTH


@pytest.mark.parametrize(
    "changes", [{"low": None}, {"effect": None}, {"tolerance": 0.0, "low": 0.0, "high": 0.0}]
)
def test_what_is_not_known_is_not_drawn(build: SimpleNamespace, changes: dict[str, Any]) -> None:
    assert forest_row(replace(build.CORRECT_WORSE, **changes), 6.0) is None


def test_where_no_loss_is_allowed_there_is_no_band(build: SimpleNamespace) -> None:
    row = forest_row(replace(build.CORRECT_WORSE, tolerance=0.0), 6.0)
    assert row is not None
    assert row.band == (MIDDLE, MIDDLE)


_NUMBERS = st.floats(-1e300, 1e300)


@given(low=_NUMBERS, effect=_NUMBERS, high=_NUMBERS, tolerance=st.floats(0, 1e300))
def test_everything_stays_on_the_drawing(low: float, effect: float, high: float, tolerance: float) -> None:
    known = {"low": low, "effect": effect, "high": high, "tolerance": tolerance}
    result = MetricResult("m", "number", "higher", True, "ok", **known)
    row = forest_row(result, scale_of([result]))
    if row is not None:
        assert all(0 < x < forest.WIDTH for x in (row.low, row.dot, row.high, *row.band))


def _side(mean: float, **changes: Any) -> SideCounts:
    return replace(SideCounts(MetricSpec("score", "s/1"), 50, numbers=50, mean=mean), **changes)


def _material(build: SimpleNamespace, *sides: SideCounts, versions: str = "abcdefghij") -> Material:
    past = [
        PastRun(build.make_run(f"v-{versions[place]}", id=f"{place:032x}"), [side])
        for place, side in enumerate(sides)
    ]
    return Material(past[-1].run, past[0].run, None, (), (), (), past)


def test_chart_holds_every_dot_and_its_range(build: SimpleNamespace) -> None:
    sides = [_side(0.5, standard_error=0.1), _side(0.7, standard_error=0.02), _side(0.6)]
    (chart,) = trend.charts(_material(build, *sides))
    heights = [y for dot in chart.dots for y in (dot.y, *(dot.ends or ()))]
    assert min(heights) >= 14
    assert max(heights) <= trend.HEIGHT - 26
    assert [dot.role for dot in chart.dots] == ["baseline", "", "current"]
    assert chart.dots[2].ends is None
    assert chart.newest == "0.60"


@pytest.mark.parametrize("means", [(0.0, 0.0), (5.0, 5.0), (-3.0, -3.0), (1e-300, 2e-300), (-1e15, 1e15)])
def test_chart_of_any_values_is_drawn(build: SimpleNamespace, means: tuple[float, ...]) -> None:
    (chart,) = trend.charts(_material(build, *map(_side, means)))
    assert all(14 <= dot.y <= trend.HEIGHT - 26 for dot in chart.dots)


def test_one_run_makes_no_chart(build: SimpleNamespace) -> None:
    assert trend.charts(_material(build, _side(0.5))) == []


def test_versions_are_marked_where_they_begin_and_named_where_there_is_room(build: SimpleNamespace) -> None:
    few = _material(build, *[_side(0.5)] * 4, versions="aabb")
    assert [mark.label for mark in trend.version_marks(few.past)] == ["v-a", "v-b"]
    many = [PastRun(build.make_run(f"release-{n}"), ()) for n in range(30)]
    labels = [mark.label for mark in trend.version_marks(many)]
    assert len(labels) == 30
    assert 4 < sum(map(bool, labels)) < 12


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"standard_error": 0.1}, True),
        ({}, False),
        ({"standard_error": 0.0}, False),
        ({"standard_error": 0.1, "cases": 5}, False),
    ],
    ids=["spread", "unknown", "all equal", "few"],
)
def test_plausible_values_are_told_only_where_they_are_known(changes: dict[str, Any], known: bool) -> None:
    assert (trend.plausible_values(_side(0.5, **changes)) is not None) == known


def test_slices_that_need_attention_come_first(build: SimpleNamespace) -> None:
    metrics = {
        "ok": build.metric(),
        "worse": build.metric(verdict="worse"),
        "few": build.metric(verdict="not_sure", reason="too_few", effect=-0.8),
        "fewer": build.metric(verdict="not_sure", reason="too_few", effect=0.1),
    }
    slices = tuple(SliceResult("topic", name, 10, 1, 0, result) for name, result in metrics.items())
    comparison = replace(build.ok(), slices=slices)
    (table,) = slice_tables(comparison)
    assert [row.value for row in table.rows] == ["worse", "few", "fewer", "ok"]
    assert table.rows[1].look.word == "too few"
