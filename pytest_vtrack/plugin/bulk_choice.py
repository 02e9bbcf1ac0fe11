"""Which tests run in chunks: those with very many cases, where nothing needs an item for each."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.alone import own_fixture, why_alone
from pytest_vtrack.plugin.chunks import Chunk, chunks_of, named_cases, named_slots
from pytest_vtrack.plugin.handles import CaseHandle
from pytest_vtrack.plugin.notes import notes_of
from pytest_vtrack.plugin.slots import slots_of

if TYPE_CHECKING:
    from pytest_vtrack.plugin.slots import TrackedTest


def limit_of(bulk: bool | int | None, default: int | None) -> int | None:
    """Return the number of items beyond which a test runs in chunks, ``None`` for never.

    :param bulk: what the test's marker says.
    :param default: what the settings say.
    """
    if bulk is None:
        return default
    if isinstance(bulk, bool):
        return 0 if bulk else None
    return bulk


def handles_of(
    metafunc: pytest.Metafunc, test: TrackedTest, repeat: int, limit: int | None
) -> list[CaseHandle] | list[Chunk]:
    """Return what the items of a test run: a case each, or a chunk.

    Node ids that name single cases are items, whatever the number of the others.

    :param limit: beyond so many items the test runs in chunks; ``None``: never.
    """
    chunks = chunks_of(test, repeat) if test.dataset and test.marked and limit is not None else []
    if sum(chunk.weight for chunk in chunks) > (limit or 0):
        if named := named_cases(metafunc.config.args, metafunc.function.__name__):
            return [CaseHandle(slot) for slot in named_slots(test, repeat, named)]
        why = why_single(metafunc)
        if why is None:
            return chunks
        note = f"{test.id} runs each of its cases as an item, not in chunks: {why}"
        notes_of(metafunc.config).add(note, always=True)
    return [CaseHandle(slot) for slot in slots_of(test, repeat)]


def why_single(metafunc: pytest.Metafunc) -> str | None:
    """Say why each case of a test has to be an item; ``None`` where it need not."""
    node, function = metafunc.definition, metafunc.function
    if why := why_alone(node, function):
        return why
    if any(node.config.getoption(name, False) for name in ("usepdb", "trace")):
        return "--pdb and --trace stop in single cases"
    if node.get_closest_marker("xfail"):
        return "it is marked xfail"
    if inspect.iscoroutinefunction(function) and _is_pytest_asyncio(node):
        return "pytest-asyncio runs it"
    definitions: Any = metafunc._arg2fixturedefs  # noqa: SLF001  no public way to ask what a test needs
    if name := own_fixture(metafunc.fixturenames, definitions):
        return f"it needs the fixture {name}, which every item has for itself"
    if "request" in inspect.signature(function).parameters:
        return "it needs the fixture request, which every item has for itself"
    return None


def _is_pytest_asyncio(node: pytest.Item) -> bool:
    if not node.config.pluginmanager.has_plugin("asyncio"):
        return False
    mode = node.config.getoption("asyncio_mode", None) or node.config.getini("asyncio_mode")
    return str(getattr(mode, "value", mode)) == "auto" or node.get_closest_marker("asyncio") is not None
