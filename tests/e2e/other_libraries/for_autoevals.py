from __future__ import annotations

import pytest
from answers import CASES, answer, fingerprint, paid
from autoevals import EmbeddingSimilarity, ExactMatch, Factuality, JSONDiff, Levenshtein, NumericDiff
from autoevals.json import ValidJSON
from autoevals.score import Score, Scorer


class Words(Scorer):
    """Asynchronous, and given the question by name."""

    def _run_eval_sync(self, output, expected=None, **kwargs):
        raise AssertionError("eval_async is there")

    async def _run_eval_async(self, output, expected=None, **kwargs):
        about = {"rationale": kwargs["input"], "context": kwargs["context"]}
        return Score(name="Words", score=1 / len(output.split()), metadata=about)


class Skipped(Scorer):
    def _run_eval_sync(self, output, expected=None, **kwargs):
        return Score(name="Skipped", score=None)


SCORERS = [
    Levenshtein,
    ExactMatch(),
    JSONDiff(string_scorer=Levenshtein()),
    NumericDiff(),
    ValidJSON.partial(schema={"type": "string"}),
    Words(),
    Skipped(),
]


@pytest.mark.vtrack(
    experiment="autoevals",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_scorers_with_a_client_are_paid():
    judges = [Factuality(), JSONDiff(string_scorer=EmbeddingSimilarity())]
    assert paid(SCORERS) == set()
    assert paid(judges) == {"Factuality", "JSONDiff"}


def test_what_changes_a_value_changes_the_fingerprint():
    assert fingerprint(JSONDiff()) != fingerprint(JSONDiff(string_scorer=ExactMatch()))
    assert fingerprint(ValidJSON.partial(schema={"a": 1})) != fingerprint(ValidJSON.partial(schema={"a": 2}))
    assert fingerprint(Factuality(model="x")) != fingerprint(Factuality(model="y"))
    assert fingerprint(Factuality(api_key="secret")) == fingerprint(Factuality())
