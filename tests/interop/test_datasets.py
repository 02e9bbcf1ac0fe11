from __future__ import annotations

import csv
import json

import pytest

from pytest_vtrack import Case, Dataset
from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.datasets import dataset_from_records, find_dataset, read_dataset

RECORDS = [
    {
        "id": "capital",
        "inputs": {"question": "Of Italy?"},
        "expectations": {"answer": "Rome"},
        "tags": {"topic": "geo"},
    },
    {"inputs": {"question": "Of Spain?"}},
]
CASES = [
    Case({"question": "Of Italy?"}, {"answer": "Rome"}, {"topic": "geo"}, "capital"),
    Case({"question": "Of Spain?"}),
]


@pytest.fixture
def write(tmp_path):
    def write(content, name="qa.jsonl"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


CSV = "id,inputs.question,expectations.answer,tags.topic\ncapital,Of Italy?,Rome,geo\n,Of Spain?,,\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("qa.jsonl", lines(*RECORDS)),
        ("qa.ndjson", "\n" + lines(RECORDS[0]) + "\n  \t\r\n" + lines(RECORDS[1]) + "\n\n"),
        ("QA.JSONL", lines(*RECORDS).replace("\n", "\r\n")),
        ("qa.jsonl", "\ufeff" + lines(*RECORDS).rstrip("\n")),
        ("qa.json", json.dumps(RECORDS)),
        ("qa.json", json.dumps({"cases": RECORDS}, indent=2)),
        ("qa.json", "\ufeff" + json.dumps({"records": RECORDS})),
        ("qa.csv", CSV),
        ("qa.csv", "\ufeff" + CSV.replace("\n", "\r\n\r\n")),
        ("qa.tsv", CSV.replace(",", "\t")),
        ("qa.csv", CSV.replace("id,", " id , ", 1).replace("Rome", '"Rome"')),
    ],
    ids=["jsonl", "ndjson", "crlf", "mark", "json", "cases", "records", "csv", "csv-crlf", "tsv", "spaces"],
)
def test_every_format_gives_the_same_cases(write, name, content):
    dataset = read_dataset(write(content, name))
    assert list(dataset) == CASES
    assert dataset.name == name.split(".")[0]


def test_a_name_can_be_given(write):
    assert read_dataset(write(lines(*RECORDS)), name="smoke").name == "smoke"


def test_ids_and_tags_become_texts():
    tags = {"a": "x", "b": 3, "c": 0.5, "d": True, "e": False, "f": None}
    (case,) = dataset_from_records([{"id": 7, "inputs": {}, "tags": tags}], "d", where="here")
    assert case.id == "7"
    assert case.tags == {"a": "x", "b": "3", "c": "0.5", "d": "true", "e": "false"}


def test_what_is_null_is_absent():
    record = {"id": None, "inputs": {"a": 1}, "expectations": None, "tags": None}
    assert list(dataset_from_records([record], "d", where="here")) == [Case({"a": 1})]


def test_records_and_cases_may_be_mixed():
    dataset = dataset_from_records(iter([RECORDS[0], CASES[1]]), "mixed", where="here")
    assert dataset == Dataset("mixed", tuple(CASES))


def test_line_separators_inside_a_text_do_not_end_the_line(write):
    text = "one\u2028two\x85three\x0cfour"
    (case,) = read_dataset(write(json.dumps({"inputs": {"q": text}}, ensure_ascii=False)))
    assert case.inputs == {"q": text}


def test_cells_stay_texts(write):
    content = 'inputs.a,inputs.b,expectations.c\n1,"{""x"": [1]}",true\n,"two\nlines",\n'
    first, second = read_dataset(write(content, "t.csv"))
    assert (first.inputs, first.expectations) == ({"a": "1", "b": '{"x": [1]}'}, {"c": "true"})
    assert (second.inputs, second.expectations) == ({"a": "", "b": "two\nlines"}, {})


def test_long_cells_are_read_and_the_limit_of_others_stays(write):
    limit = csv.field_size_limit()
    (case,) = read_dataset(write("inputs.document\n" + "x" * (limit + 1), "t.csv"))
    assert len(case.inputs["document"]) == limit + 1
    assert csv.field_size_limit() == limit


RECORD_ERRORS = [
    pytest.param(3, r"expected a record \(an object with 'inputs'\), found int 3", id="number"),
    pytest.param(["a"], r"expected a record .*, found a list \['a'\]", id="list"),
    pytest.param({}, "the record has no 'inputs'; it has no keys", id="empty"),
    pytest.param({"tags": {}, "id": 1}, "the record has no 'inputs'; it has tags, id", id="no inputs"),
    pytest.param(
        {"inputs": "Of Italy?"},
        "'inputs' must be an object of names and values, found the text 'Of",
        id="text",
    ),
    pytest.param({"inputs": None}, "'inputs' must be an object of names and values, found null", id="null"),
    pytest.param(
        {"inputs": {}, "expectations": ["Rome"]},
        r"'expectations' must be an object .*, found a list \['Rome'\]",
        id="exp",
    ),
    pytest.param(
        {"inputs": {}, "expectation": {}},
        r"unknown key 'expectation' \(nearest: 'expectations'\); a record holds id, inputs, expectations",
        id="unknown",
    ),
    pytest.param(
        {"inputs": {}, "id": 1.5}, "'id' must be a text or a whole number, found float 1.5", id="float id"
    ),
    pytest.param(
        {"inputs": {}, "id": True}, "'id' must be a text or a whole number, found bool True", id="bool id"
    ),
    pytest.param(
        {"inputs": {}, "id": ""}, "'id' must be a text or a whole number, found the text ''", id="empty id"
    ),
    pytest.param(
        {"inputs": {}, "tags": {"t": ["a"]}},
        r"tag 't' must be a text, number or bool, found a list \['a'\]",
        id="tag",
    ),
    pytest.param({"inputs": {}, "tags": "geo"}, "'tags' must be an object of names", id="tags"),
    pytest.param(
        {"inputs": "x" * 100}, "'inputs' must be .*, found the text 'x{56}…$", id="long value is cut"
    ),
]


@pytest.mark.parametrize(("record", "message"), RECORD_ERRORS)
def test_what_is_no_case_is_refused_with_its_place(write, record, message):
    content = lines(RECORDS[0]) + "\n" + lines(record)
    with pytest.raises(DatasetError, match=f"qa.jsonl: line 3: {message}"):
        read_dataset(write(content))
    with pytest.raises(DatasetError, match=f"qa.json: record 2: {message}"):
        read_dataset(write(json.dumps([RECORDS[0], record]), "qa.json"))
    with pytest.raises(DatasetError, match=f"^here: record 1: {message}"):
        dataset_from_records([record], "d", where="here")


def test_names_of_inputs_are_texts():
    with pytest.raises(
        DatasetError, match="here: record 1: the names in 'inputs' must be texts, found int 1"
    ):
        dataset_from_records([{"inputs": {1: "a"}}], "d", where="here")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.jsonl",
            lines(RECORDS[0]) + '{"inputs": {"a": }}',
            "a.jsonl:2:18: not JSON: Expecting value; .* one record a",
        ),
        (
            "a.jsonl",
            json.dumps(RECORDS, indent=1),
            "a.jsonl:1:2: not JSON: Expecting value; a .jsonl file holds one",
        ),
        ("a.json", '[\n  {"inputs": }\n]', "a.json:2:14: not JSON: Expecting value$"),
        ("a.json", "3", "a.json: expected a list of records, found int"),
        ("a.json", '{"cases": 3}', "a.json: expected a list of records, found int"),
        (
            "a.json",
            '{"rows": [], "x": 1}',
            "or an object with nothing but 'cases' or 'records'; found .* 'rows', 'x'",
        ),
        ("a.json", "{}", "found an object with no keys"),
        ("a.json", '[{"inputs": {"a": 1, "a": 2}}]', "a.json: the key 'a' stands twice in one object"),
        ("a.jsonl", '\n{"inputs": {"a": 1, "a": 2}}', "a.jsonl:2: the key 'a' stands twice in one object"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: maximum recursion depth"),
        ("a.jsonl", "", "a.jsonl: no cases; a record looks like "),
        ("a.jsonl", "\n \n", "a.jsonl: no cases"),
        ("a.json", " \n", "a.json: no cases"),
        ("a.json", "[]", "a.json: no cases"),
        ("a.csv", "", "a.csv: no cases"),
        ("a.csv", "inputs.a\n", "a.csv: no cases"),
        (
            "a.jsonl",
            b'{"inputs": {}}\n\n{"inputs": {"a": "\xe4"}}',
            "a.jsonl:3: not UTF-8 .byte 0xe4.; save the file as",
        ),
        ("a.csv", b"inputs.a\n\xff", "a.csv:2: not UTF-8"),
        (
            "a.csv",
            "question\nx",
            "a.csv:1: the column 'question' is neither 'id' nor one of inputs.…, expec.*'inputs.q",
        ),
        ("a.csv", "inputs.\nx", "the column 'inputs.' is neither"),
        ("a.csv", "output.a\nx", "the column 'output.a' is neither"),
        ("a.csv", "inputs.a,\nx,", "the column '' is neither .*a column without a name"),
        ("a.csv", "inputs.a,inputs.a\nx,y", "a.csv:1: the column 'inputs.a' stands twice"),
        ("a.csv", "id,tags.a\nx,y", "a.csv:1: no column inputs.…; the columns are id, tags.a"),
        ("a.csv", 'inputs.a,tags.b\n\n"1\n2",x\ny\n', "a.csv:5: 1 cells, but the header has 2 columns"),
        ("a.csv", "inputs.a\nx,y", "a.csv:2: 2 cells, but the header has 1 columns"),
        ("a.csv", 'inputs.a\nx\n"y', "a.csv:3: not a table .*: unexpected end of data"),
        (
            "a.toml",
            "",
            "a.toml: the suffix '.toml' is no format of a dataset; known: .jsonl, .ndjson, .json, .csv, .tsv",
        ),
        ("a", "", "a: the suffix '' is no format"),
    ],
)
def test_files_that_cannot_be_read_say_where_and_why(write, name, content, message):
    with pytest.raises(DatasetError, match=message):
        read_dataset(write(content, name))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.jsonl",
            lines({"id": "1", "inputs": {}}) + "\n" + lines({"id": 1, "inputs": {"a": 1}}),
            "line 3: the id '1' is taken by line 1; ids",
        ),
        (
            "a.jsonl",
            lines({"inputs": {"a": 1}}, {"inputs": {"a": 1}}),
            "line 2: the same inputs as in line 1, and no id",
        ),
        ("a.json", json.dumps([{"id": "x", "inputs": {}}] * 2), "record 2: the id 'x' is taken by record 1"),
        ("a.csv", 'id,inputs.a\n"x","a\nb"\nx,c\n', "line 4: the id 'x' is taken by line 2"),
    ],
    ids=["ids", "inputs", "json", "csv"],
)
def test_cases_that_stand_twice_are_named_with_both_places(write, name, content, message):
    with pytest.raises(DatasetError, match=f"{name}: {message}"):
        read_dataset(write(content, name))


def test_cases_of_one_id_are_refused():
    with pytest.raises(DatasetError, match="here: record 2: the id 'capital' is taken by record 1"):
        dataset_from_records([CASES[0], CASES[0]], "d", where="here")


def test_a_missing_file_says_where_it_was_looked_for(write, tmp_path):
    write("", "questions.jsonl")
    write("", "notes.txt")
    with pytest.raises(DatasetError) as caught:
        read_dataset(tmp_path / "question.jsonl")
    expected = (
        f"no dataset 'question.jsonl': looked for {tmp_path / 'question.jsonl'}; there: questions.jsonl"
    )
    assert str(caught.value) == expected


def test_a_folder_is_no_dataset(tmp_path):
    with pytest.raises(DatasetError, match=r"is a folder; a dataset is a file \(.jsonl, "):
        read_dataset(tmp_path)


def test_an_unreadable_file_says_why(write, monkeypatch):
    path = write(lines(*RECORDS))

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DatasetError, match=r"qa\.jsonl: cannot be read: Permission denied"):
        read_dataset(path)


@pytest.mark.parametrize(
    "records", ["text", {"inputs": {}}, 3, b"x"], ids=["text", "record", "number", "bytes"]
)
def test_records_are_a_list(records):
    with pytest.raises(
        DatasetError, match=f"here: expected a list of records, found {type(records).__name__}"
    ):
        dataset_from_records(records, "d", where="here")


def test_no_records_are_no_dataset():
    with pytest.raises(
        DatasetError, match=r'here: no cases; a record looks like {"inputs": {"question": "…"}}'
    ):
        dataset_from_records([], "d", where="here")


def test_a_dataset_is_found_beside_the_test_before_the_root(write, tmp_path):
    beside = tmp_path / "tests"
    beside.mkdir()
    root_file = write(lines(*RECORDS))
    assert find_dataset("qa.jsonl", beside, tmp_path) == root_file
    (beside / "qa.jsonl").write_text("")
    assert find_dataset("qa.jsonl", beside, tmp_path) == beside / "qa.jsonl"
    assert find_dataset(str(root_file), beside) == root_file


def test_a_dataset_that_is_nowhere_names_the_places(write, tmp_path):
    write("", "qa.jsonl")
    beside = tmp_path / "tests"
    with pytest.raises(DatasetError) as caught:
        find_dataset("data/qa.jsonl", beside, tmp_path, beside)
    places = f"{beside / 'data/qa.jsonl'}; {tmp_path / 'data/qa.jsonl'}"
    assert str(caught.value) == f"no dataset 'data/qa.jsonl': looked for {places}"
    with pytest.raises(DatasetError, match=r"no dataset 'q.jsonl': looked for .*; there: qa.jsonl$"):
        find_dataset("q.jsonl", beside, tmp_path)
