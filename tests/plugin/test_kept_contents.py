"""What is stored of a case is what the application returned, whatever scorers do with it."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("options", [[], ["--vtrack-concurrency=2"]], ids=["alone", "at once"])
def test_scorers_cannot_change_what_is_stored(project, options):
    project.questions(3)
    project.write(
        test_app="""
        import pytest
        from pytest_vtrack import scorer

        def changed(outputs, expectations):
            expectations.clear()
            outputs["n"] = outputs.pop("said")
            return True

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[changed, scorer(changed, name="later", retries=1)])
        def test_answers(vtrack_case):
            vtrack_case.expect("more", 1)
            return {"said": vtrack_case.inputs["n"]}
        """
    )
    assert project.run(*options).exit == 0
    stored = [(json.loads(each.outputs), json.loads(each.expectations)) for each in project.results()]
    assert sorted(outputs["said"] for outputs, _ in stored) == [0, 1, 2]
    assert all(expected.keys() == {"answer", "more"} for _, expected in stored)
