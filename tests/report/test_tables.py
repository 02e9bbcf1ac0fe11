from __future__ import annotations

from datetime import timedelta, timezone
from types import SimpleNamespace

import pytest

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.layout import text_of
from pytest_vtrack.report.tables import (
    BaselineRow,
    baseline_table,
    run_screen,
    runs_table,
    store_info_lines,
)
from pytest_vtrack.report.untrusted import display_width

WHEN = 1_700_000_000.0


def texts(lines: object) -> list[str]:
    return [text_of(line) for line in lines]  # type: ignore[attr-defined]


def test_runs_show_version_environment_cases_and_verdict(build: SimpleNamespace) -> None:
    runs = [
        build.make_run("v1.3", started_at=WHEN),
        build.make_run("v1.2", id="7f3a1b2c00000000", status="partial", stored=31, env="dev"),
    ]
    assert texts(runs_table(runs, {runs[0].id: "regressed"}, width=100)) == [
        "run       version  environment      cases  status    started           verdict",
        "9c1e5a77  v1.3     staging            120  complete  2023-11-14 22:13  REGRESSED",
        "7f3a1b2c  v1.2     dev          31 of 120  partial   -                 -",
    ]


def test_times_are_shown_in_the_given_zone(build: SimpleNamespace) -> None:
    lines = runs_table([build.make_run(started_at=WHEN)], {}, width=100, zone=timezone(timedelta(hours=2)))
    assert "2023-11-15 00:13" in texts(lines)[1]


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [60, 80])
def test_listings_stay_within_the_screen(build: SimpleNamespace, width: int, unicode: bool) -> None:
    bad = build.HOSTILE * 2
    run = build.make_run(bad, env=bad, experiment=bad, reason=bad, flags={bad: bad}, started_at=WHEN)
    size = {"width": width, "unicode": unicode}
    lines = [
        *runs_table([run], {run.id: "no_baseline"}, **size),
        *run_screen(run, [SideCounts(MetricSpec(bad, "f"), cases=1, bools=1, mean=1.0)], **size),
        *baseline_table([BaselineRow(bad, bad, bad, WHEN, bad, bad)], **size),
        *store_info_lines(bad, size_bytes=1, counts={bad: 1}, **size),
    ]
    for line in texts(lines):
        assert display_width(line) <= width
        assert line.isprintable()
        assert unicode or line.isascii()


def test_no_runs_is_said(build: SimpleNamespace) -> None:
    assert texts(runs_table([], {})) == ["No runs are stored yet."]


def test_a_run_shows_where_it_comes_from(build: SimpleNamespace) -> None:
    version = AppVersion("v1.3", commit="a1b2c3d", branch="main", dirty=True, params={"model": "small"})
    run = build.make_run(flags={"ranker": "new"}, started_at=WHEN, ended_at=WHEN + 84.12)
    lines = texts(run_screen(build.replace(run, version=version), []))
    assert "version      v1.3" in lines
    assert "commit       a1b2c3d with uncommitted changes" in lines
    assert "params       model=small" in lines
    assert "flags        ranker=new" in lines
    assert "took         84.1 s" in lines
    assert not [line for line in lines if line.startswith("tags")]


def test_a_clock_that_was_set_back_leaves_no_time_taken(build: SimpleNamespace) -> None:
    lines = texts(run_screen(build.make_run(started_at=WHEN, ended_at=WHEN - 86_400), []))
    assert not [line for line in lines if line.startswith("took")]


def test_baselines_show_who_set_them_and_why() -> None:
    row = BaselineRow("main", "v1.2", "7f3a1b2c00", WHEN, "ana", "agreed with support")
    assert texts(baseline_table([row])) == [
        "baseline  version  run       since",
        "main      v1.2     7f3a1b2c  2023-11-14 22:13",
        "    ana: agreed with support",
    ]


def test_no_baseline_says_how_to_name_one() -> None:
    assert texts(baseline_table([])) == [
        "No baseline is named yet. Name one:",
        '    vtrack baseline set main --version VERSION --why "..."',
    ]


def test_the_store_says_where_it_is_and_what_it_holds() -> None:
    lines = store_info_lines(
        ".vtrack/vtrack.db", size_bytes=12_345_678, counts={"runs": 12, "cases": 120_000}
    )
    assert texts(lines) == [
        "store  .vtrack/vtrack.db",
        "size   12.3 MB",
        "runs   12",
        "cases  120,000",
    ]
