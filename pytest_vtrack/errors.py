"""What can go wrong, as a user meets it: each message says what happened, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable


class VtrackError(Exception):
    """The base of every error that pytest-vtrack raises on purpose."""


class SettingError(VtrackError):
    """An option, ini key, environment variable or marker argument has a value that cannot be used."""


class DatasetError(VtrackError):
    """A dataset cannot be read, or one of its records is not a case."""


class ScorerError(VtrackError):
    """A scorer is declared in a way that it cannot be called."""


class StoreError(VtrackError):
    """The store cannot be opened, read or written."""


class StoreUnreachable(StoreError):
    """The store takes nothing now: no answer of its server, a lock, a full disk; it may again later."""


class StoreGone(StoreError):
    """The file of the store was removed or replaced while it was in use."""


class ReferenceInvalid(VtrackError):
    """A REF is malformed, ambiguous, or names a file that is not a baseline."""


class ReferenceUnknown(VtrackError):
    """A REF is well formed but names nothing that is stored."""


class RunIncomplete(VtrackError):
    """A run that several sessions fill lacks a shard or a case."""


class TraceFileError(VtrackError):
    """A file of traces cannot be read."""


class QueryError(VtrackError):
    """A query for traces cannot be understood."""


class ResumeRefused(VtrackError):
    """A run that was interrupted cannot be continued, as the application is in another state now."""


class BaselineRefused(VtrackError):
    """A run may not become a baseline, or the reason for it was not given."""


def nearest(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names closest to ``name``; where none is close, the first ones in order."""
    from difflib import get_close_matches  # imported when somebody mistyped, not in every test run

    names = list(dict.fromkeys(known))
    return get_close_matches(name, names, n=most, cutoff=0.4) or names[:most]
