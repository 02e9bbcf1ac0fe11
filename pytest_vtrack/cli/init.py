"""``vtrack init``: a first test and dataset in the current folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from pytest_vtrack.errors import SettingError

_FILES = {
    "test_vtrack_example.py": "1 test, 5 cases, no API key needed",
    "qa_example.jsonl": "the 5 cases",
}
_IGNORED = ".vtrack/"


@click.command("init")
def command() -> None:
    """Write a first test and dataset into this folder; existing files are never overwritten."""
    here = Path.cwd()
    existing = [name for name in _FILES if (here / name).exists()]
    if existing:
        raise SettingError(f"{', '.join(existing)}: already here, nothing was written")
    for name, what in _FILES.items():
        (here / name).write_text((files("pytest_vtrack.templates") / "init" / name).read_text(), "utf-8")
        click.echo(f"Created  {name:<24} {what}")
    if _ignore_store(here / ".gitignore"):
        click.echo(f"Added    {_IGNORED} to .gitignore")
    click.echo("Next:    pytest test_vtrack_example.py")


def _ignore_store(gitignore: Path) -> bool:
    """Keep the store out of git; tell whether a line was added."""
    text = gitignore.read_text("utf-8") if gitignore.exists() else ""
    if _IGNORED in text.splitlines():
        return False
    gitignore.write_text(
        f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{_IGNORED}\n", "utf-8"
    )
    return True
