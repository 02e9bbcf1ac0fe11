"""LangSmith's pytest plugin with tracking off, the only way without an account: nothing is stored."""

import pytest
import workload
from langsmith import testing


@pytest.mark.langsmith
@pytest.mark.parametrize("case", workload.CASES, ids=[case["id"] for case in workload.CASES])
def test_case(case):
    testing.log_inputs({"question": case["question"]})
    output = workload.app(case["question"])
    testing.log_outputs({"answer": output})
    testing.log_reference_outputs({"answer": case["answer"]})
    for name, scorer in workload.SCORERS.items():
        testing.log_feedback(key=name, score=scorer(output, case["answer"]))
    assert output == case["answer"]
