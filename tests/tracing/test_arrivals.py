from __future__ import annotations

import importlib
import sys

import pytest

from pytest_vtrack.tracing.arrivals import Arrivals, when_imported


@pytest.fixture
def write_module(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        monkeypatch.delitem(sys.modules, name, raising=False)
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)

    return write


def test_action_runs_once_when_the_module_has_been_imported(write_module):
    write_module("vtrack_arriving", "value = 1")
    seen = []
    when_imported({"vtrack_arriving": lambda module: seen.append(module.value)})
    assert seen == []
    importlib.import_module("vtrack_arriving")
    importlib.import_module("vtrack_arriving")
    assert seen == [1]


def test_action_runs_now_where_the_module_was_imported_before():
    seen = []
    finders = list(sys.meta_path)
    when_imported({"sys": seen.append})
    assert seen == [sys]
    assert sys.meta_path == finders


def test_module_that_fails_or_is_missing_does_so_as_without_us(write_module):
    write_module("vtrack_failing", "raise RuntimeError('its own')")
    seen = []
    when_imported({"vtrack_failing": seen.append, "vtrack_missing": seen.append})
    with pytest.raises(RuntimeError, match="its own"):
        importlib.import_module("vtrack_failing")
    with pytest.raises(ModuleNotFoundError, match="No module named 'vtrack_missing'"):
        importlib.import_module("vtrack_missing")
    assert seen == []


def test_other_modules_are_none_of_its_business():
    assert Arrivals({"vtrack_arriving": print}).find_spec("json", None) is None
