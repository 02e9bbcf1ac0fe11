"""Limits of paid runs: time a call, attempts, calls in a time, and money."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.scorer_cost import said_cost
from pytest_vtrack.plugin.budget import going_on, rounded_up
from pytest_vtrack.plugin.limit_arguments import check_limits
from pytest_vtrack.plugin.pacing import Pace, seconds_between
from pytest_vtrack.plugin.retrying import Retries
from pytest_vtrack.plugin.tries import Tries

LIMITED = """
    import asyncio, threading, time
    import pytest

    class Busy(Exception):
        pass

    asked = []

    def reaction(n):
        asked.append(n)
        if n == 1:
            return 60.0
        if n == 2 and asked.count(n) == 1:
            raise Busy("come again")
        if n == 3:
            raise Busy("for good")
        if n == 4:
            raise ValueError("not declared")
        return 0.0

    def answer(n):
        threading.Event().wait(reaction(n))
        return n

    async def answer_later(n):
        await asyncio.sleep(reaction(n))
        return n

    @pytest.fixture(scope="module", autouse=True)
    def afresh():
        asked.clear()

    limited = pytest.mark.vtrack(
        dataset="qa.jsonl", scorers=["exact_match"], timeout=0.9, retries=1, retry_on=Busy
    )
"""
FORMS = {
    "calls a function": """
        @limited
        def test_answers(vtrack_case):
            return vtrack_case.run(answer)
    """,
    "calls a coroutine function": """
        @limited
        def test_answers(vtrack_case):
            return vtrack_case.run(answer_later)
    """,
    "calls what returns a coroutine": """
        @limited
        def test_answers(vtrack_case):
            return vtrack_case.run(lambda n: answer_later(n))
    """,
    "is async and calls": """
        @limited
        async def test_answers(vtrack_case):
            return await vtrack_case.run(answer_later)
    """,
    "is the application": """
        @limited
        def test_answers(vtrack_case):
            return answer(**vtrack_case.inputs)
    """,
    "is the application and async": """
        @limited
        async def test_answers(vtrack_case):
            return await answer_later(**vtrack_case.inputs)
    """,
}


def application(form):
    return LIMITED + FORMS[form].replace("\n    ", "\n")


AT_ONCE = ("--vtrack-concurrency=6",)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        *((form, ()) for form in FORMS),
        ("calls a function", AT_ONCE),
        ("calls a coroutine function", AT_ONCE),
        ("is async and calls", AT_ONCE),
        ("calls a function", ("-n2",)),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value) or "in order",
)
def test_limits_hold_for_a_test_that(project, form, options):
    project.questions(6)
    project.write(test_app=application(form))
    done = project.run(*options)
    assert done.exit == 1
    assert done.last_line.startswith("3 failed, 3 passed")
    completed, latency = project.said("completed"), project.said("latency")
    assert [completed[f"q{n}"] for n in range(6)] == [True, False, True, False, False, True]
    assert latency["q1"] == 0.9
    assert "took longer than 0.9 s" in done.screen
    assert max(latency[f"q{n}"] for n in (0, 2, 5)) < 0.9
    assert "q3" not in latency
    tags = {each.key.case_id: each.tags for each in project.results()}
    assert {case: each.get("vtrack.attempts") for case, each in tags.items()} == {
        "q0": None,
        "q1": None,
        "q2": "2",
        "q3": "2",
        "q4": None,
        "q5": None,
    }
    assert tags["q2"]["vtrack.attempts.failed"].startswith("1: Busy: come again (0.")
    assert "2: Busy: for good (" in tags["q3"]["vtrack.attempts.failed"]
    assert project.outputs()["q2"] == 2
    assert "2 cases needed more than one attempt: test_app.py::test_answers[q2], test_app" in done.flat
    assert "1 case took longer than the time limit: test_app.py::test_answers[q1]" in done.flat


@pytest.mark.parametrize("options", [(), AT_ONCE], ids=["in order", "at once"])
@pytest.mark.parametrize("form", [form for form in FORMS if "calls" in form])
def test_the_report_of_a_failure_is_of_the_users_code_alone(project, form, options):
    project.questions(5)
    project.write(test_app=application(form))
    done = project.run("-k q1 or q3 or q4", *options)
    assert "3 failed" in done.last_line
    assert set(re.findall(r"(\S+\.py):\d+: ", done.screen)) == {"test_app.py"}
    assert "/" not in "".join(re.findall(r"^(\S+):\d+: in ", done.screen, re.MULTILINE))


def test_a_thread_that_goes_on_is_named_and_holds_up_nothing(project):
    project.write(
        test_app="""
        import time
        import pytest

        @pytest.mark.vtrack(timeout=0.1)
        def test_slow():
            time.sleep(60)

        def test_other():
            pass
        """
    )
    done = project.run_apart()  # within the time limit of the helper
    assert done.exit == 1
    assert "1 failed, 1 passed" in done.last_line
    assert "1 case still ran at the end, as a thread cannot be stopped: test_app.py::test_slow" in done.flat


def test_a_test_that_calls_the_application_is_itself_under_no_limit(project):
    project.write(
        test_app="""
        import time
        import pytest

        calls = []

        @pytest.mark.vtrack(timeout=0.3, retries=3, retry_on=LookupError)
        def test_one(vtrack_case):
            calls.append(vtrack_case.run(lambda: "said"))
            time.sleep(0.5)
            assert calls == ["said"]
            raise LookupError("of the test")
        """
    )
    done = project.run()
    assert "LookupError: of the test" in done.flat
    assert "took longer" not in done.flat
    assert "attempt" not in done.flat
    assert "vtrack.attempts" not in project.results()[0].tags


def test_what_a_failed_attempt_left_behind_is_not_stored(project):
    project.write(
        test_app="""
        import pytest

        attempts = []

        @pytest.mark.vtrack(retries=2, retry_on=OSError)
        def test_one(vtrack_case):
            attempts.append(1)
            vtrack_case.feedback("attempt", len(attempts))
            if len(attempts) < 2:
                raise OSError("down")
            return len(attempts)
        """
    )
    assert project.run().exit == 0
    assert list(project.said("attempt").values()) == [2]


def test_the_wait_for_a_turn_is_no_latency(project, mode):
    project.questions(6)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", rate="10/s")
        def test_answers(vtrack_case):
            return vtrack_case.run(lambda n: n)
        """
    )
    assert project.run(*mode).exit == 0
    starts = sorted(each.started_at for each in project.results())
    assert max(project.said("latency").values()) < 0.1
    if not mode:
        assert starts[-1] - starts[0] >= 0.49


SPENDING = """
    import asyncio
    import pytest

    def cost():
        return 0.5

    async def answer(n):
        with open("calls.txt", "a") as file:
            print(n, file=file)
        await asyncio.sleep(0.02)
        return n

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[cost])
    async def test_answers(vtrack_case):
        return await vtrack_case.run(answer)
"""


@pytest.mark.parametrize("options", [(), ("-n2",)], ids=["in one process", "-n2"])
def test_calls_under_way_at_the_end_of_the_money_are_stored_and_not_made_again(project, options):
    project.questions(40)
    project.write(test_app=SPENDING)
    command = ("--vtrack-version=v1", "--vtrack-concurrency=4", *options)
    done = project.run_apart(*command, "--vtrack-max-cost=3")  # or the run would seem to be going on
    assert done.exit == 2
    run = project.last_run()
    made = (project.path / "calls.txt").read_text().split()
    assert run.status == "partial"
    assert 6 <= run.stored == len(made) < 40
    assert {each.outcome for each in project.results()} == {"passed"}
    assert (
        f"{run.stored * 0.5:g} spent of --vtrack-max-cost=3; {40 - run.stored} of 40 cases are" in done.flat
    )
    assert "--vtrack-version=v1 --vtrack-concurrency=4" in done.flat
    assert "--vtrack-resume --vtrack-max-cost=20" in done.flat
    assert project.run(*command, "--vtrack-resume", "--vtrack-max-cost=20.5").exit == 0
    made = (project.path / "calls.txt").read_text().split()
    assert sorted(made) == sorted(map(str, range(40)))
    assert project.last_run().id == run.id
    assert project.last_run().complete


def test_a_call_that_waits_for_its_turn_is_not_made_when_the_money_is_spent(project):
    project.questions(40)
    project.write(**{"pytest.ini": "[pytest]\nvtrack_rate = 4/s\n"}, test_app=SPENDING)
    done = project.run("--vtrack-concurrency=8", "--vtrack-max-cost=1")
    made = (project.path / "calls.txt").read_text().split()
    assert done.exit == 2
    assert 2 <= project.last_run().stored == len(made) <= 4


def test_money_that_is_spent_with_the_last_case_ends_nothing_early(project):
    project.questions(4)
    project.write(test_app=SPENDING)
    done = project.run("--vtrack-max-cost=2")
    assert done.exit == 0
    assert project.last_run().complete


def test_what_judges_say_that_they_cost_counts(project):
    project.questions(9)
    project.write(
        test_app="""
        import pytest
        from pytest_vtrack import Feedback

        def judged():
            return Feedback(True, metadata={"judge.cost": 0.5})

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[judged])
        def test_answers(vtrack_case):
            return 1
        """
    )
    done = project.run("--vtrack-max-cost=2")
    assert done.exit == 2
    assert project.last_run().stored == 4


UNPRICED = """
    import pytest
    from pytest_vtrack import span

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_answers(vtrack_case):
        n = vtrack_case.inputs["n"]
        with span("model") as said:
            said.set_attribute("gen_ai.usage.input_tokens", 5)
            if n < {priced}:
                said.set_attribute("gen_ai.usage.cost", 0.5)
        return n
"""


@pytest.mark.parametrize(
    ("priced", "told"),
    [
        (0, ["limited nothing: no case said that it cost anything."]),
        (2, ["did not see what 1 of 3 results cost: their tokens have no price."]),
        (3, []),
    ],
)
def test_a_limit_of_money_tells_what_it_did_not_see(project, priced, told):
    project.questions(3)
    project.write(test_app=UNPRICED.replace("{priced}", str(priced)))
    done = project.run("--vtrack-max-cost=9")
    assert done.exit == 0
    assert re.findall(r"vtrack: --vtrack-max-cost=9 (.*?\.)", done.flat) == told


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("timeout=0", "timeout=0 must be a number of seconds above 0"),
        ("timeout='30'", "timeout='30' must be a number of seconds above 0"),
        ("retries=-1", "retries=-1 must be a whole number from 0 up"),
        ("retries=2", "retries=2 does not say after which errors: name them, e.g. retry_on=(TimeoutError"),
        ("retry_on=OSError", "retry_on= says when to try again, but retries= is not given"),
        ("retries=1, retry_on='OSError'", "must be an exception class or a tuple of them"),
        ("retries=1, retry_on=AssertionError", "names AssertionError: a test that says no has given its"),
        ("rate='60'", "'60' is no rate: write calls per s, min or h, as '60/min', '2/s' or '1000/h'"),
        ("rate=60", "60 is no rate"),
        ("rate='0/s'", "'0/s' is no rate"),
        ("rate='nan/s'", "'nan/s' is no rate"),
        ("rate='1/day'", "'1/day' is no rate"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(given, message):
    arguments = {"timeout": None, "retries": 0, "retry_on": (), "rate": None, **eval(f"dict({given})")}
    with pytest.raises(SettingError) as refused:
        check_limits("test_app.py::test_one: @pytest.mark.vtrack", **arguments)
    assert str(refused.value).startswith("test_app.py::test_one: @pytest.mark.vtrack")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("ini", "marker", "message"),
    [
        ("vtrack_timeout = soon", "", "vtrack_timeout: 'soon' is not a number of seconds above 0; write"),
        ("vtrack_rate = fast", "", "vtrack_rate: 'fast' is no rate"),
        ("", "timeout=0", "test_answers: @pytest.mark.vtrack: timeout=0 must be"),
    ],
    ids=["timeout", "rate", "marker"],
)
def test_a_wrong_limit_ends_the_session_before_the_first_test(project, ini, marker, message):
    project.write(
        **{"pytest.ini": f"[pytest]\n{ini}\n"},
        test_app=f"""
        import pytest

        @pytest.mark.vtrack({marker})
        def test_answers():
            raise SystemError("called")
        """,
    )
    done = project.run()
    assert done.exit == 4
    assert message in done.flat


@pytest.mark.parametrize(
    ("rate", "seconds"), [("60/min", 1.0), ("2/s", 0.5), ("0.5/s", 2.0), ("1000 / h", 3.6)]
)
def test_a_rate_is_so_many_seconds_between_calls(rate, seconds):
    assert seconds_between(rate, where="vtrack_rate") == seconds


@given(st.lists(st.floats(0, 100), max_size=30), st.floats(0.001, 10))
def test_calls_start_in_turn_and_never_closer_than_the_rate(gaps, apart):
    pace, now, starts = Pace(apart), 0.0, []
    for gap in gaps:
        now += gap
        wait = pace.wait_s(now)
        assert wait >= 0
        starts.append(now + wait)
    assert all(later - start >= apart * (1 - 1e-9) for start, later in pairwise(starts))


def test_a_pace_does_not_save_up_what_was_not_used():
    pace = Pace(1.0)
    assert [pace.wait_s(each) for each in (0.0, 0.0, 10.0, 10.0, 10.5)] == [0.0, 1.0, 0.0, 1.0, 1.5]


def test_the_end_of_an_iterator_is_an_error_like_any_other():
    async def last():
        raise StopAsyncIteration

    retries = Retries(1, (ConnectionError,))
    with pytest.raises(StopIteration):
        retries.called(lambda: next(iter(())), lambda: True)
    with pytest.raises(StopAsyncIteration):
        asyncio.run(retries.awaited(last, lambda: True))


def test_what_is_recorded_of_attempts():
    tries = Tries(begun_s=0.5)
    tries.ended(1.0, "Busy: Bearer abcdefghijklmnop1234", gave_up=False)
    tries.ended(30.0, "TookTooLong: 30 s", gave_up=True)
    tries.ended(0.25, None, gave_up=False)
    assert (tries.made, tries.last_s, tries.gave_up) == (3, 0.25, False)
    assert tries.tags(Redaction()) == {
        "vtrack.attempts": "3",
        "vtrack.attempts.failed": "1: Busy: Bearer *** (1.500 s); 2: TookTooLong: 30 s (30.000 s)",
        "vtrack.attempts.seconds": "31.750",
    }


@pytest.mark.parametrize(
    ("amount", "rounded"), [(20.0, 20.0), (20.01, 21.0), (0.0123, 0.013), (987.0, 990.0), (1.0, 1.0)]
)
def test_a_limit_that_is_proposed_is_enough_and_round(amount, rounded):
    assert rounded_up(amount) == rounded


def test_the_command_that_goes_on_is_the_one_that_was_typed():
    typed = ["-n2", "--vtrack-max-cost", "3", "tests", "--vtrack-resume", "-k", "a or b"]
    assert going_on(typed, 4.5) == "pytest -n2 tests -k 'a or b' --vtrack-resume --vtrack-max-cost=4.5"


@pytest.mark.parametrize(
    ("metadata", "cost"),
    [
        ({"judge.cost": 0.5, "cost": 3}, 0.5),
        ({"cost": 2}, 2.0),
        ({"cost": True}, 0.0),
        ({"cost": "2"}, 0.0),
        ({"cost": -1}, 0.0),
        ({"cost": float("nan")}, 0.0),
        ({"cost": float("inf")}, 0.0),
    ],
)
def test_only_amounts_are_costs(metadata, cost):
    assert said_cost(metadata) == cost


def test_a_test_that_another_plugin_awaits_is_cancelled_too(project):
    project.write(
        test_app="""
        import asyncio
        import pytest

        @pytest.mark.vtrack(timeout=0.3)
        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio"])
        async def test_answers(anyio_backend):
            await asyncio.sleep(60)
        """
    )
    done = project.run("-pno:randomly", "-pno:rerunfailures", "-pno:asyncio", plain=False)
    assert "took longer than 0.3 s" in done.flat
    assert "still ran" not in done.flat
    assert list(project.said("latency").values()) == [0.3]
