"""A changed scorer: not comparable, or the baseline's stored outputs are scored again."""

from __future__ import annotations

import pytest

SCORED = """
    import pytest
    from pytest_vtrack import scorer

    @scorer(version={version})
    def right(outputs, expectations):
        return outputs {operator} expectations["answer"]

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        with open("calls.txt", "a") as file:
            file.write("called ")
        return vtrack_case.inputs["n"]
"""


@pytest.fixture
def changed_scorer(project):
    """A project with a baseline of 20 cases, whose scorer has changed since and now says no to all."""
    project.questions(20)
    project.write(test_qa=SCORED.format(version=1, operator="=="))
    project.run("--vtrack-version=v1")
    project.write(test_qa=SCORED.format(version=2, operator="!="))
    return project


@pytest.mark.parametrize("options", [(), ("--vtrack-rescore=never",)], ids=["auto", "never"])
def test_a_changed_scorer_makes_its_metric_not_comparable(changed_scorer, options):
    session = changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1", *options)
    assert "not comparable" in session.section
    assert "right cannot be compared: the scorer changed between v1 and v2" in session.flat


def test_the_stored_outputs_of_the_baseline_are_scored_again_without_calling_the_app(changed_scorer, mode):
    session = changed_scorer.run(
        "--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-rescore=always", *mode
    )
    assert session.exit == 0
    assert "all 20 cases gave the same results" in session.flat
    assert (changed_scorer.path / "calls.txt").read_text().split() == ["called"] * 40
    baseline, _ = changed_scorer.runs()
    assert set(changed_scorer.said("right", baseline).values()) == {False}
    assert baseline.stored == 20


def test_what_the_old_scorer_said_stays(changed_scorer):
    changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-rescore=always")
    baseline, _ = changed_scorer.runs()
    attempts = changed_scorer.results(baseline, all_attempts=True)
    said = {
        (result.attempt, each.value)
        for result in attempts
        for each in result.assessments
        if each.metric.name == "right"
    }
    assert said == {(0, True), (1, False)}


def test_scoring_again_twice_changes_nothing_more(changed_scorer):
    for _ in range(2):
        changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-rescore=always")
    baseline = changed_scorer.runs()[0]
    assert len(changed_scorer.results(baseline, all_attempts=True)) == 40
