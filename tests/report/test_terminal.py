from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_vtrack.model.comparison import CaseCounts, Comparison, ValueChange
from pytest_vtrack.report.layout import text_of
from pytest_vtrack.report.terminal import comparison_screen, comparison_title, quiet_line
from pytest_vtrack.report.untrusted import display_width

SCREENS = Path(__file__).parent / "screens"
FORBIDDEN = re.compile(r"significan|p-value|\bp\(|confidence|\bnull\b|hypothes", re.IGNORECASE)


def screen(
    build: SimpleNamespace, comparison: Comparison, width: int = 80, verbosity: int = 0, unicode: bool = True
) -> str:
    lines = comparison_screen(build.view_of(comparison), width=width, verbosity=verbosity, unicode=unicode)
    return "\n".join(map(text_of, lines))


@pytest.mark.parametrize(
    "name",
    [
        "regressed",
        "ok",
        "improved",
        "not_sure",
        "no_baseline",
        "judge_changed",
        "partial",
        "incomplete",
        "tests_failing",
        "must_pass",
    ],
)
def test_screen_reads_as_it_was_reviewed(build: SimpleNamespace, name: str) -> None:
    expected = (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    assert screen(build, build.COMPARISONS[name]()) + "\n" == expected


def test_screen_of_60_columns_in_ascii_reads_as_it_was_reviewed(build: SimpleNamespace) -> None:
    expected = (SCREENS / "regressed-60-ascii.txt").read_text(encoding="ascii")
    assert screen(build, build.regressed(), width=60, unicode=False) + "\n" == expected


def test_detail_block_reads_as_it_was_reviewed(build: SimpleNamespace) -> None:
    expected = (SCREENS / "regressed-details.txt").read_text(encoding="utf-8")
    assert screen(build, build.regressed(), verbosity=2) + "\n" == expected


@pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])
@pytest.mark.parametrize("verbosity", [0, 1, 2])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_longer_than_the_screen(
    build: SimpleNamespace, comparison: Comparison, width: int, verbosity: int, unicode: bool
) -> None:
    view = build.view_of(comparison, reports=["r" * 200 + ".html"])
    lines = comparison_screen(view, width=width, verbosity=verbosity, unicode=unicode)
    lines.append(quiet_line(view, width=width, unicode=unicode))
    assert [text_of(line) for line in lines if display_width(text_of(line)) > width] == []
    assert display_width(comparison_title(view, width=width, unicode=unicode)) <= width


@pytest.mark.parametrize("width", [1, 10, 20, 40])
def test_the_narrowest_screen_does_not_fail(
    build: SimpleNamespace, comparison: Comparison, width: int
) -> None:
    assert "Gate" in screen(build, comparison, width=width, verbosity=2).replace("\n", "")


def test_ascii_screens_are_pure_ascii(build: SimpleNamespace, comparison: Comparison) -> None:
    view = build.view_of(comparison)
    assert screen(build, comparison, verbosity=2, unicode=False).isascii()
    assert comparison_title(view, unicode=False).isascii()
    assert text_of(quiet_line(view, unicode=False)).isascii()


def test_hostile_text_never_reaches_the_stream_raw(build: SimpleNamespace) -> None:
    view = build.view_of(build.hostile(), reports=[build.HOSTILE], baseline_name=build.HOSTILE)
    lines = [text_of(line) for line in comparison_screen(view, width=80, verbosity=2)]
    for line in [*lines, comparison_title(view), text_of(quiet_line(view))]:
        assert [one for one in line if unicodedata.category(one)[0] == "C" or one in "\u2028\u2029"] == []


@pytest.mark.parametrize("verbosity", [0, 1])
def test_no_statistics_jargon_outside_the_details(
    build: SimpleNamespace, comparison: Comparison, verbosity: int
) -> None:
    assert not FORBIDDEN.search(screen(build, comparison, verbosity=verbosity))


def test_details_name_the_probabilities(build: SimpleNamespace) -> None:
    assert FORBIDDEN.search(screen(build, build.regressed(), verbosity=2))


def test_every_verdict_has_a_word_and_a_symbol_besides_its_tone(
    build: SimpleNamespace, comparison: Comparison
) -> None:
    view = build.view_of(comparison)
    verdict = comparison_screen(view, width=80)[0][0]
    assert verdict.tone == view.look.tone
    assert verdict.text == f"{view.look.symbol} {view.look.word}"


def test_five_worst_cases_by_default_and_all_with_v(build: SimpleNamespace) -> None:
    short, long = (screen(build, build.regressed(), verbosity=verbosity) for verbosity in (0, 1))
    assert short.count("correct 1 → 0") == 5
    assert long.count("correct 1 → 0") == 14
    assert "login-2  correct 0 → 1" in long
    assert "login-2" not in short


def test_cases_beyond_the_known_ones_are_counted(build: SimpleNamespace) -> None:
    many = replace(build.regressed(), cases=CaseCounts(total=900, shared=900, worse=228, better=2))
    assert "And 214 more changed cases" in screen(build, many, verbosity=1)


def test_unchanged_version_lists_no_cases(build: SimpleNamespace) -> None:
    same = build.compared("ok", build.UNCHANGED, cases=CaseCounts(total=120, shared=120))
    text = screen(build, same)
    assert "all 120 tests gave the same results as in v1.2" in text
    assert "Changed" not in text
    assert "Worst" not in text


def test_repeated_cases_show_how_often_they_were_right(build: SimpleNamespace) -> None:
    value = ValueChange("correct", 0.8, 0.2, baseline_trials=5, current_trials=5, loss=20.0)
    repeated = replace(build.regressed(), worst_cases=(build.case(values=(value,)),))
    text = screen(build, repeated)
    assert "correct 4/5 → 1/5" in text
    assert "14 cases got worse, 2 better" in text


def test_an_error_takes_the_place_of_the_value(build: SimpleNamespace) -> None:
    broken = build.case(
        values=(ValueChange("correct", True, None, loss=1.0),), verdict="error", error="TimeoutError"
    )
    assert 'correct 1 → error  "TimeoutError"' in screen(
        build, build.compared("regressed", worst_cases=(broken,))
    )


def test_more_values_of_a_case_are_shown_with_v(build: SimpleNamespace) -> None:
    values = (ValueChange("correct", True, False, loss=30.0), ValueChange("latency", 1.0, 2.0, loss=2.0))
    text = screen(
        build,
        replace(
            build.regressed(),
            metrics=(build.CORRECT_WORSE, build.LATENCY),
            worst_cases=(build.case(values=values),),
        ),
        verbosity=1,
    )
    assert "latency 1 s → 2 s" in text


def test_long_reasons_go_below_where_there_is_no_room_beside(build: SimpleNamespace) -> None:
    value = ValueChange("helpfulness_of_the_answer", 4.0, 1.0, loss=30.0, rationale="the answer is rude " * 9)
    text = screen(build, replace(build.regressed(), worst_cases=(build.case(values=(value,)),)), width=60)
    assert '\n      "the answer is rude the answer is rude the answer is…"' in text


def test_two_runs_of_one_version_are_told_apart(build: SimpleNamespace) -> None:
    again = replace(build.ok(), baseline=build.make_run("v1.3", id="7f3a1b2c00000000"))
    assert comparison_title(build.view_of(again)) == "vtrack: v1.3 (run 9c1e5a77) vs v1.3 (run 7f3a1b2c)"
    assert re.search(r"metric +baseline +current", screen(build, again))


def test_columns_are_given_up_in_order(build: SimpleNamespace) -> None:
    wide, narrow, narrowest = (
        screen(build, build.regressed(), width=width).split("\n") for width in (80, 60, 48)
    )
    header = "\n".join(wide)
    assert "could be anywhere from" in header
    assert "v1.2     v1.3    change" in "\n".join(narrow)
    assert "could be" not in "\n".join(narrow)
    assert re.search(r"metric +v1.3 +change\n", "\n".join(narrowest))


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("regressed", "vtrack REGRESSED v1.3 vs v1.2: correct -10.0 pt"),
        ("ok", "vtrack OK v1.3 vs v1.2: 120 cases compared"),
        ("improved", "vtrack IMPROVED v1.3 vs v1.2: correct +6.5 pt"),
        ("not_sure", "vtrack NOT SURE v1.3 vs v1.2: correct -7.5 pt"),
        ("judge_changed", "vtrack NOT SURE v1.3 vs v1.2: correct not comparable"),
        ("must_pass", "vtrack REGRESSED v1.3 vs v1.2: must-pass refund-001"),
        ("no_baseline", "vtrack NO BASELINE v1.3 vs v1.2"),
    ],
)
def test_quiet_line_names_what_decided(build: SimpleNamespace, name: str, line: str) -> None:
    assert text_of(quiet_line(build.view_of(build.COMPARISONS[name]()))) == line


def test_a_range_that_nobody_has_takes_no_column(build: SimpleNamespace) -> None:
    text = screen(build, build.compared("ok", replace(build.UNCHANGED, low=None, high=None)))
    assert "could be" not in text


def test_labels_have_no_count_of_worse_cases_in_the_details(build: SimpleNamespace) -> None:
    label = build.metric(
        "tone", "not_sure", kind="category", reason="labels_changed", effect=None, worse=0, better=0
    )
    assert "0 worse" not in screen(
        build, build.compared("not_sure", label, cases=CaseCounts(shared=9)), verbosity=2
    )


def test_changed_cases_without_names_do_not_fail(build: SimpleNamespace) -> None:
    assert "Worst" not in screen(build, replace(build.regressed(), worst_cases=(), better_cases=()))
