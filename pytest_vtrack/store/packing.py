"""Texts as they are stored in little space: compressed where that helps, and marked by how."""

from __future__ import annotations

import sys
import zlib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAIN, ZLIB, ZSTD = range(3)
"""How bytes are compressed, as the tables have it. Nothing writes ``ZLIB`` any more; older stores have it."""

_COMPRESSOR = zstd.ZstdCompressor(level=1)
"""Made once, as that takes as long as compressing 3 KB. A call gives a whole frame, under its lock."""


def packed(text: str) -> tuple[int, bytes]:
    """Return how a text is compressed, if that helps, and its bytes."""
    plain = text.encode()
    small = _COMPRESSOR.compress(plain, _COMPRESSOR.FLUSH_FRAME)
    return (ZSTD, small) if len(small) < 0.9 * len(plain) else (PLAIN, plain)


def as_it_is(text: str) -> tuple[int, bytes]:
    """Return the bytes for a database that compresses by itself and has to look into them."""
    return PLAIN, text.encode()


def unpacked(compressed: int, body: bytes) -> str:
    """Return the text that :func:`packed` was given."""
    if compressed == ZSTD:
        return zstd.decompress(body).decode()
    return (zlib.decompress(body) if compressed == ZLIB else body).decode()
