"""Values of metrics as text; most stand both in the table of cases and on a case's own page."""

from __future__ import annotations

from functools import lru_cache

from pytest_vtrack.model.assessment import Kind, Value
from pytest_vtrack.report.view import case_value


@lru_cache(maxsize=4096, typed=True)
def value_text(value: Value, trials: int, kind: Kind | None) -> str:
    """Return :func:`pytest_vtrack.report.view.case_value` of a value that is there."""
    return case_value(value, trials, kind, "")
