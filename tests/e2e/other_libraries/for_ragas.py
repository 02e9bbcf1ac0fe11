from __future__ import annotations

import pytest
from answers import CASES, answer, fingerprint, paid
from ragas.metrics import DiscreteMetric, discrete_metric, numeric_metric
from ragas.metrics._context_recall import NonLLMContextRecall
from ragas.metrics._faithfulness import Faithfulness
from ragas.metrics._string import NonLLMStringSimilarity
from ragas.metrics._topic_adherence import TopicAdherenceScore
from ragas.metrics.collections import BleuScore, ExactMatch, StringPresence

from pytest_vtrack import from_library
from pytest_vtrack.errors import ScorerError


@discrete_metric(name="polite", allowed_values=["pass", "fail"])
def polite(response: str) -> str:
    return "pass" if response == "Paris" else "fail"


@numeric_metric(name="letters", allowed_values=(0.0, 10.0))
async def letters(response: str, reference: str) -> float:
    return float(len(response) + len(reference))


@numeric_metric(name="broken", allowed_values=(0.0, 10.0))
def broken(response: str) -> float:
    raise RuntimeError("no verdict")


RECALL = from_library(
    NonLLMContextRecall(), reads={"reference_contexts": lambda: ["Paris is the capital of France."]}
)


SCORERS = [
    ExactMatch(),
    StringPresence(),
    BleuScore(),
    NonLLMStringSimilarity(),
    RECALL,
    polite,
    letters,
    broken,
]


@pytest.mark.vtrack(
    experiment="ragas",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_metrics_with_a_model_are_paid():
    assert paid([*SCORERS, Faithfulness()]) == {"faithfulness"}


def test_what_changes_a_value_changes_the_fingerprint():
    assert fingerprint(RECALL) != fingerprint(NonLLMContextRecall())
    assert fingerprint(NonLLMContextRecall()) != fingerprint(NonLLMContextRecall(threshold=0.9))
    assert fingerprint(ExactMatch()) == fingerprint(ExactMatch(name="same"))
    assert fingerprint(polite) != fingerprint(broken)


def test_metrics_without_their_model_are_refused():
    with pytest.raises(ScorerError, match="'kind' of ragas is given its model at each call"):
        fingerprint(DiscreteMetric(name="kind", prompt="{response}?"))
    with pytest.raises(ScorerError, match="TopicAdherenceScore of ragas judges a whole conversation"):
        fingerprint(TopicAdherenceScore())
