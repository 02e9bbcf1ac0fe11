"""The markers: what users may write in them, read into one value per test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from pytest_vtrack.errors import SettingError


@dataclass(frozen=True)
class MarkerArguments:
    """The merged arguments of all ``vtrack`` markers of one test, the closest marker first."""

    dataset: Any = None
    scorers: Sequence[Any] = ()
    experiment: str | None = None
    env: str | None = None
    flags: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    versions: Sequence[str] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    repeat: int = 1
    concurrency: int | None = None
    bulk: bool | int | None = None
    """Whether the cases run in chunks, or the number of items beyond which they do."""
    gate: bool | Sequence[str] | None = None
    """Which metrics of the test decide. ``None``, ``True``: those declared to; ``False``: none, but cases
    must finish; names: these and no other scorer's, and cases must pass and finish.
    """
    slices: Sequence[str] = ()
    cluster: str | None = None
    timeout: float | None = None
    """Seconds that one call of the application may take; ``False``: as many as it likes."""
    retries: int = 0
    retry_on: type[BaseException] | tuple[type[BaseException], ...] = ()
    rate: str | bool | None = None
    """How many calls may start in a time, as ``60/min``; ``False``: any number."""


_ALLOWED = tuple(field.name for field in fields(MarkerArguments))


def read_marker(node: pytest.Item | pytest.Collector, *, where: str) -> MarkerArguments:
    """Return the merged marker arguments of a test; those of a test without marker are all defaults.

    :raises SettingError: an argument is unknown or has a value of the wrong kind.
    """
    merged: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers("vtrack"))):
        if mark.args:
            raise SettingError(
                f"{where}: @pytest.mark.vtrack takes named arguments only, not {mark.args[0]!r}; "
                f"write e.g. dataset={mark.args[0]!r}. Allowed: {', '.join(_ALLOWED)}"
            )
        for name in mark.kwargs:
            if name not in _ALLOWED:
                raise SettingError(
                    f"{where}: @pytest.mark.vtrack has no argument {name!r}; allowed: {', '.join(_ALLOWED)}"
                )
        merged |= mark.kwargs
    return _checked(MarkerArguments(**merged), where)


def _checked(arguments: MarkerArguments, where: str) -> MarkerArguments:
    def require(name: str, kind: type | tuple[type, ...], wanted: str) -> None:
        value = getattr(arguments, name)
        if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is int)):
            raise SettingError(f"{where}: @pytest.mark.vtrack({name}={value!r}): {name} must be {wanted}")

    require("scorers", (list, tuple), "a list of scorers")
    require("experiment", str, "a name")
    require("env", str, "a name")
    require("flags", Mapping, "a dict of flag name to a list of states, e.g. {'new_ranker': [True, False]}")
    require("versions", (list, tuple), "a list of version names")
    require("params", Mapping, "a dict")
    require("repeat", int, "a whole number of at least 1")
    require("concurrency", int, "a whole number of at least 1")
    require("bulk", (bool, int), "True, False or a whole number of at least 1")
    require("gate", (bool, list, tuple), "True, False or a list of metric names")
    require("slices", (list, tuple), "a list of tags, e.g. ['topic', 'lang=fr']")
    require("cluster", str, "the name of a tag")
    _check_listed(arguments.versions, where)
    if (arguments.timeout, arguments.retries, arguments.retry_on, arguments.rate) != (None, 0, (), None):
        from pytest_vtrack.plugin.limit_arguments import check_limits

        check_limits(
            f"{where}: @pytest.mark.vtrack",
            timeout=arguments.timeout,
            retries=arguments.retries,
            retry_on=arguments.retry_on,
            rate=arguments.rate,
        )
    for name in ("repeat", "concurrency", "bulk"):
        number = getattr(arguments, name)
        if number is not None and number is not False and number < 1:
            raise SettingError(f"{where}: @pytest.mark.vtrack({name}={number}): {name} must be at least 1")
    for flag, states in arguments.flags.items():
        if not isinstance(states, (list, tuple)) or not states:
            raise SettingError(
                f"{where}: @pytest.mark.vtrack(flags={{{flag!r}: {states!r}}}): give a list of states, "
                f"e.g. {{{flag!r}: [True, False]}}"
            )
    return arguments


def _check_listed(versions: Sequence[object], where: str) -> None:
    """Refuse a list of versions with one that has no name, or that stands twice."""
    shown = f"{where}: @pytest.mark.vtrack(versions={list(versions)!r})"
    for version in versions:
        if not isinstance(version, str) or not version.strip():
            raise SettingError(f"{shown}: {version!r} is not the name of a version; give texts like 'v1.2'")
        if versions.count(version) > 1:
            raise SettingError(f"{shown}: {version!r} stands twice; list each version once")


def version_marks(node: pytest.Item) -> list[str]:
    """Return the specifications of all ``vtrack_version`` markers of a test.

    :raises SettingError: a marker has no specification, or one that does not parse.
    """
    return [_version_spec(mark, node.nodeid) for mark in node.iter_markers("vtrack_version")]


def _version_spec(mark: pytest.Mark, where: str) -> str:
    from pytest_vtrack.model.specification import check_specification

    if len(mark.args) != 1 or mark.kwargs or not isinstance(mark.args[0], str):
        raise SettingError(
            f"{where}: @pytest.mark.vtrack_version takes one text like 'v1.3' or '>=1.2,<2', not "
            f"{', '.join(map(repr, mark.args)) or 'nothing'}"
        )
    check_specification(mark.args[0], where=f"{where}: @pytest.mark.vtrack_version")
    return mark.args[0]
