"""Configured built-ins: their settings are checked, and stand in the fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Value
from pytest_vtrack.scoring.check import Check, OutputCheck
from pytest_vtrack.scoring.measures import READ_FROM_VALUES, YES_NO, Measures


def fingerprint(kind: str, settings: Mapping[str, Any], **chosen: str | None) -> str:
    """Return what stands for a built-in with these settings.

    :param chosen: ``key``, ``output`` and their like: names, as the user gave them.
    :raises ScorerError: one of them is not a name.
    """
    for what, value in chosen.items():
        if value is not None and not isinstance(value, str):
            raise ScorerError(f"{kind}: {what}={value!r} must be a name, as text")
    # What is not set is left out, so that an option more leaves the fingerprints that there are.
    given = {what: value for what, value in settings.items() if value is not None and value is not False}
    named = {what: value for what, value in chosen.items() if value is not None}
    configured = payload.encode(given | named, kind, canonical=True).text
    # The number is the revision of the comparison: raised when a change of ours changes a value.
    return f"builtin:{kind}/1:{payload.digest(configured)}"


def check(
    kind: str,
    compare: Callable[[Any, Any], Value | None],
    key: str | None,
    output: str | None,
    name: str | None,
    settings: Mapping[str, Any],
    *,
    fixed: Any = None,
    whole: bool = False,
    entire: bool = False,
    measures: Measures = READ_FROM_VALUES,
) -> Check:
    """Return a built-in that compares the outputs with an expectation."""
    mark = fingerprint(kind, settings, key=key, output=output)
    named = kind if name is None else name
    return Check(named, mark, compare, key, output, fixed, whole, entire, measures)


def output_check(
    kind: str,
    measure: Callable[[Any], Value | None],
    output: str | None,
    name: str | None,
    settings: Mapping[str, Any],
    measures: Measures = YES_NO,
) -> OutputCheck:
    """Return a built-in that looks at the outputs alone."""
    mark = fingerprint(kind, settings, output=output)
    return OutputCheck(kind if name is None else name, mark, measure, output, measures)


def require(module: str, *, kind: str, package: str, extra: str) -> None:
    """Make sure that a library is installed, before the first case and without importing it.

    :raises ScorerError: it is not.
    """
    if find_spec(module) is None:
        raise ScorerError(
            f"{kind}: needs {package}, which is not installed: pip install 'pytest-vtrack[{extra}]'"
        )


def library(module: str) -> Any:
    """Return a library that :func:`require` found; its types are not known here."""
    return import_module(module)
