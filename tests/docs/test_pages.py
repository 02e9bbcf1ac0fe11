from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

Page = Any  # the classes of conftest.py
Shell = Any

ROOT = Path(__file__).parents[2]
LANGUAGES = {"console", "python", "jsonl", "json", "csv", "ini", "toml", "yaml", "groovy", "text"}


def test_a_page_does_what_it_says(page: Page, reader: Callable[[Page], Shell]) -> None:
    blocks = [block for block in page.blocks if block.is_run and (block.language == "console" or block.file)]
    if not blocks:
        return
    assert page.start, "a page with commands says where its reader stands: <!-- starts in: ... -->"
    shell = reader(page)
    for block in blocks:
        if block.file:
            target = shell.folder / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.body, encoding="utf-8")
        else:
            type_all(list(block.commands), shell, f"{page.path}:{block.line}")


def type_all(commands: list[Any], shell: Shell, where: str) -> None:
    assert commands, f"{where}: a console block has lines after $"
    for command, after in zip(commands, [*commands[1:], None], strict=True):
        printed = shell.type(command.typed)
        shown = f"{where}: $ {command.typed}\n{printed}"
        if command.expected:
            assert command.is_printed(printed), f"{shown}\n--- the page shows:\n{command.expected}"
        told = f"exit code {shell.code}" in printed or (after and after.typed == "echo $?")
        assert shell.code == 0 or told, f"{shown}\n(exit code {shell.code})"


def test_python_and_json_blocks_are_well_formed(page: Page) -> None:
    for block in page.blocks:
        assert block.language in LANGUAGES, f"{page.path}:{block.line}: {block.language!r}"
        if block.language == "python":
            compile(block.body, f"{page.path}:{block.line}", "exec")
        if block.language == "jsonl":
            assert all(json.loads(line) for line in block.body.splitlines())
        if block.language == "json":
            json.loads(block.body)


def test_scripts_that_a_page_names_are_there(page: Page) -> None:
    for script in re.findall(r"python ((?:benchmarks|docs)/[\w/]+\.py)", page.text):
        assert (ROOT / script).is_file(), f"{page.path}: {script}"


def test_the_picture_shows_what_the_tutorial_shows(pages: list[Page]) -> None:
    tutorial = next(page for page in pages if page.path.name == "first-comparison.md")
    screen = next(block.body for block in tutorial.blocks if "✗ REGRESSED" in block.body)
    shown = screen[screen.index("✗ REGRESSED") : screen.index("====", screen.index("Gate: failed"))]
    picture = lines_of((ROOT / "docs/pictures/regressed.svg").read_text(encoding="utf-8"))
    words = [" ".join(line.split()) for line in shown.splitlines() if "latency" not in line]
    assert [line for line in words if line and line not in picture] == []


def lines_of(svg: str) -> list[str]:
    """Return the lines of text in a picture, pieces at one height put together."""
    lines: dict[str, list[str]] = {}
    for height, text in re.findall(r'<text [^>]*y="(\d+)"[^>]*>([^<]*)</text>', svg):
        lines.setdefault(height, []).append(unescape(text))
    return [" ".join(" ".join(pieces).split()) for pieces in lines.values()]


def test_links_lead_somewhere(page: Page) -> None:
    text = re.sub(r"^```.*?^```$", "", page.text, flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
        link = "".join(target)
        if link.startswith(("http:", "https:")):
            continue
        name, _, anchor = link.partition("#")
        path = (page.path.parent / name).resolve() if name else page.path
        assert path.exists(), f"{page.path}: {link}"
        if anchor:
            assert anchor in anchors(path), f"{page.path}: {link} has no such heading"


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index(pages: list[Page]) -> None:
    index = next(page for page in pages if page.path.parts[-2:] == ("docs", "README.md"))
    linked = {(index.path.parent / link).resolve() for link in re.findall(r"\]\(([^)#]+)\)", index.text)}
    assert [page.path.name for page in pages if page.path != index.path and page.path not in linked] == []


def test_lines_are_of_a_length_that_reads_in_an_editor(page: Page) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.text, flags=re.MULTILINE | re.DOTALL)
    long = [line for line in prose.splitlines() if len(line) > 130 and not line.startswith("|")]
    assert long == []


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("correct 85.2 %", "correct   85.2 %", True),
        ("correct 85.2 %", "correct 85.3 %", False),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("a\n...\nd", "a\nb\nc", False),
        ("run ... of bot", "run 5 of bot", True),
        ("Saved (run 8b31dc19)", "Saved (run 0a1b2c3d)", True),
        ("Saved (run 8b31dc19)", "Saved (run 7)", False),
        ("=== 5 passed in 0.06s ===", "====== 5 passed in 12.34s =====", True),
        ("=== 5 passed in 0.06s ===", "=== 4 passed in 0.06s ===", False),
        ("latency 0.2 ms ok\nnext", "  ▲ latency  0.3 ms  better\nnext", True),
        ("a", "a\nb", False),
    ],
)
def test_what_is_printed_is_compared(
    page_of: Callable[[str], Page], expected: str, printed: str, same: bool
) -> None:
    (block,) = page_of(f"```console\n$ typed\n{expected}\n```\n").blocks
    (command,) = block.commands
    assert command.is_printed(printed) == same


def test_a_failure_that_the_page_does_not_show_fails(
    page_of: Callable[[str], Page], reader: Callable[[Page], Shell]
) -> None:
    page = page_of("<!-- starts in: an empty folder -->\n```console\n$ false\n```\n")
    with pytest.raises(AssertionError, match="exit code 1"):
        test_a_page_does_what_it_says(page, reader)
    shown = page_of("<!-- starts in: an empty folder -->\n```console\n$ false\n$ echo $?\n1\n```\n")
    test_a_page_does_what_it_says(shown, reader)
