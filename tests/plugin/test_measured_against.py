"""Scorers that compare with the baseline, in sessions: what they are measured against, and how it decides."""

from __future__ import annotations

from pytest_vtrack.model.tags import MEASURED_AGAINST


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
