from __future__ import annotations

from dataclasses import dataclass

import pytest
from answers import CASES, answer, fingerprint, paid
from pydantic_ai.models.test import TestModel
from pydantic_evals.evaluators import (
    Contains,
    EqualsExpected,
    EvaluationReason,
    Evaluator,
    HasMatchingSpan,
    IsInstance,
    LLMJudge,
    MaxDuration,
)

from pytest_vtrack.errors import ScorerError

TestModel.__test__ = False


@dataclass
class Several(Evaluator):
    least: int = 5

    async def evaluate(self, ctx):
        about = f"{ctx.name} {ctx.inputs['question']} {ctx.metadata['region']}"
        return {"long_enough": EvaluationReason(len(ctx.output) >= self.least, about), "tone": "plain"}


@dataclass
class Broken(Evaluator):
    def evaluate(self, ctx):
        raise RuntimeError(ctx.name)


CANNED = TestModel(custom_output_args={"reason": "fine", "pass_": True, "score": 1.0})


SCORERS = [
    EqualsExpected(),
    Contains("ari"),
    IsInstance("str"),
    MaxDuration(60),
    HasMatchingSpan({"name_equals": "lookup"}, evaluation_name="looked_up"),
    LLMJudge("It names a city.", model=CANNED),
    Several(),
    Broken(),
]


@pytest.mark.vtrack(
    experiment="pydantic_evals",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_judges_are_paid():
    assert paid(SCORERS) == {"LLMJudge"}


def test_what_changes_a_value_changes_the_fingerprint():
    assert fingerprint(Several()) != fingerprint(Several(least=6))
    assert fingerprint(Contains("a")) != fingerprint(Contains("b"))
    assert fingerprint(Contains("a")) == fingerprint(Contains("a", evaluation_name="begins"))
    assert fingerprint(LLMJudge("a", model="test:x")) != fingerprint(LLMJudge("a", model="test:y"))


def test_a_class_is_refused():
    with pytest.raises(
        ScorerError, match=r"EqualsExpected is a class; give an instance of it: EqualsExpected"
    ):
        fingerprint(EqualsExpected)
