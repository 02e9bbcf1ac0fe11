"""What is said of scoring a baseline again."""

from __future__ import annotations

from pytest_vtrack.report import rescoring


def test_one_and_many_are_told_apart():
    assert rescoring.scored_again("v1", ["tone"], 1) == (
        "tone is new or changed since v1, so 1 stored trace of v1 was scored again; the application was not "
        "called for it"
    )
    several = rescoring.scored_again("v1", ["right", "tone"], 1200)
    assert several.startswith("right, tone are new or changed since v1, so 1,200 stored traces of v1 were")


def test_a_price_that_nobody_knows_is_not_told():
    commands = ["vtrack rescore v1 --scorers m:tone", "vtrack compare v1 v2"]
    assert rescoring.paid_calls("tone", "v1", 40, 0.1234, commands) == (
        "tone makes paid calls, so v1 was not scored again with it: 40 calls, about 0.12 by what it cost in "
        "this run; to do it: `vtrack rescore v1 --scorers m:tone`, then `vtrack compare v1 v2`"
    )
    assert rescoring.paid_calls("tone", "v1", 40, None, ()).endswith("with it: 40 calls")


def test_errors_are_told_with_how_to_ask_again():
    assert rescoring.failed("tone", "v1", 1, ["vtrack rescore v1 --scorers m:tone --retry-errors"]) == (
        "tone ended in an error on 1 stored trace of v1, which is its answer there now; to ask again: "
        "`vtrack rescore v1 --scorers m:tone --retry-errors`"
    )
