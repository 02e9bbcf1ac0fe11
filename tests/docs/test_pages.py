from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest


def _conftest() -> ModuleType:
    """Load the file beside this one; pytest gives only its fixtures."""
    spec = importlib.util.spec_from_file_location("docs_pages", Path(__file__).with_name("conftest.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
