"""Tags: automatic ones under ``vtrack.``, standard names that every application has, and the user's own."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pytest_vtrack.errors import SettingError

AUTOMATIC = "vtrack."
"""Names that start so are written by the plugin only."""
MEASURED_AGAINST = f"{AUTOMATIC}measured_against"
"""On a run: the run whose outputs its scorers were given as the baseline's."""

STANDARD = {
    "session": "what belongs together: on a run the test session, on a trace the conversation",
    "user": "who asked: on a run who started it, on a trace the user of the application",
    "environment": "where it ran",
    "app_version": "the version of the application",
    "model_version": "the model behind it, where the application or the user tells",
    "deployment_id": "the deployment that answered",
    "feature_flags": "the flags that were on or off, as JSON",
}
"""Names with one meaning everywhere; users may set them too, and what they say counts."""


def standard_tags(
    *, session: str, user: str | None, environment: str, app_version: str, flags: Mapping[str, str]
) -> dict[str, str]:
    """Return the standard tags that are known of a run."""
    tags = {
        "session": session,
        "user": user,
        "environment": environment,
        "app_version": app_version,
        "feature_flags": json.dumps(dict(flags), sort_keys=True, ensure_ascii=False) if flags else None,
    }
    return {name: value for name, value in tags.items() if value}


def check_tag_name(name: str, *, where: str) -> None:
    """Refuse a tag name that users may not set.

    :raises SettingError: the name is no text, empty or reserved.
    """
    if not isinstance(name, str) or not name.strip():
        raise SettingError(f"{where}: a tag needs a name, not {name!r}")
    if name.startswith(AUTOMATIC):
        raise SettingError(f"{where}: {name!r} is reserved; names starting with {AUTOMATIC!r} are automatic")
