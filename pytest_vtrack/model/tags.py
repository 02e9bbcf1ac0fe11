"""Tags: automatic ones under ``vtrack.``, and the user's own."""

from __future__ import annotations

from pytest_vtrack.errors import SettingError

AUTOMATIC = "vtrack."
"""Names that start so are written by the plugin only."""


def check_tag_name(name: str, *, where: str) -> None:
    """Refuse a tag name that users may not set.

    :raises SettingError: the name is empty or reserved.
    """
    if not name.strip():
        raise SettingError(f"{where}: a tag needs a name")
    if name.startswith(AUTOMATIC):
        raise SettingError(f"{where}: {name!r} is reserved; names starting with {AUTOMATIC!r} are automatic")
