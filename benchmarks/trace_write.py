"""What storing a trace costs: five spans of about 2 KB and five assessments, against encoding it as JSON.

    python benchmarks/trace_write.py --traces 2000 --rounds 9 --words 110

Once with texts that no trace had before, as of a new version, and once with those again, which are stored
once only. Both in turn, in one process. Encoding is the standard library's encoder over plain values; storing
is all that happens between the captured spans and the committed rows, with compression, through the writer.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from pytest_vtrack.model import spans as spans_text
from pytest_vtrack.model.assessment import LATENCY, PASSED, Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.trace import Span
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.protocol import Store
from pytest_vtrack.store.writer import Writer

KINDS = ("RETRIEVER", "LLM", "TOOL", "LLM", "CHAIN")
SCORES = [MetricSpec(f"score_{index}", "f") for index in range(3)]
WORDS = [f"word{number:x}" for number in random.Random(1).sample(range(10**6), 4000)]
Drawn = list[tuple[tuple[Span, ...], CaseResult]]
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def text(rng: random.Random, words: int) -> str:
    """Return so many words."""
    return " ".join(rng.choices(WORDS, k=words))


def span(rng: random.Random, number: int, words: int) -> Span:
    """Draw a span whose input and output have so many words of ten characters each."""
    attributes = {"gen_ai.request.model": "small-1", "gen_ai.usage.output_tokens": rng.randint(20, 400)}
    return Span(
        f"step {number}",
        KINDS[number],
        1_795_000_000.0 + number,
        round(rng.random(), 6),
        f"{rng.getrandbits(64):016x}",
        None,
        inputs={"messages": [{"role": "user", "content": text(rng, words)}]},
        outputs={"content": text(rng, words)},
        attributes=attributes,
    )


def traces(number: int, seed: int, words: int) -> Drawn:
    """Draw traces, each with the result that it belongs to."""
    rng = random.Random(seed)
    drawn = []
    for case in range(number):
        scores = [Assessment(spec, rng.random()) for spec in SCORES]
        name = f"case-{case:06d}"
        drawn.append(
            (
                tuple(span(rng, step, words) for step in range(5)),
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


def all_encoded(drawn: Drawn) -> list[str]:
    """Return these traces as JSON text."""
    return [encoded(*each) for each in drawn]


def spent(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of CPU and of the clock that something takes."""
    began = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - began[0], time.perf_counter() - began[1]


def stored(store: Store, name: str, drawn: Drawn) -> None:
    """Store a run of these traces, all that follows its beginning."""
    writer = Writer(store)
    for spans, result in drawn:
        writer.add(name, [replace(result, spans=spans_text.encode(spans).text)])
    writer.close()


def measure(store: Store, rounds: int, number: int, words: int) -> dict[str, list[tuple[float, ...]]]:
    """Return seconds of CPU and of the clock, for encoding and for storing, of each round."""
    found: dict[str, list[tuple[float, ...]]] = {"new texts": [], "the same again": []}
    for round_ in range(rounds + 1):
        drawn = traces(number, seed=round_, words=words)
        encoding = spent(partial(all_encoded, drawn))
        for what, rows in found.items():
            name = f"{what} {round_}"
            store.begin(Run(name, "bot", AppVersion("v1"), started_at=float(round_)))
            storing = spent(partial(stored, store, name, drawn))
            if round_:
                rows.append((*encoding, *storing))
    return found


def main() -> None:
    """Print CPU and wall time a trace of both, and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--traces", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--words", type=int, default=110, help="of each input and output of a span")
    arguments = parser.parse_args()
    drawn = traces(arguments.traces, 0, arguments.words)
    size = statistics.mean(len(encoded(*each)) for each in drawn)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vtrack.db"
        store = open_store(str(path))
        found = measure(store, arguments.rounds, arguments.traces, arguments.words)
        store.close()
        on_disk = path.stat().st_size / arguments.traces / (arguments.rounds + 1)
    print(f"{size:.0f} bytes a trace as JSON; {on_disk:.0f} on disk for one and the same again\n")
    print("| texts | encoding, CPU | storing, CPU | ratio of CPU [range] | ratio of wall [range] |")
    print("|---|--:|--:|--:|--:|")
    for what, rows in found.items():
        us = [1e6 * statistics.median(row[place] for row in rows) / arguments.traces for place in (0, 2)]
        cpu = [row[2] / row[0] for row in rows]
        wall = [row[3] / row[1] for row in rows]
        told = [f"{statistics.median(each):.2f} [{min(each):.2f} to {max(each):.2f}]" for each in (cpu, wall)]
        print(f"| {what} | {us[0]:.0f} us | {us[1]:.0f} us | {told[0]} | {told[1]} |")


if __name__ == "__main__":
    main()
