"""The command line of the session as it may be shown and stored: user and password of the store left out."""

from __future__ import annotations

import shlex
from collections.abc import Iterable


def shown(arguments: Iterable[object]) -> list[str]:
    """Return arguments, with URLs of PostgreSQL reduced to their place."""
    from pytest_vtrack.store.location import is_postgres, without_password

    def plain(argument: str) -> str:
        option, equals, value = argument.partition("=")
        if is_postgres(argument):
            return without_password(argument)
        return f"{option}={without_password(value)}" if equals and is_postgres(value) else argument

    return [plain(str(argument)) for argument in arguments]


def command_with_baseline(arguments: Iterable[object], ref: str) -> str:
    """Return the command line of a session that compares with ``ref`` instead."""
    given = without_options(
        [arg for arg in shown(arguments) if arg != "--vtrack-resume"],
        ("--vtrack-baseline", "--vtrack-anchor", "--vtrack-version"),
    )
    return shlex.join(["pytest", *given, f"--vtrack-baseline={ref}"])


def without_options(given: list[str], dropped: tuple[str, ...]) -> list[str]:
    """Return a command line without some options and their values, joined by ``=`` or following."""
    follows = [False, *(arg in dropped for arg in given)]
    return [
        arg
        for arg, is_value in zip(given, follows, strict=False)
        if not is_value and arg.partition("=")[0] not in dropped
    ]
