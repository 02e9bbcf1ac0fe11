from __future__ import annotations

import pytest
from answers import CASES, answer, fingerprint, paid
from langchain_classic.evaluation import (
    ExactMatchStringEvaluator,
    JsonValidityEvaluator,
    StringDistance,
    StringDistanceEvalChain,
)

SCORERS = [
    StringDistanceEvalChain(distance=StringDistance.LEVENSHTEIN),
    ExactMatchStringEvaluator(),
    JsonValidityEvaluator(),
]


@pytest.mark.vtrack(
    experiment="langchain",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_nothing_here_is_paid():
    assert paid(SCORERS) == set()


def test_what_changes_a_value_changes_the_fingerprint():
    words = StringDistanceEvalChain(distance=StringDistance.JARO)
    assert fingerprint(words) != fingerprint(SCORERS[0])
