"""Checking a dataset: what is a problem, what a note, and what is neither."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.scoring.protocol import as_scorer, scorer
from pytest_vtrack.workflow import dataset_checks
from pytest_vtrack.workflow.dataset_checks import check_dataset
from pytest_vtrack.workflow.similar_texts import similar, sketch


def case(question, answer=None, **more):
    expected = {} if answer is None else {"expectations": {"answer": answer}}
    return {"inputs": {"question": question}, **expected, **more}


def checked(*records, scorers=()):
    placed = ((f"line {number}", record) for number, record in enumerate(records, start=1))
    return check_dataset(
        placed, where="qa.jsonl", scorers=[as_scorer(each, where="here") for each in scorers]
    )


def found(*records, scorers=()):
    return [
        (each.kind, each.place, each.case_id, each.serious)
        for each in checked(*records, scorers=scorers).problems
    ]


def messages(*records, scorers=()):
    return [each.message for each in checked(*records, scorers=scorers).problems]


GOOD = [case("Capital of France?", "Paris", id="a"), case("Highest mountain of Japan?", "Fuji", id="b")]


def test_a_good_dataset_has_nothing_to_say():
    result = checked(*GOOD, scorers=["exact_match"])
    assert (result.cases, result.problems, result.serious) == (2, [], 0)


def test_records_that_are_no_cases_are_all_listed():
    records = [{"input": {}}, *GOOD, {"inputs": 3}]
    assert [(kind, place) for kind, place, *_ in found(*records)] == [
        ("not a case", "line 1"),
        ("not a case", "line 4"),
    ]
    assert "unknown key 'input' (nearest: 'inputs')" in messages(*records)[0]


def test_a_file_that_cannot_be_read_on_ends_the_list():
    def records():
        yield "line 1", GOOD[0]
        raise DatasetError("qa.jsonl:2:1: not JSON: Expecting value")

    result = check_dataset(records(), where="qa.jsonl")
    assert result.cases == 1
    assert [each.message for each in result.problems] == ["qa.jsonl:2:1: not JSON: Expecting value"]


def test_an_empty_dataset_is_a_problem():
    assert messages() == ["qa.jsonl: no cases"]


@pytest.mark.parametrize(
    ("second", "kind", "message"),
    [
        (
            case("Capital of France?", "Paris", id="c"),
            "duplicate inputs",
            "the same inputs as line 1 (case a); remove",
        ),
        (case("Capital of France?", "Lyon", id="c"), "duplicate inputs", "no application can satisfy both"),
        (case("Other?", "x", id="a"), "duplicate id", "the id is that of line 1; ids must be unique"),
        (case("Capital of France?", "Paris", id="a"), "duplicate id", "of line 1, and so are its inputs"),
    ],
    ids=["same", "contradicting", "id", "id and inputs"],
)
def test_what_stands_twice_is_a_problem(second, kind, message):
    assert found(GOOD[0], second) == [(kind, "line 2", second["id"], True)]
    assert message in messages(GOOD[0], second)[0]


LONG = (
    "Please write a short and friendly answer to the customer who asks how to return shoes after three weeks"
)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Capital of France?", "capital  of FRANCE", True),
        (LONG, LONG.replace("three", "four"), True),
        (LONG, LONG.replace("shoes", "a hat").replace("three", "four"), False),
        ("Capital of France?", "Capital of Japan?", False),
        ("What is 3 + 5?", "What is 5 + 3?", False),
        ("What is 3 + 5?", "What is 3 - 5?", False),
        ("!!!", "???", False),
    ],
    ids=[
        "case and space",
        "one word of many",
        "two words",
        "one word of few",
        "order",
        "operator",
        "no words",
    ],
)
def test_nearly_equal_inputs_are_a_note(one, other, alike):
    expected = [("near-duplicate inputs", "line 2", "b", False)] if alike else []
    assert found(case(one, id="a"), case(other, id="b")) == expected


def test_a_template_that_all_cases_share_makes_them_no_duplicates():
    words = [f"{n}a {n}b {n}c {n}d {n}e {n}f {n}g {n}h" for n in range(80)]
    assert found(*(case(f"{LONG}: {each}", id=each) for each in words)) == []


def test_beyond_a_size_the_note_says_what_was_not_compared(monkeypatch):
    monkeypatch.setattr(dataset_checks, "MOST_COMPARED", 2)
    told = messages(*(case(f"question {word}", id=word) for word in ("one", "two", "three")))
    assert told == ["nearly equal inputs were looked for among the first 2 cases only"]


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=3, max_size=12).map(" ".join), max_size=12))
def test_every_text_that_is_similar_to_an_earlier_one_is_found(texts):
    sketches = [set(sketch(text)) for text in texts]
    slow = {
        place
        for place, one in enumerate(sketches)
        if any(len(one & other) >= 0.8 * len(one | other) for other in islice(sketches, place))
    }
    assert {each.place for each in similar([sketch(text) for text in texts])} == slow


@pytest.mark.parametrize(
    ("inputs", "answer", "kinds"),
    [
        ({"question": "Is Tokyo the capital?"}, "Tokyo", ["leak"]),
        ({"question": "Which?", "answer": "TOKYO "}, "Tokyo", ["leak"]),
        ({"question": "Which?", "context": {"pages": ["in Tokyo, see"]}}, {"city": ["Tokyo"]}, ["leak"]),
        ({"question": "Is it Tokyoite?"}, "Tokyo", []),
        ({"question": "Say yes or no"}, "yes", []),
        ({"question": "Add 2 and 40"}, 42, []),
    ],
    ids=["inside", "whole", "nested", "part of a word", "too short", "no text"],
)
def test_an_expected_text_in_the_inputs_is_a_leak(inputs, answer, kinds):
    record = {"id": "x", "inputs": inputs, "expectations": {"answer": answer}}
    assert [kind for kind, *_ in found(record)] == kinds


def test_a_leak_in_most_cases_is_one_note():
    records = [case(f"Find the name: nr {n}, Smith{n} of {n}{n}", f"Smith{n}", id=f"c{n}") for n in range(5)]
    (problem,) = checked(*records).problems
    assert (problem.serious, problem.place) == (False, "")
    assert "expectations.answer stands in inputs.question in 5 of 5 cases" in problem.message


def labels(**counts):
    numbers = (f"{label}{n}" for label, count in counts.items() for n in range(count))
    return [
        {"id": each, "inputs": {"n": each}, "expectations": {"label": each.rstrip("0123456789")}}
        for each in numbers
    ]


@pytest.mark.parametrize(
    ("counts", "parts"),
    [
        ({"y": 19, "z": 1}, ["'y' in 19 of 20 cases", "'z' (1)"]),
        ({"y": 20}, ["'y' in 20 of 20 cases"]),
        ({"y": 17, "z": 3}, ["'z' (3)"]),
        ({"y": 10, "z": 10}, []),
        ({"y": 9, "z": 1}, []),
    ],
    ids=["lopsided", "one class", "rare", "balanced", "too few to say"],
)
def test_classes_are_counted(counts, parts):
    told = messages(*labels(**counts))
    assert len(told) == len(parts)
    assert all(part in message for part, message in zip(parts, told, strict=True))


def test_free_texts_and_numbers_are_no_classes():
    assert (
        messages(
            *(
                {"id": str(n), "inputs": {"n": n}, "expectations": {"a": f"text {n}", "b": n / 7}}
                for n in range(60)
            )
        )
        == []
    )


def test_an_expectation_that_most_cases_have_is_missed_in_the_others():
    records = [*GOOD, case("Nothing?", id="c")]
    assert found(*records) == [("missing expectation", "line 3", "c", False)]
    assert messages(*records) == ["no expectations.answer, which 2 of 3 cases have; add it if it is known"]


@scorer
def own(outputs, expectations):
    return True


@pytest.mark.parametrize(
    ("scorers", "lacking"),
    [
        (["exact_match"], 1),
        (["recall_at_k"], 1),
        (["exact_match", "token_f1"], 2),
        (["looks_toxic", "output_length"], 0),
        ([own], 0),
    ],
    ids=["built-in", "of the trace", "two", "needs nothing", "of the user"],
)
def test_a_case_that_a_scorer_can_never_score_is_a_problem(scorers, lacking):
    record = {"id": "c", "inputs": {"q": "?"}, "expectations": {"tone": "warm", "length": 3}}
    problems = checked(record, scorers=scorers).problems
    assert [each.kind for each in problems] == ["scorer"] * lacking
    assert all("can never score it: no expectation to compare with" in each.message for each in problems)
