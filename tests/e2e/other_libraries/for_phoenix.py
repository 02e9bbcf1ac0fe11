from __future__ import annotations

import asyncio

import pytest
from answers import CASES, answer, fingerprint, paid
from phoenix.evals import create_evaluator
from phoenix.evals.metrics import MatchesRegex, PrecisionRecallFScore, exact_match

from pytest_vtrack import from_library
from pytest_vtrack.scoring.protocol import as_scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers


@create_evaluator(name="letters", direction="minimize")
def letters(output, least: int = 3):
    return len(output) - least


@create_evaluator(name="found")
async def found(output: str, documents: list):
    return {"score": float(output in documents[0]), "label": "found", "explanation": str(documents)}


@create_evaluator(name="tone", direction="neutral")
def tone(output: str):
    return "plain"


@create_evaluator(name="unknown")
def unknown(nothing_like_it: str):
    return 1.0


LISTS = from_library(
    PrecisionRecallFScore(),
    reads={"output": lambda outputs: [outputs], "expected": lambda expectations: [expectations["answer"]]},
)


SCORERS = [exact_match, MatchesRegex("^P"), letters, found, tone, unknown, LISTS]


@pytest.mark.vtrack(
    experiment="phoenix",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_evaluators_with_a_model_are_paid():
    judge = create_evaluator(name="judge", kind="llm")(lambda output: 1.0)
    assert paid([*SCORERS, judge]) == {"judge"}


def test_what_changes_a_value_changes_the_fingerprint():
    assert fingerprint(MatchesRegex("a")) != fingerprint(MatchesRegex("b"))
    assert fingerprint(MatchesRegex("a")) == fingerprint(MatchesRegex("a", name="begins"))
    assert fingerprint(letters) != fingerprint(tone)


def test_a_mapping_that_was_bound_is_used():
    renamed = create_evaluator(name="renamed")(lambda text: text == "Paris")
    renamed.bind({"text": "outputs.city"})
    context = ScoringContext(outputs={"city": "Paris", "land": "France"})
    (said,) = run_scorers([as_scorer(renamed, where="")], context, await_=asyncio.run)
    assert said.value == 1.0
