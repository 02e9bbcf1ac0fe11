"""Two versions in one session: each case once a version, each version a run, compared with each other."""

from __future__ import annotations

import json

import pytest

APP = """
import pytest
from pytest_vtrack import scorer

@scorer
def right(outputs, expectations):
    return outputs == expectations["answer"]

@pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right], versions=["v1", "v2"])
def test_answers(vtrack_case):
    bad = vtrack_case.version in ("v2", "worse") and vtrack_case.inputs["n"] % 3 == 0
    return -1 if bad else vtrack_case.inputs["n"]
"""


@pytest.fixture
def two(project):
    project.questions(40)
    project.write(test_app=APP)
    return project


def listing(project, *versions: str) -> None:
    project.write(test_app=APP.replace('["v1", "v2"]', str(list(versions))))


def by_version(project) -> dict[str, tuple[int, str]]:
    return {run.version.name: (run.stored, run.status) for run in project.runs()}


def compared(done) -> list[str]:
    return [
        line.split("vtrack: ")[1].split(" =")[0] for line in done.lines if " vs " in line and "==" in line
    ]


@pytest.mark.parametrize("args", [(), ("-n0",), ("-n2",)], ids=["alone", "n0", "n2"])
def test_the_first_listed_version_is_the_baseline_and_the_gate_decides(two, args):
    done = two.run(*args)
    assert done.exit == 10, done.screen
    assert compared(done) == ["v2 vs v1"]
    assert "Gate: failed (exit code 10)" in done.screen
    assert "1 vtrack regression" in done.last_line
    assert by_version(two) == {"v1": (40, "complete"), "v2": (40, "complete")}


def test_cases_are_interleaved_version_by_version(two):
    assert two.run().exit == 10
    results = [(each, run.version.name) for run in two.runs() for each in two.results(run)]
    order = [name for _, name in sorted(results, key=lambda pair: pair[0].started_at)]
    assert order == ["v1", "v2"] * 40


@pytest.mark.parametrize(("gate", "code"), [("warn", 0), ("regress", 10), ("strict", 10)])
def test_the_policy_is_that_of_a_named_baseline(two, gate, code):
    done = two.run(f"--vtrack-gate={gate}")
    assert (done.exit, compared(done)) == (code, ["v2 vs v1"])


def test_without_a_gate_nothing_is_compared(two):
    done = two.run("--vtrack-gate=off")
    assert (done.exit, compared(done)) == (0, [])
    assert "Saved as version v1" in done.screen
    assert "Saved as version v2" in done.screen


def test_all_others_are_compared_with_the_first(two):
    listing(two, "v1", "v2", "v3")
    done = two.run("--vtrack-json=out.json")
    assert done.exit == 10
    assert compared(done) == ["v2 vs v1", "v3 vs v1"]
    report = json.loads((two.path / "out.json").read_text())
    assert report["verdict"] == "regressed"
    assert (report["current"]["version"], report["baseline"]["version"]) == ("v2", "v1")
    assert [each["current"]["version"] for each in report["others"]] == ["v3"]


def test_reports_show_the_deciding_comparison(two):
    two.run("--vtrack-html=r.html", "--vtrack-md=r.md", "--vtrack-json=r.json")
    assert "v2 is worse than v1" in (two.path / "r.md").read_text()
    assert (two.path / "r.md").read_text().count("### ") == 1
    assert "REGRESSED" in (two.path / "r.html").read_text()
    assert json.loads((two.path / "r.json").read_text())["exit_code"] == 10


def test_a_listed_version_that_is_named_is_meant_as_it_ran_in_this_session(two, mode):
    done = two.run(*mode, "--vtrack-baseline=v2")
    assert (done.exit, compared(done)) == (0, ["v1 vs v2"])
    listing(two, "worse", "v2")
    again = two.run(*mode, "--vtrack-baseline=v2", "--vtrack-json=r.json")
    assert compared(again) == ["worse vs v2"]
    newest = [run.id for run in two.runs() if run.version.name == "v2"][-1]
    assert json.loads((two.path / "r.json").read_text())["baseline"]["run"] == newest


def test_a_stored_version_that_is_named_is_compared_with_each(two):
    listing(two, "v0")
    assert two.run().exit == 0
    listing(two, "v1", "v2")
    done = two.run("--vtrack-baseline=v0")
    assert (done.exit, compared(done)) == (10, ["v1 vs v0", "v2 vs v0"])


def test_the_baseline_of_the_ini_file_counts_too(two, mode):
    two.write(**{"pytest.ini": "[pytest]\nvtrack_baseline = v2\n"})
    done = two.run(*mode)
    assert (done.exit, compared(done)) == (0, ["v1 vs v2"])


def test_a_baseline_that_nobody_lists_ends_before_the_first_test(two, mode):
    done = two.run(*mode, "--vtrack-baseline=v9")
    assert done.exit == 12
    assert "NO BASELINE: 'v9' is not in" in done.flat
    assert two.runs() == []


def test_a_baseline_of_the_ini_file_that_one_test_lists_is_missing_for_the_others(two, mode):
    two.write(
        **{"pytest.ini": "[pytest]\nvtrack_baseline = v9\n"},
        test_other="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", versions=["v8", "v9"])
        def test_other(vtrack_case):
            return 1
        """,
    )
    done = two.run(*mode)
    assert done.exit == 12
    assert "v8 vs v9" in compared(done)


def test_the_anchor_is_one_more_comparison(two):
    listing(two, "v0")
    two.run()
    listing(two, "v1", "v2")
    done = two.run("--vtrack-anchor=v0")
    assert compared(done) == ["v1 vs v0", "v2 vs v0", "v2 vs v1"]


def test_a_choice_of_cases_is_compared_as_partial(two):
    done = two.run("-k", "q1")
    assert compared(done) == ["v2 vs v1"]
    assert {status for _, status in by_version(two).values()} == {"partial"}
    assert "PARTIAL RUN" in done.screen


def test_a_choice_of_one_version_says_what_it_was_not_compared_with(two, mode):
    two.run()
    done = two.run(*mode, "-k", "v2")
    assert (done.exit, compared(done)) == (0, [])
    assert "v1, which is listed before v2, did not run in this session" in done.flat
    assert two.last_run().complete, "all cases of the one version that was chosen ran"
    named = two.run(*mode, "-k", "v2", "--vtrack-baseline=v1")
    assert (named.exit, compared(named)) == (10, ["v2 vs v1"])


def test_a_version_that_lacks_a_case_is_partial_and_the_other_is_not(two, mode):
    done = two.run(*mode, "--deselect", "test_app.py::test_answers[q3-v2]")
    assert by_version(two) == {"v1": (40, "complete"), "v2": (39, "partial")}
    assert compared(done) == ["v2 vs v1"]
    alone = two.run(*mode, "test_app.py::test_answers[q3-v1]", "test_app.py::test_answers[q3-v2]")
    assert [run.status for run in two.runs()][-2:] == ["partial", "partial"]
    assert compared(alone) == ["v2 vs v1"]


def test_trials_and_flags_belong_to_each_version(two, mode):
    two.questions(4)
    two.write(test_app=APP.replace("versions=", 'repeat=2, flags={"fast": [True, False]}, versions='))
    two.run(*mode)
    assert by_version(two) == {"v1": (16, "complete"), "v2": (16, "complete")}
    for run in two.runs():
        assert {(each.trial, each.key.flags) for each in two.results(run)} == {
            (trial, json.dumps({"fast": fast})) for trial in (0, 1) for fast in ("True", "False")
        }


def test_tests_of_the_suite_are_recorded_beside(two, mode):
    two.write(test_plain="def test_plain(): pass")
    done = two.run(*mode, "--vtrack-all", "--vtrack-version=v0")
    assert compared(done) == ["v2 vs v1"]
    assert by_version(two) == {"v0": (1, "complete"), "v1": (40, "complete"), "v2": (40, "complete")}


def test_tests_with_different_lists_are_compared_as_each_lists(two):
    two.questions(400, name="many.jsonl")
    two.write(
        test_other="""
        import pytest

        @pytest.mark.vtrack(dataset="many.jsonl", versions=["v2", "v3"])
        def test_other(vtrack_case):
            return 1
        """
    )
    done = two.run()
    assert compared(done) == ["v2 vs v1", "v3 vs v2"]
    assert done.exit == 10, "few cases in common are no missing baseline here"


def test_versions_of_two_environments_are_not_mixed(two):
    two.write(
        test_other="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", versions=["v2", "v1"], env="staging")
        def test_other(vtrack_case):
            return 1
        """
    )
    done = two.run()
    assert sorted(compared(done)) == ["v1 vs v2", "v2 vs v1"]
    assert len(two.runs()) == 4


@pytest.mark.parametrize(
    ("versions", "message"),
    {
        "twice": ("['v1', 'v1']", "versions=['v1', 'v1']): 'v1' stands twice; list each version once"),
        "number": ("[1.2, 1.3]", "1.2 is not the name of a version; give texts like 'v1.2'"),
        "empty": ("['v1', ' ']", "' ' is not the name of a version"),
        "text": ("'v1'", "versions must be a list of version names"),
    }.values(),
    ids=["twice", "number", "empty", "text"],
)
def test_a_list_that_cannot_be_meant_is_refused(two, versions, message):
    two.write(test_app=APP.replace('["v1", "v2"]', versions))
    done = two.run()
    assert done.exit == 4
    assert message in done.flat
    assert two.runs() == []


def test_lists_in_opposite_order_are_refused(two):
    two.write(
        test_other="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", versions=["v2", "v1"])
        def test_other(vtrack_case):
            return 1
        """
    )
    done = two.run()
    assert done.exit == 4
    assert "makes 'v2' the baseline of 'v1', test_app.py::test_answers the other way round" in done.flat
