"""Where tests stand, looked up once a test: pytest does it for each item, and that is not free."""

from __future__ import annotations

from typing import TypeAlias

import pytest

Location: TypeAlias = tuple[str, int | None, str]
"""Path from the root of the project, line, and the test's name with its classes."""


class Locations:
    """Tells the items of one test function where it stands."""

    def __init__(self) -> None:
        self._firsts: dict[tuple[object, str], tuple[Location, str]] = {}

    def share(self, item: pytest.Item) -> None:
        """Give an item the location of its test, under its own name, unless it has a way of its own."""
        if not isinstance(item, pytest.Function) or type(item).reportinfo is not pytest.Function.reportinfo:
            return
        test = (item.parent, item.originalname)
        if test not in self._firsts:
            path, line, name = item.location
            self._firsts[test] = (path, line, name), name.removesuffix(item.name)
        else:
            (path, line, _), before = self._firsts[test]
            item.location = path, line, f"{before}{item.name}"  # pytest computes it only where it is not set
