"""Ending a session before its last test, and saying why it ended."""

from __future__ import annotations

import sys

import pytest


def stop(config: pytest.Config, session: pytest.Session | None, why: str) -> None:
    """Let no more tests start, here or in workers."""
    for loop in (session, config.pluginmanager.get_plugin("dsession")):
        if loop is not None and not loop.shouldstop:
            loop.shouldstop = why


def interruption_in_words(error: BaseException) -> str:
    """Say what interrupted a session: Ctrl-C, ``pytest.exit``, or a limit such as ``-x``."""
    match error:
        case pytest.exit.Exception():
            return f"pytest.exit: {error.msg}" if error.msg else "pytest.exit"
        case _ if type(error) is KeyboardInterrupt or not str(error):
            return "interrupted"
    return str(error)


def why_stopped(session: pytest.Session) -> str | None:
    """Say why a session ended before its last test; ``None`` when it did not."""
    if why := session.shouldfail or session.shouldstop:
        return str(why)
    if session.exitstatus == pytest.ExitCode.INTERRUPTED:
        return "interrupted"
    in_flight = sys.exc_info()[1]
    return f"stopped by {type(in_flight).__name__}" if in_flight else None
