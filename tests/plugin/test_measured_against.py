"""Scorers that compare with the baseline, in sessions: what they are measured against, and how it decides."""

from __future__ import annotations

from pytest_vtrack.model.tags import MEASURED_AGAINST

NAMES = {"unchanged", "waits", "sees_all"}


def test_a_scorer_that_compares_with_the_baseline_decides_although_the_baseline_has_no_value(project, mode):
    project.questions(20)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["unchanged"], gate=["unchanged"])
        def test_answers(vtrack_case, vtrack_run):
            return "changed" if vtrack_run.version == "v3" else vtrack_case.inputs["n"]
        """
    )
    assert project.run("--vtrack-version=v1").exit == 0
    assert project.run("--vtrack-version=v2", "--vtrack-baseline=v1").exit == 0
    done = project.run("--vtrack-version=v3", "--vtrack-baseline=v2", "--vtrack-anchor=v1", *mode)
    first, second, third = project.runs()
    noted = [run.tags.get(MEASURED_AGAINST) for run in (first, second, third)]
    assert noted == [None, first.id, second.id]
    assert done.exit == 10
    one, other = (line for line in done.screen.splitlines() if line.strip(" ▼!").startswith("unchanged "))
    assert "-100.0 pt" in one
    assert other.split()[-1] == "new", "the anchor is not what it was measured against"


def test_what_was_masked_in_the_baseline_is_compared_as_masked(project):
    project.questions(3)
    project.write(
        test_app="""
        import pytest
        from pytest_vtrack import scorer

        @scorer(retries=1)
        def waits(outputs, baseline):
            return baseline is None or outputs == baseline.outputs

        @scorer
        def sees_all(outputs):
            return outputs["api_key"] == "abc"

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["unchanged", waits, sees_all])
        def test_answers(vtrack_case):
            return {"api_key": "abc", "url": "https://u:abc@host/", "n": vtrack_case.inputs["n"]}
        """
    )
    project.run("--vtrack-version=v1")
    for options in ([], ["--vtrack-concurrency=2"]):
        project.run("--vtrack-version=v2", "--vtrack-baseline=v1", *options)
        said = [each for result in project.results() for each in result.assessments]
        values = {(each.metric.name, each.value) for each in said if each.metric.name in NAMES}
        assert values == {(name, True) for name in NAMES}
