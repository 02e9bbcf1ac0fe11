"""What ``gate=``, ``slices=`` and ``cluster=`` of the marker do to the verdict."""

from __future__ import annotations

import pytest

APP = """
    import pytest
    from pytest_vtrack import scorer

    @scorer
    def right(outputs):
        return outputs

    @scorer(gate=False)
    def soft(outputs):
        return outputs

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right, soft]{more})
    def test_answers(vtrack_case):
        n = vtrack_case.inputs["n"]
        assert vtrack_case.version != "failing" or n > 20
        return vtrack_case.version == "good" or n < 3
{other}
"""


def gates(project):
    with project.store() as store:
        return {each.spec.name: each.spec.gate for each in store.metric_summaries(project.last_run().id)}


def exits(project, more="", other=""):
    project.questions(30)
    project.write(test_app=APP.format(more=more, other=other))
    assert project.run("-q", "--vtrack-version=good").exit == 0
    done = project.run("--vtrack-version=bad", "--vtrack-baseline=good")
    return done.exit


DECLARED = {"passed": True, "completed": True, "latency": False, "right": True, "soft": False}


@pytest.mark.parametrize(
    ("more", "code", "changed"),
    [
        ("", 10, {}),
        (", gate=True", 10, {}),
        (", gate=False", 0, {"right": False, "passed": False}),
        (", gate=['soft']", 10, {"soft": True, "right": False}),
        (", gate=['latency']", 0, {"latency": True, "right": False}),
        (", gate=[]", 0, {"right": False}),
    ],
)
def test_gate_chooses_the_metrics_that_decide(project, more, code, changed):
    found = exits(project, more)
    assert gates(project) == DECLARED | changed
    if "latency" not in more:
        assert found == code


def test_a_metric_decides_when_one_of_its_tests_wants_it_to(project):
    other = """
    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right], gate=False)
    def test_experimental(vtrack_case):
        return True
    """
    project.questions(30)
    project.write(test_app=APP.format(more="", other=other))
    project.run("-q")
    assert gates(project) == DECLARED


def test_a_gate_that_no_case_has_is_told(project):
    exits(project, ", gate=['rigth']")
    done = project.run("--vtrack-version=bad", "--vtrack-baseline=good")
    assert "@pytest.mark.vtrack(gate=…) names 'rigth', which no case has; nearest: right" in done.flat


def test_feedback_by_hand_follows_the_gate_of_its_test(project):
    project.questions(2)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", gate=["tone"])
        def test_answers(vtrack_case):
            vtrack_case.feedback("tone", True)
            vtrack_case.feedback("style", True)
        """
    )
    assert project.run().exit == 0
    assert (gates(project)["tone"], gates(project)["style"]) == (True, False)


def test_a_slice_that_is_named_decides_by_itself(project):
    """20 of 200 cases get worse, all with one tag: too few to matter as a whole, all of the slice."""
    records = [
        {"id": f"q{n}", "inputs": {"n": n}, "tags": {"topic": "refund" if n < 20 else f"other{n % 3}"}}
        for n in range(200)
    ]
    project.dataset(*records)
    app = """
        import pytest
        from pytest_vtrack import scorer

        @scorer(tolerance=0.2)
        def right(outputs):
            return outputs

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right]{more})
        def test_answers(vtrack_case):
            return vtrack_case.version == "good" or vtrack_case.inputs["n"] >= 20
    """
    for more, code in (("", 0), (", slices=['topic=refund']", 10), (", slices=['topic']", 10)):
        project.write(test_app=app.format(more=more))
        project.run("-q", "--vtrack-version=good")
        done = project.run("--vtrack-version=bad", "--vtrack-baseline=good")
        assert done.exit == code, done.screen


def test_cases_of_a_cluster_count_as_one(project):
    """All 8 lost cases stem from one document: no more than one piece of bad luck."""
    project.dataset(
        *({"id": f"q{n}", "inputs": {"n": n}, "tags": {"document": f"d{n // 8}"}} for n in range(40))
    )
    app = """
        import pytest

        def right(outputs):
            return outputs

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right]{more})
        def test_answers(vtrack_case):
            return vtrack_case.version == "good" or vtrack_case.inputs["n"] >= 8
    """
    for more, code in (("", 10), (", cluster='document'", 0)):
        project.write(test_app=app.format(more=more))
        project.run("-q", "--vtrack-version=good")
        done = project.run("--vtrack-version=bad", "--vtrack-baseline=good")
        assert done.exit == code, done.screen
