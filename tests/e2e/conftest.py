"""Reports as a browser opens them: from a file, without a network."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.html.material import Material, PastRun
from pytest_vtrack.report.html.page import render
from pytest_vtrack.report.view import report_view
from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.case_status import CaseStatuses
from pytest_vtrack.workflow.comparing import compare, watched_metrics
from pytest_vtrack.workflow.paired_cases import paired_cases

CORRECT = MetricSpec("correct", "source:3c1", tolerance=0.03)
HELPFUL = MetricSpec("helpful", "source:9d2", tolerance=0.15, bounds=(1.0, 5.0))
MADE_AT = 1_795_000_000.0
TOPICS = ("refund", "login", "delivery", "invoice")


def result(number: int, *, new: bool, trial: int = 0, **changes: Any) -> CaseResult:
    """One case of a support bot: version 1.3 is faster and wrong about refunds."""
    rng = random.Random(f"{number} {trial} {new}")
    topic = TOPICS[number % 4]
    right = rng.random() < (0.25 if new and topic == "refund" else 0.93)
    days = "30" if right else "14"
    answer = (
        f"You can return order {number} within {days} days if you have the receipt."
        f"{' Sorry for the trouble!' if new and not right else ''}\nWrite to us if anything is unclear."
    )
    helpful = rng.choice([4.0, 4.5, 5.0]) if right else rng.choice([2.0, 3.0])
    why = "matches the policy" if right else f"gave {days} days, policy says 30"
    spans = _spans(number, new, rng)
    length = sum(span.duration_s for span in spans if span.parent_id is None)
    found = CaseResult(
        key=CaseKey("test_bot.py::test_answers", "qa", f"{topic}-{number:03}", f"d{number}"),
        nodeid=f"test_bot.py::test_answers[{topic}-{number:03}]",
        outcome="passed",
        trial=trial,
        inputs=payload.encode({"question": f"Can I return order {number} after three weeks?"}, "i").text,
        expectations=payload.encode({"answer": "30 days, with receipt"}, "e").text,
        tags={"topic": topic, "lang": "fr" if number % 3 == 0 else "en"},
        outputs=payload.encode(answer, "o").text,
        started_at=MADE_AT - 3600,
        duration_s=length,
        assessments=(
            Assessment(COMPLETED, True),
            Assessment(CORRECT, right, why, source="llm_judge"),
            Assessment(HELPFUL, helpful, None if helpful > 3 else "curt, and no next step"),
            Assessment(LATENCY, length),
            Assessment(PASSED, True),
        ),
        trace_id=f"{number:032x}",
        spans=encode(spans).text,
    )
    return replace(found, **changes)


def _spans(number: int, new: bool, rng: random.Random) -> list[Span]:
    """Return the steps of one answer; 1.3 has a new ranker, and no guard."""
    at = MADE_AT
    names = [("retrieve", "RETRIEVER", 0.2), *([("new_rank", "RERANKER", 0.09)] if new else [])]
    names += [("rerank", "RERANKER", 0.08)] if not new else []
    names += [("llm", "CHAT_MODEL", 0.8 if new else 1.0), *([] if new else [("guard", "TOOL", 0.03)])]
    spans = []
    for place, (name, kind, usual) in enumerate(names):
        length = usual * (0.9 + 0.2 * rng.random())
        own = f"{number:04x}{place:012x}"
        spans.append(Span(name, kind, at, length, own, None, inputs={"n": number}, outputs="ok"))
        if name == "retrieve":
            inner = length * (0.9 if new else 0.4)
            spans.append(Span("embed", "EMBEDDING", at + 0.01, inner, f"{own[:-1]}f", own))
        at += length
    return spans


def run_of(version: str, started: float, **changes: Any) -> Run:
    tags = {"vtrack.python": "3.12.4", "vtrack.command": f"pytest --vtrack-version={version}"}
    run = Run(
        id=payload.digest(version, str(started)) * 2,
        experiment="support-bot",
        version=AppVersion(version, commit=payload.digest(version) * 2, branch="main", dirty=False),
        env="staging",
        flags={"new_ranker": "on" if version == "v1.3" else "off", "api_key": "***"},
        tags=tags,
        started_at=started,
        ended_at=started + 84,
    )
    return replace(run, **changes)


def material(
    folder: Path,
    before: list[CaseResult],
    now: list[CaseResult],
    *,
    runs: tuple[Run, Run] | None = None,
    older: int = 0,
) -> Material:
    """Compare results with the real store and the real rule; spans come from the results themselves."""
    baseline, current = runs or (run_of("v1.2", MADE_AT - 90_000), run_of("v1.3", MADE_AT - 3600))
    store = open_store(str(folder / "runs.db"))
    runs_kept = []
    for run, results in ((baseline, before), (current, now)):
        store.begin(run)
        store.add(run.id, results)
        runs_kept.append(store.finish(run.id, status="complete", reason=None, ended_at=run.started_at + 84))
    comparison = compare(store, *runs_kept, Policy())
    statuses = CaseStatuses(watched_metrics(comparison.metrics), comparison.metrics)
    summaries = [store.metric_summaries(run.id) for run in runs_kept]
    store.close()
    past = [_older(number, summaries[0]) for number in range(older)]
    return Material(
        run=runs_kept[1],
        baseline=runs_kept[0],
        view=report_view(comparison, exit_code=10 if comparison.verdict == "regressed" else 0),
        metrics=summaries[1],
        baseline_metrics=summaries[0],
        pairs=[statuses.of(pair) for pair in paired_cases(sorted_results(before), sorted_results(now))],
        past=[
            *past,
            PastRun(runs_kept[0], summaries[0]),
            PastRun(runs_kept[1], summaries[1], comparison.verdict),
        ],
        made_at=MADE_AT,
    )


def _older(number: int, like: list[Any]) -> PastRun:
    """Return a run before the two that are compared."""
    rng = random.Random(number)
    version = f"v1.{number // 6}" + (f".{number % 6}" if number % 6 else "")
    run = run_of(
        version, MADE_AT - 5e6 + number * 1e5, status="complete" if number % 5 else "partial", stored=120
    )
    sides = [
        replace(side, mean=side.mean * (0.93 + 0.07 * rng.random()) if side.mean else side.mean)
        for side in like
    ]
    return PastRun(run, sides, "regressed" if number % 7 == 3 else "ok")


def sorted_results(results: list[CaseResult]) -> list[CaseResult]:
    """Sort as the store does."""
    return sorted(
        results,
        key=lambda one: (
            one.key.test,
            one.key.dataset,
            one.key.case_id,
            one.key.flags,
            one.key.digest,
            one.trial,
        ),
    )


def support_bot(folder: Path, **options: Any) -> Material:
    """120 cases, a few run five times; one is new, one gone, one edited, one crashed."""
    before = [result(number, new=False) for number in range(120)]
    now = [result(number, new=True) for number in range(120)]
    for number in (4, 7):
        before += [result(number, new=False, trial=trial) for trial in range(1, 5)]
        now += [result(number, new=True, trial=trial) for trial in range(1, 5)]
    before.append(result(200, new=False))
    now.append(result(201, new=True))
    edited = result(9, new=True)
    now[9] = replace(
        edited,
        key=replace(edited.key, digest="edited"),
        inputs=payload.encode({"question": "Can I return order 9 after two months?"}, "i").text,
    )
    now[11] = replace(
        now[11],
        error="TimeoutError: no answer in 30 s",
        outputs=None,
        outcome="failed",
        assessments=(),
        spans=None,
    )
    return material(folder, before, now, **options)


@pytest.fixture(scope="session")
def samples() -> SimpleNamespace:
    """The factories of this file."""
    return SimpleNamespace(**globals())


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a regression."""
    folder = tmp_path_factory.mktemp("report")
    page = render(support_bot(folder, older=12))
    path = folder / "report.html"
    path.write_text(page.text, encoding="utf-8")
    return path


def first_version(folder: Path) -> Path:
    """Write the report of a run that has nothing to be compared with."""
    whole = material(folder, [result(number, new=False) for number in range(120)], [])
    pairs = [
        replace(pair, baseline=(), current=pair.baseline, judged=({}, pair.judged[0]), status="new")
        for pair in whole.pairs
    ]
    assert whole.baseline is not None
    alone = replace(whole, run=whole.baseline, baseline=None, view=None, pairs=pairs, past=whole.past[:1])
    page = render(replace(alone, metrics=whole.baseline_metrics, baseline_metrics=()))
    path = folder / "first.html"
    path.write_text(page.text, encoding="utf-8")
    return path


# Read before the tests get their plain environment.
IN_CI = bool(os.environ.get("CI"))
CHROMIUM = os.environ.get("VTRACK_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")  # while it runs there is an event loop in this thread, which others may mind
def browser() -> Iterator[Any]:
    """A Chromium that is installed; without one the tests are skipped, but never in CI."""
    if CHROMIUM is None and not IN_CI:
        pytest.skip("no chromium is installed (apt-get install chromium), or name one with VTRACK_CHROMIUM")
    assert CHROMIUM is not None, "CI has no chromium: install it, or name one with VTRACK_CHROMIUM"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_report(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a report at an address inside it; what it complains of, or asks of the network, is a failure."""
    contexts, complaints = [], []

    def opened(path: Path, address: str = "", *, width: int = 1400, **options: Any) -> Any:
        context = browser.new_context(offline=True, viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: complaints.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:"))
                else complaints.append(f"request: {request.url}")
            ),
        )
        page.goto(f"{path.as_uri()}#{address}" if address else path.as_uri())
        if address.startswith("case") and options.get("java_script_enabled", True):
            page.locator("html[data-ready]").wait_for(state="attached")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
