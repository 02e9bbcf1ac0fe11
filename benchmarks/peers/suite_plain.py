"""pytest alone: the same work and the same scorers as asserts, nothing stored."""

import pytest
import workload


@pytest.mark.parametrize("case", workload.CASES, ids=[case["id"] for case in workload.CASES])
def test_case(case):
    output = workload.app(case["question"])
    assert all(scorer(output, case["answer"]) == 1 for scorer in workload.SCORERS.values())
