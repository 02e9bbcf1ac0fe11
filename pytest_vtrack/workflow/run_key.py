"""Which sessions fill one run: those with the same run key, which the user gives or the CI makes."""

from __future__ import annotations

import math
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from pytest_vtrack.errors import SettingError

KEY, SHARD, SHARDS = "VTRACK_RUN_KEY", "VTRACK_SHARD", "VTRACK_SHARDS"


@dataclass(frozen=True, slots=True)
class SharedKey:
    """What a session has in common with the others that fill its run, and which part of them it is."""

    name: str
    """As messages and ``key:NAME`` have it."""
    surroundings: str = ""
    """What else has to be the same; empty where the user gave the key."""
    number: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class _Service:
    """How a CI names a run of it, and the part that a job is."""

    name: str
    given: str
    """The variable by which it is known."""
    run: tuple[str, ...]
    """Variables that are the same in all jobs of one run, and in no other run."""
    attempt: str | None = None
    number: str | None = None
    total: str | None = None
    first: int = 1
    """Its number of the first shard; with us that is 1, so that a missing one is called by its right name."""
    single: bool = False
    """Whether jobs without a number may be shards too: the CI never says."""


_SERVICES = (
    _Service("github", "GITHUB_ACTIONS", ("GITHUB_RUN_ID",), "GITHUB_RUN_ATTEMPT", single=True),
    _Service("gitlab", "GITLAB_CI", ("CI_PIPELINE_ID",), None, "CI_NODE_INDEX", "CI_NODE_TOTAL"),
    _Service(
        "circleci", "CIRCLECI", ("CIRCLE_WORKFLOW_ID",), None, "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0
    ),
    _Service(
        "buildkite",
        "BUILDKITE",
        ("BUILDKITE_BUILD_ID",),
        None,
        "BUILDKITE_PARALLEL_JOB",
        "BUILDKITE_PARALLEL_JOB_COUNT",
        0,
    ),
    _Service(
        "azure",
        "TF_BUILD",
        ("SYSTEM_TEAMPROJECTID", "BUILD_BUILDID"),
        None,
        "SYSTEM_JOBPOSITIONINPHASE",
        "SYSTEM_TOTALJOBSINPHASE",
    ),
    _Service("jenkins", "JENKINS_URL", ("BUILD_TAG",), single=True),
    _Service(
        "bitbucket",
        "BITBUCKET_BUILD_NUMBER",
        ("BITBUCKET_REPO_UUID", "BITBUCKET_BUILD_NUMBER"),
        None,
        "BITBUCKET_PARALLEL_STEP",
        "BITBUCKET_PARALLEL_STEP_COUNT",
        0,
    ),
)
_OFF = ("", "0", "false", "no")


def shared_key(environ: Mapping[str, str], *, detect: bool) -> SharedKey | None:
    """Return the run key of a session, ``None`` where its run is its own.

    :param detect: look at what the CI says where the user gave no key.
    :raises SettingError: a variable of ours is no number, or there are fewer shards than this one's number.
    """
    number, total = _ours(environ)
    service = _service(environ)
    if service and number is None:
        index = _number(environ, service.number)
        number = None if index is None else index + 1 - service.first
    if service and total is None:
        total = _number(environ, service.total)
    if name := environ.get(KEY, "").strip():
        return SharedKey(name, "", number, total)
    if not detect or service is None or not (service.single or (total or 0) > 1):
        return None
    base = _base(environ, service)
    if base is None:
        return None
    attempt = "" if total or number is not None else _attempt(environ, service)
    return SharedKey(base + attempt, _surroundings(), number, total)


def known_keys(environ: Mapping[str, str]) -> list[str]:
    """Return the run keys that sessions of this CI run may have, for the job that looks at them."""
    if name := environ.get(KEY, "").strip():
        return [name]
    service = _service(environ)
    base = _base(environ, service) if service else None
    if service is None or base is None:
        return []
    return list(dict.fromkeys((base, base + _attempt(environ, service))))


def expected_shards(environ: Mapping[str, str]) -> int | None:
    """Return how many shards the user says there are."""
    return _ours(environ)[1]


def _service(environ: Mapping[str, str]) -> _Service | None:
    return next((each for each in _SERVICES if environ.get(each.given, "").lower() not in _OFF), None)


def _base(environ: Mapping[str, str], service: _Service) -> str | None:
    values = [environ.get(name, "").strip() for name in service.run]
    return "-".join([service.name, *values]) if all(values) else None


def _attempt(environ: Mapping[str, str], service: _Service) -> str:
    """Return what tells a run that was started again from the first one.

    Where a shard has a number, or how many there are is known, it is left out: one that runs again then
    completes the first run.
    """
    value = environ.get(service.attempt, "") if service.attempt else ""
    return f".{value}" if value else ""


def _ours(environ: Mapping[str, str]) -> tuple[int | None, int | None]:
    """Return which shard the user says this is, and of how many; ``3/8`` says both."""
    text, _, of = environ.get(SHARD, "").strip().partition("/")
    number, total = _whole(SHARD, text), _whole(SHARDS, environ.get(SHARDS, "").strip() or of)
    if total == 0 or (number or 0) > (total or math.inf):
        which = "0 shards are no run" if number is None else f"there is no shard {number} of {total}"
        raise SettingError(
            f"{SHARD}, {SHARDS}: {which}; write the shard as 3 or 3/8, and how many there are: of a number "
            "too small, nobody would wait for the others"
        )
    return number, total


def _whole(name: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise SettingError(f"{name}: {text!r} is no whole number; write the shard as 3 or 3/8, shards as 8")
    return int(text)


def _number(environ: Mapping[str, str], name: str | None) -> int | None:
    text = environ.get(name, "") if name else ""
    return int(text) if text.isdecimal() else None


def _surroundings() -> str:
    """Return what differs where a CI runs the same cases in several environments, not a part in each."""
    return f"{sys.version_info[0]}.{sys.version_info[1]} {platform.system()} {platform.machine()}"
