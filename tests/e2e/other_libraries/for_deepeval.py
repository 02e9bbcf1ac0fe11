from __future__ import annotations

import pytest
from answers import CASES, answer, fingerprint, paid
from deepeval.metrics import BaseMetric, ExactMatchMetric, GEval, PatternMatchMetric
from deepeval.models import DeepEvalBaseLLM
from deepeval.test_case import LLMTestCase, SingleTurnParams


class Letters(BaseMetric):
    """Passes below its threshold, and is only synchronous."""

    def __init__(self, threshold):
        self.threshold = threshold

    def measure(self, test_case):
        self.score = len(test_case.actual_output)
        self.reason = f"{test_case.actual_output} for {test_case.input}"
        self.success = self.is_successful()
        return self.score

    def is_successful(self):
        return self.score <= self.threshold

    @property
    def __name__(self):
        return "Letters"


class Context(BaseMetric):
    """Looks at what was retrieved and called, asynchronously."""

    threshold = 0.5

    async def a_measure(self, test_case, *args, **kwargs):
        self.score = 1.0 if test_case.actual_output in test_case.retrieval_context[0] else 0.0
        tools = [(tool.name, tool.input_parameters) for tool in test_case.tools_called]
        self.reason = f"{test_case.retrieval_context} {tools}"
        return self.score

    def measure(self, test_case, *args, **kwargs):
        raise AssertionError("a_measure is there")


class Broken(Context):
    async def a_measure(self, test_case, *args, **kwargs):
        raise RuntimeError("no verdict")


class Canned(DeepEvalBaseLLM):
    """A model that always gives full marks."""

    def load_model(self):
        return self

    def generate(self, prompt, schema=None):
        return schema(score=10, reason="as expected")

    async def a_generate(self, prompt, schema=None):
        return self.generate(prompt, schema)

    def get_model_name(self):
        return "canned"


PARTS = [SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT]
JUDGE = GEval(
    name="Helpful", evaluation_steps=["Is it helpful?"], evaluation_params=PARTS, model=Canned("canned")
)


SCORERS = [ExactMatchMetric(), PatternMatchMetric("P.*"), Letters(threshold=4), Context(), Broken(), JUDGE]


@pytest.mark.vtrack(
    experiment="deepeval",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_metrics_with_a_model_are_paid():
    assert paid(SCORERS) == {"Helpful [GEval]"}


def test_what_changes_a_value_changes_the_fingerprint():
    other = GEval("Helpful", PARTS, evaluation_steps=["Is it short?"], model=Canned("canned"))
    assert fingerprint(JUDGE) != fingerprint(other)
    assert fingerprint(PatternMatchMetric("a")) != fingerprint(PatternMatchMetric("b"))
    assert fingerprint(ExactMatchMetric()) == fingerprint(ExactMatchMetric(threshold=0.2))


def test_a_metric_that_has_measured_is_the_same():
    used = Letters(threshold=4)
    before = fingerprint(used)
    used.measure(LLMTestCase(input="?", actual_output="Paris"))
    assert fingerprint(used) == before
