"""Errors as pytest prints them: their text may quote what others chose, such as ids and version names."""

from __future__ import annotations


def safe(error: Exception | str) -> str:
    """Return a message that cannot act on the terminal."""
    from pytest_vtrack.report.untrusted import visible

    return visible(str(error))
