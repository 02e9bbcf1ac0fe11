from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_vtrack.model.assessment import LATENCY, PASSED, MetricSpec
from pytest_vtrack.model.comparison import SideCounts
from pytest_vtrack.report.layout import text_of
from pytest_vtrack.report.untrusted import display_width
from pytest_vtrack.report.without_baseline import (
    first_version_screen,
    saved_title,
)

SUMMARIES = [
    SideCounts(MetricSpec("correct", "f"), cases=5, bools=5, mean=0.2),
    SideCounts(LATENCY, cases=5, numbers=5, mean=0.0001),
    SideCounts(PASSED, cases=5, bools=5, mean=1.0),
]
COMMAND = "pytest test_vtrack_example.py --vtrack-baseline=0.1.0"


def first_run(build: SimpleNamespace, **changes: object) -> object:
    return build.make_run("0.1.0", env="dev", **{"stored": 5, "expected": 5} | changes)


def texts(lines: object) -> str:
    return "\n".join(text_of(line) for line in lines)  # type: ignore[attr-defined]


def test_first_version_reads_as_it_was_reviewed(build: SimpleNamespace) -> None:
    screen = first_version_screen(first_run(build), SUMMARIES, command=COMMAND)
    assert saved_title() == "vtrack: first version"
    assert texts(screen) == (
        "Saved as version 0.1.0 (run 9c1e5a77, 5 cases, environment dev).\n"
        "\n"
        "  metric   value    how it is read\n"
        "  correct  20.0 %   1 of 5 cases; higher is better\n"
        "  latency  0.10 ms  typical case; lower is better\n"
        "\n"
        "Nothing to compare with yet. Change your app, then run:\n"
        "\n"
        "    pytest test_vtrack_example.py --vtrack-baseline=0.1.0"
    )


def test_a_later_version_is_told_what_it_could_be_compared_with(build: SimpleNamespace) -> None:
    screen = first_version_screen(first_run(build), SUMMARIES, command=COMMAND, known=["v1.2", "v1.1"])
    assert saved_title(["v1.2"]) == "vtrack: run saved"
    assert "To compare with an earlier version (v1.2, v1.1), run:" in texts(screen)


def test_a_partial_first_run_is_not_offered_as_a_baseline(build: SimpleNamespace) -> None:
    run = first_run(build, status="partial", reason="-k x", stored=2)
    screen = texts(first_version_screen(run, SUMMARIES, command=COMMAND))
    assert "PARTIAL RUN (-k x): 2 of 5 cases" in screen
    assert "Only a complete run can be compared with later" in screen
    assert COMMAND not in screen


@pytest.mark.parametrize(
    ("summary", "row"),
    [
        (SideCounts(MetricSpec("tone", "f"), cases=5, labels=5), "tone    -      5 cases; a label"),
        (
            SideCounts(MetricSpec("m", "f"), cases=5, numbers=5, mean=4.31),
            "m       4.31   mean of 5 cases; higher",
        ),
        (SideCounts(MetricSpec("b", "f"), cases=4, bools=8, mean=0.375), "b       37.5 %  mean of 4 cases"),
        (
            SideCounts(PASSED, cases=3, bools=3, mean=1.0, errors=2),
            "passed  100.0 %  3 of 3 cases; higher is better; 2 errors",
        ),
    ],
    ids=["label", "number", "share of trials", "errors"],
)
def test_every_kind_says_how_it_is_read(build: SimpleNamespace, summary: SideCounts, row: str) -> None:
    screen = texts(first_version_screen(first_run(build), [summary], command=COMMAND))
    assert " ".join(row.split()) in " ".join(screen.split())


def test_a_run_without_metrics_says_what_to_do(build: SimpleNamespace) -> None:
    assert "return a value from a scorer" in texts(
        first_version_screen(first_run(build), [], command=COMMAND)
    )


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("width", [60, 80])
def test_hostile_names_stay_within_the_screen(build: SimpleNamespace, width: int, unicode: bool) -> None:
    bad = build.HOSTILE
    run = build.make_run(bad, env=bad, reason=bad, status="partial")
    summary = SideCounts(MetricSpec(bad * 3, "f"), cases=5, bools=5, mean=0.2)
    lines = [
        *first_version_screen(run, [summary], command=bad, width=width, unicode=unicode),
        *first_version_screen(
            first_run(build), [summary], command=f"pytest {bad}", width=width, unicode=unicode, known=[bad]
        ),
    ]
    for line in map(text_of, lines):
        assert display_width(line) <= width
        assert line.isprintable()
        assert unicode or line.isascii()


def test_a_long_command_is_continued_so_that_it_can_be_copied(build: SimpleNamespace) -> None:
    command = "pytest tests/evaluation/test_answers.py -k 'refund and login' --vtrack-baseline=v1.2"
    screen = texts(first_version_screen(first_run(build), [], command=command, width=60))
    assert screen.endswith(
        "    pytest tests/evaluation/test_answers.py -k \\\n        'refund and login' --vtrack-baseline=v1.2"
    )


def test_trials_are_told_apart_from_cases(build: SimpleNamespace) -> None:
    run = first_run(build, stored=15, expected=15)
    assert "(run 9c1e5a77, 5 cases, 15 trials," in texts(
        first_version_screen(run, SUMMARIES, command="", cases=5)
    )
