"""The JSON Schema of ``vtrack.report/1``, published as ``vtrack.report-1.schema.json`` beside this file.

After a change of :mod:`pytest_vtrack.report.json_model`, in the root of the repository::

    python -m pytest_vtrack.report.json_schema
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_vtrack.report.json_model import SCHEMA, Report

PUBLISHED = Path(__file__).with_name("vtrack.report-1.schema.json")


def report_schema() -> dict[str, Any]:
    """Return the schema that every JSON report is valid by."""
    described = Report.model_json_schema(mode="serialization", by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:pytest-vtrack:vtrack.report:1",
        "title": SCHEMA,
        **described,
    }


def schema_text() -> str:
    """Return the schema as the published file holds it."""
    return json.dumps(report_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(schema_text(), encoding="utf-8")
