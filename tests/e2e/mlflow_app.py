"""Runs cases of an application that is written with MLflow's tracing and prints what was captured.

``python mlflow_app.py late|early``: whether MLflow makes its provider before the first case.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from pytest_vtrack.tracing.capture import Capture
from pytest_vtrack.tracing.usage import usage_of


def application():
    import mlflow

    @mlflow.trace(span_type="RETRIEVER")
    def search(question):
        return [f"about {question}"]

    @mlflow.trace(span_type="CHAT_MODEL", attributes={"gen_ai.request.model": "small"})
    def ask(question, found):
        usage = {"input_tokens": len(question), "output_tokens": 2, "total_tokens": len(question) + 2}
        mlflow.get_current_active_span().set_attribute("mlflow.chat.tokenUsage", usage)
        return f"{question}: {found[0]}"

    @mlflow.trace
    def answer(question):
        return ask(question, search(question))

    return answer


def case(app, question):
    capture = Capture()
    with capture.running():
        (app or application())(question)
    captured = capture.close(time.time())
    names = {span.span_id: span.name for span in captured.spans}
    return {
        "spans": [
            [span.name, names.get(span.parent_id), span.kind, span.inputs, span.outputs]
            for span in captured.spans
        ],
        "attributes": sorted({name for span in captured.spans for name in span.attributes}),
        "tokens": usage_of(captured.spans).tokens,
        "problems": captured.problems,
    }


def stored():
    """Return how many traces MLflow itself has."""
    import mlflow

    flush = getattr(mlflow, "flush_trace_async_logging", None)
    if flush is not None:
        flush()
    experiment = mlflow.get_experiment_by_name("app")
    return len(mlflow.MlflowClient().search_traces(locations=[experiment.experiment_id], max_results=500))


def main(when):
    app = None
    if when == "early":
        import mlflow

        mlflow.set_experiment("app")
        app = application()
        app("warm up")
    cases = {"first": case(app, "first")}
    if app is None:
        app = application()
    with ThreadPoolExecutor(8) as pool:
        questions = [f"q{number:02}" for number in range(40)]
        cases |= zip(questions, pool.map(lambda question: case(app, question), questions), strict=True)
    return {"cases": cases, "stored": stored() if when == "early" else None}


if __name__ == "__main__":
    print("RESULT " + json.dumps(main(sys.argv[1])))
