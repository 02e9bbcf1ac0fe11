"""What storing a trace costs: five spans of about 2 KB and five assessments, against encoding it as JSON.

    python benchmarks/trace_write.py --traces 2000 --rounds 9

Both in turn, in one process. Encoding is the standard library's encoder over plain values; storing is all
that happens between the captured spans and the committed rows, with compression, through the writer.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pytest_vtrack.model import spans as spans_text
from pytest_vtrack.model.assessment import LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.writer import Writer

KINDS = ("RETRIEVER", "LLM", "TOOL", "LLM", "CHAIN")
SCORES = [MetricSpec(f"score_{index}", "f") for index in range(3)]
WORDS = [f"word{number:x}" for number in random.Random(1).sample(range(10**6), 4000)]
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def text(rng: random.Random, words: int) -> str:
    """Return so many words."""
    return " ".join(rng.choices(WORDS, k=words))


def span(rng: random.Random, number: int) -> Span:
    """Draw a span of about 2 KB."""
    attributes = {"gen_ai.request.model": "small-1", "gen_ai.usage.output_tokens": rng.randint(20, 400)}
    return Span(
        f"step {number}",
        KINDS[number],
        1_795_000_000.0 + number,
        round(rng.random(), 6),
        f"{rng.getrandbits(64):016x}",
        None,
        inputs={"messages": [{"role": "user", "content": text(rng, 110)}]},
        outputs={"content": text(rng, 110)},
        attributes=attributes,
    )


def traces(number: int) -> list[tuple[tuple[Span, ...], CaseResult]]:
    """Draw traces, each with the result that it belongs to."""
    rng = random.Random(7)
    drawn = []
    for case in range(number):
        scores = [Assessment(spec, rng.random()) for spec in SCORES]
        name = f"case-{case:06d}"
        drawn.append(
            (
                tuple(span(rng, step) for step in range(5)),
                CaseResult(
                    CaseKey("test_qa.py::test_answers", "qa", name, f"{case:016x}"),
                    f"test_qa.py::test_answers[{name}]",
                    "passed",
                    inputs=f'{{"question":"question {case}"}}',
                    outputs=f'"answer {case}"',
                    assessments=(Assessment(PASSED, True), *scores, Assessment(LATENCY, rng.random() + 0.1)),
                    trace_id=f"{rng.getrandbits(128):032x}",
                ),
            )
        )
    return drawn


def encoded(spans: tuple[Span, ...], result: CaseResult) -> str:
    """Return a trace and its assessments as JSON text: the least that any store has to do."""
    fields = Span.__dataclass_fields__
    plain = [{name: getattr(one, name) for name in fields} for one in spans]
    judged = [[one.metric.name, one.value] for one in result.assessments]
    return ENCODE([result.inputs, result.outputs, plain, judged])


def main() -> None:
    """Print CPU and wall time a trace of both, and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--traces", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    drawn = traces(arguments.traces)
    size = statistics.mean(len(encoded(*each)) for each in drawn)
    cpu: list[float] = []
    wall: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vtrack.db"
        store = open_store(str(path))
        for round_ in range(arguments.rounds + 1):
            store.begin(Run(f"run{round_}", "bot", AppVersion("v1"), started_at=float(round_)))
            writer = Writer(store)
            began = time.process_time(), time.perf_counter()
            for each in drawn:
                encoded(*each)
            between = time.process_time(), time.perf_counter()
            for spans, result in drawn:
                writer.add(f"run{round_}", [replace(result, spans=spans_text.encode(spans).text)])
            writer.close()
            ended = time.process_time(), time.perf_counter()
            if round_:
                for ratios, start, middle, end in zip((cpu, wall), began, between, ended, strict=True):
                    ratios.append((end - middle) / (middle - start))
                    if ratios is cpu:
                        print(f"{1e6 * (middle - start) / len(drawn):.0f} us encoding, ", end="")
                        print(f"{1e6 * (end - middle) / len(drawn):.0f} us storing a trace (CPU)")
        store.close()
        stored = path.stat().st_size / len(drawn) / (arguments.rounds + 1)
    print(f"{size:.0f} bytes a trace as JSON, {stored:.0f} on disk")
    for name, ratios in (("CPU", cpu), ("wall", wall)):
        print(f"{name}: {statistics.median(ratios):.2f} [{min(ratios):.2f} to {max(ratios):.2f}]")


if __name__ == "__main__":
    main()
