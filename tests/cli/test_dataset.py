"""`vtrack dataset`: registering, listing, comparing and exporting."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pytest_vtrack.interop.datasets import read_dataset
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import Store, open_store

Vtrack = Callable[..., Result]

FRANCE: dict[str, Any] = {
    "id": "france",
    "inputs": {"question": "Capital of France?"},
    "expectations": {"answer": "Paris"},
    "tags": {"split": "test"},
}
JAPAN: dict[str, Any] = {
    "id": "japan",
    "inputs": {"question": "Capital of Japan?"},
    "expectations": {"answer": "Tokyo"},
}


def write(path: str, *records: Mapping[str, Any]) -> None:
    Path(path).write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")


@pytest.fixture
def registered(vtrack: Vtrack) -> None:
    """``qa@1``, ``qa@2`` where Japan's answer is another, and the file of the second."""
    write("qa.jsonl", FRANCE, JAPAN)
    vtrack("dataset", "add", "qa", "qa.jsonl", "--why", "the first")
    write("qa.jsonl", {**FRANCE, "tags": {"split": "dev"}}, {**JAPAN, "expectations": {"answer": "Kyoto"}})
    vtrack("dataset", "add", "qa", "qa.jsonl", "--why", "a mistake")


def test_adding_says_how_a_test_names_it(vtrack: Vtrack) -> None:
    write("qa.jsonl", FRANCE, JAPAN)
    told = 'Registered qa@1: 2 cases of qa.jsonl. Use it with dataset="dataset:qa@1"\n'
    assert vtrack("dataset", "add", "qa", "qa.jsonl").stdout == told
    again = vtrack("dataset", "add", "qa", "qa.jsonl").stdout
    assert again == "qa@1 has exactly these cases already; nothing was added\n"
    assert json.loads(vtrack("dataset", "add", "qa", "qa.jsonl", "--json").stdout)["new"] is False


def test_versions_are_listed_with_who_and_why(vtrack: Vtrack, registered: None) -> None:
    (listed,) = json.loads(vtrack("dataset", "list", "--json").stdout)
    assert (listed["name"], listed["version"], listed["cases"]) == ("qa", 2, 2)
    shown = vtrack("dataset", "show", "qa").stdout
    assert "the first" in shown
    assert "a mistake" in shown
    assert shown.index("qa@2") < shown.index("qa@1")
    one = json.loads(vtrack("dataset", "show", "qa@1", "--json").stdout)
    assert one["tags"] == {"split": {"test": 1}}
    assert "tag split     test (1), none (1)" in vtrack("dataset", "show", "qa@1").stdout


def test_nothing_registered_says_how_to(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "vtrack dataset add NAME PATH" in vtrack("dataset", "list").stdout


def test_a_difference_names_the_fields_and_ends_with_1(vtrack: Vtrack, registered: None) -> None:
    text = vtrack("dataset", "diff", "qa@1", "qa@2", code=1).stdout
    assert 'expectations.answer: "Tokyo" → "Kyoto"' in text
    assert 'tags.split: "test" → "dev"' in text
    assert "1 edited, 1 with other tags only" in " ".join(text.split())
    record = json.loads(vtrack("dataset", "diff", "qa@1", "qa@2", "--json", code=1).stdout)
    assert [each["only_tags"] for each in record["edited"]] == [True, False]


def test_a_file_is_compared_with_what_is_registered(vtrack: Vtrack, registered: None) -> None:
    assert "2 cases the same, 0 new" in vtrack("dataset", "diff", "qa", "qa.jsonl").stdout
    write("qa.jsonl", FRANCE, {"id": "more", "inputs": {"question": "?"}})
    text = vtrack("dataset", "diff", "qa@1", "qa.jsonl", code=1).stdout
    assert "1 case the same, 1 new, 1 gone" in text
    assert "new\n  more\ngone\n  japan\n" in text


def test_long_lists_are_cut_and_say_so(vtrack: Vtrack) -> None:
    write("one.jsonl", FRANCE)
    write("many.jsonl", FRANCE, *({"id": f"c{n}", "inputs": {"q": n}} for n in range(30)))
    assert (
        "and 10 more cases; --all lists them"
        in vtrack("dataset", "diff", "one.jsonl", "many.jsonl", code=1).stdout
    )
    assert "c29" in vtrack("dataset", "diff", "one.jsonl", "many.jsonl", "--all", code=1).stdout


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json", "csv", "tsv", "parquet"])
def test_an_export_reads_back_as_the_same_cases(vtrack: Vtrack, registered: None, suffix: str) -> None:
    path = f"out.{suffix}"
    assert vtrack("dataset", "export", "qa@1", path).stdout == f"Wrote 2 cases of qa@1 to {path}\n"
    back = list(read_dataset(Path(path)))
    assert back == [
        Case(FRANCE["inputs"], FRANCE["expectations"], FRANCE["tags"], "france"),
        Case(JAPAN["inputs"], JAPAN["expectations"], {}, "japan"),
    ]


def test_what_a_table_cannot_hold_is_said(vtrack: Vtrack) -> None:
    write("n.jsonl", {"id": "a", "inputs": {"n": 3}}, FRANCE | {"inputs": {"n": "x"}})
    note = vtrack("dataset", "export", "n.jsonl", "n.csv").stdout
    assert "1 case of 2 cannot stand in .csv as they are" in " ".join(note.split())
    refused = vtrack("dataset", "export", "n.jsonl", "n.parquet", code=2).stderr
    assert "a column of Parquet holds values of one type" in refused


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "qb"), "there is no dataset 'qb' in"),
        (("show", "qa@9"), "there is no version 9 of the dataset 'qa'"),
        (("show", "qa@x"), "qa@x: 'x' is no version; write qa@1, or qa for the newest"),
        (("add", "qa.csv", "qa.jsonl"), "'qa.csv' cannot name a dataset"),
        (("add", "qa", "qa", "--column", "inputs.q=q"), "--column is for files in another shape; 'qa' has"),
        (("add", "qa", "qa.jsonl", "--column", "inputs.q"), "'inputs.q' is not NAME=COLUMN"),
        (("add", "a b", "qa.jsonl"), "'a b' cannot name a dataset"),
        (("add", "qa", "gone.jsonl"), "no dataset 'gone.jsonl': looked for"),
        (("export", "qa", "out.txt"), "the suffix '.txt' is no format to write"),
        (("export", "run:ffff", "out.jsonl"), "run:ffff"),
    ],
)
def test_what_cannot_be_is_refused(
    vtrack: Vtrack, registered: None, words: tuple[str, ...], message: str
) -> None:
    assert message in vtrack("dataset", *words, code=2).stderr


def test_without_a_store_there_is_a_hint(vtrack: Vtrack) -> None:
    assert "there is no store" in vtrack("dataset", "show", "qa", code=2).stderr


def result(
    record: Mapping[str, Any], *, contents: bool = True, dataset: str = "qa", **more: Any
) -> CaseResult:
    case = Case(record["inputs"], record.get("expectations", {}), record.get("tags", {}), record["id"])
    return CaseResult(
        CaseKey("test_bot.py::test_it", dataset, case.id, case.digest),
        nodeid=f"test_bot.py::test_it[{case.id}]",
        outcome="passed",
        **{
            "inputs": payload.encode(case.inputs, "").text if contents else "{}",
            "expectations": payload.encode(case.expectations, "").text if contents else "{}",
            "tags": case.tags,
            **more,
        },
    )


@pytest.fixture
def run_of(tmp_path: Path) -> Callable[..., None]:
    def run_of(*results: CaseResult) -> None:
        store: Store = open_store(str(tmp_path / ".vtrack/vtrack.db"))
        store.begin(Run("7f3a" * 8, "bot", AppVersion("v1"), started_at=1.0))
        store.add("7f3a" * 8, results)
        store.finish("7f3a" * 8, status="complete", reason=None, ended_at=2.0)
        store.close()

    return run_of


def exported(vtrack: Vtrack, *words: str) -> tuple[list[dict[str, Any]], str]:
    told = vtrack("dataset", "export", "run:7f3a", "out.jsonl", *words).stdout
    return [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()], " ".join(told.split())


def test_a_run_gives_the_cases_it_used_back(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(FRANCE), result(FRANCE, trial=1), result(JAPAN))
    records, told = exported(vtrack)
    assert records == [FRANCE, JAPAN]
    assert told == "Wrote 2 cases of run:7f3a7f3a to out.jsonl"


def test_a_run_that_kept_scores_only_takes_registered_cases(
    vtrack: Vtrack, run_of: Callable[..., None], registered: None
) -> None:
    run_of(result(JAPAN, contents=False), result({"id": "x", "inputs": {"q": 1}}, contents=False))
    records, told = exported(vtrack)
    assert records == [JAPAN]
    assert "left out: 1 case stored without inputs (vtrack_capture = scores)" in told


def test_a_run_of_nothing_but_scores_says_what_to_do(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(JAPAN, contents=False))
    message = vtrack("dataset", "export", "run:7f3a", "out.jsonl", code=2).stderr
    assert "stored scores only (vtrack_capture = scores)" in message
    assert "vtrack dataset add" in message


def test_cases_that_were_masked_are_counted(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(JAPAN, inputs='{"question":"[masked]"}'), result(FRANCE))
    records, told = exported(vtrack)
    assert records[1]["inputs"] == {"question": "[masked]"}
    assert "not exactly as it was asked: 1 case" in told


def test_programs_get_the_notices_too(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(JAPAN, inputs='{"question":"[masked]"}'))
    for words in (("add", "qa", "run:7f3a"), ("validate", "run:7f3a"), ("export", "run:7f3a", "o.jsonl")):
        (notice,) = json.loads(vtrack("dataset", *words, "--json").stdout)["notices"]
        assert notice.startswith("not exactly as it was asked: 1 case")
    vtrack("dataset", "add", "one", "o.jsonl")
    record = json.loads(vtrack("dataset", "diff", "run:7f3a", "one", "--json").stdout)
    assert len(record["notices"]) == 1


def test_one_of_several_datasets_of_a_run_is_chosen(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(FRANCE), result(JAPAN, dataset="other"))
    refused = vtrack("dataset", "export", "run:7f3a", "out.jsonl", code=2).stderr
    assert "used several datasets (other, qa); choose one with --dataset NAME" in refused
    assert exported(vtrack, "--dataset", "other")[0] == [JAPAN]
    wrong = vtrack("dataset", "export", "run:7f3a", "out.jsonl", "--dataset", "no", code=2).stderr
    assert "did not use a dataset 'no'; it used other, qa" in wrong


def test_a_run_without_a_dataset_is_refused(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(FRANCE, dataset=""))
    assert "has no cases of a dataset" in vtrack("dataset", "export", "run:7f3a", "o.jsonl", code=2).stderr


def test_two_contents_under_one_id_are_refused(vtrack: Vtrack, run_of: Callable[..., None]) -> None:
    run_of(result(FRANCE), result({**FRANCE, "inputs": {"question": "?"}}))
    assert "two contents under one id" in vtrack("dataset", "export", "run:7f3a", "o.jsonl", code=2).stderr


def test_what_a_run_used_is_compared_with_the_file(
    vtrack: Vtrack, run_of: Callable[..., None], registered: None
) -> None:
    run_of(result(FRANCE), result(JAPAN))
    assert "2 cases the same" in vtrack("dataset", "diff", "run:7f3a", "qa@1").stdout
    assert "1 edited" in vtrack("dataset", "diff", "run:7f3a", "qa.jsonl", code=1).stdout
