"""Writing report files: whole or not at all, and found to be impossible before the first test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pytest_vtrack.errors import SettingError

_KEPT = (b"SQLite format 3\0", b'{"vtrack_baseline"')
"""How stores and baseline files begin."""
_KEPT_HERE = "is a store or a baseline file, which nothing else may replace; name another file"


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
            is_kept = _is_kept(path)
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            why = getattr(error, "strerror", None) or error
            raise SettingError(f"{option}: {path} cannot be written ({why})") from None
        if is_folder:
            raise SettingError(f"{option}: {path} is a folder; name a file in it")
        if is_kept:
            raise SettingError(f"{option}: {path} {_KEPT_HERE}")
        if first != option:
            raise SettingError(f"{option}: {path} is the file of {first} too; name another")


def write_text(path: Path, text: str) -> None:
    """Write a file at once: whoever reads meanwhile finds the old one or the new one.

    :raises OSError: it cannot be written.
    :raises SettingError: what is there is no report, but the only copy of something.
    """
    refuse_to_replace(path)  # a store may have been made since its place was checked
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


def refuse_to_replace(path: Path) -> None:
    """Refuse to write where a store or a baseline file is.

    :raises SettingError: one is there.
    """
    if _is_kept(path):
        raise SettingError(f"{path} {_KEPT_HERE}")


def _try(path: Path) -> None:
    if _is_special(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.resolve().parent, prefix=f".{path.name[:100]}."):
        pass  # rights alone do not tell: the file system may be full or read-only


def _is_kept(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(max(map(len, _KEPT))).startswith(_KEPT)


def _is_special(path: Path) -> bool:
    """Tell whether a path is a device or a pipe, such as ``/dev/stdout``: it cannot be replaced."""
    return path.exists() and not path.is_file()
