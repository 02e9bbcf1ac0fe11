"""The report in Chromium: what a reader sees, does and hears, from a file and without a network."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.interop.records import case_of
from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.report.html.page import render

PAGES = ("overview", "metrics", "cases", "case-0", "slices", "trend", "run")


def shown(page: Any) -> list[str]:
    """Return the ids of the pages that are visible."""
    return page.evaluate("[...document.querySelectorAll('main > .page:not([hidden])')].map((one) => one.id)")


def wait_for_result(page: Any, text: str) -> None:
    """Wait until the line over the table begins with this text, or holds it after the count."""
    found = re.compile(rf"(?:^|, ){re.escape(text)}")
    page.locator(".result", has_text=found).wait_for()


def rows(page: Any) -> list[str]:
    return page.locator("#case-table .case-link").all_inner_texts()


def test_first_page_says_the_verdict_and_why(open_report: Any, report: Path) -> None:
    page = open_report(report)
    assert shown(page) == ["overview"]
    assert page.locator("#title").inner_text() == "v1.3 compared with v1.2"
    assert page.locator(".verdict .word").inner_text() == "✗ REGRESSED"
    assert "This is more than chance would explain" in page.locator(".lead").inner_text()
    assert page.locator(".gate").inner_text() == "Gate: failed (exit code 10)"
    assert page.locator("#overview svg.forest").count() == 3


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_by_its_address(open_report: Any, report: Path, name: str) -> None:
    page = open_report(report, name)
    assert shown(page) == ["case" if name.startswith("case-") else name]
    assert page.locator(".tabs a[aria-current=page]").count() == 1
    assert page.evaluate("scrollY") == 0


def test_unknown_address_shows_the_overview(open_report: Any, report: Path) -> None:
    assert shown(open_report(report, "nothing?page=-1")) == ["overview"]
    assert shown(open_report(report, "case-99999")) == ["cases"]


def test_table_begins_with_the_changed_cases_worst_first(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    texts = page.locator(".cases tbody tr").all_inner_texts()
    assert texts[0].startswith("invoice-011")
    assert "error" in texts[0]
    changed = [text for text in texts if "worse" in text or "better" in text]
    assert len(changed) == len(texts) == 90


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("refund-044", ["refund-044"]),
        ('"order 44 after"', ["refund-044"]),
        ("topic:refund correct:worse 044", ["refund-044"]),
        ("status:new", ["login-201"]),
        ("status:gone", ["refund-200"]),
        ("status:edited", ["login-009"]),
        ("status:error", ["invoice-011"]),
        ("id:delivery-11 -lang:fr", ["delivery-110", "delivery-118"]),
        ('output:"order 44 within" topic:refund', ["refund-044"]),
        ("id:044 -topic:refund", []),
    ],
)
def test_filter(open_report: Any, report: Path, query: str, expected: list[str]) -> None:
    page = open_report(report, "cases?show=all")
    page.locator("#filter").fill(query)
    wait_for_result(page, f"{len(expected)} of 122 cases")
    assert sorted(rows(page)) == expected


def test_filter_sort_and_page_are_in_the_address(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    page.get_by_label("all", exact=False).first.check()
    page.locator("#filter").fill("topic:refund")
    wait_for_result(page, "31 of 122")
    page.get_by_role("button", name="correct").click()
    page.locator("th[aria-sort=descending]").wait_for()
    before = rows(page)
    again = open_report(report, page.url.partition("#")[2])
    wait_for_result(again, "31 of 122")
    assert rows(again) == before
    assert again.locator("#filter").input_value() == "topic:refund"


def test_a_hundred_rows_a_page(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases?show=all")
    assert len(rows(page)) == 100
    page.get_by_role("button", name="Next").click()
    wait_for_result(page, "page 2 of 2")
    assert len(rows(page)) == 22


def test_case_shows_both_sides_and_their_difference(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    page.locator("#case-table .case-link", has_text="refund-044").click()
    page.locator("#case-title", has_text="refund-044").wait_for()
    sides = page.locator(".sides .side").all_inner_texts()
    assert ["v1.2" in sides[0], "v1.3" in sides[1]] == [True, True]
    assert page.locator("del").all_inner_texts()[0].endswith("30")
    assert page.locator("ins").all_inner_texts()[0].endswith("14")
    reasons = page.locator("table.scores .why").all_inner_texts()
    assert "matches the policy" in reasons
    assert "gave 14 days, policy says 30" in reasons
    assert "30 days, with receipt" in page.locator(".given").nth(1).inner_text()


def test_case_steps_stand_on_one_axis_with_what_is_new_gone_and_slower(
    open_report: Any, report: Path
) -> None:
    page = open_report(report, "cases?show=all&q=refund-044")
    page.locator("#case-table .case-link").click()
    steps = {row.split()[0]: row for row in page.locator("table.steps tbody tr").all_inner_texts()}
    assert "− gone" in steps["rerank"]
    assert "− gone" in steps["guard"]
    assert "+ new" in steps["new_rank"]
    assert "slowed most" in steps["embed"]
    assert "not called" in steps["guard"]
    bars = page.locator("table.steps rect.before, table.steps rect.now")
    ends = bars.evaluate_all(
        "(all) => all.map((one) => Number(one.getAttribute('x')) + Number(one.getAttribute('width')))"
    )
    assert max(ends) == pytest.approx(1000, abs=5)
    page.locator("table.steps summary").first.click()
    assert '"n": 44' in page.locator("table.steps .contents").first.inner_text()


def test_case_steps_through_its_trials(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases?show=all&q=id:refund-004")
    page.locator("#case-table .case-link").click()
    trials = page.locator("fieldset.trials label")
    assert trials.count() == 5
    trials.nth(2).click()
    page.locator("h3", has_text="Scores of trial 3").wait_for()
    assert page.url.endswith("trial=3")


def test_edited_case_shows_what_was_asked_before(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases?show=all&q=status:edited")
    page.locator("#case-table .case-link").click()
    asked = page.locator(".given").first
    assert asked.locator("del").all_text_contents() == ["removed: three weeks"]
    assert asked.locator("ins").all_text_contents() == ["added: two months"]


def test_case_copies_the_command_that_runs_it(open_report: Any, report: Path) -> None:
    page = open_report(report, "case-0")
    assert page.locator(".case-tools code").inner_text() == "pytest 'test_bot.py::test_answers[delivery-002]'"
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy pytest command").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()") == "pytest 'test_bot.py::test_answers[delivery-002]'"
    )


def test_case_copies_itself_as_a_line_of_a_dataset(open_report: Any, report: Path) -> None:
    page = open_report(report, "case-0")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as dataset line").click()
    page.get_by_role("button", name="Copied").wait_for()
    line = page.evaluate("navigator.clipboard.readText()")
    assert "\n" not in line
    record = json.loads(line)
    assert record["id"] == "delivery-002"
    case = case_of(record, "here")
    assert set(case.inputs) == {"question"}
    assert case.tags["topic"] == "delivery"


def test_keyboard_alone_reaches_a_case_and_comes_back(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    press = page.keyboard.press
    press("f")
    page.wait_for_timeout(50)
    assert page.evaluate("document.activeElement.id") == "filter"
    page.keyboard.type("correct:worse")
    wait_for_result(page, "27 of 122")
    page.evaluate("document.activeElement.blur()")
    press("j")
    press("j")
    press("k")
    first = page.evaluate("document.activeElement.textContent")
    assert first == rows(page)[0]
    press("Enter")
    page.locator("#case-title", has_text=first).wait_for()
    assert page.evaluate("document.activeElement.id") == "case-title"
    press("n")
    page.locator(".case-nav", has_text="2 of 27 changed").wait_for()
    press("p")
    page.locator(".case-nav", has_text="1 of 27 changed").wait_for()
    press("Escape")
    wait_for_result(page, "27 of 122")
    assert shown(page) == ["cases"]


def test_f_leads_to_the_filter_from_every_page(open_report: Any, report: Path) -> None:
    page = open_report(report, "case-0")
    page.keyboard.press("f")
    page.locator("#filter:focus").wait_for()
    assert shown(page) == ["cases"]


def test_single_keys_can_be_switched_off(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    page.keyboard.press("?")
    page.get_by_label("Keys are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("f")
    assert page.evaluate("document.activeElement.id") != "filter"


def test_tab_reaches_every_control_and_shows_where_it_is(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    controls = page.evaluate(
        "[...document.querySelectorAll('a[href], button:enabled, input, select, summary, [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility() && !one.closest('tbody') && one.type !== 'radio').length"
    )
    reached, bare = set(), []
    for _ in range(controls + 12):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "(() => { const one = document.activeElement;"
            " const style = getComputedStyle(one.matches('[type=radio]') ? one.nextSibling : one);"
            " const name = one.tagName + '#' + one.id + one.className + one.textContent.slice(0, 20);"
            " return [name, one.tagName === 'BODY' || style.outlineStyle !== 'none'] })()"
        )
        reached.add(found[0])
        bare += [] if found[1] else [found[0]]
    assert not bare
    assert len(reached) >= controls


def test_result_is_announced(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases")
    page.locator("#filter").fill("correct:worse")
    wait_for_result(page, "27 of 122")
    assert page.locator("[role=status]").text_content() == "27 of 122 cases"


@pytest.mark.parametrize("width", [320, 360, 700, 1400])
def test_page_never_scrolls_sideways(open_report: Any, report: Path, width: int) -> None:
    page = open_report(report, "case-0", width=width)
    for name in PAGES:
        page.evaluate("(name) => { location.hash = name }", name)
        page.locator(f"#{name.partition('-')[0]}").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.parametrize("width", [360, 1280])
def test_a_word_as_long_as_a_line_hides_nothing(
    open_report: Any, samples: Any, tmp_path: Path, width: int
) -> None:
    metric = replace(samples.CORRECT, name="correct_" + "and_more_of_it_" * 5)

    def results(*, new: bool) -> list[Any]:
        made = [samples.result(number, new=new) for number in range(60)]
        judged = [Assessment(metric, not new or number % 2 == 0, "wrong " * 9) for number in range(60)]
        keys = [replace(each.key, case_id="x" * 300 + str(number)) for number, each in enumerate(made)]
        return [
            replace(each, key=key, assessments=(*each.assessments[:1], one))
            for each, key, one in zip(made, keys, judged, strict=True)
        ]

    path = tmp_path / "report.html"
    path.write_text(render(samples.material(tmp_path, results(new=False), results(new=True))).text, "utf-8")
    page = open_report(path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in page.locator(".worst tbody tr:first-child > *").all():
        box = part.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
        assert box["width"] >= 100
    for part in page.locator(".metrics tbody tr:first-child > *").all():
        assert part.evaluate("each => each.scrollWidth <= each.clientWidth + 1")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1400, "light")])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(open_report: Any, report: Path, name: str, width: int, scheme: str) -> None:
    assert _problems(open_report(report, name, width=width, color_scheme=scheme)) == []


def test_axe_finds_nothing_in_the_list_of_keys(open_report: Any, report: Path) -> None:
    page = open_report(report)
    page.keyboard.press("?")
    assert _problems(page) == []


def test_axe_finds_nothing_without_a_baseline(open_report: Any, samples: Any, tmp_path: Path) -> None:
    assert _problems(open_report(samples.first_version(tmp_path))) == []


def _problems(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in found.response["violations"]
        for node in one["nodes"][:3]
    ]


def test_controls_are_large_enough_to_touch(open_report: Any, report: Path) -> None:
    page = open_report(report, "cases", width=360)
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, input, summary, .tabs a')]"
        ".filter((one) => one.checkVisibility())"
        ".map((one) => [one.textContent, one.getBoundingClientRect()])"
        ".filter(([, box]) => box.height < 24 || box.width < 24).map(([text]) => text)"
    )
    assert small == []


def test_theme_can_be_switched_and_printing_shows_overview_and_metrics(
    open_report: Any, report: Path
) -> None:
    page = open_report(report, "cases")
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(21, 24, 28)"
    page.emulate_media(media="print")
    visible = [one for one in ("overview", "metrics", "cases", "run") if page.locator(f"#{one}").is_visible()]
    assert visible == ["overview", "metrics"]
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_without_scripts_everything_but_the_cases_is_there(open_report: Any, report: Path) -> None:
    page = open_report(report, java_script_enabled=False)
    text = page.locator("body").inner_text()
    assert "REGRESSED" in text
    assert page.locator("table.worst tbody tr").count() == 20
    assert page.locator("table.metrics tbody tr").count() == 4
    for name in ("metrics", "slices", "trend", "run"):
        assert page.locator(f"#{name}").is_visible()
    assert "Listing them needs JavaScript" in text
    assert page.locator("button:visible").count() == 0


def test_run_without_a_baseline_is_a_useful_page(open_report: Any, samples: Any, tmp_path: Path) -> None:
    path = samples.first_version(tmp_path)
    page = open_report(path)
    assert page.locator("#title").inner_text() == "v1.2"
    assert "Nothing was compared" in page.locator(".lead").inner_text()
    assert "114 of 120 cases" in page.locator("table.metrics").inner_text()
    assert page.locator("table.worst tbody tr").count() == 6
    page.locator(".tabs").get_by_role("link", name="Cases").click()
    wait_for_result(page, "120 of 120 cases")
    page.get_by_role("button", name="correct").click()
    page.locator("th[aria-sort=ascending]").wait_for()
    assert page.locator(".cases tbody tr td.num").first.inner_text().endswith("0")
    page.locator("#case-table .case-link").first.click()
    page.locator("#case-title").wait_for()
    assert page.locator(".sides .side").count() == 1
    assert "gave 14 days" in page.locator("table.scores").inner_text()
