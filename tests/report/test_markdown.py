"""The Markdown report: what it says, how long it gets, and that nothing in it is alive."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from markdown_it import MarkdownIt

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import CaseCounts, Comparison, SideCounts
from pytest_vtrack.report.markdown import LONGEST, report_markdown
from pytest_vtrack.report.summary import Compared, Missing, Recorded, Summary

Build = SimpleNamespace
RENDER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
EXIT_CODES = {"regressed": 10, "no_baseline": 12}
EVIL = "<img src=x onerror=alert(1)> ![i](http://e.example/i) @octocat #1 | `x` \\| </details> \u202e\x1b[2J"
NOT_THERE = Missing("v9", "'v9' is not in the store. Known: v1.2", "Create it: git checkout v9")


def summary_of(*comparisons: Comparison, **more: Any) -> Summary:
    compared = tuple(Compared(each, EXIT_CODES.get(each.verdict, 0)) for each in comparisons)
    return Summary("support-bot", comparisons=compared, **more)


def markdown(*comparisons: Comparison, **more: Any) -> str:
    return report_markdown(summary_of(*comparisons), **more)


def tags(text: str) -> set[str]:
    return set(re.findall(r"<(\w+)", RENDER.render(text)))


OWN_TAGS = {"h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "hr"}
OWN_TAGS |= {"details", "summary"}


def test_the_regressed_report_reads_like_this(build: Build) -> None:
    few = replace(
        build.regressed(),
        worst_cases=build.regressed().worst_cases[:2],
        better_cases=(),
        cases=CaseCounts(total=120, shared=120, worse=14),
    )
    assert markdown(few, reports=["vtrack.html"]) == REGRESSED


REGRESSED = """\
<!-- vtrack:support-bot -->
### ❌ vtrack: v1.3 is worse than v1.2 — `support-bot`, 120 cases compared

**correct got worse: 14 cases that were right are now wrong; 2 got fixed.** \
This is more than chance would explain and more than the 3 points you allow.

| | metric | v1.2 | v1.3 | change | could be anywhere from | |
|---|---|---:|---:|---:|:---:|---|
| 🔻 | correct | 92.5 % | 82.5 % | −10.0 pt | −16.3 … −3.7 | **worse** |
| ❔ | cost | $0.0041 | $0.0043 | +5 % | −1 … +11 % | not sure (soft) |
| 🔺 | latency | 1.42 s | 1.19 s | −16 % | −21 … −11 % | better |
| ✔️ | helpful | 4.31 | 4.28 | −0.03 | −0.12 … +0.06 | ok |

Mostly in: `topic=refund` (11 of 14)

<details><summary>Worst cases: 2 of 14</summary>

| case | metric | v1.2 → v1.3 | why |
|---|---|---|---|
| `refund-017` | correct | 1 → 0 | `gave 14 days, policy says 30` |
| `refund-021` | correct | 1 → 0 | `refused a valid refund` |

… and 12 more cases.

</details>

Gate: failed (exit code 10)

Accept on purpose: `vtrack baseline set main --version v1.3 --why "..."`

Full report: `vtrack.html` · run `9c1e5a77` · environment `staging` · compared with run `7f3a1b2c`
"""


@pytest.mark.parametrize(
    ("name", "heading", "sentence"),
    [
        ("ok", "✅ vtrack: v1.3 is ok, compared with v1.2", "**Nothing got worse by more than you allow.**"),
        ("improved", "✅ vtrack: v1.3 is better than v1.2", "9 cases that were wrong are now right"),
        ("not_sure", "❔ vtrack: not sure whether v1.3 is worse than v1.2", "We can't tell."),
        ("no_baseline", "⚠️ vtrack: no baseline, v1.3 cannot be compared with v1.2", "share 2 cases: too few"),
        ("judge_changed", "❔ vtrack: not sure", "the scorer changed between v1.2 and v1.3"),
        ("partial", "✅ vtrack: v1.3 is ok", "⚠️ PARTIAL RUN (-k refund): 31 of 120 cases;"),
        ("incomplete", "❌ vtrack: v1.3 is worse", "⚠️ INCOMPLETE RUN"),
        ("tests_failing", "❌ vtrack: v1.3 is worse", "<summary>Newly failing tests: 7</summary>"),
        ("must_pass", "❌ vtrack: v1.3 is worse", "1 must-pass case went from right to wrong: `refund-001`."),
    ],
)
def test_every_verdict_has_its_words(build: Build, name: str, heading: str, sentence: str) -> None:
    text = markdown(build.COMPARISONS[name]())
    assert text.splitlines()[1].startswith(f"### {heading}")
    assert sentence in text


def test_every_report_is_well_formed(comparison: Comparison) -> None:
    text = markdown(comparison)
    assert text.startswith("<!-- vtrack:support-bot -->\n### ")
    assert tags(text) <= OWN_TAGS
    assert text.count("<details>") == text.count("</details>")
    header = "<th" in RENDER.render(text)
    assert header == bool(comparison.metrics)


def hostile(build: Build, evil: str) -> Comparison:
    run = build.make_run(evil, experiment=evil, env=evil, status="partial", reason=evil, flags={evil: evil})
    change = build.case(evil, evil, tags={evil: evil})
    change = replace(
        change, values=(replace(change.values[0], metric=evil, baseline=evil, current=evil, rationale=evil),)
    )
    return build.compared(
        "regressed",
        replace(build.CORRECT_WORSE, name=evil),
        build.metric(f"other {evil}", "not_comparable", reason=evil),
        current=run,
        baseline=build.make_run(f"old {evil}"),
        worst_cases=(change,) * 3 + (replace(change, dataset="", nodeid=evil, error=evil),),
        better_cases=(change,),
        must_pass_failures=(evil,),
        warnings=(evil,),
        slices=(build.SliceResult(evil, evil, 5, 3, 0, build.metric(evil, "worse")),),
    )


def test_hostile_text_is_dead_everywhere(build: Build) -> None:
    alone = Recorded(build.make_run(EVIL, env=EVIL), (SideCounts(MetricSpec(EVIL, "f"), 5, mean=1.0),))
    summary = Summary(
        EVIL,
        comparisons=(Compared(hostile(build, EVIL), 10),),
        recorded=(alone,),
        missing=(Missing(EVIL, EVIL, EVIL),),
        notices=(EVIL,),
    )
    page = RENDER.render(report_markdown(summary, reports=[EVIL], baseline_name=EVIL))
    outside = re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL)
    assert set(re.findall(r"<(\w+)", page)) <= OWN_TAGS
    assert page.count("<details>") == page.count("</details>") == 2
    assert not re.search(r"@octocat|#1|e\.example|onerror", outside.partition("-->")[2])
    assert not re.search("[\u202e\x1b]", page)
    rows = re.findall(r"<tr>(.*?)</tr>", page, flags=re.DOTALL)
    assert {len(re.findall("<t[hd]", row)) for row in rows} == {7, 4, 3}


def test_10_000_changed_cases_fit_into_a_comment(build: Build) -> None:
    changes = tuple(
        build.case(f"case-{n}-" + "|`" * 60, "because | `of` \\| this " * 30, tags={}) for n in range(10_000)
    )
    metrics = [build.metric(f"metric {n} " + "|" * 50, "worse") for n in range(300)]
    many = build.compared(
        "regressed",
        *metrics,
        worst_cases=changes,
        better_cases=changes,
        cases=CaseCounts(total=30_000, shared=30_000, worse=10_000, better=10_000),
        warnings=("w" * 2000,) * 300,
    )
    text = markdown(many)
    assert len(text) <= LONGEST == 60_000
    assert set(re.findall(r"… and ([\d,]+) more cases\.", text)) == {"9,980"}
    assert "… and 240 more metrics." in text
    assert "- … and 280 more" in text
    assert tags(text) <= OWN_TAGS


@pytest.mark.parametrize(("number", "kept"), [(3, "20 of 14"), (30, "")], ids=["a few", "dozens"])
def test_several_comparisons_fit_too(build: Build, number: int, kept: str) -> None:
    why = "because of this " * 30
    worst = tuple(build.case(f"case-{n}", why) for n in range(30))
    many = replace(build.regressed(), worst_cases=worst, better_cases=worst)
    text = markdown(*[many] * number)
    assert len(text) <= LONGEST
    shown = text.count("### ❌")
    assert 1 < shown <= number
    assert ("more comparison" in text) == (shown < number)
    assert text.count("<details>") == text.count("</details>") == 2 * shown


def test_what_can_not_be_cut_is_said_in_one_line(build: Build) -> None:
    text = markdown(build.regressed(), longest=100)
    assert text == "<!-- vtrack:support-bot -->\n### vtrack: too much to show here; see the other reports.\n"


def test_without_any_reason_there_is_no_column_for_it(build: Build) -> None:
    change = build.case("refund-001")
    assert "| case | metric | v1.2 → v1.3 |\n" in markdown(build.compared("regressed", worst_cases=(change,)))
    noted = replace(change, verdict="flaky")
    text = markdown(build.compared("regressed", worst_cases=(change, noted)))
    assert "| `refund-001` | correct | 1 → 0 |  |\n| `refund-001` | correct | 1 → 0 | flaky |" in text


def test_the_gravest_comparison_comes_first(build: Build) -> None:
    text = report_markdown(summary_of(build.ok(), build.regressed(), notices=("a file is old",)))
    assert text.index("❌ vtrack") < text.index("\n---\n") < text.index("✅ vtrack") < text.index("- A file")


def test_a_missing_baseline_says_how_to_make_it() -> None:
    text = report_markdown(Summary("bot", exit_code=12, missing=(NOT_THERE,)))
    assert text == (
        "<!-- vtrack:bot -->\n### ⚠️ vtrack: no baseline `v9`\n\n"
        "'v9' is not in the store. Known: v1.2\n\nCreate it: `git checkout v9`\n"
    )


def test_a_first_version_shows_its_values(build: Build) -> None:
    metrics = (SideCounts(MetricSpec("correct", "f1"), cases=5, bools=5, mean=0.2),)
    text = report_markdown(Summary("bot", recorded=(Recorded(build.make_run("v1.0"), metrics),)))
    assert "### vtrack: v1.0 recorded, compared with nothing — `support-bot`, 120 cases" in text
    assert "| correct | 20.0 % | 1 of 5 cases; higher is better |" in text


def test_a_session_without_a_case_says_so() -> None:
    text = report_markdown(Summary("bot", notices=("no vtrack case ran",)))
    assert text == ("<!-- vtrack:bot -->\n### ⚠️ vtrack: no case ran — `bot`\n\n---\n\n- No vtrack case ran\n")


@pytest.mark.parametrize(
    ("experiment", "marker"),
    [
        ("bot", "bot"),
        ("a --> b", "a%20--%3E%20b"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("line\nbreak \ud800", "line%0Abreak%20%3F"),
    ],
)
def test_the_first_line_marks_the_comment_of_an_experiment(experiment: str, marker: str) -> None:
    assert report_markdown(Summary(experiment)).splitlines()[0] == f"<!-- vtrack:{marker} -->"


def test_the_same_summary_gives_the_same_text(comparison: Comparison) -> None:
    assert markdown(comparison) == markdown(comparison)
