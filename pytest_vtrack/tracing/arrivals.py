"""Noticing that the application imports a module, without importing it ourselves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Action = Callable[[ModuleType], None]


class Arrivals(MetaPathFinder):
    """Finds no module itself; runs an action once each of the wanted modules has been imported."""

    def __init__(self, wanted: dict[str, Action]) -> None:
        self._wanted = wanted

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec that the other finders have, with the action behind its loader."""
        action = self._wanted.get(fullname)
        if action is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                _run_after(spec.loader, action)
                return spec
        return None


def when_imported(wanted: dict[str, Action]) -> None:
    """Run an action for each module: now where it is imported, else as soon as it is."""
    missing = {name: action for name, action in wanted.items() if name not in sys.modules}
    if missing:
        sys.meta_path.insert(0, Arrivals(missing))
    for name in wanted.keys() - missing.keys():
        wanted[name](sys.modules[name])


def _run_after(loader: Loader, action: Action) -> None:
    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        action(module)

    loader.exec_module = exec_module  # type: ignore[method-assign]
