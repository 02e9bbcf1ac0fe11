r"""Text of others (model outputs, case ids, reasons, versions), made safe to print on one line.

A terminal obeys what it is sent: escape sequences move the cursor, bidirectional controls reorder what is
read, invisible characters hide text. They are shown as visible escapes (``\x1b``, ``\u202e``) instead.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

ELLIPSIS = "…"

_WIDE = frozenset("WF")
_BREAKS = frozenset("\t\n\r")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by category that draw nothing: they can hide text as a control character does."""
_MARKS = frozenset({"Mn", "Me"})
_MOST_MARKS = 4
"""Marks on one letter that are shown; thousands of them would climb over the lines above."""


def visible(text: str, *, ascii_only: bool = False) -> str:
    """Return ``text`` with everything that could act on a terminal, or hide in it, as a visible escape.

    Line breaks and tabs become one space each. With ``ascii_only`` every other character is escaped too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_pieces(text, ascii_only))


def one_line(text: str, width: int, *, ascii_only: bool = False, ellipsis: str = ELLIPSIS) -> str:
    """Return ``text`` as :func:`visible` shows it, runs of space collapsed, cut to a display width.

    It stops reading where the line is full, so an output of megabytes costs no more than a short one.
    """
    pieces: list[str] = []
    used = 0
    for piece in _collapsed(_pieces(text, ascii_only)):
        pieces.append(piece)
        used += display_width(piece)
        if used > width:
            break
    return shorten("".join(pieces).rstrip(), width, ellipsis=ellipsis)


def display_width(text: str) -> int:
    """Return how many terminal columns ``text`` takes: East Asian wide characters 2, combining marks 0."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def shorten(text: str, width: int, *, ellipsis: str = ELLIPSIS) -> str:
    """Cut ``text`` at its end to a display width; the ellipsis says that something is missing."""
    if display_width(text) <= width:
        return text
    room = width - display_width(ellipsis)
    return _head(text, room).rstrip() + ellipsis if room >= 0 else _head(text, width)


def shorten_middle(text: str, width: int, *, ellipsis: str = ELLIPSIS) -> str:
    """Cut ``text`` in its middle: versions and node ids differ at their ends (``v1.2-…-dirty``)."""
    if display_width(text) <= width:
        return text
    room = width - display_width(ellipsis)
    if room < 2:
        return shorten(text, width, ellipsis=ellipsis)
    tail = _head(text[::-1], room // 2)[::-1]
    return _head(text, room - room // 2) + ellipsis + tail


def _pieces(text: str, ascii_only: bool) -> Iterator[str]:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        if character in _BREAKS or category == "Zs":
            yield " "
        elif _hides(character, category) or marks > _MOST_MARKS or (ascii_only and character > "~"):
            yield _escape(character)
        else:
            yield character


def _hides(character: str, category: str) -> bool:
    return category in _HIDDEN or character in _INVISIBLE or "\U000e0100" <= character <= "\U000e01ef"


def _escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _collapsed(pieces: Iterator[str]) -> Iterator[str]:
    before = " "  # so that leading space is dropped
    for piece in pieces:
        if not (piece == " " == before):
            yield piece
        before = piece


def _columns(character: str) -> int:
    if unicodedata.category(character) in _MARKS and character != "\ufe0f":  # U+FE0F widens an emoji
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def _head(text: str, width: int) -> str:
    """Return the longest beginning that fits, combining marks with their letter."""
    used = 0
    for position, character in enumerate(text):
        used += _columns(character)
        if used > width:
            return text[:position]
    return text
