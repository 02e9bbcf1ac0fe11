"""What ``--vtrack-baseline=REF`` may name."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_vtrack.store import open_store
from pytest_vtrack.workflow.accepting import Acceptance, accept

APP = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"])
    def test_answers(vtrack_case):
        return vtrack_case.inputs["n"] if vtrack_case.version != "bad" else -1
"""


@pytest.fixture
def stored(project):
    project.write(test_app=APP, **{"pytest.ini": "[pytest]\nvtrack_experiment = bot\n"})
    project.questions(20)
    for version in ("v1", "v2"):
        assert project.run("-q", f"--vtrack-version={version}").exit == 0
    return project


def name_baseline(project, name, run, file=None):
    with closing(open_store(str(project.store_path))) as store:
        accept(store, run, Acceptance(name, "because", "me"), file=file)


def compared_with(project, ref, *args):
    """Return the session, and which run it was compared with."""
    done = project.run("--vtrack-version=bad", f"--vtrack-baseline={ref}", *args)
    title = next((line for line in done.lines if " vs " in line), "")
    return done, title.strip("= ").rpartition(" vs ")[2]


@pytest.mark.parametrize(
    ("ref", "version"), [("v1", "v1"), ("v2", "v2"), ("last", "v2"), ("main", "v1")], ids=lambda each: each
)
def test_versions_names_and_last(stored, ref, version):
    name_baseline(stored, "main", stored.runs()[0])
    done, found = compared_with(stored, ref)
    assert (done.exit, found) == (10, version), done.screen


def test_last_and_an_own_version_never_mean_the_run_itself(stored):
    stored.run("--vtrack-version=bad")
    for ref in ("last", "bad"):
        done, found = compared_with(stored, ref)
        assert done.exit == 0
        assert found.startswith("bad (run ")
        assert stored.last_run().short_id not in found
        assert "compared with itself" not in done.flat


def test_run_by_the_first_digits_of_its_id(stored):
    run = stored.runs()[0]
    for digits in (run.id, run.short_id):
        done, found = compared_with(stored, f"run:{digits}")
        assert (done.exit, found) == (10, "v1")
    done, _ = compared_with(stored, "run:")
    assert done.exit == 12
    done, _ = compared_with(stored, "run:zzz")
    assert done.exit == 12
    assert "run:zzz: no run starts so" in done.flat
    assert f"run:{stored.runs()[-1].short_id}" in done.flat


def test_digits_of_several_runs_are_refused(stored):
    store = open_store(str(stored.store_path))
    for key in ("abc1", "abc2"):
        store.begin(_like(stored.runs()[0], key))
        store.finish(key, status="complete", reason=None, ended_at=time.time())
    store.close()
    done, _ = compared_with(stored, "run:abc")
    assert done.exit == 4
    assert "several runs start so (abc2, abc1); give more digits" in done.flat
    assert "Traceback" not in done.screen


def _like(run, key):
    return replace(run, id=key, version=replace(run.version, name=key))


def test_a_named_baseline_goes_before_a_version_and_the_clash_is_told(stored):
    name_baseline(stored, "v2", stored.runs()[0])
    done, found = compared_with(stored, "v2")
    assert (done.exit, found) == (10, "v1")
    assert "'v2' is both a named baseline and a version; the named baseline" in done.flat


def test_committed_baseline_file_from_here_or_from_the_ini_file(stored):
    folder = stored.path / "evals"
    folder.mkdir()
    name_baseline(stored, "main", stored.runs()[0], folder / "main.jsonl")
    stored.store_path.unlink()
    done, found = compared_with(stored, "evals/main.jsonl")
    assert (done.exit, found) == (10, "v1"), done.screen
    (stored.path / "pytest.ini").write_text(
        "[pytest]\nvtrack_experiment = bot\nvtrack_baseline = evals/main.jsonl\n"
    )
    assert stored.run("--vtrack-version=bad").exit == 10
    assert stored.run("--vtrack-version=bad", "-n2").exit == 10
    assert len([run for run in stored.runs() if run.version.name == "v1"]) == 0, "a file is nobody's run"


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (None, 12, "there is no such baseline file"),
        ("not json\n", 4, "main.jsonl"),
        ("", 4, "main.jsonl"),
        ('{"some": "dataset"}\n', 4, "main.jsonl"),
    ],
)
def test_files_that_are_no_baselines_end_the_session_before_the_first_test(stored, content, code, says):
    if content is not None:
        (Path(stored.path) / "main.jsonl").write_text(content)
    runs = len(stored.runs())
    done, _ = compared_with(stored, "main.jsonl")
    assert done.exit == code, done.screen
    assert says in done.flat
    assert "Traceback" not in done.screen
    assert len(stored.runs()) == runs


def test_environments_have_nothing_promoted_yet(stored):
    done, _ = compared_with(stored, "env:prod")
    assert done.exit == 12
    assert "no version is promoted to 'prod'" in done.flat


def test_names_of_the_store_cannot_act_on_the_terminal(stored):
    stored.run("--vtrack-version=v1\x1b[2J")
    done, _ = compared_with(stored, "v11")
    assert done.exit == 12
    assert "\x1b" not in done.screen


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("-k", "q1"), "'part' has no complete run"),
        (("-x",), "'part' has no complete run"),
    ],
)
def test_partial_runs_are_no_baselines(stored, args, says):
    names = ("q0", "broken", "q2", "q1")
    stored.dataset(*({"id": name, "inputs": {"n": 1}, "expectations": {"answer": 1}} for name in names))
    stored.write(
        test_app=APP.replace(
            'return vtrack_case.inputs["n"] if',
            'assert vtrack_case.id != "broken"\n        return vtrack_case.inputs["n"] if',
        )
    )
    stored.run("--vtrack-version=part", *args)
    run = stored.last_run()
    assert run.status == "partial"
    done, _ = compared_with(stored, "part")
    assert done.exit == 12
    assert says in done.flat
    with pytest.raises(Exception, match="only a complete run can become a baseline"):
        name_baseline(stored, "main", run)


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        ("v9", "Create it: git checkout v9 && pytest --vtrack-version=v9"),
        ("main", 'Create it: vtrack baseline set main --version VERSION --why "..."'),
        ("last", "`vtrack runs` lists what is stored; running all tests once adds to it."),
        ("run:zz", "`vtrack runs` lists what is stored; running all tests once adds to it."),
        ("a b.jsonl", "--why \"...\" --file 'a b.jsonl'"),
    ],
)
def test_a_missing_baseline_comes_with_the_way_to_make_it(project, ref, says):
    project.write(test_app=APP)
    project.questions(1)
    done = project.run(f"--vtrack-baseline={ref}")
    assert done.exit == 12
    assert says in done.flat
    assert says in " ".join(project.run(f"--vtrack-baseline={ref}", "--vtrack-gate=warn").section.split())
