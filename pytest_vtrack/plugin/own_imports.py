"""Importing this package without pytest's rewriting of its asserts.

pytest rewrites every module that a plugin brings. Here that helps nobody, and it is not free: where bytecode
is not written (``PYTHONDONTWRITEBYTECODE``, an installation that is read-only) each run would parse and
compile a hundred modules anew.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class _Finder:
    """Finds the modules inside one package as Python itself does."""

    def __init__(self, package: str) -> None:
        self._inside = f"{package}."

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how a module is loaded; ``None`` for all that other finders are to find."""
        return PathFinder.find_spec(name, path, target) if name.startswith(self._inside) else None


def spare_rewriting(package: str) -> None:
    """Import what is inside a package without asking pytest's import hook."""
    sys.meta_path.insert(0, _Finder(package))
