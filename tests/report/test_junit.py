"""Properties for a junit file: names and values."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import Comparison, SideCounts
from pytest_vtrack.report.junit import suite_properties
from pytest_vtrack.report.summary import Compared, Missing, Recorded, Summary

Build = SimpleNamespace


def test_a_comparison_has_its_run_its_baseline_and_every_metric(build: Build) -> None:
    unknown = build.metric("tone", "not_comparable", baseline=None, current=None, effect=None)
    found = build.compared("regressed", unknown, build.CORRECT_WORSE)
    assert suite_properties(Summary("bot", exit_code=10, comparisons=(Compared(found, 10),))) == [
        ("vtrack.verdict", "regressed"),
        ("vtrack.exit_code", "10"),
        ("vtrack.experiment", "support-bot"),
        ("vtrack.version", "v1.3"),
        ("vtrack.env", "staging"),
        ("vtrack.run", "9c1e5a7700000000"),
        ("vtrack.status", "complete"),
        ("vtrack.baseline", "v1.2"),
        ("vtrack.baseline.run", "7f3a1b2c00000000"),
        ("vtrack.metric.correct.verdict", "worse"),
        ("vtrack.metric.correct.value", "0.825"),
        ("vtrack.metric.correct.baseline", "0.925"),
        ("vtrack.metric.correct.effect", "-0.1"),
        ("vtrack.metric.tone.verdict", "not_comparable"),
    ]


def test_a_run_without_a_baseline_has_its_values(build: Build) -> None:
    metrics = (SideCounts(MetricSpec("correct", "f1"), 5, mean=0.2), SideCounts(MetricSpec("tone", "f2")))
    told = dict(suite_properties(Summary("bot", recorded=(Recorded(build.make_run("v1.0"), metrics),))))
    assert (told["vtrack.verdict"], told["vtrack.version"]) == ("no_baseline", "v1.0")
    assert {name for name in told if "metric" in name or "baseline" in name} == {
        "vtrack.metric.correct.value"
    }


def test_nothing_at_all_still_has_a_verdict() -> None:
    summary = Summary("bot", exit_code=12, missing=(Missing("v9", "'v9' is not in the store"),))
    assert suite_properties(summary) == [("vtrack.verdict", "no_baseline"), ("vtrack.exit_code", "12")]


def test_no_name_stands_there_twice_and_the_gravest_comes_first(build: Build) -> None:
    summary = Summary(
        "bot", comparisons=tuple(map(Compared, (build.ok(), build.regressed(), build.not_sure())))
    )
    found = suite_properties(summary)
    told = dict(found)
    assert len(told) == len(found)
    assert [told[f"vtrack.{number}metric.correct.verdict"] for number in ("", "2.", "3.")] == [
        "worse",
        "not_sure",
        "ok",
    ]


def test_every_name_and_value_can_stand_in_xml(comparison: Comparison) -> None:
    summary = Summary("bot", comparisons=(Compared(comparison),))
    texts = [text for pair in suite_properties(summary) for text in pair]
    assert all(isinstance(text, str) for text in texts)
    assert all(text.isprintable() for text in texts)


@pytest.mark.parametrize("exit_code", [0, 10])
def test_the_exit_code_is_that_of_the_whole(build: Build, exit_code: int) -> None:
    summary = Summary("bot", exit_code=exit_code, comparisons=(Compared(build.ok()),))
    assert dict(suite_properties(summary))["vtrack.exit_code"] == str(exit_code)
