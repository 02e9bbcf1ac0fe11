"""The report as the store, the rule and the page make it together."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.comparison import Comparison
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.html.chunks import unpack
from pytest_vtrack.report.html.page import Page
from pytest_vtrack.report.summary import Compared, Missing, Recorded, Summary
from pytest_vtrack.store import Store
from pytest_vtrack.workflow import html_report
from pytest_vtrack.workflow.comparing import compare
from pytest_vtrack.workflow.html_report import html_pages, moment_of, too_large, write_html

RIGHT = MetricSpec("right", "right/1", kind="bool")
SCORE = MetricSpec("score", "score/1", tolerance=0.1)
WORDS = MetricSpec("words", "words/1", better="lower", tolerance=5.0)
STYLE = MetricSpec("style", "style/1", kind="category")


def results(rng: random.Random, trials: int, *, test: str = "t.py::test") -> list[CaseResult]:
    """Draw a run in which everything that can happen to a case happens to some."""
    found = []
    for number in range(60):
        if rng.random() < 0.05:
            continue
        digest = "edited" if rng.random() < 0.05 else "d"
        for trial in range(trials):
            crashed = rng.random() < 0.05
            judged = [] if crashed else [_judged(spec, rng) for spec in (RIGHT, SCORE, WORDS, STYLE)]
            found.append(
                CaseResult(
                    key=CaseKey(test, "qa", f"case-{number:02}", digest),
                    nodeid=f"{test}[case-{number:02}]",
                    outcome="failed" if crashed else "passed",
                    trial=trial,
                    tags={"topic": str(number % 3)},
                    error="TimeoutError" if crashed else None,
                    outputs=None if crashed else f'"{rng.random()}"',
                    duration_s=rng.random(),
                    assessments=(
                        Assessment(COMPLETED, not crashed),
                        Assessment(PASSED, not crashed),
                        Assessment(LATENCY, 0.1 + rng.random()),
                        *(one for one in judged if one),
                    ),
                )
            )
    return found


def _judged(spec: MetricSpec, rng: random.Random) -> Assessment | None:
    if rng.random() < 0.05:
        return None
    if rng.random() < 0.05:
        return Assessment(spec, None, error="the scorer raised")
    values: dict[str, Any] = {
        "right": rng.random() < 0.8,
        "score": rng.choice([0.0, 0.3, 0.4, 0.5]),
        "words": float(rng.randint(1, 20)),
        "style": rng.choice(["plain", "rude"]),
    }
    return Assessment(spec, values[spec.name])


def keep(store: Store, number: int, drawn: list[CaseResult], **changes: Any) -> Run:
    run = replace(Run(f"{number:032x}", "bot", AppVersion(f"v{number}"), started_at=float(number)), **changes)
    store.begin(run)
    store.add(run.id, drawn)
    return store.finish(run.id, status="complete", reason=None, ended_at=number + 0.5, expected=len(drawn))


def two_runs(store: Store, seed: int = 1, trials: int = 1, **tests: str) -> Comparison:
    rng = random.Random(seed)
    before = keep(store, 1, results(rng, trials))
    now = keep(store, 2, results(rng, trials, **tests))
    return compare(store, before, now, Policy())


def index_of(page: Page) -> Any:
    (text,) = re.findall(r'id="index">([^<]*)<', page.text)
    return unpack(text)


def statuses(page: Page) -> dict[str, int]:
    index = index_of(page)
    names = [index["statuses"][one] for one in index["status"]]
    return {name: names.count(name) for name in index["statuses"]}


def pages_of(store: Store, comparison: Comparison) -> list[Page]:
    return html_pages(store, Summary("bot", comparisons=(Compared(comparison, 10),)), made_at=1.0)


@pytest.mark.parametrize("trials", [1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_cases_are_counted_as_the_comparison_counts_them(store: Store, seed: int, trials: int) -> None:
    comparison = two_runs(store, seed, trials)
    (page,) = pages_of(store, comparison)
    counts, found = comparison.cases, statuses(page)
    assert (found["worse"], found["better"]) == (counts.worse, counts.better)
    assert (found["new"], found["gone"], found["edited"]) == (counts.new, counts.gone, counts.edited)
    assert found["worse"] + found["better"] + found["same"] == counts.shared
    index = index_of(page)
    losses = sorted(
        (loss for loss, one in zip(index["loss"], index["status"], strict=True) if one == 0), reverse=True
    )
    assert losses == pytest.approx([change.loss for change in comparison.worst_cases], rel=1e-3)


def test_tests_that_were_renamed_pair_as_the_comparison_pairs_them(store: Store) -> None:
    comparison = two_runs(store, 3, test="a_first.py::moved")
    assert comparison.cases.shared > 40
    (page,) = pages_of(store, comparison)
    found = statuses(page)
    assert found["worse"] + found["better"] + found["same"] == comparison.cases.shared
    assert (found["new"], found["gone"], found["edited"]) == (
        comparison.cases.new,
        comparison.cases.gone,
        comparison.cases.edited,
    )


def test_cases_left_out_of_a_partial_run_are_not_gone(store: Store) -> None:
    rng = random.Random(1)
    before = keep(store, 1, results(rng, 1))
    some = [one for one in results(rng, 1) if one.key.case_id < "case-20"]
    now = replace(keep(store, 2, some), status="partial", reason="-k")
    (page,) = pages_of(store, compare(store, before, now, Policy()))
    assert statuses(page)["gone"] == 0
    assert len(index_of(page)["ids"]) == len(some)


def test_trend_ends_with_this_run_and_holds_the_baseline(store: Store) -> None:
    rng = random.Random(1)
    runs = [keep(store, number, results(rng, 1)) for number in range(1, 41)]
    (page,) = pages_of(store, compare(store, runs[0], runs[35], Policy()))
    versions = re.findall(r'<th scope="row"><bdi>(v\d+)</bdi>', page.text.partition('id="trend"')[2])
    assert versions[:31] == ["v1", *(f"v{number}" for number in range(7, 37))]


def test_gravest_comparison_is_the_first_page(store: Store, tmp_path: Path) -> None:
    comparison = two_runs(store)
    mild = replace(comparison, verdict="ok")
    grave = replace(comparison, verdict="regressed")
    summary = Summary("bot", comparisons=(Compared(mild), Compared(grave, 10)))
    assert write_html(tmp_path / "deep" / "r.html", store, summary, made_at=1.0) == []
    first, second = ((tmp_path / "deep" / name).read_text("utf-8") for name in ("r.html", "r-2.html"))
    assert "<title>✗ REGRESSED" in first
    assert "<title>✓ OK" in second


def test_run_that_was_not_compared_has_a_page_that_says_why(store: Store) -> None:
    run = keep(store, 1, results(random.Random(1), 1))
    missing = (Missing("v0", "'v0' is not stored"),)
    (page,) = html_pages(store, Summary("bot", recorded=(Recorded(run),), missing=missing), made_at=1.0)
    assert "NO BASELINE" in page.text
    assert "is not stored" in page.text
    assert len(index_of(page)["ids"]) == len({one.key.case_id for one in store.results(run.id)})


def test_session_without_a_run_has_a_page(store: Store) -> None:
    (page,) = html_pages(None, Summary("bot", missing=(Missing("v0", "not stored"),)), made_at=1.0)
    assert "NO BASELINE" in page.text


def test_source_date_epoch_sets_the_time_of_the_report() -> None:
    assert moment_of({"SOURCE_DATE_EPOCH": "86400"}, now=5.0) == 86400.0
    assert moment_of({"SOURCE_DATE_EPOCH": "soon"}, now=5.0) == 5.0
    assert moment_of({}, now=5.0) == 5.0


def test_large_report_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_report, "MOST_BYTES", 10)
    warning = too_large(Page("x" * 2_000_000, ("outputs of unchanged cases",)), Path("r.html"))
    assert warning == (
        "r.html is 2 MB large, which browsers take long to open; left out already: outputs of unchanged cases"
    )
    assert too_large(Page("x"), Path("r.html")) == ""
