"""``vtrack demo``: a regression caught, on a shipped example, with plain pytest lines."""

from __future__ import annotations

import importlib.util
import itertools
import os
import shlex
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import click

from pytest_vtrack.cli.output import echo_json, echo_typed
from pytest_vtrack.cli.stored import json_option, store_option
from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.policy import EXIT_REGRESSED, Policy

_TRUSTED, _NEW = "1.2", "1.3"
_STDERR = 2
_BROKEN = "correct"
"""The metric that version 1.3 of the example makes worse."""


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@store_option
@json_option
def command(folder: Path | None, store_uri: str | None, as_json: bool) -> None:
    """Copy the example into FOLDER (default: vtrack-demo), evaluate two versions of it, and compare them.

    Ends with exit code 0 when the regression was caught, and with 1 otherwise.
    """
    folder = folder or _unused("vtrack-demo")
    _check_needs(folder)
    _copy_example(folder)
    store = store_uri or str(folder / ".vtrack/vtrack.db")
    store = store if "://" in store else str(Path(store).absolute())
    kept = [f"--vtrack-store={store}"] if store_uri else []
    if not as_json:
        click.echo(f"The example is in {folder}: a help desk that answers questions from 68 articles.\n")
        echo_typed(f"cd {shlex.quote(str(folder))}")
    lines = [
        [f"--vtrack-version=v{_TRUSTED}", *kept],
        [f"--vtrack-version=v{_NEW}", f"--vtrack-baseline=v{_TRUSTED}", *kept],
    ]
    first = _pytest(folder, _TRUSTED, lines[0], quiet=as_json)
    second = None if first else _pytest(folder, _NEW, lines[1], quiet=as_json)
    caught = second == EXIT_REGRESSED and _is_worse(store)
    if as_json:
        echo_json({"folder": str(folder), "store": store, "exit_codes": [first, second], "caught": caught})
    elif caught:
        click.echo(_NEXT.format(code=second, enter=_enter(folder)))
    if not caught:
        click.echo(_FAILED.format(expected=EXIT_REGRESSED, first=first, second=second), err=True)
        raise SystemExit(1)


_NEXT = """
That is exit code {code}: in CI it stops the merge. The tests alone would have passed.

Next:
    {enter}
    vtrack compare v1.2 v1.3 -v         every case that changed, without running anything
    open app.py                         the change that did it is in content_words
    vtrack init                         the same for your own app, in its folder"""

_FAILED = """
vtrack: the demo failed: version 1.2 should have ended with exit code 0, and 1.3 with {expected}, because
`correct` got worse; they ended with {first} and {second}. What pytest said above tells why."""


def _enter(folder: Path) -> str:
    """Return what to type to stand in the folder, with the command at hand."""
    lines = [f"cd {shlex.quote(str(folder))}"]
    activate = Path(sys.executable).parent / "activate"
    if shutil.which("vtrack") is None and activate.exists():
        lines.insert(0, f". {shlex.quote(str(activate))}")
    return "\n    ".join(lines)


def _unused(name: str) -> Path:
    """Return a folder that is not there yet, so that the demo can be run again."""
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(path for path in map(Path, names) if not path.exists())


def _check_needs(folder: Path) -> None:
    if importlib.util.find_spec("rank_bm25") is None:
        raise SettingError("the demo needs the package rank-bm25: pip install 'pytest-vtrack[demo]'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingError(f"{folder} exists and is not empty; name another folder: vtrack demo FOLDER")


def _copy_example(folder: Path) -> None:
    with as_file(files("pytest_vtrack.examples") / "helpdesk") as example:
        left_out = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(example, folder, dirs_exist_ok=True, ignore=left_out)
    (folder / ".gitignore").write_text("*\n", "utf-8")  # a scratch copy: not a part of any repository


def _pytest(folder: Path, app_version: str, options: list[str], *, quiet: bool) -> int:
    """Run pytest as a user would type it, and print what was typed."""
    if not quiet:
        echo_typed(f"HELPDESK_VERSION={app_version} {shlex.join(['pytest', *options])}")
    sys.stdout.flush()
    return subprocess.run(  # noqa: S603  our own interpreter with fixed arguments
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**_plain_environment(), "HELPDESK_VERSION": app_version},
        stdout=_STDERR if quiet else None,
        check=False,
    ).returncode


def _is_worse(store_uri: str) -> bool:
    """Tell whether what is stored says what the screen said."""
    from pytest_vtrack.store import open_store
    from pytest_vtrack.workflow.comparing import compare
    from pytest_vtrack.workflow.references import resolve

    store = open_store(store_uri, create=False)
    try:
        old, new = (
            resolve(store, f"v{name}", "helpdesk", folder=Path.cwd()).run for name in (_TRUSTED, _NEW)
        )
        metrics = compare(store, old, new, Policy()).metrics
    finally:
        store.close()
    return any(metric.name == _BROKEN and metric.verdict == "worse" for metric in metrics)


def _plain_environment() -> dict[str, str]:
    """Return the environment without settings that are meant for other pytest runs."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTEST_ADDOPTS" and not name.startswith("VTRACK_")
    }
