"""pytest-vtrack: one test a case, three scorers, everything stored."""

import pytest
import workload

from pytest_vtrack import scorer

DATASET = [
    {
        "id": case["id"],
        "inputs": {"question": case["question"]},
        "expectations": {"answer": case["answer"]},
    }
    for case in workload.CASES
]


@scorer
def exact(outputs, expectations):
    return workload.exact(outputs, expectations["answer"])


@scorer
def contains(outputs, expectations):
    return workload.contains(outputs, expectations["answer"])


@scorer
def brevity(outputs, expectations):
    return workload.brevity(outputs, expectations["answer"])


@pytest.mark.vtrack(dataset=DATASET, scorers=[exact, contains, brevity])
def test_case(vtrack_case):
    return workload.app(vtrack_case.inputs["question"])
