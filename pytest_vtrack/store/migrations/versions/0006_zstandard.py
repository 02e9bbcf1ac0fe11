"""Texts compressed with Zstandard: no table changes, but code of schema 0005 cannot read what is new."""

from __future__ import annotations

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Leave what is stored as it is: each compressed text says how it was compressed."""
