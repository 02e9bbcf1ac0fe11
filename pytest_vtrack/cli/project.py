"""The project that a command is typed in: its ini file, its store, its experiment."""

from __future__ import annotations

import configparser
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_vtrack.errors import SettingError

_INI_FILES = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
_DEFAULT_STORE = ".vtrack/vtrack.db"


@dataclass(frozen=True)
class Project:
    """The folder of the ini file that pytest would find from here, and its ``vtrack_`` keys."""

    folder: Path
    settings: Mapping[str, Any]

    @property
    def store_uri(self) -> str:
        """Where runs are kept: ``VTRACK_STORE``, the ini key, else beside the ini file."""
        if given := os.environ.get("VTRACK_STORE"):
            return given if "://" in given else str(Path(given).expanduser().absolute())
        uri = self.setting("store") or _DEFAULT_STORE
        return uri if "://" in uri else str(self.folder / Path(uri).expanduser())

    def experiment(self, stored: Sequence[str]) -> str:
        """Return the experiment that is set, else the only one stored, else the folder's name."""
        if name := self.setting("experiment"):
            return name
        return stored[0] if len(stored) == 1 else self.folder.name

    def setting(self, name: str) -> str | None:
        """Return an ini key without its prefix, ``None`` where it is not set."""
        return str(self.settings.get(f"vtrack_{name}") or "").strip() or None

    def lines(self, name: str) -> list[str]:
        """Return the lines of an ini key; in TOML they may be a list."""
        value = self.settings.get(f"vtrack_{name}") or ()
        lines = value.splitlines() if isinstance(value, str) else [str(each) for each in value]
        return [line for line in lines if line.strip()]


def find_project(start: Path) -> Project:
    """Return the project of a folder: the nearest parent with pytest settings, or with a store."""
    for folder in (start, *start.parents):
        for name in _INI_FILES:
            settings = _pytest_settings(folder / name)
            if settings is not None:
                return Project(folder, settings)
        if (folder / _DEFAULT_STORE).exists():
            return Project(folder, {})
    return Project(start, {})


def _pytest_settings(path: Path) -> Mapping[str, Any] | None:
    """Return pytest's settings in a file, ``None`` where the file has none."""
    if not path.is_file():
        return None
    try:
        if path.suffix == ".toml":
            return _toml_settings(path)
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(path, encoding="utf-8")
    except (tomllib.TOMLDecodeError, configparser.Error, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    section = "tool:pytest" if path.name == "setup.cfg" else "pytest"
    if section in parser:
        return dict(parser[section])
    return {} if path.name.endswith("pytest.ini") else None


def _toml_settings(path: Path) -> Mapping[str, Any] | None:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    if path.name.endswith("pytest.toml"):
        return tables.get("pytest", {})  # type: ignore[no-any-return]
    pytest_table = tables.get("tool", {}).get("pytest")
    if pytest_table is None:
        return None
    return pytest_table.get("ini_options", pytest_table)  # type: ignore[no-any-return]
