"""DeepEval: one test a case, ``assert_test`` with three metrics in code."""

import pytest
import workload
from deepeval import assert_test
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase


class InCode(BaseMetric):
    """A metric that calls a function."""

    def __init__(self, name):
        self.name, self.function = name, workload.SCORERS[name]
        self.threshold, self.async_mode, self.strict_mode, self.verbose_mode = 0.5, False, False, False
        self.include_reason, self.evaluation_model, self.evaluation_cost = False, None, 0

    def measure(self, test_case, *args, **kwargs):
        self.score = self.function(test_case.actual_output, test_case.expected_output)
        self.success, self.reason, self.error = self.score >= self.threshold, None, None
        return self.score

    async def a_measure(self, test_case, *args, **kwargs):
        return self.measure(test_case)

    def is_successful(self):
        return bool(self.success)

    @property
    def __name__(self):
        return self.name


@pytest.mark.parametrize("case", workload.CASES, ids=[case["id"] for case in workload.CASES])
def test_case(case):
    output = workload.app(case["question"])
    done = LLMTestCase(
        name=case["id"], input=case["question"], actual_output=output, expected_output=case["answer"]
    )
    assert_test(done, [InCode(name) for name in workload.SCORERS], run_async=False)
