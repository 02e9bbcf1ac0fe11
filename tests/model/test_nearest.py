from __future__ import annotations

import pytest

from pytest_vtrack.errors import nearest


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("exact_mach", ["contains", "exact_match"], ["exact_match"]),
        ("zzz", ["b", "a", "c", "d"], ["b", "a", "c"]),
        ("v1", ["v1.0", "v1.1", "v1.0"], ["v1.1", "v1.0"]),
        ("x", [], []),
        ("a", (each for each in ["a"]), ["a"]),
    ],
    ids=["close", "none close", "each once", "nothing known", "iterator"],
)
def test_the_nearest_names_come_first(name, known, expected):
    assert nearest(name, known) == expected


def test_no_more_than_asked_for():
    assert nearest("v1", [f"v1.{i}" for i in range(9)], most=2) == ["v1.8", "v1.7"]
