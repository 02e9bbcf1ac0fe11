"""What pytest-repeat makes of the ids of items."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pytest_vtrack.plugin.repetitions import STEP, repetition, without_repetition


def item(item_id, step):
    params = {} if step is None else {STEP: step}
    return SimpleNamespace(callspec=SimpleNamespace(id=item_id, params=params))


@pytest.mark.parametrize(
    ("item_id", "step", "found", "rest"),
    [
        ("q7-1-3", 0, (0, 3), "q7"),
        ("q7-10-12", 9, (9, 12), "q7"),
        ("1-3", 0, (0, 3), ""),
        ("1-3-2-3", 1, (1, 3), "1-3"),
        ("1-3-1-3", 0, (0, 3), "1-3"),
        ("1-3-3-3", 2, (2, 3), "1-3"),
        ("-dash-1-3", 0, (0, 3), "-dash"),
        ("q7-2-3-late", 1, (1, 3), "q7-late"),
        ("2-3-late", 1, (1, 3), "late"),
        ("q7-21-3", 0, None, "q7-21-3"),
        ("q7-1-3", None, None, "q7-1-3"),
    ],
)
def test_the_repetition_is_told_from_all_other_parameters(item_id, step, found, rest):
    assert repetition(item(item_id, step)) == found
    assert without_repetition(item(item_id, step)) == rest


def test_an_item_without_parameters_is_not_repeated():
    assert repetition(SimpleNamespace()) is None
