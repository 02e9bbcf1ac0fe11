"""What the application under test answers: one case right, one wrong, with the steps that led there."""

from __future__ import annotations

from typing import Any

import pytest_vtrack
from pytest_vtrack.scoring.protocol import as_scorer

CASES = [
    {
        "id": "right",
        "inputs": {"question": "What is the capital of France?"},
        "expectations": {"answer": "Paris"},
        "tags": {"region": "europe"},
    },
    {
        "id": "wrong",
        "inputs": {"question": "What is the capital of Peru?"},
        "expectations": {"answer": "Lima"},
        "tags": {"region": "america"},
    },
]
DOCUMENT = {"page_content": "Paris is the capital of France.", "id": "d1"}


def answer(question: str) -> str:
    """Say Paris, whatever is asked, after a search and a call of a tool."""
    with pytest_vtrack.span("search", kind="RETRIEVER", inputs={"query": question}) as search:
        search.set_outputs([DOCUMENT])
    with pytest_vtrack.span("lookup", kind="TOOL", inputs={"place": "France"}) as lookup:
        lookup.set_outputs("Paris")
    return "Paris"


def paid(scorers: list[Any]) -> set[str]:
    """Return the names of those that are known to call a model."""
    return {each.name for each in (as_scorer(each, where="") for each in scorers) if each.paid}


def fingerprint(scorer: Any) -> str:
    """Return what stands for a scorer."""
    return as_scorer(scorer, where="").fingerprint
