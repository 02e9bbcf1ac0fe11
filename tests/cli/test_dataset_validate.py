"""`vtrack dataset validate`: where a problem is, and the exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Vtrack = Callable[..., Result]


def write(*lines: str) -> None:
    Path("qa.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


GOOD = '{"id": "a", "inputs": {"question": "Capital of France?"}, "expectations": {"answer": "Paris"}}'
NOTED = '{"id": "b", "inputs": {"question": "capital of france"}, "expectations": {"answer": "Paris"}}'


def test_a_good_file_ends_with_0(vtrack: Vtrack) -> None:
    write(GOOD)
    assert vtrack("dataset", "validate", "qa.jsonl").stdout == "qa.jsonl: 1 case, 0 problems, 0 notes\n"


def test_problems_have_file_line_and_case_and_end_with_1(vtrack: Vtrack) -> None:
    write(GOOD, GOOD.replace('"a"', '"c"'), '{"input": 1}', "no json")
    text = " ".join(vtrack("dataset", "validate", "qa.jsonl", code=1).stdout.split())
    assert "qa.jsonl: line 2 (case c): the same inputs as line 1 (case a)" in text
    assert "qa.jsonl: line 3: unknown key 'input' (nearest: 'inputs')" in text
    assert "qa.jsonl:4:1:notJSON" in text.replace(" ", "")  # a long path is broken anywhere
    assert text.endswith("qa.jsonl: 2 cases, 3 problems, 0 notes")


def test_notes_end_with_1_only_where_that_is_asked_for(vtrack: Vtrack) -> None:
    write(GOOD, NOTED)
    assert "note: inputs have the same words" in " ".join(
        vtrack("dataset", "validate", "qa.jsonl").stdout.split()
    )
    vtrack("dataset", "validate", "qa.jsonl", "--strict", code=1)


def test_programs_get_every_field(vtrack: Vtrack) -> None:
    write(GOOD, NOTED)
    record = json.loads(vtrack("dataset", "validate", "qa.jsonl", "--json").stdout)
    assert (record["source"], record["cases"]) == ("qa.jsonl", 2)
    (problem,) = record["problems"]
    assert problem["kind"] == "near-duplicate inputs"
    assert (problem["place"], problem["case_id"], problem["serious"]) == ("line 2", "b", False)


def test_scorers_are_asked_what_they_need(vtrack: Vtrack) -> None:
    write(GOOD, '{"id": "n", "inputs": {"q": "?"}}')
    vtrack("dataset", "validate", "qa.jsonl")
    text = vtrack("dataset", "validate", "qa.jsonl", "--scorers", "exact_match", code=1).stdout
    assert "line 2 (case n): exact_match can never score it" in text
    assert (
        "no built-in scorer 'exact'"
        in vtrack("dataset", "validate", "qa.jsonl", "--scorers", "exact", code=2).stderr
    )


def test_registered_cases_are_named_by_their_ids(vtrack: Vtrack) -> None:
    write(GOOD, NOTED)
    vtrack("dataset", "add", "qa", "qa.jsonl")
    assert "qa@1: case b: note:" in vtrack("dataset", "validate", "qa").stdout


def test_long_lists_are_cut_and_say_so(vtrack: Vtrack) -> None:
    write(*(GOOD.replace('"a"', f'"c{n}"') for n in range(15)))
    text = vtrack("dataset", "validate", "qa.jsonl", code=1).stdout
    assert "and 4 more cases with: duplicate inputs; --all lists them" in text
    assert "case c14" in vtrack("dataset", "validate", "qa.jsonl", "--all", code=1).stdout


@pytest.mark.parametrize("words", [("gone.jsonl",), ("nobody",), ()], ids=["no file", "no name", "nothing"])
def test_what_is_not_there_ends_with_2(vtrack: Vtrack, words: tuple[str, ...]) -> None:
    vtrack("dataset", "validate", *words, code=2)
