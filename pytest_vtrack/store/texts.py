"""Text as databases take it, and the hashes that stand for it."""

from __future__ import annotations

import hashlib
from typing import overload

import sqlalchemy as sa

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is sorted by its characters' numbers everywhere, not by the rules of some language."""


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: str | None) -> str | None: ...
def storable(text: str | None) -> str | None:
    """Return text that every database takes: lone surrogates and NUL are written as escapes."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def hash_of(*texts: str) -> bytes:
    """Return 16 bytes that stand for these texts in this order."""
    joined = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).digest()
