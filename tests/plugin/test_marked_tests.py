"""What a test with ``@pytest.mark.vtrack`` may look like, and what is stored of it."""

from __future__ import annotations

import pytest

from pytest_vtrack.model import payload

SCORED = """
    import pytest
    from pytest_vtrack import scorer

    @scorer
    def right(outputs, expectations):
        return outputs == expectations["answer"]
"""


def test_the_returned_value_is_scored_and_stored_in_every_mode(project, mode):
    project.questions(3)
    project.write(
        test_app=SCORED
        + """
    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        return vtrack_case.inputs["n"] % 2
    """
    )
    done = project.run("--vtrack-version=v1", *mode)
    assert done.exit == 0, done.screen
    assert project.said("right") == {"q0": True, "q1": True, "q2": False}
    assert project.outputs() == {"q0": 0, "q1": 1, "q2": 0}
    run = project.last_run()
    assert (run.version.name, run.status, run.expected, run.stored) == ("v1", "complete", 3, 3)
    assert "Saved as version v1" in done.flat
    assert "66.7 %" in done.screen
    assert "2 of 3 cases; higher is better" in done.screen
    assert "3 passed" in done.last_line


def test_every_way_to_write_a_test_gives_the_same_outputs(project, mode):
    project.questions(1)
    project.write(
        test_app=SCORED
        + """
    pytestmark = pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])

    def app(n):
        return n

    async def async_app(n):
        return n

    def test_returns(vtrack_case):
        return app(**vtrack_case.inputs)

    def test_runs(vtrack_case):
        assert vtrack_case.run(app) == 0

    def test_runs_and_returns_something_else(vtrack_case):
        vtrack_case.run(app)
        return "not this"

    def test_runs_a_coroutine_function(vtrack_case):
        assert vtrack_case.run(async_app) == 0

    async def test_is_async(vtrack_case):
        return await async_app(**vtrack_case.inputs)

    async def test_awaits_run(vtrack_case):
        assert await vtrack_case.run(async_app) == 0

    async def test_runs_plain_code_in_async(vtrack_case):
        assert vtrack_case.run(app) == 0

    class TestInClass:
        def test_method(self, vtrack_case):
            return app(**vtrack_case.inputs)

        async def test_async_method(self, vtrack_case):
            return await async_app(**vtrack_case.inputs)

    def test_without_the_fixture():
        return 0
    """
    )
    assert project.run(*mode).exit == 0
    results = project.results()
    assert len(results) == 10
    for result in results:
        assert (result.outputs, result.error) == ("0", None), result.nodeid
        by_name = {each.metric.name: each.value for each in result.assessments}
        assert by_name["right"] is by_name["passed"] is by_name["completed"] is True
        assert by_name["latency"] > 0


@pytest.mark.parametrize("mark", ["skipif", "xfail"])
@pytest.mark.parametrize("options", [(), ("--vtrack-concurrency=2",)], ids=["in order", "at once"])
def test_conditions_of_marks_know_the_names_of_an_asynchronous_test(project, mark, options):
    project.questions(3)
    project.write(
        test_app=f"""
        import pytest

        WITHOUT_A_KEY = False

        @pytest.mark.{mark}("WITHOUT_A_KEY", reason="needs a key")
        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_answers(vtrack_case):
            return 1

        class TestMore:
            test_method = staticmethod(test_answers)
        """
    )
    done = project.run("-v", *options)
    assert "6 passed" in done.last_line, done.screen
    assert "runs in order" not in done.screen


@pytest.mark.parametrize("options", [(), ("--vtrack-concurrency=2",)], ids=["in order", "at once"])
@pytest.mark.parametrize("limit", ["", ", timeout=9"], ids=["", "limited"])
def test_a_call_that_nobody_awaits_is_an_error(project, options, limit):
    project.questions(2)
    project.write(
        test_app=f"""
        import pytest

        async def app(n):
            return n

        @pytest.mark.vtrack(dataset="qa.jsonl"{limit})
        async def test_forgets(vtrack_case):
            vtrack_case.run(app)

        @pytest.mark.vtrack(dataset="qa.jsonl"{limit})
        async def test_returns(vtrack_case):
            return vtrack_case.run(app)
        """
    )
    done = project.run("-W", "ignore:coroutine", *options)
    assert done.exit == 1
    assert "nobody awaited it: write `await vtrack_case.run(…)`" in done.screen
    results = project.results()
    assert [(each.outcome, each.outputs) for each in results] == [("failed", None)] * 4


def test_only_the_call_of_the_app_counts_as_latency(project):
    project.questions(1)
    project.write(
        test_app="""
        import time
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            time.sleep(0.05)
            vtrack_case.run(lambda n: time.sleep(0.01))
            vtrack_case.run(lambda n: time.sleep(0.01))
        """
    )
    project.run()
    assert 0.02 <= project.said("latency")["q0"] < 0.05


def test_feedback_and_expectations_are_stored_with_their_reasons(project):
    project.questions(1)
    project.write(
        test_app=SCORED
        + """
    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        vtrack_case.feedback("tone", "polite", rationale="said please", metadata={"model": "m"})
        vtrack_case.feedback("stars", 4, source="human")
        vtrack_case.expect("answer", 7)
        return 7
    """
    )
    assert project.run().exit == 0
    result = project.result()
    said = {each.metric.name: each for each in result.assessments}
    assert (said["tone"].value, said["tone"].rationale) == ("polite", "said please")
    assert said["tone"].metadata == {"model": "m"}
    assert (said["stars"].value, said["stars"].source) == (4.0, "human")
    assert said["right"].value is True
    assert payload.decode(result.expectations) == {"answer": 7}


@pytest.mark.parametrize("name", ["passed", "completed", "latency", "", "a = b"])
def test_feedback_under_a_name_that_is_taken_or_none_fails_the_test(project, name):
    project.questions(1)
    project.write(
        test_app=f"""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            vtrack_case.feedback({name!r}, True)
        """
    )
    done = project.run()
    assert done.exit == 1
    assert "vtrack_case.feedback" in done.flat
    assert [each.metric.name for each in project.result().assessments].count(name) <= 1


def test_scorers_are_functions_builtins_and_names(project, mode):
    project.questions(1)
    project.write(
        own="""
        from pytest_vtrack import scorer

        @scorer(name="mine", better="lower", tolerance=0.5, gate=False)
        def of_module(outputs):
            return float(outputs)
        """,
        test_app="""
        import pytest
        from pytest_vtrack import Feedback, contains, numeric_close

        def plain(outputs):
            return outputs == "0"

        async def asynchronous(outputs, expectations, inputs, tags, case, trace, baseline):
            assert (case.id, trace.outputs, baseline) == ("q0", "0", None)
            return "a category"

        def several(outputs):
            return [Feedback(True, name="first"), Feedback(0.5, "half", name="second")]

        def silent():
            return None

        @pytest.mark.vtrack(
            dataset="qa.jsonl",
            scorers=[plain, asynchronous, several, silent, numeric_close(), contains("0", name="has"),
                     "exact_match", "own:of_module"],
        )
        def test_answers(vtrack_case):
            return str(vtrack_case.inputs["n"])
        """,
    )
    done = project.run(*mode)
    assert done.exit == 0, done.screen
    said = {each.metric.name: each for each in project.result().assessments}
    assert said["plain"].value is True
    assert said["asynchronous"].value == "a category"
    assert (said["first"].value, said["second"].value, said["second"].rationale) == (True, 0.5, "half")
    assert said["silent"].value is None
    assert said["silent"].error is None
    assert said["numeric_close"].value is True
    assert said["has"].value is True
    assert said["exact_match"].value is True
    assert said["mine"].value == 0.0
    spec = said["mine"].metric
    assert (spec.better, spec.tolerance, spec.gate) == ("lower", 0.5, False)


def test_markers_of_class_and_module_are_inherited_and_the_closest_wins(project):
    project.questions(1, name="module.jsonl")
    project.questions(2, name="closest.jsonl")
    project.write(
        test_app="""
        import pytest

        pytestmark = pytest.mark.vtrack(dataset="module.jsonl", scorers=["exact_match"], repeat=2)

        def test_of_module():
            return 0

        @pytest.mark.vtrack(repeat=1)
        class TestOfClass:
            def test_inherits(self):
                return 0

            @pytest.mark.vtrack(dataset="closest.jsonl", scorers=["contains"])
            def test_own(self):
                return 0
        """
    )
    assert project.run().exit == 0
    found = {
        (each.key.test.rpartition("::")[2], each.key.case_id, each.trial, scored.metric.name)
        for each in project.results()
        for scored in each.assessments
        if scored.metric.name in ("exact_match", "contains")
    }
    assert found == {
        ("test_of_module", "q0", 0, "exact_match"),
        ("test_of_module", "q0", 1, "exact_match"),
        ("test_inherits", "q0", 0, "exact_match"),
        ("test_own", "q0", 0, "contains"),
        ("test_own", "q1", 0, "contains"),
    }


def test_each_combination_of_flags_is_a_case_of_its_own(project):
    project.questions(1)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", flags={"ranker": ["new", "old"], "cache": [True, False]})
        def test_answers(vtrack_case):
            return dict(vtrack_case.flags)
        """
    )
    done = project.run("-v", "--vtrack-flag=region=eu")
    assert "test_answers[q0-ranker=new-cache=True]" in done.screen
    results = project.results()
    assert {each.key.flags for each in results} == {
        f'{{"cache": "{cache}", "ranker": "{ranker}"}}'
        for cache in ("True", "False")
        for ranker in ("new", "old")
    }
    assert all('"region":"eu"' in each.outputs for each in results)
    assert project.last_run().flags == {"region": "eu"}


def test_repeat_makes_trials_of_one_case_and_the_option_wins(project):
    project.questions(2)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", repeat=2)
        def test_answers(vtrack_case):
            return vtrack_case.trial

        @pytest.mark.vtrack
        @pytest.mark.parametrize("word", ["a", "b"])
        def test_without_dataset(vtrack_case, word):
            return vtrack_case.inputs

        def test_plain():
            pass
        """
    )
    project.run()
    trials = {(each.key.case_id, each.trial): each.outputs for each in project.results() if each.key.dataset}
    assert trials == {("q0", 0): "0", ("q0", 1): "1", ("q1", 0): "0", ("q1", 1): "1"}
    project.run("--vtrack-repeat=3")
    assert project.last_run().stored == 12
    ids = {(each.key.case_id, each.trial) for each in project.results() if not each.key.dataset}
    assert ids == {
        (f"test_app.py::test_without_dataset[{word}]", trial) for word in "ab" for trial in range(3)
    }


def test_parameters_of_the_test_keep_cases_apart(project):
    project.questions(2)
    project.write(
        test_app="""
        import pytest

        @pytest.fixture(params=["small", "large"])
        def model(request):
            return request.param

        @pytest.mark.vtrack(dataset="qa.jsonl", repeat=2)
        @pytest.mark.parametrize("temperature", [0, 1])
        def test_answers(vtrack_case, model, temperature):
            return [model, temperature, vtrack_case.trial]
        """
    )
    assert project.run().exit == 0
    results = project.results()
    assert len(results) == project.last_run().expected == 16
    assert {each.key.test for each in results} == {
        f"test_app.py::test_answers[{model}-{temperature}]"
        for model in ("small", "large")
        for temperature in (0, 1)
    }
    assert {each.key.case_id for each in results} == {"q0", "q1"}


def test_versions_make_one_run_each(project):
    project.questions(2)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", versions=["v1", "v2"])
        def test_answers(vtrack_case):
            return vtrack_case.version
        """
    )
    project.run("--vtrack-version=v0")
    assert [(run.version.name, run.stored, run.status) for run in project.runs()] == [
        ("v1", 2, "complete"),
        ("v2", 2, "complete"),
    ]
    for run in project.runs():
        assert set(project.outputs(run).values()) == {run.version.name}


def test_experiment_env_and_params_of_the_marker_choose_and_describe_the_run(project, mode):
    project.questions(1)
    project.write(
        test_app="""
        import pytest

        PARAMS = {"model": "m1", "api_key": "s3cret"}

        @pytest.mark.vtrack(dataset="qa.jsonl", experiment="other", params=PARAMS)
        def test_other():
            return 1

        @pytest.mark.vtrack(dataset="qa.jsonl", env="staging", params={"model": "m2", "temperature": 0.5})
        def test_staging():
            return 1

        @pytest.mark.vtrack(dataset="qa.jsonl", env="staging", params={"model": "m3"})
        def test_staging_too():
            return 1

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_plain():
            return 1
        """
    )
    assert project.run("--vtrack-version=v1", *mode).exit == 0
    home = project.path.name
    found = {(run.experiment, run.env): (run.stored, dict(run.version.params)) for run in project.runs()}
    assert found == {
        ("other", "dev"): (1, {"model": "m1", "api_key": "***"}),
        (home, "staging"): (2, {"model": "m2, m3", "temperature": "0.5"}),
        (home, "dev"): (1, {}),
    }
    assert b"s3cret" not in project.stored_bytes()


def test_tests_for_other_versions_are_skipped_with_the_reason(project):
    project.questions(1)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack_version(">=1.2,<2")
        def test_in_range():
            pass

        @pytest.mark.vtrack_version("v1.3")
        def test_exact():
            pass

        @pytest.mark.vtrack_version(">=2")
        def test_later():
            assert False

        @pytest.mark.vtrack(dataset="qa.jsonl", versions=["v1.3", "v2.1"])
        @pytest.mark.vtrack_version(">=2")
        def test_cases(vtrack_case):
            return vtrack_case.version
        """
    )
    done = project.run("--vtrack-version=v1.3", "-rs")
    assert done.exit == 0
    assert "3 passed, 2 skipped" in done.last_line
    assert "version v1.3 is not >=2" in done.screen
    assert {run.version.name: set(project.outputs(run).values()) for run in project.runs()} == {
        "v1.3": {None},
        "v2.1": {"v2.1"},
    }


def test_a_marked_test_without_dataset_is_its_own_case(project):
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack
        @pytest.mark.parametrize("question", ["refund", "login"])
        def test_asks(question, vtrack_case):
            assert dict(vtrack_case.inputs) == {"question": question}
            return question.upper()

        def test_uses_the_fixture_only(vtrack_case):
            assert vtrack_case.id.endswith("test_uses_the_fixture_only")
        """
    )
    assert project.run().exit == 0
    assert project.outputs() == {
        "test_app.py::test_asks[refund]": "REFUND",
        "test_app.py::test_asks[login]": "LOGIN",
        "test_app.py::test_uses_the_fixture_only": None,
    }
    assert {each.inputs for each in project.results()} == {
        '{"question":"refund"}',
        '{"question":"login"}',
        "{}",
    }


def test_datasets_are_found_beside_the_test_then_in_the_root_folder(project):
    project.questions(1, name="beside.jsonl")
    project.questions(2, name="both.jsonl")
    project.write(
        **{
            "evals/test_app.py": """
        import pytest
        CASES = [{"id": "here", "inputs": {"n": 1}}]

        @pytest.mark.vtrack(dataset="both.jsonl")
        def test_both():
            return 1

        @pytest.mark.vtrack(dataset="beside.jsonl")
        def test_root():
            return 1

        @pytest.mark.vtrack(dataset=CASES)
        def test_list():
            return 1
        """,
            "pytest.ini": "[pytest]\n",
        }
    )
    project.questions(3, name="evals/both.jsonl")
    assert project.run().exit == 0
    counts = {}
    for each in project.results():
        counts[each.key.test.rpartition("_")[2]] = counts.get(each.key.test.rpartition("_")[2], 0) + 1
    assert counts == {"both": 3, "root": 1, "list": 1}


def test_what_the_app_changes_in_its_inputs_does_not_reach_the_next_trial(project):
    project.dataset({"id": "q0", "inputs": {"n": 1}})
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", repeat=2)
        def test_answers(vtrack_case):
            n = vtrack_case.inputs["n"]
            vtrack_case.inputs["n"] = 99
            return n
        """
    )
    assert project.run().exit == 0
    assert [each.outputs for each in project.results()] == ["1", "1"]
