"""Where a scorer can be found again, as `vtrack rescore --scorers` takes it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_vtrack.scoring.protocol import Scorer


def place_of(scorer: Scorer, root: Path) -> str | None:
    """Return ``tests/test_qa.py:right``, ``module:name`` or a built-in's name; ``None``: it has no name.

    :param root: files below it are named by their path.
    """
    from pytest_vtrack.scoring.builtin import name_of

    if (name := name_of(scorer.function)) is not None:
        return name
    module = sys.modules.get(_module_of(scorer))
    found = None if module is None else _name_in(vars(module), scorer)
    if module is None or found is None:
        return None
    file = Path(getattr(module, "__file__", None) or "")
    if file.suffix == ".py" and file.is_relative_to(root) and "site-packages" not in file.parts:
        return f"{file.relative_to(root).as_posix()}:{found}"
    return f"{module.__name__}:{found}"


def _module_of(scorer: Scorer) -> str:
    module = getattr(scorer, "__module__", None) or getattr(scorer.function, "__module__", "")
    return str(module)


def _name_in(names: dict[str, Any], scorer: Scorer) -> str | None:
    return next((name for name, value in names.items() if value is scorer or value is scorer.function), None)
