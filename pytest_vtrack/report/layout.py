"""Lines of a terminal screen: toned segments, wrapping and columns by display width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from pytest_vtrack.report import untrusted
from pytest_vtrack.report.look import Tone

Align = Literal["left", "right"]


class Segment(NamedTuple):
    """A piece of a line in one tone; whoever prints it turns the tone into colour, or not."""

    text: str
    tone: Tone = "plain"


Line: TypeAlias = tuple[Segment, ...]

_ASCII = {
    "✗": "x",
    "▼": "-",
    "▲": "+",
    "✓": "=",
    "→": "->",
    "…": "...",
}
_SHELL_WORDS = re.compile(r"""(?:"[^"]*"|'[^']*'|\S)+""")
_STAND_IN = "\ue000"  # a private character: text that was made visible never contains it
_STAND_INS = re.compile(f"{_STAND_IN}+")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a screen is written on: its width, and whether it takes more than ASCII."""

    width: int = 80
    unicode: bool = True

    def glyph(self, character: str) -> str:
        """Return one of our own characters, or what stands for it in ASCII."""
        return character if self.unicode else _ASCII.get(character, character)

    def text(self, foreign: str, width: int = 10_000) -> str:
        """Return text of others as one safe line of at most ``width`` columns."""
        return untrusted.one_line(
            foreign, width, ascii_only=not self.unicode, ellipsis=self.glyph(untrusted.ELLIPSIS)
        )

    def middle(self, foreign: str, width: int) -> str:
        """Return text of others as one safe line, cut in its middle."""
        return untrusted.shorten_middle(self.text(foreign), width, ellipsis=self.glyph(untrusted.ELLIPSIS))

    def cut(self, safe: str, width: int) -> str:
        """Return text that is already safe, cut at its end; its spaces stay as they are."""
        return untrusted.shorten(safe, width, ellipsis=self.glyph(untrusted.ELLIPSIS))

    def line(self, *segments: Segment | str) -> Line:
        """Return a line; whatever its parts are, nothing in it acts on a terminal."""
        parts = (Segment(part) if isinstance(part, str) else part for part in segments)
        return tuple(
            Segment(untrusted.visible(part.text, ascii_only=not self.unicode), part.tone)
            for part in parts
            if part.text
        )

    def paragraph(
        self, sentence: str, *, label: str = "", tone: Tone = "plain", indent: int = 0
    ) -> list[Line]:
        """Return a wrapped paragraph; its ``label`` comes first and stands out."""
        text = f"{label} {self.text(sentence)}" if label else self.text(sentence)
        rows = wrap(text, self.width, indent=indent)
        lines = [self.line(Segment(row, tone)) for row in rows]
        if label and rows[0].startswith(label):
            lines[0] = self.line(Segment(label, "bold"), Segment(rows[0][len(label) :], tone))
        return lines

    def facts(self, facts: Iterable[tuple[str, str]], *, indent: int = 0) -> list[Line]:
        """Return labelled texts below each other; a label without text is left out."""
        told = [(self.text(label, 24), self.text(text)) for label, text in facts if text]
        edge = widest(label for label, _ in told) + indent + 2
        lines: list[Line] = []
        for label, text in told:
            first, *rest = wrap(text, max(self.width - edge, 1))
            lines.append(self.line(Segment(padded(" " * indent + label, edge), "muted"), first))
            lines += [self.line(" " * edge, part) for part in rest]
        return lines

    def command(self, command: str, *, indent: int = 4) -> list[Line]:
        """Return a command to copy: continued with a backslash where the line is full."""
        rows: list[str] = []
        for word in _SHELL_WORDS.findall(self.text(command)):
            longer = f"{rows[-1]} {word}" if rows else " " * indent + word
            if not rows or untrusted.display_width(longer) > self.width - 2:
                rows.append(" " * (indent + 4 if rows else indent) + word)
            else:
                rows[-1] = longer
        fitting = (self.cut(row, self.width - 2) for row in rows[:-1])
        last = self.cut(rows[-1], self.width)
        return [
            *(self.line(Segment(f"{row} \\", "bold")) for row in fitting),
            self.line(Segment(last, "bold")),
        ]


def text_of(line: Line) -> str:
    """Return a line without its tones."""
    return "".join(segment.text for segment in line)


def wrap(text: str, width: int, *, indent: int = 0) -> list[str]:
    """Break safe text at spaces; a word wider than the line is broken where it must be.

    :param indent: columns before every line but the first.
    """
    rows, row, room, others = [], "", max(width, 1), max(width - indent, 1)
    for word in text.split(" "):
        longer = f"{row} {word}" if row else word
        if untrusted.display_width(longer) <= room:
            row = longer
            continue
        if row:
            rows.append(row)
            room = others
        row = word
        while untrusted.display_width(row) > room and len(row) > 1:
            head = untrusted.shorten(row, room, ellipsis="") or row[0]
            rows.append(head)
            row, room = row[len(head) :], others
    rows.append(row)
    return [rows[0], *(" " * indent + row for row in rows[1:])]


def columns(rows: Sequence[Sequence[str]], aligns: Sequence[Align]) -> list[str]:
    """Align cells in columns two spaces apart; the cells are safe text, and keep their outer spaces."""
    from tabulate import tabulate  # 30 ms to import: only by a session that prints a table

    originals = iter([cell for row in rows for cell in row if _stand_in(cell) not in ("", cell)])
    table = tabulate(
        [[_stand_in(cell) for cell in row] for row in rows],
        tablefmt="plain",
        colalign=aligns,
        disable_numparse=True,
    )
    return [_STAND_INS.sub(lambda _: next(originals), row).rstrip() for row in table.split("\n")]


def padded(text: str, width: int) -> str:
    """Fill up with spaces to a display width."""
    return text + " " * (width - untrusted.display_width(text))


def widest(rows: Iterable[str]) -> int:
    """Return the display width of the widest row."""
    return max((untrusted.display_width(row) for row in rows), default=0)


def _stand_in(cell: str) -> str:
    """Return as many characters as the cell takes columns: tabulate counts characters, and strips."""
    if cell.isascii() and cell == cell.strip():
        return cell
    return _STAND_IN * untrusted.display_width(cell)
