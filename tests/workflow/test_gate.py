from __future__ import annotations

import pytest

from pytest_vtrack.workflow.gate import exit_code, strictest

VERDICTS = ("regressed", "not_sure", "improved", "ok", "no_baseline")


@pytest.mark.parametrize(
    ("gate", "codes"),
    [
        ("off", {}),
        ("warn", {}),
        ("regress", {"regressed": 10, "no_baseline": 12}),
        ("strict", {"regressed": 10, "not_sure": 11, "no_baseline": 12}),
    ],
)
def test_exit_code_of_each_verdict(gate, codes):
    assert {verdict: exit_code(verdict, gate) for verdict in VERDICTS} == dict.fromkeys(VERDICTS, 0) | codes


@pytest.mark.parametrize(
    ("verdict", "answers", "left"),
    [
        ("ok", [], "ok"),
        ("ok", ["regressed", "not_sure"], "regressed"),
        ("ok", ["not_sure"], "not_sure"),
        ("improved", ["ok"], "ok"),
        ("not_sure", ["ok", "improved"], "not_sure"),
        ("regressed", ["ok", "not_sure", "no_baseline"], "regressed"),
        ("ok", [None, "nonsense", "Regressed"], "ok"),
    ],
)
def test_answers_of_hooks_make_a_verdict_stricter_only(verdict, answers, left):
    assert strictest(verdict, answers) == left


def test_an_answer_of_any_kind_changes_nothing():
    assert strictest("ok", [["regressed"], {"verdict": "regressed"}, 10]) == "ok"
