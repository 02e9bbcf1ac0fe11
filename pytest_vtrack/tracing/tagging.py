"""Tags that an application sets on the trace it is working for."""

from __future__ import annotations

from pytest_vtrack.model.tags import check_tag_name
from pytest_vtrack.tracing.recorder import current_recorder


def set_tag(name: str, value: object) -> None:
    """Set a tag on the trace of the case that is running, from anywhere inside its call.

    Outside of a case, in production for example, it does nothing.

    :param value: stored as text.
    :raises SettingError: the name is empty or reserved.
    """
    check_tag_name(name, where=f"set_tag({name!r})")
    recorder = current_recorder()
    if recorder is not None:
        recorder.tags[name] = str(value)
