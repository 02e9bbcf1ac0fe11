"""The five fixtures."""

from __future__ import annotations

import pytest

CASES = """
    import pytest

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        return vtrack_case.inputs["n"]
"""


def test_case_shows_everything_about_itself(project):
    project.dataset(
        {"id": "refund-1", "inputs": {"q": "x"}, "expectations": {"answer": "y"}, "tags": {"topic": "refund"}}
    )
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            assert vtrack_case.id == "refund-1"
            assert vtrack_case.inputs == {"q": "x"}
            assert vtrack_case.expectations == {"answer": "y"}
            assert vtrack_case.tags == {"topic": "refund"}
            assert (vtrack_case.trial, vtrack_case.version) == (0, "v1")
            assert vtrack_case.flags == {"a": "1"}
            vtrack_case.run(lambda q: "out")
            assert vtrack_case.trace.outputs == "out"
        """
    )
    assert project.run("--vtrack-version=v1", "--vtrack-flag=a=1").exit == 0
    assert project.result("refund-1").tags == {"topic": "refund"}


@pytest.mark.parametrize(
    ("returned", "args"),
    [
        ("'support-bot'", ()),
        ("Experiment('support-bot', tags={'team': 'search', 'token': 't0k'})", ()),
        ("Experiment('support-bot', tags={'team': 'search', 'token': 't0k'})", ("-n2",)),
    ],
)
def test_experiment_may_be_chosen_by_a_fixture(project, returned, args):
    project.questions(2)
    project.write(
        conftest=f"""
        import pytest
        from pytest_vtrack import Experiment

        @pytest.fixture(scope="session")
        def vtrack_experiment():
            return {returned}
        """,
        test_app="""
        import pytest

        @pytest.fixture
        def broken():
            raise ValueError("no setup")

        @pytest.mark.vtrack
        def test_fails_in_setup(broken):
            pass

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            return vtrack_case.inputs["n"]
        """,
    )
    project.run(*args)
    run = project.last_run()
    assert (run.experiment, run.stored) == ("support-bot", 3)
    if "tags" in returned:
        assert run.tags["team"] == "search"
        assert run.tags["token"] == "***"


def test_experiment_that_is_none_ends_the_session_before_the_first_call(project):
    project.questions(2)
    project.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session")
        def vtrack_experiment():
            return 3
        """,
        test_app=CASES,
    )
    done = project.run()
    assert done.exit == 4
    assert "fixture vtrack_experiment returned 3; return a name or pytest_vtrack.Experiment(" in done.flat
    assert project.runs() == []


def test_the_experiment_is_asked_for_also_where_the_first_case_is_skipped(project):
    project.write(
        conftest="""
            import pytest

            @pytest.fixture(scope="session")
            def vtrack_experiment():
                return "chosen"
        """,
        test_app="""
            import pytest

            @pytest.mark.skip
            @pytest.mark.vtrack(dataset=[{"inputs": {"n": 1}}])
            def test_skipped(vtrack_case):
                pass

            @pytest.mark.vtrack(dataset=[{"inputs": {"n": 1}}])
            def test_answers(vtrack_case):
                return 1
        """,
    )
    assert project.run("--vtrack-version=v1").exit == 0
    run = project.last_run()
    assert (run.experiment, run.status, run.stored) == ("chosen", "complete", 2)


def test_run_says_what_it_is_and_takes_tags_until_the_end_of_the_session(project, mode):
    project.questions(4)
    project.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session", autouse=True)
        def tagged(vtrack_run):
            vtrack_run.set_tag("model", "m1")
            yield
            vtrack_run.set_tag("closed", "yes")
            vtrack_run.set_tag("api_key", "s3cret")

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_teardown(item):
            if run := item.funcargs.get("vtrack_run"):
                run.set_tag("hook", 1)
        """,
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case, vtrack_run):
            assert vtrack_run.version == vtrack_case.version == "v1"
            assert (vtrack_run.env, vtrack_run.flags) == ("ci", {"f": "on"})
            vtrack_run.set_tag(f"seen.{vtrack_case.id}", True)
            return vtrack_run.id
        """,
    )
    done = project.run(
        "--vtrack-version=v1", "--vtrack-env=ci", "--vtrack-flag=f=on", "--vtrack-tag=who=me", *mode
    )
    assert done.exit == 0, done.screen
    run = project.last_run()
    assert set(project.outputs().values()) == {run.id}
    expected = {"model": "m1", "closed": "yes", "api_key": "***", "hook": "1", "who": "me"}
    assert {name: run.tags[name] for name in expected} == expected
    assert {name for name in run.tags if name.startswith("seen.")} == {f"seen.q{n}" for n in range(4)}
    assert run.tags["vtrack.command"].startswith("pytest ")
    assert b"s3cret" not in project.stored_bytes()


def test_reserved_tags_fail_the_test_that_sets_them(project):
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack
        def test_answers(vtrack_run):
            vtrack_run.set_tag("vtrack.commit", "x")
        """
    )
    done = project.run()
    assert done.exit == 1
    assert "'vtrack.commit' is reserved" in done.flat


def test_dataset_is_read_from_the_root_folder(project):
    project.questions(2)
    project.write(
        **{
            "pytest.ini": "[pytest]\n",
            "deep/test_app.py": """
            def test_reads(vtrack_dataset):
                dataset = vtrack_dataset("qa.jsonl")
                assert [case.id for case in dataset] == ["q0", "q1"]
                assert dataset.name == "qa"
                assert len(vtrack_dataset([{"inputs": {"n": 1}}])) == 1
            """,
        }
    )
    assert project.run().exit == 0
    assert project.runs() == [], "no test is recorded by reading a dataset"


def test_baseline_is_the_run_that_is_compared_with(project, mode):
    project.questions(2)
    project.write(
        test_app="""
        import pytest

        def close(outputs, baseline):
            return None if baseline is None else outputs - baseline.outputs

        def right(outputs):
            return outputs < 105

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[close, right])
        def test_answers(vtrack_case, vtrack_baseline, vtrack_run):
            if vtrack_run.version == "v1":
                assert vtrack_baseline is None
                return vtrack_case.inputs["n"]
            if vtrack_case.id == "new":
                return 0
            assert (vtrack_baseline.version, vtrack_baseline.env) == ("v1", "dev")
            assert vtrack_baseline.value("right") == 1.0
            assert vtrack_baseline.value("nothing") is None
            traces = vtrack_baseline.traces(vtrack_case.id)
            assert [trace.outputs for trace in traces] == [vtrack_case.inputs["n"]]
            assert vtrack_baseline.traces("nobody") == []
            return vtrack_case.inputs["n"] + 100
        """
    )
    assert project.run("--vtrack-version=v1").exit == 0
    assert project.said("close") == {"q0": None, "q1": None}
    project.dataset(
        *({"id": f"q{n}", "inputs": {"n": n}, "expectations": {"answer": n}} for n in range(2)),
        {"id": "new", "inputs": {"n": 5}},
    )
    done = project.run("--vtrack-version=v2", "--vtrack-baseline=v1", "--vtrack-gate=warn", *mode)
    assert done.exit == 0, done.screen
    assert project.said("close") == {"q0": 100.0, "q1": 100.0, "new": None}


def test_fixtures_in_a_session_without_cases_say_what_is_missing(project):
    project.write(test_app="def test_plain(vtrack_run): pass")
    done = project.run()
    assert done.exit == 1
    assert "mark one with @pytest.mark.vtrack" in done.flat


def test_case_cannot_be_used_after_its_test(project):
    project.questions(1)
    project.write(
        test_app="""
        import pytest
        KEPT = []

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_answers(vtrack_case):
            KEPT.append(vtrack_case)

        def test_later():
            with pytest.raises(RuntimeError, match="only while its test runs"):
                KEPT[0].inputs
        """
    )
    assert project.run().exit == 0


def test_fixtures_and_markers_are_described_to_users(project):
    project.write(test_app="")
    shown = project.run("--fixtures").screen
    for name in ("vtrack_case", "vtrack_run", "vtrack_experiment", "vtrack_dataset", "vtrack_baseline"):
        assert name in shown
    markers = project.run("--markers").screen
    assert "@pytest.mark.vtrack(dataset=, scorers=, experiment=, env=, flags=, versions=" in markers
    assert "@pytest.mark.vtrack_version(spec)" in markers


def test_two_fixtures_that_choose_the_experiment_are_refused_and_never_mixed(project):
    for name in ("search", "chat"):
        project.write(
            **{
                f"{name}/conftest.py": f"""
                import pytest

                @pytest.fixture(scope="session")
                def vtrack_experiment():
                    return {name!r}
                """,
                f"{name}/test_{name}.py": "def test_one(vtrack_case): return 1",
            }
        )
    done = project.run()
    assert done.exit == 4
    assert "another vtrack_experiment fixture applies here than to chat/test_chat.py::test_one" in done.flat
    for name in ("search", "chat"):
        assert project.run(name).exit == 0
        assert project.last_run().experiment == name
    marked = "import pytest\n@pytest.mark.vtrack(experiment='search')\ndef test_one(): return 1"
    (project.path / "search" / "test_search.py").write_text(marked)
    assert project.run().exit == 0
    assert {run.experiment for run in project.runs()[-2:]} == {"search", "chat"}


@pytest.mark.parametrize("option", ["--setup-plan", "--setup-only", "--fixtures-per-test"])
def test_looking_at_fixtures_records_nothing(project, option):
    project.questions(2)
    project.write(test_app=CASES)
    for more in ((), ("--vtrack-baseline=nonsense",)):
        assert project.run(option, *more).exit in (0, 5)
    assert project.runs() == []
    assert project.run("--setup-show").exit == 0
    assert project.last_run().stored == 2


@pytest.mark.parametrize("args", [(), ("--vtrack-concurrency=4", "-v")], ids=["one at a time", "several"])
def test_a_fixture_in_place_of_the_case_is_asked_and_gets_the_case(project, args):
    project.questions(3)
    project.write(
        test_app="""
        import pytest

        class TestBot:
            @pytest.fixture
            def vtrack_case(self, vtrack_case):
                vtrack_case.feedback("prepared", vtrack_case.inputs["n"])
                return vtrack_case

            @pytest.mark.vtrack(dataset="qa.jsonl")
            def test_answers(self, vtrack_case):
                return vtrack_case.run(lambda n: n)

        class TestNothing:
            @pytest.fixture
            def vtrack_case(self):
                return "mine"

            @pytest.mark.vtrack(dataset=[{"id": "other", "inputs": {"n": 1}}])
            async def test_other(self, vtrack_case):
                return vtrack_case
        """
    )
    done = project.run(*args)
    assert done.exit == 0, done.screen
    assert project.said("prepared") == {"q0": 0, "q1": 1, "q2": 2}
    assert project.outputs() == {"q0": 0, "q1": 1, "q2": 2, "other": "mine"}
    note = "test_answers runs in order, one case at a time: it needs the fixture vtrack_case"
    assert (note in done.flat) == bool(args)
