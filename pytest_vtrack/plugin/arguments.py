"""Arguments of a test that look like inputs of its cases, told once instead of once a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_vtrack.errors import SettingError

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.plugin.slots import TrackedTest


def check_arguments(test: TrackedTest, metafunc: pytest.Metafunc) -> None:
    """Refuse a test that asks for an input of its cases by name, where no fixture has that name.

    Called when all plugins have parametrized the test. Other unknown names are left to pytest.

    :raises SettingError: the test would fail in every case.
    """
    known = getattr(metafunc, "_arg2fixturedefs", None)  # no public way to ask what is a fixture
    if not test.dataset or known is None:
        return
    inputs = test.dataset.cases[0].inputs
    for name in metafunc.fixturenames:
        if name in inputs and name not in known and name != "request":  # which pytest makes itself
            raise SettingError(
                f"{test.id} takes {name!r}, which is no fixture. Cases come as vtrack_case: "
                f"write vtrack_case.inputs[{name!r}]"
            )
