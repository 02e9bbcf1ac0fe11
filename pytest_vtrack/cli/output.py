"""Writing to the terminal: tones as colours, values as JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run

_STYLES: dict[str, dict[str, Any]] = {
    "worse": {"fg": "yellow", "bold": True},
    "better": {"fg": "blue"},
    "not_sure": {"fg": "yellow"},
    "ok": {},
    "muted": {"dim": True},
    "bold": {"bold": True},
    "plain": {},
}


def echo_lines(lines: Iterable[Any]) -> None:
    """Print lines of segments; click drops the colours where the output is no terminal."""
    for line in lines:
        click.echo("".join(click.style(part.text, **_STYLES[part.tone]) for part in line))


def echo_json(value: Any) -> None:
    """Print a value as JSON with stable keys."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False))


def screen_width() -> int:
    """Return the width of the terminal in columns, at least 40; 80 where there is none."""
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def speaks_unicode() -> bool:
    """Tell whether standard output can print every character that the screens use."""
    try:
        "▼▲✓✗→−…".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def screen() -> dict[str, Any]:
    """Return the arguments that every screen takes."""
    return {"width": screen_width(), "unicode": speaks_unicode()}


def local_zone() -> tzinfo:
    """Return the time zone that times are shown in."""
    return datetime.now(UTC).astimezone().tzinfo or UTC


def run_as_json(run: Run) -> dict[str, Any]:
    """Return what is known of a run besides its cases."""
    return {
        "id": run.id,
        "experiment": run.experiment,
        "version": run.version.name,
        "commit": run.version.commit,
        "env": run.env,
        "status": run.status,
        "reason": run.reason,
        "cases": run.stored,
        "expected": run.expected,
        "started_at": datetime.fromtimestamp(run.started_at, UTC).isoformat(),
        "flags": dict(run.flags),
        "tags": dict(run.tags),
    }
