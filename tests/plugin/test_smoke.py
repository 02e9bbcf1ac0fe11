from __future__ import annotations

def test_a(project, mode):
    project.questions(3)
    project.write(test_app="""
        import pytest
        def right(outputs, expectations):
            return outputs == expectations["answer"]
        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
        def test_answers(vtrack_case):
            return vtrack_case.inputs["n"]
    """)
    done = project.run("--vtrack-version=v1", *mode)
    print(done.screen, done.errors)
    assert done.exit == 0
    assert project.said("right") == {"q0": True, "q1": True, "q2": True}
    assert project.last_run().complete
