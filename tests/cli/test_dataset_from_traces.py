"""`vtrack dataset from-traces`: what was asked becomes cases, what people said expectations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store

Vtrack = Callable[..., Result]
TOPIC = MetricSpec("topic", "human:1")
JUDGED = MetricSpec("judged", "f1")


def trace(number: int, inputs: Any, *, label: str | None = None, **more: Any) -> CaseResult:
    said = (Assessment(JUDGED, True, source="llm_judge"),)
    said += (Assessment(TOPIC, label, source="human"),) if label else ()
    return CaseResult(
        CaseKey("bot.answer", "", f"t{number}", f"d{number}"),
        nodeid=f"t{number}",
        outcome="passed",
        trace_id=f"{number:04x}" * 8,
        started_at=float(number),
        assessments=said,
        **{
            "inputs": json.dumps(inputs),
            "tags": {"lang": "de" if number % 4 == 0 else "en", "user": "ann", "vtrack.x": "1"},
            **more,
        },
    )


@pytest.fixture
def production(tmp_path: Path) -> Callable[..., None]:
    """Store traces of production."""

    def production(*results: CaseResult) -> None:
        store: Store = open_store(str(tmp_path / ".vtrack/vtrack.db"))
        store.begin(Run("ab" * 16, "bot", AppVersion("v1"), env="prod", started_at=1.0, origin="import"))
        store.add("ab" * 16, results)
        store.finish("ab" * 16, status="complete", reason=None, ended_at=2.0)
        store.close()

    return production


def made(vtrack: Vtrack, *words: str) -> tuple[list[dict[str, Any]], list[str]]:
    told = vtrack("dataset", "from-traces", "out.jsonl", *words).stdout.splitlines()
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()], told


def test_traces_become_cases_with_the_labels_of_people(
    vtrack: Vtrack, production: Callable[..., None]
) -> None:
    production(
        trace(1, {"question": "a?"}, label="refund", expectations='{"answer":"A"}'),
        trace(2, {"question": "b?"}),
        trace(3, {}),
        trace(5, "just text"),
    )
    records, told = made(vtrack)
    assert records == [
        {"id": "0005000500050005", "inputs": {"input": "just text"}, "tags": {"lang": "en"}},
        {"id": "0002000200020002", "inputs": {"question": "b?"}, "tags": {"lang": "en"}},
        {
            "id": "0001000100010001",
            "inputs": {"question": "a?"},
            "expectations": {"answer": "A", "topic": "refund"},
            "tags": {"lang": "en"},
        },
    ]
    assert told == [
        "4 traces matched",
        "1 trace without inputs left out",
        "1 case with an expectation that a person gave",
        "Wrote 3 cases to out.jsonl",
    ]


def test_a_query_chooses_and_a_name_registers(vtrack: Vtrack, production: Callable[..., None]) -> None:
    production(*(trace(n, {"n": n}) for n in range(1, 9)))
    words = ("dataset", "from-traces", "german", "--where", "tags.lang = de", "--why", "for the release")
    assert vtrack(*words).stdout.splitlines()[-1] == "Registered german@1: 2 cases"
    assert "has exactly these cases already" in vtrack(*words).stdout
    record = json.loads(vtrack("dataset", "show", "german@1", "--json").stdout)
    assert (record["source"], record["why"]) == ("traces where tags.lang = de", "for the release")


def test_of_the_same_inputs_the_labelled_one_stays(vtrack: Vtrack, production: Callable[..., None]) -> None:
    production(
        trace(1, {"q": "a", "n": 1}, label="old"),
        trace(2, {"n": 1, "q": "a"}, label="new"),
        trace(3, {"q": "a", "n": 1}),
        trace(5, {"q": "b"}),
        trace(6, {"q": "b"}),
    )
    records, told = made(vtrack, "--dedupe")
    assert [record["id"][:4] for record in records] == ["0006", "0002"]
    assert told[1:3] == [
        "3 traces left out: another has the same inputs",
        "1 of these people judged otherwise than the one that was kept",
    ]


def test_the_same_inputs_without_dedupe_are_told(vtrack: Vtrack, production: Callable[..., None]) -> None:
    production(trace(1, {"q": "a"}), trace(2, {"q": "a"}), trace(3, {"q": "b"}))
    records, told = made(vtrack)
    assert len(records) == 3
    assert "1 case with the inputs of another; --dedupe keeps one of each" in told


def test_a_sample_is_the_same_under_its_seed_and_fair_to_a_tag(
    vtrack: Vtrack, production: Callable[..., None]
) -> None:
    production(*(trace(n, {"n": n}) for n in range(1, 41)))
    words = ("--sample", "8", "--stratify", "lang")
    first, told = made(vtrack, *words)
    assert "8 cases sampled from 40" in told
    assert [record["tags"]["lang"] for record in first].count("de") == 2
    assert made(vtrack, *words)[0] == first
    assert made(vtrack, *words, "--seed", "1")[0] != first


def test_counts_are_there_for_programs(vtrack: Vtrack, production: Callable[..., None]) -> None:
    production(trace(1, {"n": 1}), trace(2, {}))
    record = json.loads(vtrack("dataset", "from-traces", "qa", "--json").stdout)
    assert (record["matched"], record["without_inputs"], record["cases"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("qa", "--where", "tags.lang = fr"), "experiment 'bot' has no trace that is like that"),
        (("qa", "--where", "lang = fr"), "there is no field 'lang'"),
        (("qa", "--stratify", "lang"), "--stratify needs --sample N"),
        (("qa", "--sample", "1", "--stratify", "langs"), "no trace has a tag 'langs'; tags: lang"),
        (("qa", "--sample", "0"), "0 is not in the range"),
        (("qa", "--experiment", "bott"), "--experiment: 'bott' is not in"),
        (("a b",), "'a b' cannot name a dataset"),
        (("out.xlsx/x.txt",), "the suffix '.txt' is no format to write"),
    ],
)
def test_what_cannot_be_is_refused(
    vtrack: Vtrack, production: Callable[..., None], words: tuple[str, ...], message: str
) -> None:
    production(trace(1, {"n": 1}), trace(2, {"n": 2}))
    assert message in vtrack("dataset", "from-traces", *words, code=2).stderr


def test_traces_without_inputs_cannot_be_cases(vtrack: Vtrack, production: Callable[..., None]) -> None:
    production(trace(1, {}))
    assert "none of the 1 traces has inputs" in vtrack("dataset", "from-traces", "qa", code=2).stderr
