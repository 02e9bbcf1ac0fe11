"""Applications that are written with MLflow's tracing, with a real MLflow in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

VARIABLE = "VTRACK_TEST_MLFLOW_PYTHON"
PYTHON = os.environ.get(VARIABLE)

pytestmark = pytest.mark.skipif(
    not PYTHON, reason=f"{VARIABLE} names no Python that has mlflow and this package"
)


@pytest.mark.parametrize("when", ["late", "early"])
def test_functions_traced_by_mlflow_are_captured_case_by_case(tmp_path, when):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environ |= {
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false",
        "GIT_PYTHON_REFRESH": "quiet",
    }
    command = [str(PYTHON), str(Path(__file__).with_name("mlflow_app.py")), when]
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0, done.stderr
    assert len(lines) == 1, done.stderr
    found = json.loads(lines[0].removeprefix("RESULT "))
    for question, case in found["cases"].items():
        about, answer = [f"about {question}"], f"{question}: about {question}"
        assert case["spans"] == [
            ["answer", None, "UNKNOWN", {"question": question}, answer],
            ["search", "answer", "RETRIEVER", {"question": question}, about],
            ["ask", "answer", "CHAT_MODEL", {"question": question, "found": about}, answer],
        ]
        assert case["tokens"] == len(question) + 2
        assert case["problems"] == []
        assert "mlflow.spanInputs" not in case["attributes"]
    if when == "early":
        assert found["stored"] == len(found["cases"]) + 1  # MLflow still gets all of them
