"""What stands for an object of another library."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.scoring.foreign.mark import mark, mark_of, settings_of

BASE = type("Base", (), {"__module__": "somelib.base"})
LIBRARY_S = type("Exact", (BASE,), {"__module__": "somelib.metrics"})


class Client:
    """Holds what is no configuration."""

    def __init__(self, model: str, key: str) -> None:
        self.model = model
        self.api_key = key
        self.calls = object()


class Mine(BASE):
    limit = 3

    def judge(self, text):
        return len(text) < self.limit


class Reformatted(BASE):
    limit = 3

    def judge(self, text):
        """Say the same, with a comment."""
        return len(text) < self.limit  # as before


class Edited(BASE):
    limit = 3

    def judge(self, text):
        return len(text) <= self.limit


class Limited(BASE):
    limit = 4

    def judge(self, text):
        return len(text) < self.limit


@dataclass
class Options:
    words: frozenset[str] = frozenset({"a", "b", "c", "d"})
    pattern: Any = field(default_factory=lambda: re.compile("a+"))


def mark_with(**configuration: Any) -> str:
    return mark_of(LIBRARY_S(), BASE, configuration)


def test_it_names_library_class_and_version():
    assert mark_with().startswith("somelib:Exact/unknown:")
    assert mark("pytest", "Exact", {}).startswith(f"pytest:Exact/{pytest.__version__}:")
    assert mark_of(Mine(), BASE, {}).startswith("somelib:Mine/own:")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (3, 4),
        ({"a": 1}, {"a": 2}),
        (re.compile("a"), re.compile("a", re.IGNORECASE)),
        (lambda text: text, lambda text: text.lower()),
        (Client("small", "k"), Client("large", "k")),
        (Options(), Options(pattern=re.compile("b+"))),
    ],
    ids=["number", "mapping", "pattern", "function", "model", "record"],
)
def test_another_setting_is_another_mark(one, other):
    assert mark_with(setting=one) != mark_with(setting=other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Client("small", "k"), Client("small", "another")),
        ({"api_key": "k"}, {"api_key": "another"}),
        (object(), object()),
        (Options(), Options()),
    ],
    ids=["key of a client", "key", "address", "record"],
)
def test_keys_addresses_and_clients_are_none_of_it(one, other):
    assert mark_with(setting=one) == mark_with(setting=other)


def test_the_source_of_a_class_of_ones_own_counts():
    def named_mine(source: type) -> str:
        members = {name: value for name, value in vars(source).items() if name in ("limit", "judge")}
        same_name = type("Mine", (BASE,), {**members, "__module__": __name__, "__qualname__": "Mine"})
        return mark_of(same_name(), BASE, {})

    assert named_mine(Reformatted) == mark_of(Mine(), BASE, {})
    assert len({named_mine(each) for each in (Mine, Edited, Limited)}) == 3


def test_what_refers_to_itself_ends():
    looped: dict[str, Any] = {}
    looped["self"] = looped
    assert mark_with(setting=looped) == mark_with(setting=looped)


def test_what_pydantic_keeps_aside_is_a_setting():
    aside = type("Aside", (), {})()
    aside.shown, aside.__pydantic_private__ = 1, {"_hidden": 2}
    assert settings_of(aside)["_hidden"] == 2


def test_every_process_gives_the_same():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import test_foreign_mark as here\n"
        "print(here.mark_with(setting=here.Options()), here.mark_of(here.Mine(), here.BASE, {}))"
    )
    folder = str(Path(__file__).parent)
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code, folder],
            env={"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [mark_with(setting=Options()), mark_of(Mine(), BASE, {})]
