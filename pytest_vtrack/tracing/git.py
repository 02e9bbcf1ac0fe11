"""What git knows about a folder, in a few short calls."""

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
_STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--no-renames", "-z")


@dataclass(frozen=True, slots=True)
class GitState:
    """The state of a work tree."""

    commit: str | None
    """``None``: nothing is committed yet."""
    branch: str | None
    """``None``: HEAD is detached."""
    changed: tuple[str, ...]
    """What differs from the commit, one line a tracked file as ``git status`` writes it."""
    described: str | None
    """As ``git describe --tags --always`` says it."""
    remote: str | None
    """The URL of ``origin``, else of the first remote, as it is configured."""

    @property
    def dirty(self) -> bool:
        """Whether tracked files differ from the commit; untracked files do not count."""
        return bool(self.changed)

    @property
    def describe(self) -> str | None:
        """As ``git describe --tags --always --dirty`` says it."""
        return f"{self.described}-dirty" if self.described and self.dirty else self.described


def git_state(folder: Path, environ: Mapping[str, str]) -> GitState | None:
    """Return the state of the work tree that a folder is in; ``None`` without git or outside of one."""
    status = _git(folder, environ, *_STATUS)
    if status is None:
        return None
    lines = [line for line in status.split("\0") if line]
    facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit, branch = facts.get("branch.oid"), facts.get("branch.head")
    begun = commit != "(initial)"
    return GitState(
        commit if begun else None,
        None if branch == "(detached)" else branch,
        tuple(line for line in lines if not line.startswith("#")),
        (_git(folder, environ, "describe", "--tags", "--always") or None) if begun else None,
        _remote(_git(folder, environ, "config", "--get-regexp", r"^remote\..*\.url$") or ""),
    )


def top_folder(folder: Path, environ: Mapping[str, str]) -> Path | None:
    """Return the folder that the whole work tree is in."""
    top = _git(folder, environ, "rev-parse", "--show-toplevel")
    return Path(top) if top else None


def tag_before(folder: Path, environ: Mapping[str, str], commit: str) -> str | None:
    """Return the nearest tag before a commit that is tagged itself; ``None`` in a shallow clone."""
    return _git(folder, environ, "describe", "--tags", "--abbrev=0", f"{commit}^") or None


def described_fork(folder: Path, environ: Mapping[str, str], target: str) -> str | None:
    """Return what ``git describe`` says of the commit where HEAD left the branch that it goes to."""
    commit = _git(folder, environ, "merge-base", "HEAD", f"refs/remotes/origin/{target}")
    return _git(folder, environ, "describe", "--tags", "--always", commit) if commit else None


def commit_of(folder: Path, environ: Mapping[str, str], name: str) -> tuple[str, str | None] | None:
    """Return the commit that a tag or branch of this name stands for, and the branch where it is one."""
    refs = {f"refs/tags/{name}": None, f"refs/heads/{name}": name, f"refs/remotes/origin/{name}": name}
    known = _git(folder, environ, "for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", *refs)
    found = {line.split(" ", 2)[2]: line.split(" ", 2)[:2] for line in (known or "").splitlines()}
    return next(
        (((found[ref][1] or found[ref][0]), branch) for ref, branch in refs.items() if ref in found), None
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
