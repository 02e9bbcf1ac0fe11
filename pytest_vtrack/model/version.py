"""App versions: one state of the application under test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model import payload
from pytest_vtrack.model.tags import AUTOMATIC


@dataclass(frozen=True, slots=True)
class AppVersion:
    """A named state of the application and where it came from; unknown facts are ``None``."""

    name: str
    commit: str | None = None
    branch: str | None = None
    dirty: bool | None = None
    repository: str | None = None
    package_version: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    changes: str | None = None
    """A digest of the uncommitted changes: two dirty work trees of one commit differ in it."""
    parent: str | None = None
    """The version before this one: the nearest tag, or where a pull request left its target."""
    deployment_id: str | None = None
    """The deployment that answered, where the version is asked as a service."""

    @property
    def fingerprint(self) -> str:
        """Tells apart two states under one name: another commit, other uncommitted changes, other params.

        Without a commit the package's version stands for it.
        """
        return payload.digest(
            self.name,
            self.commit or self.package_version or "",
            str(self.dirty),
            json.dumps(dict(self.params), sort_keys=True),
            *((self.changes,) if self.changes else ()),
        )


def check_param_name(name: str, *, where: str) -> None:
    """Refuse the name of a param that cannot be shown.

    :raises SettingError: the name is not a text, or empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise SettingError(f"{where}: a param needs a name, not {name!r}")


def parse_params(lines: Iterable[str], *, source: str) -> dict[str, str]:
    """Read lines like ``model = gpt-5``.

    :param source: where the lines stand, for the message.
    :raises SettingError: a line is not ``name = value``.
    """
    params = {}
    for line in lines:
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals):
            raise SettingError(f"{source}: {line.strip()!r} is not a param; write `name = value`")
        params[name] = value
    return params


_SOURCE = f"{AUTOMATIC}source."
_FACTS = ("commit", "branch", "dirty", "repository", "package_version", "changes", "parent")
KEPT_AS_TAGS = {
    "changes": f"{_SOURCE}changes",
    "parent": f"{_SOURCE}parent",
    "deployment_id": "deployment_id",
}
"""The facts that a store keeps among the tags of the run, by tag."""


def tags_of(version: AppVersion) -> dict[str, str]:
    """Return the tags that say where a version came from; what is unknown has no tag."""
    facts = {name: getattr(version, name) for name in _FACTS}
    told = {f"{_SOURCE}{name}": value for name, value in facts.items() if value is not None}
    texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in told.items()}
    return {**texts, **kept_as_tags(version)}


def kept_as_tags(version: AppVersion) -> dict[str, str]:
    """Return the facts of a version that a store keeps among the tags of the run."""
    return {tag: value for name, tag in KEPT_AS_TAGS.items() if (value := getattr(version, name)) is not None}


def with_tags(version: AppVersion, tags: Mapping[str, str]) -> AppVersion:
    """Return a version with the facts that only the tags of its run hold."""
    facts: dict[str, Any] = {name: tags[tag] for name, tag in KEPT_AS_TAGS.items() if tag in tags}
    return replace(version, **facts) if facts else version
