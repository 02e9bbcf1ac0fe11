"""Why a test runs in order, when its item's turn comes, and what its items share when they need not."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import pytest

from pytest_vtrack.plugin.alone import is_direct, own_fixture, why_alone
from pytest_vtrack.plugin.processes import forks
from pytest_vtrack.plugin.resumed import told_key
from pytest_vtrack.plugin.slots import CASE_FIXTURE

_SKIPPING = ("skip", "skipif", "xfail")
"""Marks that may keep an item from running."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the items of one test have in common."""

    why: str | None = None
    """Why they run in order; ``None``: they may be called ahead."""
    asynchronous: bool = False
    own: tuple[str, ...] = ()
    """Arguments that each item has for itself: its parameters."""
    shared: tuple[str, ...] = ()
    """Arguments that fixtures of a wider scope give."""
    varied: tuple[str, ...] = ()
    """Parameters of fixtures of a wider scope: items share those only where these are equal."""


def session_reason(config: pytest.Config) -> str | None:
    """Say why all tests of a session run in order."""
    ask = config.getoption  # with a default: its plugin may be switched off
    for name, asked in (
        ("--pdb", ask("usepdb", False)),
        ("--trace", ask("trace", False)),
        ("-s", ask("capture", "no") == "no"),
        ("--forked", forks(config)),
        ("--dist=worksteal", getattr(config, "workerinput", {}).get("vtrack_dist") == "worksteal"),
    ):
        if asked:
            return name
    return None


def shape_of(item: pytest.Item) -> Shape:
    """Return what the items of a test have in common, the first of them being given."""
    if why := _foreign(item):
        return Shape(why)
    assert isinstance(item, pytest.Function)
    params = _params(item)
    info = item._fixtureinfo  # noqa: SLF001  no public way to ask what a test needs
    if name := own_fixture(item.fixturenames, info.name2fixturedefs):
        return Shape(f"it needs the fixture {name}, which every item has for itself")
    own, varied = [], []
    for name in item.fixturenames:
        definitions = info.name2fixturedefs.get(name)
        if name == CASE_FIXTURE or not definitions:
            continue
        if is_direct(definitions[-1]):
            own.append(name)
        if name in params and definitions[-1].scope != "function":
            varied.append(name)
    if "request" in info.argnames:
        return Shape("it needs the fixture request, which every item has for itself")
    arguments = [name for name in info.argnames if name != CASE_FIXTURE]
    return Shape(
        asynchronous=inspect.iscoroutinefunction(item.function),
        own=tuple(name for name in arguments if name in own),
        shared=tuple(name for name in arguments if name not in own),
        varied=tuple(varied),
    )


def _foreign(item: pytest.Item) -> str | None:
    """Say who else runs an item, or needs it to run alone."""
    if type(item) is not pytest.Function:
        return f"it is run as {type(item).__name__}, not by vtrack"
    return why_alone(item, item.function)


def _params(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def alike(first: pytest.Item, other: pytest.Item, shape: Shape) -> bool:
    """Tell whether two items are of one test and share its fixtures."""
    if type(other) is not type(first) or getattr(other, "_fixtureinfo", None) is not first._fixtureinfo:  # type: ignore[attr-defined]  # noqa: SLF001
        return False
    if not shape.varied:
        return True
    one, two = getattr(first, "callspec").indices, getattr(other, "callspec").indices  # noqa: B009
    return all(one.get(name) == two.get(name) for name in shape.varied)


def is_skipped_late(item: pytest.Item) -> bool:
    """Tell whether an item was marked after its case was called, so that it is not to run."""
    return any(mark.name in _SKIPPING for mark in item.own_markers) and will_not_run(item)


def will_not_run(item: pytest.Item) -> bool:
    """Tell whether marks keep an item from running, or what is stored is told in its place."""
    if told_key in item.stash:
        return True
    marked = any(name in item.keywords for name in _SKIPPING)
    if not marked or not item.config.pluginmanager.has_plugin("skipping"):
        return False
    from _pytest.skipping import evaluate_skip_marks, evaluate_xfail_marks

    try:
        if evaluate_skip_marks(item):
            return True
        xfail = evaluate_xfail_marks(item)
        return xfail is not None and not xfail.run and not item.config.getoption("runxfail", False)
    except pytest.fail.Exception:  # a condition that fails: the item's own turn says so
        return True
