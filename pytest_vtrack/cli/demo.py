"""``vtrack demo``: a regression caught, on a shipped example, with plain pytest lines."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import click

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.policy import EXIT_REGRESSED

_TESTED = "1.2"
_NEW = "1.3"


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("vtrack-demo"))
def command(folder: Path) -> None:
    """Copy the example into FOLDER, evaluate two versions of it, and compare them.

    Ends with exit code 0 when the regression was caught.
    """
    _check_needs(folder)
    _copy_example(folder)
    click.echo(f"The example is in {folder}: a help desk that answers questions from 68 articles.\n")
    first = _pytest(folder, _TESTED, f"--vtrack-version=v{_TESTED}")
    second = first or _pytest(folder, _NEW, f"--vtrack-version=v{_NEW}", f"--vtrack-baseline=v{_TESTED}")
    if second != EXIT_REGRESSED:
        click.echo(
            f"\nExpected exit code 0 and then {EXIT_REGRESSED}, got {second}: the demo failed.", err=True
        )
        raise SystemExit(1)
    click.echo(_NEXT.format(code=second, folder=folder))


_NEXT = """
That is exit code {code}: in CI it stops the merge. The tests alone would have passed.

Next:
    cd {folder}
    vtrack compare v1.2 v1.3 -v         every case that changed, without running anything
    open app.py                         the change that did it is in content_words
    vtrack init                         the same for your own app, in an empty folder"""


def _check_needs(folder: Path) -> None:
    if importlib.util.find_spec("rank_bm25") is None:
        raise SettingError("the demo needs the package rank-bm25: pip install 'pytest-vtrack[demo]'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingError(f"{folder} exists and is not empty; name another folder: vtrack demo FOLDER")


def _copy_example(folder: Path) -> None:
    with as_file(files("pytest_vtrack.examples") / "helpdesk") as example:
        shutil.copytree(
            example, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", ".vtrack", ".*")
        )


def _pytest(folder: Path, app_version: str, *options: str) -> int:
    """Run pytest as a user would type it, and print what was typed."""
    click.secho(f"$ HELPDESK_VERSION={app_version} pytest {' '.join(options)}", bold=True)
    sys.stdout.flush()
    return subprocess.run(  # noqa: S603  our own interpreter with fixed arguments
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**_plain_environment(), "HELPDESK_VERSION": app_version},
        check=False,
    ).returncode


def _plain_environment() -> dict[str, str]:
    """Return the environment without settings that are meant for other pytest runs."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTEST_ADDOPTS" and not name.startswith("VTRACK_")
    }
