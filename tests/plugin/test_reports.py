"""The files that a session writes: what stands in them, when they are written, and when they cannot be."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from pytest_vtrack.report.json_schema import PUBLISHED

APP = """
    import pytest

    WRONG = {"v1": range(0), "worse": range(5, 40)}

    def right(outputs, expectations):
        return outputs == expectations["answer"]

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        n, version = vtrack_case.inputs["n"], vtrack_case.version
        return -1 if n in WRONG.get(version, ()) else n
"""
FILES = ("--vtrack-md=out/report.md", "--vtrack-json=out/report.json", "--junit-xml=out/junit.xml")


@pytest.fixture
def compared(project):
    """A project with a stored version v1, and another to compare with it."""
    project.write(test_app=APP, **{"pytest.ini": "[pytest]\nvtrack_experiment = bot\n"})
    project.questions(40)
    assert project.run("-q", "--vtrack-version=v1").exit == 0
    return project


def markdown(project) -> str:
    return (project.path / "out/report.md").read_text(encoding="utf-8")


def report(project) -> dict[str, Any]:
    found = json.loads((project.path / "out/report.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, json.loads(PUBLISHED.read_text(encoding="utf-8")))
    return found


def properties(project) -> dict[str, str]:
    """Return the properties of the suite; no name stands there twice."""
    suite = ElementTree.parse(project.path / "out/junit.xml").getroot().find("testsuite")
    found = [(each.attrib["name"], each.attrib["value"]) for each in suite.findall("properties/property")]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_all_reports_tell_a_regression(compared, mode):
    done = compared.run(*mode, *FILES, "--vtrack-version=worse", "--vtrack-baseline=v1")
    assert done.exit == 10
    assert "Report: out/report.md" in done.section
    assert "Report: out/report.json" in done.section
    assert "### ❌ vtrack: worse is worse than v1 — `bot`, 40 cases compared" in markdown(compared)
    found = report(compared)
    assert (found["verdict"], found["exit_code"], found["cases"]["worse"]) == ("regressed", 10, 35)
    told = properties(compared)
    old, new = compared.runs()
    names = ("verdict", "exit_code", "experiment", "env", "status")
    assert [told[f"vtrack.{name}"] for name in names] == ["regressed", "10", "bot", "dev", "complete"]
    assert (told["vtrack.version"], told["vtrack.run"]) == ("worse", new.id)
    assert (told["vtrack.baseline"], told["vtrack.baseline.run"]) == ("v1", old.id)
    right = {name.rpartition(".")[2]: told[name] for name in told if name.startswith("vtrack.metric.right.")}
    assert right == {"verdict": "worse", "value": "0.125", "baseline": "1.0", "effect": "-0.875"}


def test_nothing_changed_is_written_too(compared, mode):
    assert compared.run(*mode, *FILES, "--vtrack-version=v2", "--vtrack-baseline=v1").exit == 0
    assert "**All 40 cases gave the same results as in v1.**" in markdown(compared)
    assert (report(compared)["verdict"], report(compared)["changed"]) == ("ok", False)
    assert properties(compared)["vtrack.verdict"] == "ok"


def test_a_first_version_is_written_too(compared, mode):
    done = compared.run(*mode, *FILES, "--vtrack-version=v2")
    assert done.exit == 0
    assert "Reports: out/report.md, out/report.json" in done.section
    assert "### vtrack: v2 recorded, compared with nothing" in markdown(compared)
    found = report(compared)
    assert (found["verdict"], found["current"]["version"], found["baseline"]) == ("no_baseline", "v2", None)
    assert {each["name"]: each["current"] for each in found["metrics"]}["right"] == 1.0
    told = properties(compared)
    assert (told["vtrack.verdict"], told["vtrack.metric.right.value"]) == ("no_baseline", "1.0")
    assert "vtrack.baseline" not in told


@pytest.mark.parametrize("asked", ["command line", "ini file"])
def test_a_missing_baseline_is_written_before_the_first_test(compared, mode, asked):
    ini = f"[pytest]\nvtrack_experiment = bot\n{'vtrack_baseline = v9' if asked == 'ini file' else ''}"
    compared.write(**{"pytest.ini": ini})
    option = ["--vtrack-baseline=v9"] if asked == "command line" else []
    assert compared.run_apart(*mode, *FILES, *option, "--vtrack-version=worse").exit == 12
    assert len(compared.runs()) == 1
    assert "### ⚠️ vtrack: no baseline `v9`" in markdown(compared)
    assert "Create it:" in markdown(compared)
    found = report(compared)
    assert (found["verdict"], found["exit_code"], found["current"]) == ("no_baseline", 12, None)
    assert "'v9' is not in" in found["warnings"][0]


def test_a_missing_baseline_that_does_not_fail_leaves_a_recorded_run(compared, mode):
    done = compared.run(*mode, *FILES, "--vtrack-baseline=v9", "--vtrack-gate=warn", "--vtrack-version=v2")
    assert done.exit == 0
    assert "no baseline `v9`" in markdown(compared)
    assert "v2 recorded" in markdown(compared)
    assert (report(compared)["current"]["version"], report(compared)["exit_code"]) == ("v2", 0)


def test_what_cannot_be_compared_is_written_too(compared, mode):
    ref = f"run:{compared.last_run().id}"
    compared.dataset(*({"id": f"new{n}", "inputs": {"n": n}} for n in range(5)))
    assert compared.run(*mode, *FILES, f"--vtrack-baseline={ref}", "--vtrack-version=v2").exit == 12
    assert "too few to compare" in markdown(compared)
    found = report(compared)
    assert (found["verdict"], found["exit_code"], found["cases"]["shared"]) == ("no_baseline", 12, 0)


def test_a_session_without_cases_writes_that(project, mode):
    project.write(test_plain="def test_one(): pass")
    assert project.run(*mode, *FILES).exit == 0
    assert "no case ran" in markdown(project)
    assert report(project)["current"] is None
    assert not (project.path / ".vtrack").exists()


def test_a_suite_without_cases_misses_no_baseline(project, mode):
    project.write(
        test_plain="def test_one(): assert not 1", **{"pytest.ini": "[pytest]\nvtrack_baseline = v9\n"}
    )
    assert project.run(*mode, *FILES).exit == 1
    assert "no case ran" in markdown(project)
    assert report(project)["exit_code"] == 0
    assert properties(project)["vtrack.exit_code"] == "0"


def test_several_versions_make_several_comparisons(compared, mode):
    compared.write(test_app=APP.replace("scorers=[right]", 'scorers=[right], versions=["worse", "v3"]'))
    assert compared.run(*mode, *FILES, "--vtrack-baseline=v1").exit == 10
    assert [each.count("### ") for each in markdown(compared).split("\n---\n")] == [1, 1]
    found = report(compared)
    assert (found["current"]["version"], found["others"][0]["current"]["version"]) == ("worse", "v3")
    told = properties(compared)
    assert (told["vtrack.version"], told["vtrack.2.version"]) == ("worse", "v3")


def test_an_interrupted_session_is_written_too(compared):
    compared.write(test_zz="def test_stop(): raise KeyboardInterrupt")
    assert compared.run(*FILES, "--vtrack-version=v2", "--vtrack-baseline=v1").exit == 2
    assert report(compared)["verdict"] == "ok"


def test_junit_without_any_option_of_ours(compared, mode):
    assert compared.run(*mode, "--junit-xml=out/junit.xml", "--vtrack-version=v2").exit == 0
    assert properties(compared)["vtrack.version"] == "v2"


def test_names_of_others_leave_the_junit_file_well_formed(compared):
    compared.write(
        test_app="""
            import pytest
            from pytest_vtrack import scorer

            @scorer(name='a "<b>&日')
            def right(outputs): return True

            @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
            def test_answers(vtrack_case): return 1
        """
    )
    assert compared.run("--junit-xml=out/junit.xml", "--vtrack-version=v\x1b2").exit == 0
    told = properties(compared)
    assert told["vtrack.version"] == "v\\x1b2"
    assert told['vtrack.metric.a "<b>&日.value'] == "1.0"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--vtrack-md=folder"], r"--vtrack-md: \S+folder is a folder; name a file in it"),
        (["--vtrack-json=test_app.py/x.json"], r"--vtrack-json: \S+x\.json cannot be written"),
        (["--vtrack-md=/proc/no/x.md"], r"--vtrack-md: /proc/no/x\.md cannot be written"),
        (["--vtrack-md="], "--vtrack-md: the value is empty; name one, or leave the option out"),
        (["--vtrack-md=x", "--vtrack-json=./x"], r"--vtrack-json: \S+x is the file of --vtrack-md too"),
    ],
    ids=["a folder", "below a file", "nowhere", "empty", "twice"],
)
def test_what_cannot_be_written_ends_before_the_first_test(compared, mode, options, message):
    (compared.path / "folder").mkdir()
    done = compared.run_apart(*mode, *options, "--vtrack-version=v2")
    assert done.exit == 4
    assert re.search(message, done.flat)
    assert len(compared.runs()) == 1


def test_looking_only_writes_nothing(compared):
    compared.run("--collect-only", *FILES[:2])
    assert not (compared.path / "out").exists()


def test_a_report_that_fails_to_be_written_at_the_end_is_no_success(compared):
    compared.write(
        test_zz="""
            import pathlib

            def test_remove_the_folder():
                pathlib.Path("out").rmdir()
                pathlib.Path("out").write_text("in the way")
        """
    )
    done = compared.run(FILES[0], "--vtrack-version=v2", "--vtrack-baseline=v1")
    assert done.exit == 3
    assert "vtrack: --vtrack-md: " in done.flat
    assert "was not written" in done.flat
    assert len(compared.runs()) == 2


def test_reports_are_named_from_where_pytest_was_started(compared, monkeypatch):
    (compared.path / "below").mkdir()
    monkeypatch.chdir(compared.path / "below")
    assert compared.run("..", "--vtrack-md=here.md", "--vtrack-version=v2").exit == 0
    assert (compared.path / "below/here.md").is_file()


def test_a_report_that_fails_costs_no_verdict(compared):
    compared.write(
        conftest="""
        from pytest_vtrack.plugin import reports

        def broken(summary, settings):
            raise RuntimeError("of ours")

        reports._TEXTS = reports._TEXTS | {"json": broken}
        """
    )
    done = compared.run_apart(*FILES, "--vtrack-version=worse", "--vtrack-baseline=v1")
    assert done.exit == 10
    assert "INTERNALERROR" not in done.flat
    assert "s not written (RuntimeError: of ours)" in done.flat
    assert "right got worse" in markdown(compared)
    done = compared.run_apart(*FILES, "--vtrack-version=v1")
    assert done.exit == 3, "nothing else is wrong, and a file that was asked for is missing"
