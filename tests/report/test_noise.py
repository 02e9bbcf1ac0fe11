from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model.comparison import Comparison
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.noise import noise_floor


def twice(build: SimpleNamespace, *metrics: Any, version: AppVersion | None = None) -> Comparison:
    """Return a comparison of two runs of one version."""
    found: Comparison = build.compared("ok", *metrics)
    version = version or AppVersion("v1.3")
    return replace(
        found,
        current=replace(found.current, version=version),
        baseline=replace(found.baseline, version=version),
    )


def test_noise_floor_is_the_smallest_loss_that_would_have_been_seen(build: SimpleNamespace) -> None:
    steady = replace(build.UNCHANGED, name="polite")
    (text,) = noise_floor(twice(build, build.metric(detectable=0.053), steady, build.UNCHANGED))
    assert text == (
        "Both runs are of v1.3, so what differs is noise. Noise floor: the smallest loss that 120 cases "
        "would have shown, four times of five, is 5.3 points in correct. No noise in polite: the same value "
        "in every case."
    )


def test_more_than_noise_between_runs_of_one_version_has_another_cause(build: SimpleNamespace) -> None:
    (text,) = noise_floor(twice(build, replace(build.LATENCY, detectable=0.05)))
    assert "5.13 % in latency" in text
    assert "More than chance in latency: something besides the version changed" in text


@pytest.mark.parametrize(
    "version", [AppVersion("0+unknown"), AppVersion("v1.3-dirty", commit="abc", dirty=True)], ids=str
)
def test_nothing_is_said_where_the_code_may_have_changed(build: SimpleNamespace, version: AppVersion) -> None:
    assert noise_floor(twice(build, build.metric(detectable=0.05), version=version)) == ()


def test_nothing_is_said_of_two_versions_or_of_a_run_with_itself(build: SimpleNamespace) -> None:
    same = twice(build, build.metric(detectable=0.05))
    assert noise_floor(build.compared("ok", build.metric(detectable=0.05))) == ()
    assert noise_floor(replace(same, baseline=same.current)) == ()
    assert noise_floor(replace(same, current=replace(same.current, flags={"new": "on"}))) == ()


def test_the_screen_of_two_runs_of_one_version_has_the_noise_floor(build: SimpleNamespace) -> None:
    view = build.report_view(twice(build, build.metric(detectable=0.05)), exit_code=0)
    assert view.meaning[-1].startswith("Both runs are of v1.3, so what differs is noise.")
