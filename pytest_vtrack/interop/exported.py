"""Records as other tools write them, as our own: MLflow's evaluation datasets, LangSmith's examples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_vtrack.errors import DatasetError

_MLFLOW = frozenset(
    {
        "dataset_record_id",
        "dataset_id",
        "source",
        "source_type",
        "source_id",
        "created_time",
        "create_time",
        "created_by",
        "last_update_time",
        "last_updated_by",
    }
)
_MLFLOW_ALL = _MLFLOW | {"inputs", "outputs", "expectations", "tags"}
_LANGSMITH = frozenset(
    {
        "id",
        "name",
        "inputs",
        "outputs",
        "reference_outputs",
        "metadata",
        "split",
        "attachments",
        "attachment_urls",
        "dataset_id",
        "source_run_id",
        "created_at",
        "modified_at",
    }
)


def as_record(given: object, where: str) -> object:
    """Return an exported record as ``{"id", "inputs", "expectations", "tags"}``; any other as it is.

    MLflow's ``outputs`` are what an application once said and are left out; LangSmith's are what is
    expected. A record of nothing but ``inputs`` and ``outputs`` is taken for LangSmith's.

    :raises DatasetError: a LangSmith example has attachments, or a part of it is no object.
    """
    record = _mapping_of(given)
    if not isinstance(record, Mapping):
        return given
    names = record.keys()
    if names <= _MLFLOW_ALL and ("outputs" in names or names & _MLFLOW) and _is_mlflow(names):
        return {name: record[name] for name in ("inputs", "expectations", "tags") if name in record}
    if names <= _LANGSMITH and names & {"outputs", "reference_outputs"}:
        return _of_langsmith(record, where)
    return record


def as_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row of LangSmith's experiment results with our names; any other as it is.

    What the application said, its errors and feedback are no part of a case, and are left out.
    """
    if "example_id" not in row:
        return row
    expected = {
        f"expectations.{name.removeprefix('reference.')}": cell
        for name, cell in row.items()
        if name.startswith("reference.")
    }
    inputs = {name: cell for name, cell in row.items() if name.startswith("inputs.")}
    return {"id": str(row["example_id"]), **inputs, **expected}


def _is_mlflow(names: Any) -> bool:
    return bool(names & {"expectations", "tags"} or names & (_MLFLOW - _LANGSMITH))


def _mapping_of(given: object) -> object:
    """Return an object of one of these tools as a mapping."""
    room = type(given).__module__.partition(".")[0]
    if room == "langsmith" and hasattr(given, "inputs"):
        names = ("id", "inputs", "outputs", "metadata", "attachments")
        return {name: getattr(given, name, None) for name in names}
    if room == "mlflow" and hasattr(given, "to_dict"):
        plain: object = given.to_dict()
        return plain
    return given


def _of_langsmith(record: Mapping[str, Any], where: str) -> dict[str, Any]:
    if record.get("attachments") or record.get("attachment_urls"):
        raise DatasetError(f"{where}: the example has attachments, which cannot be read; leave it out")
    for name in ("outputs", "reference_outputs", "metadata"):
        if record.get(name) is not None and not isinstance(record[name], Mapping):
            found = type(record[name]).__name__
            raise DatasetError(f"{where}: {name!r} must be an object of names and values, found {found}")
    expected = record.get("outputs") or record.get("reference_outputs")
    tags = {name: _tag(value) for name, value in (record.get("metadata") or {}).items()}
    split = tags.pop("dataset_split", None) or record.get("split")
    if split:
        tags["split"] = _tag(split)
    given = {"inputs": record.get("inputs"), "expectations": expected, "tags": tags}
    return given if record.get("id") is None else {"id": str(record["id"]), **given}


def _tag(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else value
