from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from pytest_vtrack.cli import COMMANDS
from pytest_vtrack.model.run import Run

Vtrack = Callable[..., Result]
Shell = Callable[..., subprocess.CompletedProcess[str]]


def leaves() -> dict[str, click.Command]:
    """Return every command that does something, by what is typed."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        command = importlib.import_module(f"pytest_vtrack.cli.{name}").command
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        found |= {f"{name} {word}".strip(): each for word, each in inner.items()}
    return found


@pytest.mark.parametrize("typed", leaves())
def test_every_command_takes_json_and_store(typed: str) -> None:
    options = {flag for parameter in leaves()[typed].params for flag in parameter.opts}
    assert {"--json", "--store"} <= options


@pytest.mark.parametrize("typed", leaves())
def test_every_command_says_what_it_does_and_what_its_options_do(typed: str) -> None:
    command = leaves()[typed]
    assert command.help
    assert command.help.splitlines()[0].endswith((".", "one"))
    silent = [each for each in command.params if isinstance(each, click.Option) and not each.help]
    assert [each.name for each in silent if each.name != "evidence"] == []


def test_the_list_of_commands_has_those_that_are_there(vtrack: Vtrack) -> None:
    folder = Path(importlib.import_module("pytest_vtrack.cli").__file__ or "").parent
    shared = {"__init__", "ci_files", "output", "project", "rules", "safekeeping", "scorer_names", "stored"}
    files = {each.stem for each in folder.glob("*.py")} - shared
    assert {name for name in files if not name.startswith("dataset_")} == set(COMMANDS)
    assert all(name in vtrack("--help").output for name in COMMANDS)


def test_help_loads_neither_the_database_nor_the_reports() -> None:
    code = "import sys; sys.argv = ['vtrack', '-h']; from pytest_vtrack.cli import main\ntry: main()\n"
    code += "except SystemExit: print(sorted({'sqlalchemy', 'tabulate', 'pytest'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_lists_those_that_there_are(vtrack: Vtrack) -> None:
    result = vtrack("rnus", code=2)
    assert (
        "No such command 'rnus'. Known: baseline, compare, dataset, demo, export, init, merge, rescore, "
        "runs, show, store, traces" in result.stderr
    )


@pytest.mark.parametrize(
    "words",
    [["runs"], ["show"], ["compare", "a", "b"], ["baseline", "show"], ["store", "info"]],
    ids=lambda words: words[0],
)
def test_where_nothing_is_stored_the_command_says_so(
    vtrack: Vtrack, tmp_path: Path, words: list[str]
) -> None:
    result = vtrack(*words, code=2)
    assert result.stderr == (
        f"vtrack: {tmp_path}/.vtrack/vtrack.db: nothing is stored here yet; run pytest once, or name another "
        "place with --store\n"
    )
    assert result.stdout == ""
    assert not (tmp_path / ".vtrack").exists()


def test_a_store_that_is_a_folder_is_refused(vtrack: Vtrack, tmp_path: Path) -> None:
    assert "is a folder; write the path of a SQLite file" in vtrack("runs", "--store", ".", code=2).stderr


def test_a_store_that_is_something_else_is_refused(vtrack: Vtrack, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("not a database, but long enough to be read as one" * 100)
    assert "notes.db" in vtrack("runs", "--store", "notes.db", code=2).stderr


def test_an_unknown_experiment_names_those_that_are_stored(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    result = vtrack("runs", "--experiment", "bott", code=2)
    assert "--experiment: 'bott' is not in" in result.stderr
    assert "Known: bot" in result.stderr


def test_a_file_that_cannot_be_written_is_told_without_a_traceback(
    vtrack: Vtrack, stored: dict[str, Run]
) -> None:
    result = vtrack("store", "export", "no/such/folder.jsonl", code=2)
    assert result.stderr == "vtrack: no/such/folder.jsonl: No such file or directory\n"


def test_a_reader_that_stops_reading_is_no_error(shell: Shell, record: Callable[..., Run]) -> None:
    for number in range(60):
        record(f"v{number}", cases=1, id=f"{number:032x}")
    done = shell("vtrack runs --limit 60 | head -1")
    assert done.stdout.startswith("run")
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words",
    [
        ["store", "export", ".vtrack/vtrack.db"],
        ["export", "otlp", "v1.3", "--output", ".vtrack/vtrack.db"],
        ["compare", "v1.2", "v1.3", "--md", ".vtrack/vtrack.db"],
        ["compare", "v1.2", "v1.3", "--html", ".vtrack/vtrack.db"],
    ],
    ids=lambda words: words[-2],
)
def test_a_command_never_writes_over_the_store(
    vtrack: Vtrack, stored: dict[str, Run], words: list[str]
) -> None:
    assert "nothing else may replace; name another file" in vtrack(*words, code=2).stderr
    assert "v1.3" in vtrack("runs").stdout


def test_a_closed_standard_output_changes_no_exit_code(shell: Shell, stored: dict[str, Run]) -> None:
    done = shell("vtrack compare v1.2 v1.3 >&-")
    assert (done.returncode, done.stderr) == (10, "")


def test_bytes_that_are_no_text_are_refused(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert vtrack("show", "v\udcff", code=2).stderr == "vtrack: 'v\\udcff' is not text in UTF-8\n"


def test_an_empty_store_is_not_the_store_of_the_project(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "'--store': is empty" in vtrack("store", "prune", "--keep", "1", "--store", "", code=2).stderr


def test_names_in_a_message_cannot_act_on_the_terminal(shell: Shell, record: Callable[..., Run]) -> None:
    record("v\x1b[2J\u202e")
    assert r"Known: v\x1b[2J\u202e" in shell("FORCE_COLOR=1 vtrack show v9").stderr


def test_errors_go_to_standard_error_with_exit_code_2(shell: Shell, stored: dict[str, Run]) -> None:
    done = shell("vtrack show v9")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("vtrack: 'v9' is not in ")
    assert done.stderr.endswith("Known: v1.3, v1.2\n")


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
    ids=["no terminal", "FORCE_COLOR", "NO_COLOR"],
)
def test_colours_are_for_terminals_unless_asked(
    shell: Shell, stored: dict[str, Run], env: dict[str, str], coloured: bool
) -> None:
    assert ("\x1b[" in shell("vtrack compare v1.2 v1.3", env=env).stdout) == coloured


def test_a_terminal_without_unicode_gets_ascii(shell: Shell, stored: dict[str, Run]) -> None:
    done = shell("vtrack compare v1.2 v1.3", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 10
    assert done.stdout.isascii()
    assert "x REGRESSED" in done.stdout


def test_a_narrow_terminal_is_kept_within(shell: Shell, stored: dict[str, Run]) -> None:
    for line in ("vtrack compare v1.2 v1.3 -v", "vtrack runs", "vtrack show v1.3"):
        printed = shell(line, env={"COLUMNS": "44"}).stdout.splitlines()
        assert max(map(len, printed)) <= 44


@pytest.mark.parametrize(
    "line",
    ["runs", "show", "show v1.2", "compare v1.2 v1.3", "baseline show", "store info", "store prune --keep 9"],
)
def test_json_is_all_that_is_printed(vtrack: Vtrack, stored: dict[str, Run], line: str) -> None:
    result = vtrack(*line.split(), "--json", code=10 if line.startswith("compare") else 0)
    assert json.loads(result.stdout) is not None
    assert result.stderr == ""
