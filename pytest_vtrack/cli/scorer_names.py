"""Scorers that are named on the command line, found where pytest would find them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pytest_vtrack.errors import ScorerError, nearest

if TYPE_CHECKING:
    from pytest_vtrack.cli.project import Project
    from pytest_vtrack.scoring.protocol import Scorer

_WHERE = "--scorers"


def named_scorers(names: Sequence[str], project: Project, folder: Path) -> list[Scorer]:
    """Return the scorers that names stand for: built-in, ``module:name`` or ``path/to/file.py:name``.

    What has the name may also be a list of scorers.

    :param folder: the current one, which paths are relative to.
    :raises ScorerError: a name stands for no scorer, or two for one metric.
    """
    from pytest_vtrack.scoring.protocol import as_scorer

    found: dict[str, Scorer] = {}
    _search_in(project, folder)
    for name in names:
        path, colon, attribute = name.rpartition(":")
        given = _attribute(_module(folder, path), attribute, name) if colon else name
        for each in given if isinstance(given, (list, tuple)) else [given]:
            if colon and isinstance(each, str):
                raise ScorerError(f"{_WHERE}: {name!r} is the text {each!r}, not a scorer")
            scorer = as_scorer(each, where=_WHERE)
            if scorer.name in found:
                raise ScorerError(f"{_WHERE}: two scorers give the metric {scorer.name!r}; name one of them")
            found[scorer.name] = scorer
    return list(found.values())


def _search_in(project: Project, folder: Path) -> None:
    """Look for modules where pytest does: in ``pythonpath``, beside every conftest.py, and here."""
    lines = project.settings.get("pythonpath") or ()
    given = lines.split() if isinstance(lines, str) else [str(each) for each in lines]
    homes = [project.folder / each for each in given]
    homes += [_home(each) for each in _conftests(project)]
    for home in reversed(list(dict.fromkeys([*homes, project.folder, folder]))):
        if str(home) not in sys.path:
            sys.path.insert(0, str(home))


def _conftests(project: Project) -> Iterator[Path]:
    """Yield the conftest.py files that pytest reads first: of the project, and of where its tests are."""
    lines = project.settings.get("testpaths") or ("tests", "test")
    folders = lines.split() if isinstance(lines, str) else [str(each) for each in lines]
    for folder in (project.folder, *(project.folder / each for each in folders)):
        if (folder / "conftest.py").is_file():
            yield folder / "conftest.py"


def _home(file: Path) -> Path:
    """Return the folder that a file's module is imported from: the first above that is no package."""
    folder = file.parent
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        folder = folder.parent
    return folder


def _module(folder: Path, path: str) -> ModuleType:
    try:
        return _of_file(folder / path) if path.endswith(".py") else import_module(path)
    except ScorerError:
        raise
    except Exception as error:  # the module is the user's: importing it may fail in any way
        raise ScorerError(f"{_WHERE}: cannot import {path}: {type(error).__name__}: {error}") from error


def _of_file(file: Path) -> ModuleType:
    """Import a file as pytest does, so that its scorers are those of a session."""
    if not file.is_file():
        raise ScorerError(f"{_WHERE}: there is no file {file}")
    file = file.resolve()
    home = _home(file)
    name = ".".join(file.relative_to(home).with_suffix("").parts)
    if str(home) not in sys.path:
        sys.path.insert(0, str(home))
    module = import_module(name)
    return module if Path(module.__file__ or "").resolve() == file else _alone(file, name)


def _alone(file: Path, name: str) -> ModuleType:
    """Import a file whose name another module has already."""
    spec = spec_from_file_location(f"vtrack_{name.replace('.', '_')}", file)
    if spec is None or spec.loader is None:
        raise ScorerError(f"{_WHERE}: {file} is no Python module")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _attribute(module: ModuleType, path: str, name: str) -> object:
    found: object = module
    for part in path.split("."):
        if not hasattr(found, part):
            known = [each for each in dir(found) if not each.startswith("_")]
            near = ", ".join(nearest(part, known)) or "nothing"
            raise ScorerError(f"{_WHERE}: {name!r}: {module.__name__} has no {path!r}; nearest: {near}")
        found = getattr(found, part)
    return found
