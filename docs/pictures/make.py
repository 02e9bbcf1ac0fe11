"""Make the picture of the README: what the terminal shows when the example's version 1.3 meets 1.2.

    python docs/pictures/make.py

Runs pytest on a copy of the example, with colours, and writes what it printed as an SVG. Needs the package
with its extra `demo`, and nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

EXAMPLE = Path(__file__).parents[2] / "examples/helpdesk"
PICTURE = Path(__file__).with_name("regressed.svg")
COLUMNS, COLUMN, LINE, EDGE, BAR = 80, 8.4, 19, 18, 30
BACKGROUND, TEXT = "#1b1e24", "#d6d9de"
_STYLES = {
    "1": "font-weight:bold",
    "2": "opacity:.62",
    "31": "fill:#ff7b72",
    "32": "fill:#7ed687",
    "33": "fill:#e8a33d",
    "34": "fill:#6cb6ff",
}
_CODES = re.compile(r"\x1b\[([\d;]*)m")


class Piece(NamedTuple):
    """Text in one style, at a column of its line."""

    column: int
    text: str
    style: str


def pytest_prints(folder: Path) -> str:
    """Record version 1.2 of the example, then return what pytest prints for version 1.3."""
    env = {**os.environ, "COLUMNS": str(COLUMNS), "PYTEST_ADDOPTS": "", "TERM": "xterm-256color"}
    env.pop("NO_COLOR", None)
    printed = ""
    for version, more in (("1.2", []), ("1.3", ["--vtrack-baseline=v1.2"])):
        typed = [f"--vtrack-version=v{version}", *more]
        done = subprocess.run(  # noqa: S603  our own interpreter with fixed arguments
            [sys.executable, "-m", "pytest", "--no-header", "--color=yes", *_alone(), *typed],
            cwd=folder,
            env={**env, "HELPDESK_VERSION": version},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        printed = f"\x1b[1m$ pytest --no-header {' '.join(typed)}\x1b[0m\n{done.stdout}"
    return printed


def _alone() -> Iterator[str]:
    """Leave out plugins of this environment that print lines of their own."""
    for name in ("randomly", "asyncio", "rerunfailures"):
        yield from ("-p", f"no:{name}")


def pieces(line: str) -> list[Piece]:
    """Split a line where its style changes."""
    found: list[Piece] = []
    column, styles = 0, []
    for position, part in enumerate(_CODES.split(line)):
        style = ";".join(filter(None, styles))
        if position % 2:
            for code in part.split(";"):
                styles = [] if code in ("", "0") else [*styles, _STYLES.get(code, "")]
        elif found and part and found[-1].style == style:
            found[-1] = found[-1]._replace(text=found[-1].text + part)
        elif part:
            found.append(Piece(column, part, style))
        column += 0 if position % 2 else len(part)
    return found


def svg(printed: str) -> str:
    """Draw lines of a terminal; every piece is held to its columns, whatever font there is."""
    lines = printed.rstrip().splitlines()
    width, height = COLUMNS * COLUMN + 2 * EDGE, len(lines) * LINE + BAR + EDGE
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" role="img" '
        'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace" font-size="14">',
        "<title>pytest prints the verdict REGRESSED, what it means, and exit code 10</title>",
        f'<rect width="100%" height="100%" rx="9" fill="{BACKGROUND}"/>',
        *(f'<circle cx="{20 + 18 * n}" cy="17" r="5.5" fill="#4b515c"/>' for n in range(3)),
    ]
    for number, line in enumerate(lines, start=1):
        shapes += [_text(piece, BAR + number * LINE) for piece in pieces(line)]
    return "\n".join([*shapes, "</svg>", ""])


def _text(piece: Piece, y: int) -> str:
    """Draw a piece; spaces before it are a matter of where it starts."""
    text = piece.text.lstrip(" ")
    x = EDGE + (piece.column + len(piece.text) - len(text)) * COLUMN
    style = f' style="{piece.style}"' if piece.style else ""
    return (
        f'<text x="{x:.1f}" y="{y}" textLength="{len(text) * COLUMN:.1f}" '
        f'lengthAdjust="spacingAndGlyphs" xml:space="preserve" fill="{TEXT}"{style}>{escape(text)}</text>'
    )


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "helpdesk"
        shutil.copytree(EXAMPLE, home, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        PICTURE.write_text(svg(pytest_prints(home)), encoding="utf-8")


if __name__ == "__main__":
    main()
