"""Data in the shape of others: which column is which."""

from __future__ import annotations

import pandas
import pyarrow
import pytest
import yaml
from pyarrow import parquet

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.datasets import dataset_from_records, read_dataset, read_records
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.payload import encode

ROWS = [
    {"qid": "56be", "Question": "When?", "answers": {"text": ["1990s"]}, "Category": "music", "x": 1},
    {"qid": "57", "Question": "Where?", "answers": {"text": []}, "Category": None, "x": 2},
]
COLUMNS = {
    "id": "qid",
    "inputs.question": "Question",
    "expectations.answer": "answers.text",
    "tags.topic": "Category",
}
CASES = [
    Case({"question": "When?"}, {"answer": ["1990s"]}, {"topic": "music"}, "56be"),
    Case({"question": "Where?"}, {"answer": []}, {}, "57"),
]
WRITERS = {
    "qa.jsonl": lambda path: path.write_text("\n".join(encode(row, "row").text for row in ROWS)),
    "qa.json": lambda path: path.write_text(encode(ROWS, "rows").text),
    "qa.yaml": lambda path: path.write_text(yaml.safe_dump(ROWS)),
    "qa.parquet": lambda path: parquet.write_table(pyarrow.Table.from_pylist(ROWS), path),
}
TABLES = {
    "list": list,
    "generator": iter,
    "pandas": pandas.DataFrame,
    "polars": lambda rows: pytest.importorskip("polars").DataFrame(rows),
    "lazy polars": lambda rows: pytest.importorskip("polars").LazyFrame(rows),
    "pyarrow": pyarrow.Table.from_pylist,
    "hugging face": lambda rows: pytest.importorskip("datasets").Dataset.from_list(rows),
}


def same(dataset):
    assert list(dataset) == CASES
    assert [case.digest for case in dataset] == [case.digest for case in CASES]


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_gives_the_columns_that_were_named(tmp_path, name):
    WRITERS[name](tmp_path / name)
    same(read_dataset(tmp_path / name, columns=COLUMNS))


@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_a_table_gives_the_columns_that_were_named(make):
    same(dataset_from_records(make(ROWS), "qa", where="here", columns=COLUMNS))


@pytest.mark.parametrize(("suffix", "mark"), [("csv", ","), ("tsv", "\t")])
def test_cells_are_texts_and_an_empty_one_is_no_expectation(tmp_path, suffix, mark):
    path = tmp_path / f"TruthfulQA.{suffix}"
    path.write_text(f'Type{mark}Question{mark}Best Answer\nA{mark}"Is\nit?"{mark}Yes\nB{mark}Who?{mark}\n')
    columns = {"inputs.question": "Question", "expectations.answer": "Best Answer"}
    assert [(case.inputs, case.expectations) for case in read_dataset(path, columns=columns)] == [
        ({"question": "Is\nit?"}, {"answer": "Yes"}),
        ({"question": "Who?"}, {}),
    ]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_lines_of_a_table_may_end_in_any_way(tmp_path, ends):
    path = tmp_path / "qa.csv"
    path.write_bytes(ends.join(["inputs.q,id", "a,1", "b,2"]).encode())
    assert [case.id for case in read_dataset(path)] == ["1", "2"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"inputs.question": "Questoin"}, "row 1: there is no column 'Questoin'; nearest: 'Question'"),
        ({"inputs.q": "Question", "tags.t": "Topic"}, "here: there is no column 'Topic'; nearest:"),
        ({"inputs.q": "answers.txt"}, "there is no column 'answers.txt'"),
        ({"question": "Question"}, "the name must be 'id', inputs.…, expectations.… or tags.…"),
        ({"inputs.q": 3}, "the column must be a text"),
        ({"expectations.a": "Question"}, "has no input; add 'inputs.question': COLUMN"),
    ],
)
def test_a_column_that_is_not_there_is_refused(columns, message):
    with pytest.raises(DatasetError) as error:
        dataset_from_records(ROWS, "qa", where="here", columns=columns)
    assert message in str(error.value)


def test_a_path_leads_into_lists():
    rows = [{"choices": ["a", "b"], "q": "?"}, {"choices": [], "q": "!"}]
    columns = {"inputs.q": "q", "expectations.first": "choices.0"}
    cases = dataset_from_records(rows, "qa", where="here", columns=columns)
    assert [case.expectations for case in cases] == [{"first": "a"}, {}]


def test_another_shape_is_told_how_to_be_read(tmp_path):
    (tmp_path / "qa.csv").write_text("Question\nWhy?\n")
    (tmp_path / "qa.jsonl").write_text('{"question": "Why?"}\n')
    parquet.write_table(pyarrow.table({"question": ["Why?"]}), tmp_path / "qa.parquet")
    for name in ("qa.csv", "qa.jsonl", "qa.parquet"):
        with pytest.raises(DatasetError, match=r"columns=.* or --column reads another shape"):
            read_dataset(tmp_path / name)


@pytest.mark.parametrize("name", ["qa.jsonl", "qa.csv", "qa.parquet"])
def test_large_files_are_read_piece_by_piece(tmp_path, name):
    """The first record is there before the rest of the file was looked at."""
    path, rows = tmp_path / name, 20_000
    if name == "qa.parquet":
        table = pyarrow.table({"inputs.q": [f"{n} " * 20 for n in range(rows)]})
        parquet.write_table(table, path, row_group_size=1000)
    elif name == "qa.csv":
        path.write_text("inputs.q\n" + "x\n" * rows + '"never closed')
    else:
        path.write_text('{"inputs": {"q": 1}}\n' * rows + "no json")
    records = read_records(path)
    assert next(records)[1]
    if name != "qa.parquet":
        with pytest.raises(DatasetError, match=r"qa\.\w+:2000[12]:"):
            list(records)
    else:
        assert sum(1 for _ in records) == rows - 1
