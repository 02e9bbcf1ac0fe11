"""Tags that every run gets by itself: where and how it was made."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterator, Mapping, Sequence

from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.secret_texts import MASK
from pytest_vtrack.model.tags import AUTOMATIC
from pytest_vtrack.tracing.ci import detect_ci
from pytest_vtrack.tracing.ci_change import CiChange, ci_change
from pytest_vtrack.tracing.credentials import without_credentials

_USERS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "LOGNAME", "USER", "USERNAME")


def automatic_tags(
    environ: Mapping[str, str], argv: Sequence[str], redaction: Redaction | None = None
) -> dict[str, str]:
    """Return the automatic tags of a run; what is not known has no tag.

    :param argv: the command line, the command's name first. Credentials in URLs and values of options
        with a secret's name are masked.
    :param redaction: knows the names of secrets; default: the usual ones.
    """
    ci, job_url = detect_ci(environ) or (None, None)
    change = ci_change(environ) if ci else CiChange()
    implementation = platform.python_implementation()
    tags = {
        "python": f"{'' if implementation == 'CPython' else f'{implementation} '}{platform.python_version()}",
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        "plugin": _plugin_version(),
        "user": user_of(environ),
        "ci": ci,
        "ci.job_url": job_url,
        "ci.branch": change.branch,
        "ci.commit": change.commit,
        "ci.pull_request": change.pull_request,
        "ci.target_branch": change.target,
        "command": shlex.join(_masked(argv, redaction or Redaction())),
    }
    return {f"{AUTOMATIC}{name}": value for name, value in tags.items() if value}


def user_of(environ: Mapping[str, str]) -> str | None:
    """Return who started the session: on a CI the person whose change it tests."""
    return next((environ[name] for name in _USERS if environ.get(name)), None)


def _masked(argv: Sequence[str], redaction: Redaction) -> Iterator[str]:
    secret_follows = False
    for argument in argv:
        shown = _without_secret(argument, redaction)
        yield MASK if secret_follows and not argument.startswith("-") else shown
        is_option = argument.startswith("--") and "=" not in argument
        secret_follows = is_option and redaction.tag(argument, "") == MASK


def _without_secret(argument: str, redaction: Redaction) -> str:
    """Mask what follows a secret's name: ``--vtrack-flag=api_key=***``."""
    if "://" in argument:
        argument = without_credentials(argument)
    names = argument.split("=")
    for count, name in enumerate(names[:-1], start=1):
        if redaction.tag(name, "") == MASK:
            return "=".join([*names[:count], MASK])
    return argument


def _plugin_version() -> str | None:
    from importlib import metadata

    try:
        return metadata.version("pytest-vtrack")
    except metadata.PackageNotFoundError:
        return None
