"""What the HTML report costs: time to make it, its size, and how fast a browser shows a table and a case.

Two runs are stored as a session stores them: outputs of 60 to 180 words of which 70 % are slightly edited,
four scorers (two with reasons), six steps a trace; words follow Zipf's law, so that they compress as prose.
The browser is Chromium without a network, the page a file. Needs playwright; `--chromium` names the browser.
"""

from __future__ import annotations

import argparse
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.view import report_view
from pytest_vtrack.store import Store, open_store
from pytest_vtrack.workflow.comparing import compare
from pytest_vtrack.workflow.html_report import comparison_report

VOCABULARY, BATCH = 8_000, 500
STEPS = ("retrieve", "embed", "rerank", "prompt", "llm", "guard")
SCORERS = (
    MetricSpec("correct", "c/1", kind="bool"),
    MetricSpec("grounded", "g/1", kind="score"),
    MetricSpec("tone", "t/1", kind="score"),
    LATENCY,
)


class Prose:
    """Words drawn as often as words of a language are."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgk"
        self._words = [
            "".join(self.rng.choices(letters, k=self.rng.randint(2, 9))) for _ in range(VOCABULARY)
        ]
        self._weights = list(itertools.accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))

    def words(self, number: int) -> list[str]:
        """Return so many words."""
        return self.rng.choices(self._words, cum_weights=self._weights, k=number)

    def edited(self, words: list[str]) -> list[str]:
        """Return the words, 70 times of 100 with a few others among them."""
        if self.rng.random() >= 0.7:
            return words
        changed = list(words)
        for _ in range(max(1, len(words) // 20)):
            changed[self.rng.randrange(len(changed))] = self.words(1)[0]
        return changed


def results(prose: Prose, cases: int) -> Iterator[tuple[CaseResult, CaseResult]]:
    """Draw both results of each case."""
    for number in range(cases):
        before = prose.words(prose.rng.randint(60, 180))
        question = " ".join(prose.words(14))
        yield (
            _result(prose, number, question, before),
            _result(prose, number, question, prose.edited(before)),
        )


def _result(prose: Prose, number: int, question: str, answer: list[str]) -> CaseResult:
    rng = prose.rng
    length = 0.5 + rng.random()
    values = (rng.random() < 0.9, round(rng.random(), 3), round(rng.random(), 3), length)
    reasons = (" ".join(prose.words(12)), " ".join(prose.words(12)), None, None)
    judged = zip(SCORERS, values, reasons, strict=True)
    return CaseResult(
        key=CaseKey("tests/test_qa.py::test_answer", "qa", f"case-{number:06d}", "d"),
        nodeid=f"tests/test_qa.py::test_answer[case-{number:06d}]",
        outcome="passed",
        inputs=payload.encode({"question": question}, "inputs").text,
        expectations=payload.encode({"answer": " ".join(prose.words(8))}, "expectations").text,
        tags={"topic": str(number % 7), "lang": "fr" if number % 3 else "en"},
        outputs=payload.encode(" ".join(answer), "outputs").text,
        duration_s=length,
        assessments=tuple(Assessment(spec, value, reason) for spec, value, reason in judged),
        spans=encode(_spans(number, length, rng)).text,
    )


def _spans(number: int, length: float, rng: random.Random) -> Iterator[Span]:
    at = 1_795_000_000.0 + number
    for place, name in enumerate(STEPS):
        took = round(length * rng.random() / len(STEPS), 6)
        attributes = {"gen_ai.usage.output_tokens": rng.randint(20, 400)}
        yield Span(name, "TOOL", at, took, f"{number:08x}{place:08x}", None, attributes=attributes)
        at += took


def stored(store: Store, cases: int) -> tuple[Run, Run]:
    """Store both runs."""
    runs = [Run(name * 8, "bot", AppVersion(f"v{name}"), started_at=float(i)) for i, name in enumerate("12")]
    for run in runs:
        store.begin(run)
    drawn = results(Prose(7), cases)
    while batch := list(itertools.islice(drawn, BATCH)):
        for run, side in zip(runs, zip(*batch, strict=True), strict=True):
            store.add(run.id, side)
    finished = [store.finish(run.id, status="complete", reason=None, ended_at=9.0) for run in runs]
    return finished[0], finished[1]


def make(store: Store, runs: tuple[Run, Run], path: Path, rounds: int) -> dict[str, float]:
    """Write the report and return the median seconds of making it from the store, and its size in MB."""
    comparison = compare(store, *runs, Policy())
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        page = comparison_report(store, report_view(comparison, exit_code=0), made_at=1.0)
        spent.append(time.perf_counter() - start)
    path.write_text(page.text, encoding="utf-8")
    return {"make s": statistics.median(spent), "file MB": page.size / 1e6}


_UNTIL = """
  const until = (done) => new Promise((go) => {
    const look = () => done() ? go() : setTimeout(look, 1);
    look();
  });
"""
_TABLE = (
    f"async () => {{{_UNTIL}"
    + """  await until(() => document.documentElement.dataset.ready === 'cases');
  return performance.now();
}"""
)
_FILTERED = (
    f"async () => {{{_UNTIL}"
    + """
  const field = document.getElementById('filter'), start = performance.now();
  const before = document.querySelector('.result').textContent;
  field.value = 'topic:3'; field.dispatchEvent(new Event('input'));
  await until(() => document.querySelector('.result').textContent !== before);
  return performance.now() - start;
}"""
)
_OPENED = (
    f"async (number) => {{{_UNTIL}"
    + """
  const start = performance.now();
  document.getElementById('case').replaceChildren();
  location.hash = '#case-' + number;
  await until(() => document.querySelector('#case table.scores'));
  return performance.now() - start;
}"""
)


def browse(path: Path, chromium: str, cases: int, rounds: int) -> dict[str, float]:
    """Open the page in fresh browsers and return medians in ms, and the largest heap in MB."""
    from playwright.sync_api import sync_playwright

    seen: dict[str, list[float]] = {
        "text ms": [],
        "table ms": [],
        "filter ms": [],
        "case ms": [],
        "heap MB": [],
    }
    with sync_playwright() as playwright:
        for _ in range(rounds):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_context(offline=True).new_page()
            page.goto(f"{path.as_uri()}#cases?show=all", wait_until="commit")
            seen["table ms"].append(page.evaluate(_TABLE))
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            seen["text ms"].append(page.evaluate(paint))
            seen["filter ms"].append(page.evaluate(_FILTERED))
            opened = [page.evaluate(_OPENED, number) for number in range(0, cases, max(1, cases // 7))]
            seen["case ms"].append(max(opened))
            seen["heap MB"].append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
            browser.close()
    return {
        name: max(numbers) if name == "heap MB" else statistics.median(numbers)
        for name, numbers in seen.items()
    }


def main() -> None:
    """Print a Markdown table, one line a size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium", help="Leave it empty to skip the browser.")
    parser.add_argument("--keep", type=Path, help="A folder to keep the pages in.")
    arguments = parser.parse_args()
    header: list[str] = []
    for cases in arguments.cases:
        with tempfile.TemporaryDirectory() as folder:
            path = (arguments.keep or Path(folder)) / f"report-{cases}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            store = open_store(str(Path(folder) / "runs.db"))
            seen = make(store, stored(store, cases), path, arguments.rounds)
            store.close()
            if arguments.chromium:
                seen |= browse(path, arguments.chromium, cases, arguments.rounds)
        if not header:
            header = ["cases", *seen]
            print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}")
        print(f"| {cases:,} | {' | '.join(f'{number:,.2f}' for number in seen.values())} |", flush=True)


if __name__ == "__main__":
    main()
