"""Telling two dirty work trees of one commit apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_vtrack.model import payload

_MOST_BYTES = 10_000_000
"""Of larger files only size and time are looked at: a session must not wait for them."""
_FIELDS = {"1": 8, "2": 9, "u": 10}
"""How many fields stand before the path, by kind of line."""


def changes_digest(top: Path, changed: Iterable[str]) -> str:
    """Return a digest of uncommitted changes: of what ``git status`` says and the files contain.

    :param top: the folder that the paths are relative to.
    :param changed: lines of ``git status --porcelain=v2 -z``.
    """
    return payload.digest(*(f"{line}\n{_contents(top / _path(line))}" for line in sorted(changed)))


def _path(line: str) -> str:
    return line.split(" ", _FIELDS.get(line[:1], 1))[-1]


def _contents(file: Path) -> str:
    """Return what stands for the contents of a file; a deleted one and a submodule have none."""
    from hashlib import sha256

    try:
        known = file.stat()
        if known.st_size > _MOST_BYTES:
            return f"{known.st_size} {known.st_mtime_ns}"
        return sha256(file.read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""
