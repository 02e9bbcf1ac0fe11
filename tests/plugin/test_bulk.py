"""Very large sets: many cases in one item, each with its own result."""

from __future__ import annotations

import pytest

APP = """
    import pytest
    from pytest_vtrack import scorer

    @scorer
    def near(outputs, expectations, tags, inputs):
        return outputs == expectations["answer"] and tags["kind"] == "a" and {"n": outputs} == inputs

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[near], bulk=True)
    def test_answers(vtrack_case):
        n = vtrack_case.run(lambda n: n)
        vtrack_case.feedback("seen", n)
        assert n not in (3, 150, 151), f"no {n}"
        if n == 5:
            pytest.skip("not today")
        if n == 6:
            raise ValueError("broken")
        if n == 7:
            pytest.xfail("known")
"""
ALONE = APP.replace("bulk=True", "bulk=False")


@pytest.fixture
def many(project):
    project.questions(250, tags={"kind": "a"})
    project.write(test_app=APP, **{"pytest.ini": "[pytest]\nvtrack_version = 1\n"})
    return project


def seen(project):
    """Return what is stored of each case, without times."""
    return {
        result.key: (
            result.nodeid,
            result.outcome,
            result.trial,
            result.inputs,
            result.outputs,
            result.error,
            result.tags,
            {
                (each.metric, each.value, each.rationale, each.error)
                for each in result.assessments
                if each.metric.kind != "latency"
            },
        )
        for result in project.results()
    }


def test_a_bulk_run_stores_what_single_items_store(many, mode):
    many.write(test_app=ALONE)
    many.run()
    alone = seen(many)
    many.write(test_app=APP)
    done = many.run(*mode, "--vtrack-baseline=1")
    assert len(alone) == 250
    assert seen(many) == alone
    assert many.last_run().complete
    assert "250 cases compared" in done.flat
    assert done.last_line.startswith("2 failed, 1 passed")


def test_a_chunk_lists_its_failing_cases_and_how_to_run_one(many):
    done = many.run("-rf")
    assert "2 of 100 cases failed: q3: AssertionError: no 3" in done.flat
    assert (
        "q6: ValueError: broken The first of them alone: pytest 'test_app.py::test_answers[q3]'" in done.flat
    )
    assert "FAILED test_app.py::test_answers[cases_101-200] - Failed: 2 of 100 cases failed:" in done.flat
    many.run("test_app.py::test_answers[q3]")
    assert [(each.nodeid, each.outcome) for each in many.results()] == [
        ("test_app.py::test_answers[q3]", "failed")
    ]
    assert many.last_run().status == "partial"


def test_the_list_of_failing_cases_is_bounded(many):
    many.write(test_app=APP.replace("n not in (3, 150, 151)", "n > 120"))
    done = many.run()
    assert done.screen.count("AssertionError: no ") < 40
    assert "100 of 100 cases failed" in done.flat
    assert "and 90 more" in done.flat


@pytest.mark.parametrize(
    ("args", "stored", "reason"),
    [
        (("-k", "cases_101-200"), 100, "-k cases_101-200: 100 of 250 cases"),
        (("test_app.py::test_answers[cases_201-250]",), 50, "test_app.py::test_answers[cases_201-250]"),
        (("--lf",), 200, "--lf: 200 of 250 cases"),
        (("-x",), 4, "stopping after 1 failures: 4 of 250 cases ran"),
        (("--maxfail=2",), 7, "stopping after 2 failures: 7 of 250 cases ran"),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
def test_chunks_are_chosen_and_stopped_like_items(many, args, stored, reason):
    if "--lf" in args:
        many.run()
    assert many.run(*args).exit in (0, 1)
    run = many.last_run()
    assert (run.status, run.stored) == ("partial", stored)
    assert reason in run.reason


@pytest.mark.parametrize(
    ("setting", "marker", "items"),
    [
        ("vtrack_bulk = 249", "", 3),
        ("vtrack_bulk = 250", "", 250),
        ("vtrack_bulk = off", "", 250),
        ("", "", 250),
        ("vtrack_bulk = 10", "bulk=False", 250),
        ("", "bulk=249", 3),
        ("vtrack_bulk = 10", "bulk=250", 250),
    ],
)
def test_a_test_beyond_the_limit_runs_in_chunks(many, setting, marker, items):
    many.write(test_app=APP.replace("bulk=True", marker), **{"pytest.ini": f"[pytest]\n{setting}\n"})
    assert f"{items} tests collected" in many.run("--collect-only", "-q").flat


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("(vtrack_case):", "(vtrack_case, tmp_path):", "it needs the fixture tmp_path"),
        ("(vtrack_case):", "(vtrack_case, request):", "it needs the fixture request"),
        ("@pytest.mark.vtrack", "@pytest.mark.xfail\n    @pytest.mark.vtrack", "it is marked xfail"),
    ],
    ids=["fixture", "request", "xfail"],
)
def test_what_needs_an_item_for_each_case_runs_alone_and_says_why(many, old, new, why):
    many.write(test_app=APP.replace(old, new))
    done = many.run()
    assert many.last_run().stored == 250
    assert f"test_app.py::test_answers runs each of its cases as an item, not in chunks: {why}" in done.flat


def test_versions_flags_and_repeats_are_in_chunks_too(many):
    test = """
        import pytest

        @pytest.mark.vtrack(
            dataset="qa.jsonl", bulk={}, versions=["1", "2"], flags={{"fast": [True, False]}}, repeat=2
        )
        @pytest.mark.parametrize("other", ["x", "y"])
        def test_answers(vtrack_case, other):
            return [vtrack_case.version, vtrack_case.flags, vtrack_case.trial, other]
    """
    many.questions(3)
    stored = []
    for bulk in (True, False):
        many.write(test_app=test.format(bulk))
        done = many.run("--vtrack-gate=off")
        assert done.exit == 0
        runs = [many.results(run) for run in many.runs()[-2:]]
        stored.append([{(each.key, each.trial, each.nodeid, each.outputs) for each in run} for run in runs])
        assert all(run.complete and run.stored == 24 for run in many.runs()[-2:])
    assert stored[0] == stored[1]
    assert done.last_line.startswith("48 passed")


def test_a_skipped_chunk_and_one_whose_fixture_fails_record_their_cases(many, mode):
    many.write(
        test_app="""
            import pytest

            @pytest.fixture(scope="module")
            def broken():
                raise RuntimeError("no server")

            @pytest.mark.vtrack(dataset="qa.jsonl", bulk=True)
            def test_broken(vtrack_case, broken):
                pass

            @pytest.mark.skip(reason="no")
            @pytest.mark.vtrack(dataset="qa.jsonl", bulk=True)
            def test_skipped(vtrack_case):
                pass
        """
    )
    many.run(*mode)
    results = many.results()
    assert many.last_run().stored == 500
    assert {each.outcome for each in results if "skipped" in each.nodeid} == {"skipped"}
    assert {each.error for each in results if "broken" in each.nodeid} == {"setup: RuntimeError: no server"}


SLOW = """
    import asyncio, time
    import pytest

    most = running = 0

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"], bulk=True)
    {kind}def test_answers(vtrack_case):
        global most, running
        running += 1
        most = max(most, running)
        {wait}(0.5 if vtrack_case.inputs["n"] < {most} else 0.001)
        running -= 1
        print("said by", vtrack_case.id)
        assert vtrack_case.inputs["n"] != 4
        return vtrack_case.inputs["n"]

    def test_most():
        assert most == {most}
"""


@pytest.mark.parametrize("at_once", [1, 8])
@pytest.mark.parametrize(("kind", "wait"), [("", "time.sleep"), ("async ", "await asyncio.sleep")])
def test_cases_of_a_chunk_run_one_by_one_or_several_at_once(many, kind, wait, at_once):
    many.questions(40)
    many.write(test_app=SLOW.format(kind=kind, wait=wait, most=at_once))
    done = many.run(f"--vtrack-concurrency={at_once}", "-rP")
    outputs = many.outputs()
    assert outputs == {f"q{n}": n if n != 4 else None for n in range(40)}
    assert many.last_run().complete
    assert done.last_line.startswith("1 failed, 1 passed")
    assert sum(line.startswith("said by") for line in done.lines) == 40


@pytest.mark.parametrize("args", [(), ("-n2",)], ids=["in one process", "-n2"])
def test_a_crash_within_a_chunk_loses_little_and_names_what_is_missing(many, args):
    many.write(
        test_app="""
            import os, time
            import pytest

            @pytest.mark.vtrack(dataset="qa.jsonl", bulk=True)
            def test_answers(vtrack_case):
                if vtrack_case.inputs["n"] == 50:
                    time.sleep(1)
                    os._exit(7)
        """
    )
    done = many.run_apart(*args)
    assert done.exit not in (0, 5)
    run, stored = many.last_run(), set(many.outputs())
    assert {f"q{n}" for n in range(50)} <= stored
    if args:
        assert stored == {f"q{n}" for n in range(250) if n < 50 or n >= 100}
        missing = "cases 51-100 of test_app.py::test_answers[cases_1-100]"
        assert (run.status, run.reason) == ("incomplete", f"50 of 250 cases never reported: {missing}")


def test_a_bulk_run_goes_on_where_it_ended(many):
    many.run()
    whole = seen(many)
    assert many.run_apart("-x", "-o", "vtrack_version=2").exit == 1
    first = many.last_run()
    assert (first.stored, first.status) == (4, "partial")
    many.write(test_app=APP.replace('f"no {n}"', '"never again" if n < 5 else f"no {n}"'))
    done = many.run("--vtrack-resume", "-o", "vtrack_version=2")
    assert many.last_run().id == first.id
    assert many.last_run().complete
    assert "stored and not run again: 4 of 250 cases" in done.flat
    assert "2 of 100 cases failed: q3: AssertionError: no 3 q6: ValueError: broken" in done.flat
    assert seen(many) == whole


def test_workers_stop_at_the_first_failing_case(many):
    many.write(test_app=APP.replace("n = vtrack", "import time; time.sleep(0.05)\n        n = vtrack"))
    done = many.run("-x", "-n2", "-rs")
    run = many.last_run()
    assert run.stored < 250
    assert "the session ended within this chunk" in done.flat
    assert run.status == "partial"
    assert "stopping after 1 failures" in run.reason
    assert "q3" in many.outputs()
    assert "q4" not in many.outputs()


def test_methods_have_an_instance_for_each_case_and_reruns_are_attempts(many):
    many.questions(3)
    many.write(
        test_app="""
            import pytest

            class TestBot:
                asked = 0
                reruns = 0

                @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"], bulk=True)
                def test_answers(self, vtrack_case):
                    self.asked += 1
                    TestBot.reruns += 1
                    assert self.asked == 1
                    assert TestBot.reruns > 3
                    return vtrack_case.inputs["n"]
        """
    )
    args = [f"-pno:{name}" for name in ("randomly", "asyncio", "anyio", "hypothesispytest")]
    assert many.run(*args, "--reruns=1", plain=False).exit == 0
    assert [(each.outcome, each.attempt) for each in many.results(all_attempts=True)] == [
        ("failed", 0),
        ("passed", 1),
    ] * 3
    assert many.last_run().complete


def test_single_cases_are_debugged(many):
    assert "250 tests collected" in many.run("--collect-only", "-q", "--pdb").flat


@pytest.mark.parametrize(
    ("setting", "marker", "message"),
    [
        ("", 'bulk="many"', "bulk='many'): bulk must be True, False or a whole number of at least 1"),
        ("", "bulk=0", "bulk=0): bulk must be at least 1"),
        ("vtrack_bulk = many", "", "vtrack_bulk: 'many' is not a whole number of at least 1, nor off"),
    ],
)
def test_a_wrong_limit_is_refused(many, setting, marker, message):
    many.write(test_app=APP.replace("bulk=True", marker), **{"pytest.ini": f"[pytest]\n{setting}\n"})
    done = many.run()
    assert done.exit == 4
    assert message in done.flat
