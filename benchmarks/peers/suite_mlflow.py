"""MLflow's pytest plugin: one ``@mlflow.test`` a case, each evaluating one row."""

import mlflow
import pytest
import workload
from mlflow.genai.scorers import scorer


@scorer
def exact(inputs, outputs):
    return workload.exact(outputs, workload.app(inputs["question"]))


@scorer
def contains(inputs, outputs):
    return workload.contains(outputs, workload.app(inputs["question"]))


@scorer
def brevity(inputs, outputs):
    return workload.brevity(outputs, workload.app(inputs["question"]))


@pytest.mark.parametrize("case", workload.CASES, ids=[case["id"] for case in workload.CASES])
@mlflow.test
def test_case(case):
    mlflow.genai.evaluate(
        data=[{"inputs": {"question": case["question"]}}],
        predict_fn=workload.app,
        scorers=[exact, contains, brevity],
    )
