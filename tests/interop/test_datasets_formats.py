"""One content in every format: the same ids and digests, whatever it was read from."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import fsspec
import pandas
import pyarrow
import pytest
import yaml
from pyarrow import parquet

from pytest_vtrack import Case, Dataset
from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.datasets import dataset_from_records, find_dataset, read_dataset
from pytest_vtrack.interop.json_files import json_lines

RECORDS = [
    {
        "id": "capital",
        "inputs": {"question": "Of Italy?", "zip": "007"},
        "expectations": {"answer": "Rome"},
        "tags": {"topic": "geo"},
    },
    {"inputs": {"question": "Since 2024-05-01?", "zip": "no"}, "expectations": {"answer": "yes"}},
    {"inputs": {"question": "Of Spain?"}, "tags": {"topic": "geo"}},
]
DATASET = dataset_from_records(RECORDS, "qa", where="here")
COLUMNS = ["id", "inputs.question", "inputs.zip", "expectations.answer", "tags.topic"]
FLAT = [
    dict(zip(COLUMNS, row, strict=True))
    for row in (
        ["capital", "Of Italy?", "007", "Rome", "geo"],
        [None, "Since 2024-05-01?", "no", "yes", None],
        [None, "Of Spain?", None, None, "geo"],
    )
]
UNQUOTED = """
# comments are welcome
cases:
- id: capital
  inputs: &first {question: Of Italy?, zip: 007}
  expectations: {answer: Rome}
  tags: {topic: geo}
- inputs: {<<: *first, question: "Since 2024-05-01?", zip: no}
  expectations: {answer: yes}
- inputs:
    question: Of Spain?
  tags: {topic: geo}
"""


def write_parquet(path, rows):
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)


WRITERS = {
    "qa.jsonl": lambda path: path.write_text("\n".join(map(json.dumps, RECORDS))),
    "qa.json": lambda path: path.write_text(json.dumps({"cases": RECORDS})),
    "qa.yaml": lambda path: path.write_text(yaml.safe_dump(RECORDS)),
    "qa.yml": lambda path: path.write_text(UNQUOTED),
    "qa.parquet": lambda path: write_parquet(path, RECORDS),
    "QA.PARQUET": lambda path: write_parquet(path, FLAT),
}


def same(dataset):
    assert list(dataset) == list(DATASET)
    assert [case.digest for case in dataset] == [case.digest for case in DATASET]
    assert dataset.digest == DATASET.digest


@pytest.mark.parametrize("name", WRITERS)
def test_every_file_gives_the_same_cases(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    same(read_dataset(path))
    same(read_dataset(find_dataset(path.as_uri())))


@pytest.mark.parametrize("name", WRITERS)
def test_files_elsewhere_are_read_through_fsspec(tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    with fsspec.open(f"memory://formats/{name}", "wb") as file:
        file.write(path.read_bytes())
    dataset = read_dataset(find_dataset(f"memory://formats/{name}"))
    same(dataset)
    assert dataset.name == name.partition(".")[0]


def hugging_face(rows):
    return pytest.importorskip("datasets").Dataset.from_list(rows)


TABLES = {
    "list": lambda rows: rows,
    "generator": lambda rows: (row for row in rows),
    "pandas": lambda rows: pandas.DataFrame(rows),
    "pandas of objects": lambda rows: pandas.DataFrame(rows).astype(object),
    "polars": lambda rows: pytest.importorskip("polars").DataFrame(rows),
    "lazy polars": lambda rows: pytest.importorskip("polars").LazyFrame(rows),
    "pyarrow": lambda rows: pyarrow.Table.from_pylist(rows),
    "pyarrow batch": lambda rows: pyarrow.RecordBatch.from_pylist(rows),
    "pyarrow reader": lambda rows: pyarrow.Table.from_pylist(rows).to_reader(),
    "hugging face": hugging_face,
    "hugging face stream": lambda rows: hugging_face(rows).to_iterable_dataset(),
}


@pytest.mark.filterwarnings("default")  # libraries of others warn while they are imported
@pytest.mark.parametrize("make", TABLES.values(), ids=TABLES)
def test_every_table_gives_the_same_cases(make):
    same(dataset_from_records(make(RECORDS), "qa", where="here"))


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("make", list(TABLES.values())[2:], ids=list(TABLES)[2:])
def test_columns_may_name_the_parts(make):
    same(dataset_from_records(make(FLAT), "qa", where="here"))


def test_numbers_and_lists_of_tables_are_those_of_json():
    inputs = {"n": 3, "x": 0.5, "yes": True, "many": [1, 2], "deep": [{"a": "b"}]}
    expected = Case(inputs)
    for table in (
        pandas.DataFrame([{f"inputs.{name}": value for name, value in inputs.items()}]),
        pyarrow.Table.from_pylist([{"inputs": inputs}]),
        pyarrow.Table.from_pylist([{"inputs": inputs}]).to_pandas(),
    ):
        (case,) = dataset_from_records(table, "qa", where="here")
        assert case == expected
        assert case.digest == expected.digest


MLFLOW = {
    "inputs": {"question": "Of Italy?"},
    "outputs": {"answer": "Roma"},
    "expectations": {"expected_response": "Rome"},
    "tags": {"topic": "geo"},
    "source_type": "HUMAN",
    "source_id": None,
    "source": {"source_type": "HUMAN", "source_data": {}},
    "created_time": 1763856000000,
    "dataset_record_id": "dr-1",
}
LANGSMITH = {
    "id": "5c9e",
    "dataset_id": "d0",
    "inputs": {"question": "Of Italy?"},
    "outputs": {"answer": "Rome"},
    "metadata": {"topic": "geo", "dataset_split": ["base", "smoke"], "levels": {"a": 1}},
    "created_at": "2026-11-01T00:00:00Z",
    "modified_at": None,
    "source_run_id": None,
    "attachments": {},
}
FROM_LANGSMITH = Case(
    {"question": "Of Italy?"},
    {"answer": "Rome"},
    {"topic": "geo", "levels": '{"a": 1}', "split": "base,smoke"},
    "5c9e",
)
FROM_MLFLOW = Case({"question": "Of Italy?"}, {"expected_response": "Rome"}, {"topic": "geo"})


def of_module(module, class_name, **members):
    return type(class_name, (SimpleNamespace,), {"__module__": module})(**members)


EXPORTED = {
    "mlflow's record": (MLFLOW, FROM_MLFLOW),
    "mlflow's record without expectations": (
        {"inputs": {"a": 1}, "dataset_record_id": "dr-1", "outputs": "x"},
        Case({"a": 1}),
    ),
    "what mlflow evaluates": (
        {"inputs": {"a": 1}, "outputs": "x", "expectations": {"b": 2}},
        Case({"a": 1}, {"b": 2}),
    ),
    "what mlflow evaluates, with tags": (
        {"inputs": {"a": 1}, "outputs": "x", "tags": {"b": "c"}},
        Case({"a": 1}, tags={"b": "c"}),
    ),
    "langsmith's example": (LANGSMITH, FROM_LANGSMITH),
    "inputs and outputs": ({"inputs": {"a": 1}, "outputs": {"b": 2}}, Case({"a": 1}, {"b": 2})),
    "reference outputs": ({"inputs": {"a": 1}, "reference_outputs": {"b": 2}}, Case({"a": 1}, {"b": 2})),
    "a split": (
        {"inputs": {"a": 1}, "outputs": None, "split": "test"},
        Case({"a": 1}, tags={"split": "test"}),
    ),
    "langsmith's object": (
        of_module(
            "langsmith.schemas",
            "Example",
            id="5c9e",
            dataset_id="d0",
            inputs=LANGSMITH["inputs"],
            outputs=LANGSMITH["outputs"],
            metadata=LANGSMITH["metadata"],
            attachments=None,
        ),
        FROM_LANGSMITH,
    ),
    "mlflow's object": (
        of_module("mlflow.entities.dataset_record", "DatasetRecord", to_dict=lambda: MLFLOW),
        FROM_MLFLOW,
    ),
}


@pytest.mark.parametrize(("record", "case"), EXPORTED.values(), ids=EXPORTED)
def test_records_of_other_tools_are_read_as_they_were_exported(record, case):
    assert list(dataset_from_records([record], "qa", where="here")) == [case]


def test_an_mlflow_dataset_is_read_as_its_table():
    dataset = of_module(
        "mlflow.genai.datasets.evaluation_dataset",
        "EvaluationDataset",
        to_df=lambda: pandas.DataFrame([MLFLOW, {**MLFLOW, "inputs": {"question": "?"}, "tags": None}]),
    )
    first, second = dataset_from_records(dataset, "qa", where="here")
    assert first == FROM_MLFLOW
    assert (second.inputs, second.tags) == ({"question": "?"}, {})


def test_langsmiths_experiment_results_are_read_as_their_examples():
    results = pandas.DataFrame(
        [
            {
                "inputs.question": "Of Italy?",
                "outputs.output": "Roma",
                "error": None,
                "reference.answer": "Rome",
                "feedback.correct": 0.5,
                "execution_time": 1.5,
                "example_id": "5c9e",
                "id": "run-1",
            }
        ]
    )
    (case,) = dataset_from_records(results, "qa", where="here")
    assert case == Case({"question": "Of Italy?"}, {"answer": "Rome"}, {}, "5c9e")


def test_an_example_with_attachments_is_refused():
    record = {**LANGSMITH, "attachments": {"scan.png": {"presigned_url": "…"}}}
    with pytest.raises(DatasetError, match="here: record 1: the example has attachments, which cannot be r"):
        dataset_from_records([record], "qa", where="here")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "a.yaml: no cases"),
        ("3", "a.yaml: expected a list of records, found int"),
        ("{}", "found an object with no keys"),
        ("rows: []", "an object with nothing but 'cases' or 'records'; found an object with 'rows'"),
        ("cases: 3", "a.yaml: expected a list of records, found int"),
        ("- inputs: {a: 1}\n- [", r"a.yaml:\d:\d: not YAML: "),
        ("- a\n\n- {inputs: {}}", "a.yaml: line 1: expected a record"),
        ("- inputs: {}\n\n- tags: {}", "a.yaml: line 3: the record has no 'inputs'"),
        ("- inputs: {a: 1, a: 2}", "a.yaml:1:18: not YAML: the key 'a' stands twice in one object"),
        ("- inputs: !!python/name:os.system {}", "a.yaml:1:11: not YAML: could not determine a constructor"),
        ("- inputs: {? [a] : 1}", "a.yaml:1:14: not YAML: a key must be a text"),
        ("- inputs: *x", "a.yaml:1:11: not YAML: found undefined alias"),
        ("- inputs: {}\n---\n- inputs: {}", "a.yaml:2:1: not YAML: but found another document"),
    ],
)
def test_yaml_that_cannot_be_read_says_where_and_why(tmp_path, content, message):
    path = tmp_path / "a.yaml"
    path.write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_dataset(path)


def test_json_lines_are_read_one_at_a_time(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"inputs": {}}\n\xff')
    records = json_lines(path)
    assert next(records) == ("line 1", {"inputs": {}})
    with pytest.raises(DatasetError, match=r"a\.jsonl:2: not UTF-8 .byte 0xff."):
        next(records)


def test_plain_values_of_yaml_are_those_of_json(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "- inputs: {a: on, b: 010, c: 1e3, d: 12:30, e: -7, f: .5, g: null, h: TRUE, i: ~, j: 1_0}"
    )
    (case,) = read_dataset(path)
    assert case.inputs == {
        "a": "on",
        "b": "010",
        "c": 1000.0,
        "d": "12:30",
        "e": -7,
        "f": 0.5,
        "g": None,
        "h": True,
        "i": None,
        "j": "1_0",
    }


def test_parquet_that_cannot_be_read_says_where_and_why(tmp_path):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(DatasetError, match=r"a.parquet: cannot be read as Parquet: "):
        read_dataset(path)
    write_parquet(path, [{"question": "x", "answer": "y"}])
    with pytest.raises(DatasetError, match=r"no column inputs or inputs.…; the columns are question, answer"):
        read_dataset(path)
    write_parquet(path, [{"inputs": {"a": 1}}, {"inputs": {"a": 1}}])
    with pytest.raises(DatasetError, match=r"a.parquet: row 2: the same inputs as in row 1, and no id"):
        read_dataset(path)


def test_a_column_may_not_stand_twice():
    table = pandas.DataFrame([[1, 2]], columns=["inputs.a", "inputs.a"])
    with pytest.raises(DatasetError, match=r"here: the column 'inputs\.a' stands twice"):
        dataset_from_records(table, "qa", where="here")


def test_ids_of_a_table_that_became_fractions_are_whole_numbers():
    table = pandas.DataFrame({"id": [7, None], "inputs.a": [1, 2]})
    assert [case.id for case in dataset_from_records(table, "qa", where="here")] == ["7", Case({"a": 2}).id]


@pytest.mark.parametrize("part", ["outputs", "metadata"])
def test_parts_of_an_example_are_objects(part):
    with pytest.raises(DatasetError, match=f"here: record 1: '{part}' must be an object .*, found str"):
        dataset_from_records([{**LANGSMITH, part: "text"}], "qa", where="here")


def test_a_generator_that_was_read_before_says_so():
    records = (record for record in RECORDS)
    same(dataset_from_records(records, "qa", where="here"))
    with pytest.raises(DatasetError, match="here: no cases: the generator is empty, or was read before; rec"):
        dataset_from_records(records, "qa", where="here")


def test_a_table_without_inputs_names_its_columns():
    with pytest.raises(DatasetError, match=r"here: no column inputs or inputs.…; the columns are q, a"):
        dataset_from_records(pandas.DataFrame([{"q": 1, "a": 2}]), "qa", where="here")
    with pytest.raises(DatasetError, match="here: row 1: unknown key 'answer'"):
        dataset_from_records(pandas.DataFrame([{"inputs": {}, "answer": 2}]), "qa", where="here")


@pytest.mark.filterwarnings("default")
def test_a_dictionary_of_splits_asks_for_one():
    datasets = pytest.importorskip("datasets")
    splits = datasets.DatasetDict({"train": hugging_face(RECORDS), "test": hugging_face(RECORDS)})
    with pytest.raises(DatasetError, match=r"here: a dictionary of splits \('train', 'test'\); choose one"):
        dataset_from_records(splits, "qa", where="here")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("memory://formats/none.jsonl", "no dataset 'none.jsonl': looked for memory://formats/none.jsonl"),
        ("memory://formats/a.toml", "memory://formats/a.toml: the suffix '.toml' is no format of a dataset"),
        (
            "nosuch://me:secret@host/a.jsonl?key=s",
            "^nosuch://host/a.jsonl: cannot be read: ValueError: Proto",
        ),
    ],
)
def test_files_elsewhere_that_cannot_be_read_say_why(url, message):
    with pytest.raises(DatasetError, match=message):
        read_dataset(find_dataset(url))


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("a.yaml", "yaml", "PyYAML"),
        ("a.parquet", "pyarrow.parquet", "pyarrow"),
        ("memory://a.jsonl", "fsspec", "fsspec"),
    ],
)
def test_a_library_that_is_missing_is_named_with_its_extra(tmp_path, monkeypatch, name, module, package):
    (tmp_path / "a.yaml").write_text("")
    (tmp_path / "a.parquet").write_text("")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DatasetError) as caught:
        read_dataset(find_dataset(name, tmp_path))
    place = name if "://" in name else tmp_path / name
    assert str(caught.value) == (
        f"{place}: reading it needs {package}, which is not installed: pip install 'pytest-vtrack[data]'"
    )


def test_the_digest_of_the_content_is_written_down():
    """Another digest would make the cases that users have stored different ones."""
    assert isinstance(DATASET, Dataset)
    assert [case.id for case in DATASET] == ["capital", "95c19e45ab104056", "104cf225d7c8b6d2"]
