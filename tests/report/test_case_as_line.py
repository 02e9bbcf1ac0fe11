"""What the report knows of a case besides its texts, to copy it as a line of a dataset."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.report.html.case_text import MOST_CHARACTERS, case_json, fields
from pytest_vtrack.report.html.material import CasePair


def case(inputs: Any, expectations: Any = None, *, flags: str = "") -> dict[str, Any]:
    key = CaseKey("t.py::test", "qa", "a", "d", flags)
    texts = {"inputs": json.dumps(inputs), "expectations": json.dumps(expectations or {})}
    result = CaseResult(key, "t.py::test[a]", "passed", **texts)
    made: dict[str, Any] = json.loads(
        case_json(CasePair(key, (), (result,), "new"), {}, fields(result.inputs))
    )
    return {name: made[name] for name in ("j", "f", "l") if name in made}


@pytest.mark.parametrize(
    ("inputs", "expectations", "known"),
    [
        ({"q": "?"}, {"answer": "x"}, {}),
        ({"q": "?", "n": 3, "none": None}, {"ok": True}, {"j": [["n", "none"], ["ok"]]}),
        ("one text", None, {}),
        (["a", "b"], None, {"j": [[""], []]}),
        ({"q": "x" * (MOST_CHARACTERS + 1)}, None, {"l": 0}),
    ],
    ids=["texts", "others", "one text", "a list", "cut"],
)
def test_it_is_told_which_values_are_no_texts(inputs: Any, expectations: Any, known: dict[str, Any]) -> None:
    assert case(inputs, expectations) == known


def test_flags_are_told_from_tags() -> None:
    assert case({"q": "?"}, flags='{"new_ranker": "True"}') == {"f": ["new_ranker"]}
