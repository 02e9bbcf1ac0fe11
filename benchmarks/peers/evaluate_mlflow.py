"""MLflow: ``genai.evaluate`` over all rows with its stock settings and its local store."""

import mlflow
import workload
from mlflow.genai.scorers import scorer


@scorer
def exact(outputs, expectations):
    return workload.exact(outputs, expectations["answer"])


@scorer
def contains(outputs, expectations):
    return workload.contains(outputs, expectations["answer"])


@scorer
def brevity(outputs, expectations):
    return workload.brevity(outputs, expectations["answer"])


mlflow.set_experiment("peers")
done = mlflow.genai.evaluate(
    data=[
        {"inputs": {"question": case["question"]}, "expectations": {"answer": case["answer"]}}
        for case in workload.CASES
    ],
    predict_fn=workload.app,
    scorers=[exact, contains, brevity],
)
