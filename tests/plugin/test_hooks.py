"""The three hooks that conftests may implement."""

from __future__ import annotations

import pytest

APP = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        return vtrack_case.inputs["n"]

    def test_plain():
        pass
"""


def test_scorers_are_added_to_marked_tests_once_each(project, mode):
    project.questions(3)
    project.write(
        conftest="""
        from pathlib import Path

        def is_small(outputs):
            return outputs < 2

        def pytest_vtrack_scorers(config, item):
            with Path(config.rootpath, "asked.txt").open("a") as file:
                file.write(f"{item.nodeid}\\n")
            return [is_small, "exact_match"]
        """,
        test_app=APP,
    )
    assert project.run("--vtrack-all", *mode).exit == 0
    assert project.said("is_small") == {"q0": True, "q1": True, "q2": False}
    assert project.said("exact_match") == {"q0": True, "q1": True, "q2": True}
    processes = 2 if "-n2" in mode else 1
    asked = (project.path / "asked.txt").read_text().splitlines()
    assert asked == ["test_app.py::test_answers"] * processes


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ("[lambda outputs: 1]", "a lambda has no name"),
        ("['nothing']", "no built-in scorer 'nothing'"),
        ("[3]", "3 is not a scorer"),
    ],
)
def test_a_wrong_scorer_of_a_hook_is_refused_before_the_first_call(project, returned, says):
    project.questions(2)
    project.write(
        conftest=f"def pytest_vtrack_scorers(config, item): return {returned}",
        test_app=APP,
    )
    done = project.run()
    assert done.exit == 4
    assert says in done.flat
    assert "Traceback" not in done.screen
    assert project.runs() == []


def test_assessments_are_seen_and_added_to(project, mode):
    project.questions(2)
    project.write(
        conftest="""
        from pytest_vtrack import Feedback

        def pytest_vtrack_assessments(run, trace, assessments):
            assert run.version == "v1"
            assert {"passed", "completed", "latency"} <= {each.metric.name for each in assessments}
            if trace.outputs == 1:
                return [Feedback(trace.outputs * 10, "tenfold", name="ten")]
        """,
        test_app=APP,
    )
    assert project.run("--vtrack-version=v1", *mode).exit == 0
    assert project.said("ten") == {"q1": 10.0}


def test_a_hook_that_breaks_is_an_unfinished_case_and_loses_nothing(project, mode):
    project.questions(2)
    project.write(
        conftest="""
        def pytest_vtrack_assessments(run, trace, assessments):
            if trace.outputs == 1:
                raise RuntimeError("hook broke")
        """,
        test_app=APP,
    )
    project.run(*mode)
    run = project.last_run()
    assert (run.status, run.stored) == ("complete", 2)
    assert project.said("completed") == {"q0": True, "q1": False}
    assert project.outputs() == {"q0": 0, "q1": 1}


@pytest.mark.parametrize(
    ("answer", "code"), [("regressed", 10), ("not_sure", 0), ("ok", 0), ("improved", 0), ("nonsense", 0)]
)
def test_verdict_can_be_made_stricter_only(project, answer, code):
    project.questions(20)
    project.write(
        conftest=f"""
        def pytest_vtrack_verdict(config, comparison):
            assert comparison.baseline.version.name == "v1"
            return {answer!r}
        """,
        test_app=APP,
    )
    assert project.run("--vtrack-version=v1").exit == 0
    done = project.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert done.exit == code, done.screen
    words = {"regressed": "✗ REGRESSED", "not_sure": "? NOT SURE"}
    assert words.get(answer, "✓ OK") in done.section


def test_a_regression_stays_one_whatever_a_hook_says(project):
    project.questions(20)
    project.write(
        conftest='def pytest_vtrack_verdict(config, comparison): return "improved"',
        test_app="""
        import pytest

        def right(outputs):
            return outputs

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
        def test_answers(vtrack_case):
            return vtrack_case.version == "v1"
        """,
    )
    project.run("--vtrack-version=v1")
    done = project.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert done.exit == 10
    assert "REGRESSED" in done.section
