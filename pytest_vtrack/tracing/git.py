"""What git knows about a folder, in at most three short calls."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TIMEOUT_S = 10.0
# Set inside of git hooks; they would point git at another repository than the folder's.
_FOREIGN = frozenset(
    f"GIT_{name}"
    for name in (
        "ALTERNATE_OBJECT_DIRECTORIES",
        "COMMON_DIR",
        "DIR",
        "GRAFT_FILE",
        "INDEX_FILE",
        "NAMESPACE",
        "OBJECT_DIRECTORY",
        "PREFIX",
        "SHALLOW_FILE",
        "WORK_TREE",
    )
)


@dataclass(frozen=True, slots=True)
class GitState:
    """The state of a work tree."""

    commit: str | None
    """``None``: nothing is committed yet."""
    branch: str | None
    """``None``: HEAD is detached."""
    dirty: bool
    """Whether tracked files differ from the commit; untracked files do not count."""
    describe: str | None
    """As ``git describe --tags --always --dirty`` says it."""
    remote: str | None
    """The URL of ``origin``, else of the first remote, as it is configured."""


def git_state(folder: Path, environ: Mapping[str, str]) -> GitState | None:
    """Return the state of the work tree that a folder is in; ``None`` without git or outside of one."""
    status = _git(
        folder, environ, "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--no-renames"
    )
    if status is None:
        return None
    lines = status.splitlines()
    facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit, branch = facts.get("branch.oid"), facts.get("branch.head")
    dirty = any(not line.startswith("#") for line in lines)
    described = None
    if commit == "(initial)":
        commit = None
    else:
        described = _git(folder, environ, "describe", "--tags", "--always")
    return GitState(
        commit,
        None if branch == "(detached)" else branch,
        dirty,
        f"{described}-dirty" if described and dirty else described or None,
        _remote(_git(folder, environ, "config", "--get-regexp", r"^remote\..*\.url$") or ""),
    )


def _remote(lines: str) -> str | None:
    """Choose from lines like ``remote.origin.url https://...``."""
    urls = [(name, url) for name, _, url in (line.partition(" ") for line in lines.splitlines())]
    return next((url for name, url in urls if name == "remote.origin.url"), urls[0][1] if urls else None)


def _git(folder: Path, environ: Mapping[str, str], *command: str) -> str | None:
    env = {name: value for name, value in environ.items() if name not in _FOREIGN}
    env |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - the commands are this file's
            ["git", "-C", str(folder), *command],  # noqa: S607 - the git that the user's PATH has
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None  # not installed, not executable, or too slow
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
