"""The pages of the documentation, their blocks, and a shell that types what they show.

A page says in its first comment where its reader stands: ``<!-- starts in: examples/helpdesk -->`` (a copy of
it) or ``<!-- starts in: an empty folder -->``. From there its blocks are carried out from top to bottom:

* a block after a line that ends in ``…`name.py`:`` is written to that file;
* in a ``console`` block every line after ``$`` is typed, and what follows must be printed. A line ``...``
  stands for any lines, ``...`` in a line for any text. Ids, times and latencies are not compared.
* a block after a comment ``<!-- not run: why -->`` is left alone, and one that only runs benchmarks.

A command that fails must be followed by ``$ echo $?``, or print the exit code by itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_START = re.compile(r"<!-- starts in: (.+?) -->")
_FILE = re.compile(r"`([\w./-]+\.\w+)`:$")
_VARYING = [
    (re.compile(r"^\W*latency\b.*$", re.MULTILINE), "(latency)"),
    (re.compile(r"\b[0-9a-f]{8}\b"), "(id)"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d"), "(when)"),
    (re.compile(r"in \d+\.\d\ds( \([\d:]+\))?"), "in (time)"),
    (re.compile(r"[ \t]+"), " "),
    (re.compile(r"={2,}"), "=="),
]
_ANY = re.escape("...")


@dataclass(frozen=True)
class Command:
    """One line that a page tells to type, and what it says is printed then."""

    typed: str
    expected: str

    def is_printed(self, text: str) -> bool:
        """Tell whether what was printed is what the page shows."""
        lines = [re.escape(line) for line in _comparable(self.expected)]
        pattern = "".join(
            r"(?:.*\n)*?" if line == _ANY else line.replace(_ANY, ".*?") + "\n" for line in lines
        )
        return re.fullmatch(pattern, "".join(f"{line}\n" for line in _comparable(text))) is not None


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    body: str
    line: int
    before: str
    """The last line of text before it."""

    @property
    def file(self) -> str | None:
        """The name of the file that the block is, if the text says so."""
        found = _FILE.search(self.before)
        return found[1] if found else None

    @property
    def is_run(self) -> bool:
        """Whether a reader is meant to type it right here; a benchmark takes minutes."""
        measured = all(command.typed.startswith("python benchmarks/") for command in self.commands)
        is_measured = self.language == "console" and measured
        return not (is_measured or self.before.startswith("<!-- not run:"))

    @property
    def commands(self) -> Iterator[Command]:
        """What is typed in a console block."""
        for part in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            typed = 1
            while lines[typed - 1].endswith("\\"):
                typed += 1
            yield Command("\n".join(lines[:typed]), "\n".join(lines[typed:]).strip("\n"))


@dataclass(frozen=True)
class Page:
    """One page of the documentation."""

    path: Path
    text: str

    @property
    def start(self) -> str | None:
        """Where the reader stands at the top of the page."""
        found = _START.search(self.text)
        return found[1] if found else None

    @property
    def blocks(self) -> Iterator[Block]:
        """The fenced blocks, from top to bottom."""
        for found in _BLOCK.finditer(self.text):
            before = self.text[: found.start()]
            above = [line for line in before.splitlines() if line.strip()]
            yield Block(found["language"], found["body"], before.count("\n") + 1, above[-1] if above else "")


@dataclass
class Shell:
    """A reader's shell: the folder and the last exit code outlive a line."""

    folder: Path
    code: int = 0

    def type(self, line: str) -> str:
        """Run one line and return everything it printed."""
        here = self.folder / ".here"
        script = f'(exit {self.code})\n{line}\ncode=$?\npwd > "{here}"\nexit $code'
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=120,
        )
        folder, self.code = Path(here.read_text().strip()), done.returncode
        here.unlink()
        self.folder = folder
        return done.stdout


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that takes ``page`` on every page."""
    if "page" in metafunc.fixturenames:
        pages = [Page(path, path.read_text(encoding="utf-8")) for path in PAGES]
        metafunc.parametrize("page", pages, ids=[path.relative_to(ROOT).as_posix() for path in PAGES])


@pytest.fixture
def pages() -> Sequence[Page]:
    """All pages."""
    return [Page(path, path.read_text(encoding="utf-8")) for path in PAGES]


@pytest.fixture
def page_of() -> Callable[[str], Page]:
    """Make a page of a text."""
    return lambda text: Page(ROOT / "page.md", text)


@pytest.fixture
def reader(tmp_path: Path) -> Callable[[Page], Shell]:
    """Put a reader where a page starts."""

    def reader(page: Page) -> Shell:
        home = tmp_path / "helpdesk"
        if page.start == "an empty folder":
            home.mkdir(exist_ok=True)
        else:
            source = ROOT / str(page.start)
            shutil.copytree(source, home, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        return Shell(home)

    return reader


def _comparable(text: str) -> list[str]:
    for varying, stand_in in _VARYING:
        text = varying.sub(stand_in, text)
    lines = [line.strip() for line in text.strip().splitlines()]
    return [line for line in lines if line != "(latency)"]


def _environment() -> dict[str, str]:
    """Return an environment without settings of the machine that runs the tests."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    alone = "-p no:randomly -p no:asyncio -p no:rerunfailures"  # they print lines of their own
    return {
        **kept,
        "PATH": programs,
        "COLUMNS": "80",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",  # an app that is edited twice in a second is read again
        "PYTEST_ADDOPTS": alone,
        "GIT_AUTHOR_NAME": "reader",
        "GIT_AUTHOR_EMAIL": "reader@example.org",
        "GIT_COMMITTER_NAME": "reader",
        "GIT_COMMITTER_EMAIL": "reader@example.org",
    }
