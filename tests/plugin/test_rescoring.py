"""A changed scorer: the baseline's stored outputs are scored again, or the metric is not comparable."""

from __future__ import annotations

import json

import pytest

SCORED = """
    import pytest
    from pytest_vtrack import Feedback, scorer

    @scorer({declared})
    def right(outputs, expectations):
        with open("asked.txt", "a") as file:
            file.write("asked ")
        return {answer}

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        with open("calls.txt", "a") as file:
            file.write("called ")
        return {returned}
"""
OLD = {"declared": "version=1", "answer": "outputs == expectations['answer']"}
NEW = {"declared": "version=2", "answer": "outputs % 7 > 1 and 100 // (outputs - 5) != 1"}
"""Says no to some, has an error where 5 was answered."""
GOOD, BAD = "vtrack_case.inputs['n']", "max(3, vtrack_case.inputs['n']) // 3 * 7"


def written(project, scorer, returned=GOOD):
    project.write(test_qa=SCORED.format(**scorer, returned=returned))


def report(project, *args):
    session = project.run(*args, "--vtrack-json=report.json")
    return session, json.loads((project.path / "report.json").read_text())


def decided(found):
    """Return what was decided, without what differs in every run."""
    by_name = sorted(found["metrics"], key=lambda each: each["name"])
    metrics = [each for each in by_name if each["name"] != "latency"]
    cases = [(each["id"], each["verdict"]) for each in found["worst_cases"]]
    return found["verdict"], metrics, found["cases"], cases


@pytest.fixture
def changed_scorer(project):
    """A project with a baseline of 20 cases, whose scorer has changed since."""
    project.questions(20)
    written(project, OLD)
    project.run("--vtrack-version=v1")
    written(project, NEW)
    return project


def test_a_changed_scorer_makes_its_metric_not_comparable_where_nothing_may_be_scored_again(changed_scorer):
    session = changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-rescore=never")
    assert "right cannot be compared: the scorer changed between v1 and v2" in session.flat
    assert len(changed_scorer.results(changed_scorer.runs()[0], all_attempts=True)) == 20


def test_the_verdict_is_that_of_both_versions_with_the_new_scorer(changed_scorer, mode):
    written(changed_scorer, NEW, BAD)
    session, found = report(changed_scorer, "--vtrack-version=v2", "--vtrack-baseline=v1", *mode)
    assert (changed_scorer.path / "calls.txt").read_text().split() == ["called"] * 40
    written(changed_scorer, NEW)
    other = "--vtrack-store=other.db"
    changed_scorer.run("--vtrack-version=v1", other)
    written(changed_scorer, NEW, BAD)
    _, both = report(changed_scorer, "--vtrack-version=v2", "--vtrack-baseline=v1", other)
    for ours, theirs in zip(decided(found), decided(both), strict=True):
        assert ours == theirs
    assert found["verdict"] == "regressed"
    assert "right is new or changed since v1, so 20 stored traces of v1 were scored again" in session.flat
    assert any("scored again" in each for each in found["warnings"])
    assert changed_scorer.runs()[0].stored == 20


def test_what_the_old_scorer_said_stays_and_is_taken_again_without_asking(changed_scorer):
    changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    baseline = changed_scorer.runs()[0]
    attempts = changed_scorer.results(baseline, all_attempts=True)
    said = [
        (result.attempt, each.metric.fingerprint)
        for result in attempts
        for each in result.assessments
        if each.metric.name == "right"
    ]
    assert sorted(said) == [(0, "version:1")] * 20 + [(1, "version:2")] * 20
    written(changed_scorer, OLD)
    (changed_scorer.path / "asked.txt").unlink()
    session = changed_scorer.run("--vtrack-version=v3", "--vtrack-baseline=v1")
    assert session.exit == 0
    # The new run's cases, and one of them once more, to see that what is stored is enough to judge.
    assert len((changed_scorer.path / "asked.txt").read_text().split()) == 21
    assert set(changed_scorer.said("right", baseline).values()) == {True}


def test_nothing_is_scored_where_the_baseline_has_all_answers(changed_scorer):
    for _ in range(2):
        session = changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert "scored again" not in session.flat
    assert len(changed_scorer.results(changed_scorer.runs()[0], all_attempts=True)) == 40


def test_a_new_metric_gets_a_partner_under_every_name_that_its_scorer_gives(project):
    project.questions(6)
    several = """
        import pytest
        from pytest_vtrack import Feedback, scorer

        @scorer
        def several(outputs):
            return [Feedback(outputs > 2, name="large"), Feedback(float(outputs), name="size")]

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[{scorers}])
        def test_answers(vtrack_case):
            return vtrack_case.inputs["n"]
    """
    project.write(test_qa=several.format(scorers=""))
    project.run("--vtrack-version=v1")
    project.write(test_qa=several.format(scorers="several"))
    for attempts in (12, 12):  # scored once, then known
        _, found = report(project, "--vtrack-version=v2", "--vtrack-baseline=v1")
        assert {"large", "size"} <= {each["name"] for each in found["metrics"] if each["pairs"] == 6}
        assert len(project.results(project.runs()[0], all_attempts=True)) == attempts


def test_only_the_selected_cases_are_scored_and_all_trials_of_them(project):
    project.questions(4)
    written(project, OLD)
    project.run("--vtrack-version=v1", "--vtrack-repeat=2")
    written(project, NEW)
    session = project.run(
        "--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-repeat=3", "-k", "q2 and trial3"
    )
    assert session.exit == 0
    attempts = project.results(project.runs()[0], all_attempts=True)
    assert sorted((each.key.case_id, each.trial) for each in attempts if each.attempt) == [
        ("q2", 0),
        ("q2", 1),
    ]


def test_a_judge_is_not_asked_but_its_price_and_the_command_are_told(changed_scorer):
    answer = "Feedback(True, metadata={'cost': 0.5})"
    written(changed_scorer, {"answer": answer, "declared": "version=2, paid=True"})
    session = changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert (
        "right makes paid calls, so v1 was not scored again with it: 20 calls, about 10 by what it cost in "
        "this run; to do it: `vtrack rescore v1 --scorers test_qa.py:right`, then `vtrack compare v1 v2`"
    ) in session.flat
    assert "not comparable" in session.section
    session = changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-rescore=always")
    assert "scored again" in session.flat
    assert "not comparable" not in session.section


@pytest.mark.parametrize(
    ("setting", "returned", "said"),
    [
        pytest.param(
            "", "{vtrack_case.inputs['n']}", "right says something else of what is stored than of", id="a-set"
        ),
        pytest.param(
            "[pytest]\nvtrack_capture = scores",
            "vtrack_case.inputs['n']",
            "3 stored traces of v1 not scored again with right: its outputs are not stored",
            id="scores-only",
        ),
    ],
)
def test_what_is_not_stored_well_enough_is_not_scored_and_that_is_said(project, setting, returned, said):
    project.questions(3)
    if setting:
        project.write(**{"pytest.ini": setting})
    types = {"answer": "isinstance(outputs, (set, int))"}
    written(project, {"declared": "version=1", **types}, returned)
    project.run("--vtrack-version=v1")
    written(project, {"declared": "version=2", **types}, returned)
    session = project.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert said in session.flat
    assert len(project.results(project.runs()[0], all_attempts=True)) == 3


def test_a_committed_baseline_is_scored_as_far_as_it_goes(changed_scorer, monkeypatch):
    from click.testing import CliRunner

    from pytest_vtrack.cli import group

    monkeypatch.chdir(changed_scorer.path)
    accept = ["baseline", "set", "main", "--version", "v1", "--why", "ok", "--file", "main.jsonl", "--yes"]
    assert CliRunner().invoke(group, accept).exit_code == 0
    session, found = report(
        changed_scorer, "--vtrack-version=v2", "--vtrack-baseline=main.jsonl", "--vtrack-store=fresh.db"
    )
    assert "20 stored traces of v1 were scored again" in session.flat
    assert [each["verdict"] for each in found["metrics"] if each["name"] == "right"] == ["ok"]


def test_a_scorer_that_fails_on_what_is_stored_is_told_with_how_to_ask_again(changed_scorer):
    written(changed_scorer, NEW, returned=f"{GOOD} + 100")
    session = changed_scorer.run("--vtrack-version=v2", "--vtrack-baseline=v1")
    assert (
        "right ended in an error on 1 stored trace of v1, which is its answer there now; to ask again: "
        "`vtrack rescore v1 --scorers test_qa.py:right --retry-errors`, then `vtrack compare v1 v2`"
    ) in session.flat
