"""`vtrack rescore`: scorers named as a user names them, over what is stored."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.run import Run
from pytest_vtrack.scoring.protocol import Scorer
from pytest_vtrack.store import Store, open_store

Vtrack = Callable[..., Result]
SCORERS = """
from pathlib import Path

from pytest_vtrack import scorer

@scorer
def shouted(outputs):
    return outputs.endswith("!")

@scorer
def first_only(outputs):
    if outputs != "case-000!":
        raise ValueError("another")
    return True

@scorer
def against(outputs, baseline):
    return True

@scorer
def careless(outputs):
    Path(".vtrack/vtrack.db").unlink(missing_ok=True)
    return True

both = [shouted, first_only]
word = "text"
"""


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a module of scorers under a name that no other test has imported."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    file = tmp_path / f"scorers_{abs(hash(tmp_path))}.py"
    file.write_text(SCORERS)
    return file


def means(store: Store, run: Run) -> dict[str, float | None]:
    return {each.spec.name: each.mean for each in store.metric_summaries(run.id)}


def test_a_run_is_scored_and_the_screen_says_so(
    vtrack: Vtrack, stored: dict[str, Run], opened: Store, modules: Path
) -> None:
    name = f"{modules.stem}:shouted"
    text = " ".join(vtrack("rescore", "v1.2", "--scorers", name).stdout.split())
    assert text.startswith("40 traces of v1.2 (run 01010101) scored with shouted; 0 had the answers before.")
    assert "shouted 100.0 % 40 of 40 cases; higher is better" in text
    assert means(opened, stored["v1.2"])["shouted"] == 1.0
    again = vtrack("rescore", "v1.2", "--scorers", name).stdout
    assert again.startswith("0 traces of v1.2 (run 01010101) scored with shouted; 40 had the answers before.")
    vtrack("compare", "v1.2", "v1.3", code=10)


def test_answers_of_a_store_that_is_removed_meanwhile_are_saved(
    vtrack: Vtrack, stored: dict[str, Run], modules: Path, tmp_path: Path
) -> None:
    said = vtrack("rescore", "v1.2", "--scorers", f"{modules.stem}:careless", code=2)
    (saved,) = (tmp_path / ".vtrack").glob("rescued-*.jsonl")
    assert "the store was removed while it was in use. Everything that it held is in" in said.stderr
    assert said.stderr.rstrip().endswith(f"`vtrack store import {saved}` stores it again")
    vtrack("store", "import", str(saved))
    with closing(open_store(str(tmp_path / ".vtrack/vtrack.db"))) as store:
        assert means(store, stored["v1.2"])["careless"] == 1.0


def test_errors_are_answers_and_set_the_exit_code(
    vtrack: Vtrack, stored: dict[str, Run], modules: Path
) -> None:
    text = vtrack("rescore", "v1.3", "--scorers", f"{modules.stem}:both", code=1).stdout
    assert "39 errors of first_only, the first: ValueError: another" in " ".join(text.split())
    again = vtrack("rescore", "v1.3", "--scorers", f"{modules.stem}:both", code=1).stdout
    assert "39 errors of first_only from before; to ask again: --retry-errors." in " ".join(again.split())


def test_json_counts_everything(vtrack: Vtrack, stored: dict[str, Run], modules: Path) -> None:
    found = json.loads(
        vtrack("rescore", "v1.3", "--scorers", f"{modules.stem}:both", "--json", code=1).stdout
    )
    counts = {name: found[name] for name in ("traces", "scored", "answered_before", "calls", "errors")}
    assert counts == {
        "traces": 40,
        "scored": 40,
        "answered_before": 0,
        "calls": 80,
        "errors": {"first_only": 39},
    }
    assert [(each["name"], each["value"]) for each in found["metrics"]] == [
        ("first_only", 1.0),
        ("shouted", 1.0),
    ]


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("scorers/{}", "scorers/{}:shouted"),
        ("tests/judges/{}", "{stem}:shouted"),
        ("tests/{}", "{stem}:shouted"),
    ],
    ids=["a-file", "pythonpath", "beside-conftest"],
)
def test_scorers_are_found_where_pytest_finds_them(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path, modules: Path, place: str, name: str
) -> None:
    target = tmp_path / place.format(modules.name)
    target.parent.mkdir(parents=True)
    modules.rename(target)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = tests/judges\n")
    (tmp_path / "tests").mkdir(exist_ok=True)
    (tmp_path / "tests/conftest.py").touch()
    vtrack("rescore", "v1.2", "--scorers", name.format(modules.name, stem=modules.stem))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("v1.2", "--scorers", "exact_mtch"),
            "there is no built-in scorer 'exact_mtch'; nearest: exact_match",
        ),
        (("v1.2", "--scorers", "{}:shuoted"), "has no 'shuoted'; nearest: shouted"),
        (("v1.2", "--scorers", "{}.py:shuoted"), "has no 'shuoted'; nearest: shouted"),
        (("v1.2", "--scorers", "{}:word"), ":word' is the text 'text', not a scorer"),
        (("v1.2", "--scorers", "gone.py:shouted"), "there is no file"),
        (
            ("v1.2", "--scorers", "{}:against"),
            "'against' looks at the baseline's trace of each case, which is not stored with a run",
        ),
        (
            ("v1.2", "--scorers", "{}:both", "--scorers", "{}:shouted"),
            "two scorers give the metric 'shouted'",
        ),
        (("v9", "--scorers", "{}:shouted"), "'v9' is not in"),
        (
            ("v1.2", "--version", "v1.3", "--scorers", "{}:shouted"),
            "of version 'v1.2', not of --version=v1.3",
        ),
        (("--scorers", "{}:shouted"), "Missing argument 'REF'"),
        (("v1.2", "--scorers", "{}:shouted", "--dataset", "qa.csv"), "no dataset 'qa.csv'"),
    ],
    ids=lambda each: each[:18] if isinstance(each, str) else "",
)
def test_a_slip_is_refused_before_anything_is_scored(
    vtrack: Vtrack,
    stored: dict[str, Run],
    opened: Store,
    modules: Path,
    words: tuple[str, ...],
    message: str,
) -> None:
    typed = [word.replace("{}", modules.stem) for word in words]
    assert message in " ".join(vtrack("rescore", *typed, code=2).stderr.split())
    assert len(list(opened.results(stored["v1.2"].id, all_attempts=True))) == 40


def test_a_version_may_stand_in_place_of_a_ref(vtrack: Vtrack, stored: dict[str, Run], modules: Path) -> None:
    text = vtrack("rescore", "--version", "v1.3", "--scorers", f"{modules.stem}:shouted").stdout
    assert text.startswith("40 traces of v1.3 ")


def test_earlier_answers_are_shown_with_the_trace(
    vtrack: Vtrack, stored: dict[str, Run], modules: Path
) -> None:
    modules.write_text(SCORERS.replace("shouted", "correct").replace('endswith("!")', "isupper()"))
    vtrack("rescore", "v1.2", "--scorers", f"{modules.name}:correct")
    trace = "01010101:case-000"
    found = json.loads(vtrack("show", trace, "--json").stdout)

    def correct(assessments: list[dict[str, Any]]) -> list[tuple[Any, str]]:
        return [
            (each["value"], each["fingerprint"][:6]) for each in assessments if each["metric"] == "correct"
        ]

    assert correct(found["assessments"]) == [(False, "source")]
    (earlier,) = found["superseded"]
    assert correct(earlier["assessments"]) == [(False, "f1")]  # of the first two cases, which were wrong
    assert "what was said in 1 earlier attempt no longer counts" in vtrack("show", trace).stdout


def test_ctrl_c_ends_the_command_and_keeps_what_was_scored(
    stored: dict[str, Run], opened: Store, modules: Path, tmp_path: Path
) -> None:
    modules.write_text(
        "import time\nfrom pytest_vtrack import scorer\n\n@scorer\ndef slow(outputs):\n"
        "    time.sleep(0.1)\n    return True\n"
    )
    command = ["-c", "from pytest_vtrack.cli import main; main()", "rescore", "v1.2"]
    with subprocess.Popen(
        [sys.executable, *command, "--scorers", f"{modules.name}:slow", "--concurrency", "1"],
        cwd=tmp_path,
        env=os.environ.copy(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + 30
        while not scored(opened, stored["v1.2"]) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    count = len(scored(opened, stored["v1.2"]))
    assert 0 < count < 40
    assert text.startswith(f"Interrupted. {count} traces scored and stored" if count > 1 else "Interrupted.")


def scored(store: Store, run: Run) -> list[Assessment]:
    return [a for each in store.results(run.id) for a in each.assessments if a.metric.name == "slow"]


def test_a_scorer_has_the_fingerprint_that_a_session_gives_it(modules: Path) -> None:
    from pytest_vtrack.cli.project import Project
    from pytest_vtrack.cli.scorer_names import named_scorers

    project = Project(modules.parent, {})
    by_module, by_file = (
        named_scorers([name], project, modules.parent)[0]
        for name in (f"{modules.stem}:shouted", f"{modules.name}:shouted")
    )
    assert isinstance(by_module, Scorer)
    assert by_module is by_file


def test_what_is_expected_may_come_from_a_registered_dataset(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path, modules: Path
) -> None:
    vtrack("dataset", "export", "run:v1.2", str(tmp_path / "used.jsonl"))
    vtrack("dataset", "add", "used", str(tmp_path / "used.jsonl"))
    again = ("rescore", "v1.2", "--scorers", f"{modules.stem}:shouted", "--json", "--dataset")
    for place in (str(tmp_path / "used.jsonl"), "dataset:used", "dataset:used@1"):
        assert json.loads(vtrack(*again, place).stdout)["not_in_dataset"] == 0
    assert "it has 1 to 1" in " ".join(vtrack(*again, "dataset:used@2", code=2).stderr.split())
