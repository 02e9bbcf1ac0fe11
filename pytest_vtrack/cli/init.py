"""``vtrack init``: a first test and dataset in the current folder, or the file of a CI."""

from __future__ import annotations

import shlex
from importlib.resources import files
from pathlib import Path

import click

from pytest_vtrack.cli.ci_files import CI_FILES, write_ci_file
from pytest_vtrack.cli.output import echo_json
from pytest_vtrack.cli.stored import json_option
from pytest_vtrack.errors import SettingError

_TEST = "test_vtrack_example.py"
_FILES = {_TEST: "1 test, 5 cases, no API key needed", "qa_example.jsonl": "the 5 cases"}
_IGNORED = ".vtrack/"


@click.command("init")
@click.option("--store", "store_uri", metavar="URI", help="Where the first run shall be kept.")
@click.option("--ci", type=click.Choice(sorted(CI_FILES)), help="Write a job for this CI instead.")
@json_option
def command(store_uri: str | None, ci: str | None, as_json: bool) -> None:
    """Write a first test and dataset into this folder; existing files are never overwritten.

    With --ci, write a job that compares every change with a committed baseline, and nothing else.
    """
    here = Path.cwd()
    if ci is not None:
        _for_ci(ci, here, store_uri, as_json=as_json)
        return
    existing = [name for name in _FILES if (here / name).exists()]
    if existing:
        raise SettingError(
            f"{' and '.join(existing)}: already here, so nothing was written; run pytest {_TEST}, or type "
            "vtrack init in another folder"
        )
    for name in _FILES:
        text = (files("pytest_vtrack.templates") / "init" / name).read_text("utf-8")
        (here / name).write_text(text, "utf-8")
    ignored = _ignore_store(here / ".gitignore")
    run_it = ["pytest", _TEST, *([f"--vtrack-store={store_uri}"] if store_uri else [])]
    if as_json:
        echo_json({"created": list(_FILES), "ignored": ignored, "next": run_it})
        return
    for name, what in _FILES.items():
        click.echo(f"Created  {name:<24} {what}")
    if ignored:
        click.echo(f"Added    {_IGNORED} to .gitignore")
    click.echo(f"Next:    {shlex.join(run_it)}")


def _for_ci(name: str, here: Path, store_uri: str | None, *, as_json: bool) -> None:
    if store_uri is not None:
        raise SettingError("--store: a job of a CI compares with a committed file; leave the option out")
    path, steps = write_ci_file(name, here)
    if as_json:
        echo_json({"created": [path], "next": steps})
        return
    click.echo(f"Created  {path}")
    for number, step in enumerate(steps, start=1):
        click.echo(f"{'Next:' if number == 1 else '':<8} {number}. {step}")


def _ignore_store(gitignore: Path) -> bool:
    """Keep the store out of git; tell whether a line was added."""
    text = gitignore.read_text("utf-8") if gitignore.exists() else ""
    if _IGNORED in text.splitlines():
        return False
    separator = "" if not text or text.endswith("\n") else "\n"
    gitignore.write_text(f"{text}{separator}{_IGNORED}\n", "utf-8")
    return True
