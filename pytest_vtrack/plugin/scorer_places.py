"""Where a scorer can be found again, as `vtrack rescore --scorers` takes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from pytest_vtrack.scoring.protocol import Scorer


def place_of(scorer: Scorer, root: Path) -> str | None:
    """Return ``tests/test_qa.py:right``, ``module:name`` or a built-in's name; ``None``: it has no name.

    :param root: files below it are named by their path.
    """
    from pytest_vtrack.scoring.builtin import name_of

    if (name := name_of(scorer.function)) is not None:
        return name
    for module in (sys.modules.get(_module_of(scorer)), *_modules_below(root)):
        if module is not None and (found := _name_in(vars(module), scorer)) is not None:
            file = _file_below(root, module)
            return f"{module.__name__ if file is None else file.as_posix()}:{found}"
    return None


def _modules_below(root: Path) -> list[ModuleType]:
    """Return the user's own modules: a judge does not know in which of them it was made."""
    return [module for module in list(sys.modules.values()) if _file_below(root, module) is not None]


def _file_below(root: Path, module: ModuleType) -> Path | None:
    file = Path(getattr(module, "__file__", None) or "")
    is_own = file.suffix == ".py" and file.is_relative_to(root) and "site-packages" not in file.parts
    return file.relative_to(root) if is_own else None


def _module_of(scorer: Scorer) -> str:
    module = getattr(scorer, "__module__", None) or getattr(scorer.function, "__module__", "")
    return str(module)


def _name_in(names: dict[str, Any], scorer: Scorer) -> str | None:
    return next((name for name, value in names.items() if value is scorer or value is scorer.function), None)
