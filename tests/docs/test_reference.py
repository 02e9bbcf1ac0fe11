"""Whatever users can type stands in the reference."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import pytest_vtrack
from pytest_vtrack.cli import COMMANDS
from pytest_vtrack.model.assessment import COMPLETED, LATENCY, PASSED, Kind
from pytest_vtrack.model.policy import EXIT_NO_BASELINE, EXIT_NOT_SURE, EXIT_REGRESSED, GATES
from pytest_vtrack.plugin import fixtures, hookspecs, markers, options
from pytest_vtrack.scoring.builtin import BUILTINS
from pytest_vtrack.scoring.parameters import PARAMETERS
from pytest_vtrack.scoring.protocol import scorer

DOCS = Path(__file__).parents[2] / "docs"
SHARED = {"--json", "--store", "--experiment", "--help"}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


class _Parser:
    """Takes down what a plugin declares."""

    def __init__(self) -> None:
        self.declared: list[str] = []

    def getgroup(self, *_: str) -> _Parser:
        return self

    def addoption(self, name: str, **_: object) -> None:
        self.declared.append(name)

    def addini(self, name: str, *_: object, **__: object) -> None:
        self.declared.append(name)


def declared() -> list[str]:
    parser = _Parser()
    options.add_options(parser)  # type: ignore[arg-type]
    assert len(parser.declared) > 15
    return parser.declared


def commands() -> Iterator[tuple[str, click.Command]]:
    for name in COMMANDS:
        command = importlib.import_module(f"pytest_vtrack.cli.{name}").command
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        yield from ((f"{name} {word}".strip(), each) for word, each in inner.items())


@pytest.mark.parametrize("name", [*declared(), *options.VARIABLES])
def test_every_option_ini_key_and_variable_is_documented(name: str) -> None:
    assert re.search(rf"^\| `{re.escape(name)}[=`]", page("reference/options.md"), re.MULTILINE)


def test_no_page_names_an_option_or_key_that_is_not_there() -> None:
    known = {*declared(), *options.VARIABLES}
    known |= {flag for _, command in commands() for each in command.params for flag in each.opts}
    for path in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]:
        named = set(
            re.findall(r"--vtrack-[a-z-]+|\bvtrack_[a-z]+\b|\bVTRACK_[A-Z]+\b", path.read_text("utf-8"))
        )
        others = {name for name, _ in inspect.getmembers(fixtures)} | _OTHER_NAMES
        assert named - known - others == set(), path


_OTHER_NAMES = {"vtrack_version", "vtrack_example", "vtrack_runs"}
"""The marker, a part of a file name, a key of a file."""


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(markers.MarkerArguments)])
def test_every_marker_argument_is_documented(name: str) -> None:
    assert f"| `{name}=` |" in page("reference/markers-fixtures-hooks.md")


@pytest.mark.parametrize("name", [name for name in vars(hookspecs) if name.startswith("pytest_vtrack_")])
def test_every_hook_is_documented_with_what_it_is_given(name: str) -> None:
    given = ", ".join(inspect.signature(getattr(hookspecs, name)).parameters)
    assert f"| `{name}({given})` |" in page("reference/markers-fixtures-hooks.md")


@pytest.mark.parametrize("name", [name for name in vars(fixtures) if name.startswith("vtrack_")])
def test_every_fixture_is_documented(name: str) -> None:
    assert f"| `{name}` |" in page("reference/markers-fixtures-hooks.md")


@pytest.mark.parametrize("name", pytest_vtrack.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert re.search(rf"`{name}\b", page("reference/markers-fixtures-hooks.md"))


@pytest.mark.parametrize(
    ("typed", "command"), list(commands()), ids=lambda value: value if type(value) is str else ""
)
def test_every_command_and_its_options_are_documented(typed: str, command: click.Command) -> None:
    text = page("reference/command-line.md")
    section = re.search(rf"^## `vtrack {typed}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section, typed
    flags = {max(each.opts, key=len) for each in command.params if isinstance(each, click.Option)}
    assert {flag for flag in flags - SHARED if flag not in section[0]} == set()


@pytest.mark.parametrize("name", BUILTINS)
def test_every_built_in_scorer_and_its_settings_are_documented(name: str) -> None:
    text = page("reference/scorers.md")
    (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
    settings = set(inspect.signature(BUILTINS[name]).parameters) - {"key", "output", "name"}
    assert {setting for setting in settings if f"`{setting}`" not in row} == set()


def test_what_a_scorer_declares_and_takes_is_documented() -> None:
    arguments = set(inspect.signature(scorer).parameters) - {"function"}
    assert {each for each in arguments if f"| `{each}=` |" not in page("reference/scorers.md")} == set()
    taken = page("how-to/write-a-scorer.md")
    assert {each for each in PARAMETERS if f"`{each}`" not in taken} == set()


@pytest.mark.parametrize("name", [*Kind.__args__, PASSED.name, COMPLETED.name, LATENCY.name])  # type: ignore[attr-defined]
def test_every_kind_and_built_in_metric_is_documented(name: str) -> None:
    assert f"`{name}`" in page("reference/scorers.md")


def test_exit_codes_and_policies_are_documented() -> None:
    text = page("reference/exit-codes.md")
    for code in (EXIT_REGRESSED, EXIT_NOT_SURE, EXIT_NO_BASELINE):
        assert f"| {code} |" in text
    assert all(f"`{gate}`" in page("how-to/gate-a-merge-in-ci.md") for gate in GATES)
