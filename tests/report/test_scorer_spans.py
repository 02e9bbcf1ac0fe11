"""The screens and pages of a trace tell what the application did from what scorers did."""

from __future__ import annotations

import json

from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.scorer_spans import of_metric
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.html.case_text import case_json, fields
from pytest_vtrack.report.html.material import CasePair
from pytest_vtrack.report.layout import text_of
from pytest_vtrack.report.trace_screen import trace_screen

OWN = Span("search", "TOOL", 10.0, 0.5, "a")
TOKENS = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 20, "gen_ai.usage.cost": 0.25}
JUDGE = of_metric(
    [
        Span("polite", "EVALUATOR", 60.0, 2.0, "b"),
        Span("chat small", "CHAT_MODEL", 60.0, 0.5, "c", "b", "error", "429"),
        Span("chat small", "CHAT_MODEL", 61.0, 1.0, "d", "b", attributes=TOKENS),
    ],
    "polite",
)
RUN = Run("7f3a" * 8, "bot", AppVersion("v7"), "prod")


def result(*spans):
    text = encode(spans).text if spans else None
    key = CaseKey("t.py::test", "qa", "c1", "d1")
    return CaseResult(key, "t.py::test[c1]", "passed", started_at=10.0, duration_s=1.0, spans=text)


def screen(*spans):
    return [text_of(line) for line in trace_screen(RUN, result(*spans))]


def test_a_waterfall_of_their_own_stands_below_that_of_the_call():
    lines = screen(OWN, *JUDGE)
    start = next(number for number, line in enumerate(lines) if line.startswith("call "))
    assert lines[start : start + 8] == [
        "call                                             1 s  ██████████████████████████",
        "└─ search                        TOOL         500 ms  █████████████",
        "",
        "scorers  120 tokens, $0.25",
        "polite                           EVALUATOR       2 s  ██████████████████████████",
        "├─ chat small                    CHAT_MODEL   500 ms  ██████",
        "│     error: 429",
        "└─ chat small                    CHAT_MODEL      1 s               █████████████",
    ]


def test_without_them_nothing_is_said_of_them():
    assert not any("scorers" in line for line in screen(OWN))
    judged, plain = screen(*JUDGE), screen()
    title = judged.index("scorers  120 tokens, $0.25")
    assert [*judged[:title], *judged[title + 6 :]] == plain


def page(*trials):
    pair = CasePair(trials[0].key, trials[:1], trials[1:], "same")
    return json.loads(case_json(pair, {}, fields(trials[0].inputs)))


def test_a_page_shows_only_steps_of_the_application():
    (old,), (new,) = page(result(OWN, *JUDGE), result(*JUDGE))["p"]
    assert [span["name"] for span in old] == ["search"]
    assert new == []


def test_a_page_of_judged_cases_without_steps_has_none():
    assert "p" not in page(result(*JUDGE), result(*JUDGE))
