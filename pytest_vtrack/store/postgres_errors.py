"""Failures of a PostgreSQL server in words for the user, without user name and password."""

from __future__ import annotations

import os
import re
from types import TracebackType
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from pytest_vtrack.errors import StoreError, StoreUnreachable

_CONFLICTS = ("40001", "40P01", "23505")
"""Two writers got into each other's way: whoever comes second begins again."""

_LOST = ("08", "57P", "53300")
"""Classes and codes of a server that does not answer now, and may again later."""

_PASSES = (*_LOST, "53", "55P03", "57014", "25006")
"""Also of one that takes nothing for now: full, locked, too slow, or not yet the first of several."""

_ADVICE = {
    "42501": "the user may not do this: grant it, or name another place with --vtrack-store",
    "53100": "the server's disk is full",
    "53200": "the server has no memory left",
    "57014": "the server ended a statement that took too long (statement_timeout), or somebody cancelled it",
    "22P05": "the database's encoding has no room for this text: only UTF8 has for every one",
    "25006": "the server takes no writes, which comparing needs too (it may be a replica, or have "
    "default_transaction_read_only on)",
    "55P03": "another process kept the store locked; try again when it has ended",
}

_REFUSALS = {  # of a connection, which come without a code
    "authentication failed": "the server refuses user or password",
    "no password supplied": "the server wants a password: put it into PGPASSWORD, or into the URL",
    "no pg_hba.conf entry": "the server lets nobody in from here, or wants TLS (?sslmode=require)",
    'database "': "the database cannot be used: create it, or name another in the URL",
    'role "': "the server does not know the user: name one in the URL, or in PGUSER",
    "certificate verify failed": "the server's certificate is not accepted",
    "does not support SSL": "the server and this side do not agree on TLS (sslmode)",
}


class Explained:
    """Turns the driver's errors into :class:`StoreError`, with ``with``."""

    def __init__(self, location: str, conninfo: str) -> None:
        self._location = location
        self._secrets = _secrets(conninfo)

    def __enter__(self) -> None:
        """Begin to listen."""

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        """Raise what happened in words."""
        import psycopg

        if isinstance(error, sa.exc.DBAPIError):
            original: Any = error.orig
        elif isinstance(error, psycopg.Error):
            original = error
        else:
            return
        passes = is_lost(original) or _state(original).startswith(_PASSES)
        kind = StoreUnreachable if passes else StoreError
        raise kind(f"{self._location}: {self._in_words(original)}") from original

    def _in_words(self, error: Any) -> str:
        state = _state(error)
        said = self._said(error)
        advice = _ADVICE.get(state) or _refusal(error)
        if advice is not None:
            return f"{advice} ({said})"
        if is_lost(error):
            return f"the PostgreSQL server cannot be reached ({said}); check address and network"
        return f"the store failed: {said}"

    def _said(self, error: Any) -> str:
        """Return the server's words on one line, without what is secret."""
        lines = (line.strip() for line in str(error).splitlines())
        text = "; ".join(line for line in lines if line)
        return self._secrets.sub("***", text) if self._secrets.pattern else text


def is_conflict(error: BaseException | None) -> bool:
    """Tell whether a transaction failed only because another was in its way."""
    return _state(error) in _CONFLICTS


def is_lost(error: BaseException | None) -> bool:
    """Tell whether the server does not answer, for now."""
    import psycopg

    state = _state(error)
    if state:
        return state.startswith(_LOST)
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return _refusal(error) is None


def _refusal(error: Any) -> str | None:
    """Return what to do where a connection was refused for good."""
    import psycopg

    if _state(error) or not isinstance(error, psycopg.OperationalError):
        return None
    fatal = str(error).rpartition("FATAL: ")[2].strip()
    if fatal.startswith(("the database system is", "sorry, too many", "too many", "remaining connection")):
        return None
    return next((text for said, text in _REFUSALS.items() if said in fatal), None)


def _state(error: Any) -> str:
    return getattr(error, "sqlstate", None) or ""


def _secrets(conninfo: str) -> re.Pattern[str]:
    """Return what must not be shown: user and password, also as the URL writes them."""
    from psycopg.conninfo import conninfo_to_dict

    given = conninfo_to_dict(conninfo)
    values = [given.get("user"), given.get("password"), given.get("sslpassword"), given.get("passfile")]
    values += [os.environ.get(name) for name in ("PGUSER", "PGPASSWORD")]
    plain = [str(value) for value in values if value]
    forms = sorted({*plain, *(quote(value, safe="") for value in plain)}, key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms))
