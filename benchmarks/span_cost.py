"""What a captured span costs, beside ``mlflow.trace`` on the same functions in the same run.

python benchmarks/span_cost.py --mlflow /path/to/python/with/mlflow --traces 500 --rounds 3

Each trace is a call of five nested functions that do nothing, with their inputs and outputs. Ours are
captured case by case, read and encoded as they are stored, and every span is counted again in what was
encoded; MLflow stores them in its default place. Both run in fresh processes, in turn; the time of the same
functions without any tracing is taken off.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

COMMON = """
import json, sys, time
traces, spans = int(sys.argv[1]), 5

def build(traced):
    @traced
    def d(x): return x
    @traced
    def c(x): return d(x)
    @traced
    def b(x): return c(x)
    @traced
    def a(x): return b(x)
    @traced
    def root(x): return a(x)
    return root

def timed(call):
    start = time.perf_counter()
    for i in range(traces): call(i)
    return time.perf_counter() - start

plain = timed(build(lambda function: function))
"""

OURS = (
    COMMON
    + """
import pytest_vtrack
from pytest_vtrack.model.spans import encode
from pytest_vtrack.tracing.capture import Capture

app, stored = build(pytest_vtrack.traced), []

def case(i):
    capture = Capture()
    with capture.running():
        app(i)
    stored.append(encode(capture.close(time.time()).spans).text)

case(-1)
stored.clear()
whole = timed(case) - plain
kept = sum(len(json.loads(text)) for text in stored)
print(json.dumps({"us": 1e6 * whole / (traces * spans), "kept": kept}))
"""
)

MLFLOW = (
    COMMON
    + """
import mlflow
mlflow.set_experiment("bench")
app = build(mlflow.trace)
app(-1)
mlflow.flush_trace_async_logging()
caller = timed(app) - plain
mlflow.flush_trace_async_logging()
experiment = mlflow.get_experiment_by_name("bench").experiment_id
kept, token = -spans, None
while True:
    page = mlflow.MlflowClient().search_traces(locations=[experiment], max_results=100, page_token=token)
    kept += sum(len(trace.data.spans) for trace in page)
    token = page.token
    if not token:
        break
print(json.dumps({"us": 1e6 * caller / (traces * spans), "kept": kept}))
"""
)


def main() -> None:
    """Measure both in turn and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mlflow", help="a Python that has mlflow; without it only ours is measured")
    parser.add_argument("--traces", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    runs: dict[str, list[dict[str, float]]] = {}
    for _ in range(arguments.rounds):
        runs.setdefault("ours", []).append(_measured(sys.executable, OURS, arguments.traces))
        if arguments.mlflow:
            for how in ("async", "sync"):
                found = _measured(arguments.mlflow, MLFLOW, arguments.traces, how)
                runs.setdefault(f"mlflow.trace, {how}", []).append(found)
    ours = statistics.median(run["us"] for run in runs["ours"])
    for name, measured in runs.items():
        each = statistics.median(run["us"] for run in measured)
        kept = min(run["kept"] for run in measured)
        spans = arguments.traces * 5
        print(f"{name:<22}{each:10.1f} us a span   {kept:,.0f} of {spans:,} spans kept   x {each / ours:.1f}")


def _measured(python: str, script: str, traces: int, how: str = "") -> dict[str, float]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false" if how == "sync" else "true"
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-c", script, str(traces)]
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{python} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    main()
