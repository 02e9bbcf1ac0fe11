"""Where a store is: from what the user wrote to the path of a SQLite file."""

from __future__ import annotations

from pathlib import Path

from pytest_vtrack.errors import StoreError

DEFAULT_FOLDER = ".vtrack"
_POSTGRES = ("postgresql", "postgres")


def is_postgres(uri: str) -> bool:
    """Tell whether a store URI names a PostgreSQL database."""
    scheme, separator, _ = uri.strip().partition("://")
    return bool(separator) and scheme.partition("+")[0].lower() in _POSTGRES


def place_of(uri: str) -> Path | None:
    """Return the file that a store URI names, ``None`` for a database on a server.

    :raises StoreError: the URI is empty, of a database that is not available, or names a folder.
    """
    return None if is_postgres(uri) else sqlite_path(uri)


def sqlite_path(uri: str) -> Path:
    """Return the file that a store URI names.

    :raises StoreError: the URI is empty, of a database that is not available, or names a folder.
    """
    if not uri.strip():
        raise StoreError("the store has no place; write the path of a SQLite file, like .vtrack/vtrack.db")
    path = Path(_file_part(uri)).expanduser()
    if path.is_dir():
        raise StoreError(f"{path} is a folder; write the path of a SQLite file, like {path / 'vtrack.db'}")
    return path


def _file_part(uri: str) -> str:
    if uri.startswith("sqlite:///"):
        return uri.removeprefix("sqlite:///")
    scheme, separator, _ = uri.partition("://")
    if not separator:
        return uri
    raise StoreError(
        f"{without_password(uri)}: a store cannot be of kind {scheme!r}; write the path of a SQLite file, "
        "sqlite:///path or postgresql://host/database"
    )


def without_password(uri: str) -> str:
    """Return the URI with user name and password left out, for messages.

    Nothing is left but the scheme where it cannot be told what belongs to them.
    """
    scheme, separator, rest = uri.strip().partition("://")
    place, _, query = rest.partition("?")
    if "@" in query:  # of a parameter, or of a password with a question mark in it
        return f"{scheme}{separator}…"
    return scheme + separator + place.rpartition("@")[2].partition("#")[0]


def ensure_folder(folder: Path) -> None:
    """Create the folder of a new store; our own ``.vtrack`` keeps itself out of version control.

    :raises StoreError: the folder cannot be created.
    """
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
            if folder.name == DEFAULT_FOLDER:
                (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{folder}: the folder of the store cannot be created ({error.strerror}); "
            "name another place with --vtrack-store"
        ) from None
