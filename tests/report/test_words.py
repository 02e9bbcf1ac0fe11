from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model.comparison import CaseCounts
from pytest_vtrack.report import words


@pytest.mark.parametrize(
    ("policy", "verdict", "code", "tests_exit", "line"),
    [
        ("regress", "regressed", 10, 0, "Gate: failed (exit code 10)"),
        ("regress", "regressed", 10, 1, "Gate: failed (exit code 10; the tests' own exit code 1 stands)"),
        ("strict", "not_sure", 11, 0, "Gate: failed (exit code 11)"),
        ("regress", "no_baseline", 12, 0, "Gate: failed (exit code 12)"),
        ("regress", "ok", 0, 0, "Gate: passed"),
        ("strict", "improved", 0, 0, "Gate: passed"),
        (
            "regress",
            "not_sure",
            0,
            0,
            'Gate: passed, because the policy is "regress" ("strict" would fail, code 11)',
        ),
        (
            "warn",
            "regressed",
            0,
            0,
            'Gate: passed, because the policy is "warn" ("regress" would fail, code 10)',
        ),
        ("off", "regressed", 0, 0, "Gate: off"),
    ],
)
def test_gate_line(policy: Any, verdict: Any, code: int, tests_exit: int, line: str) -> None:
    assert words.gate(policy, verdict, code, tests_exit=tests_exit) == line


def test_gate_that_had_nothing_to_decide_says_why() -> None:
    assert words.gate_not_applied("nothing was compared") == "Gate: not applied (nothing was compared)"


@pytest.mark.parametrize(
    ("run", "text"),
    [
        ({"status": "complete"}, None),
        (
            {"status": "partial", "reason": "-k refund", "stored": 31, "expected": 31},
            "PARTIAL RUN (-k refund): 31 of 120 cases; says nothing about the missing ones, and can never "
            "become a baseline",
        ),
        (
            {"status": "partial", "reason": "-k refund: 31 of 120 cases", "stored": 31, "expected": 31},
            "PARTIAL RUN (-k refund: 31 of 120 cases): says nothing about the missing ones, and can never "
            "become a baseline",
        ),
        (
            {"status": "incomplete", "reason": "worker gw1 crashed", "stored": 118},
            "INCOMPLETE RUN (worker gw1 crashed): only 118 of 120 cases stored; run it again before you "
            "trust the verdict",
        ),
        (
            {"status": "incomplete", "stored": 118, "expected": None},
            "INCOMPLETE RUN: only 118 cases stored; run it again before you trust the verdict",
        ),
    ],
)
def test_banner_of_a_run_without_all_its_cases(
    build: SimpleNamespace, run: dict[str, Any], text: str | None
) -> None:
    assert words.banner(build.make_run(**run), build.make_run("v1.2")) == text


@pytest.mark.parametrize(
    ("changes", "notice"),
    [
        (
            {"cases": CaseCounts(errors=3)},
            "3 cases did not finish (the app or a scorer ended in an error); nothing is scored there.",
        ),
        ({"cases": CaseCounts(new=2, gone=1, edited=3)}, "Not compared: 2 new, 1 gone, 3 edited."),
        ({"warnings": ("the baseline ran elsewhere",)}, "Note: the baseline ran elsewhere."),
        ({"must_pass_failures": ("a",)}, "1 must-pass case went from right to wrong: a."),
    ],
)
def test_what_else_a_reader_must_know(build: SimpleNamespace, changes: dict[str, Any], notice: str) -> None:
    assert words.notices(replace(build.ok(), **changes)) == (notice,)


def test_cases_left_out_on_purpose_are_not_called_gone(build: SimpleNamespace) -> None:
    partial = replace(build.partial(), cases=CaseCounts(shared=31, gone=89))
    assert words.notices(partial) == ()


def test_differing_flags_are_named(build: SimpleNamespace) -> None:
    flagged = replace(build.ok(), current=build.make_run(flags={"ranker": "new"}))
    assert words.notices(flagged) == ("Flags differ: ranker=new (v1.2: none).",)


def test_the_command_to_accept_quotes_what_a_shell_would_read() -> None:
    command = words.accept_command("main", "v1; rm -rf ~")
    assert command == "vtrack baseline set main --version 'v1; rm -rf ~' --why \"...\""


def test_own_sentences_are_ascii(build: SimpleNamespace) -> None:
    view = build.view_of(build.regressed())
    for sentence in (*view.meaning, *view.notices, view.gate, view.rule):
        assert sentence.isascii()
