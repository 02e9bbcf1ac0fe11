"""App versions: one state of the application under test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_vtrack.model import payload


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

    @property
    def fingerprint(self) -> str:
        """Tells apart two states under one name: another commit, uncommitted changes, other params."""
        return payload.digest(
            self.name, self.commit or "", str(self.dirty), json.dumps(dict(self.params), sort_keys=True)
        )
