"""Writing report files: whole or not at all, and found to be impossible before the first test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pytest_vtrack.errors import SettingError


def check_places(places: Mapping[str, Path]) -> None:
    """Make the folders of files that will be written, and see that they take a file.

    :param places: by the option that named it, the file.
    :raises SettingError: one of them cannot be written, or two are the same.
    """
    options: dict[Path, str] = {}
    for option, path in places.items():
        try:
            first = options.setdefault(path.resolve(), option)
            is_folder = path.is_dir()
            if not is_folder:
                _try(path)
        except OSError as error:
            raise SettingError(f"{option}: {path} cannot be written ({error.strerror or error})") from None
        if is_folder:
            raise SettingError(f"{option}: {path} is a folder; name a file in it")
        if first != option:
            raise SettingError(f"{option}: {path} is the file of {first} too; name another")


def write_text(path: Path, text: str) -> None:
    """Write a file at once: whoever reads meanwhile finds the old one or the new one.

    :raises OSError: it cannot be written.
    """
    if _is_special(path):
        path.write_text(text, encoding="utf-8")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    target = path.resolve()  # a link stays a link
    beside = target.with_name(f".{target.name[:100]}.{os.getpid()}.part")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _try(path: Path) -> None:
    if _is_special(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.resolve().parent, prefix=f".{path.name[:100]}."):
        pass  # rights alone do not tell: the file system may be full or read-only


def _is_special(path: Path) -> bool:
    """Tell whether a path is a device or a pipe, such as ``/dev/stdout``: it cannot be replaced."""
    return path.exists() and not path.is_file()
