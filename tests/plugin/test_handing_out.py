"""How cases are handed out to workers: each has enough to call at once, and none is lost with a worker."""

from __future__ import annotations

import random
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.plugin.concurrency.shares import due, may_be_one_of_many, same_test

pytest.importorskip("xdist")

APP = """
    import asyncio, os
    import pytest

    RUNNING = []

    def called(case):
        RUNNING.append(1)
        with open("calls.txt", "a") as file:
            print(os.environ["PYTEST_XDIST_WORKER"], case.id, len(RUNNING), file=file)

    @pytest.mark.vtrack(dataset="qa.jsonl")
    async def test_answers(vtrack_case):
        called(vtrack_case)
        {first}
        await asyncio.sleep(0.15)
        RUNNING.pop()
        {then}
        return vtrack_case.inputs["n"]
"""


def calls(project):
    """Return workers, cases, and how many were called at once."""
    lines = (project.path / "calls.txt").read_text().splitlines()
    return [(worker, case, int(count)) for worker, case, count in map(str.split, lines)]


def most_at_once(project):
    most: dict[str, int] = {}
    for worker, _, count in calls(project):
        most[worker] = max(count, most.get(worker, 0))
    return most


@pytest.mark.parametrize("how", [(), ("--dist=loadfile",)], ids=["load", "loadfile"])
def test_every_worker_that_has_cases_calls_as_many_at_once_as_may_be(project, how):
    project.questions(36)
    project.write(test_app=APP.format(first="", then=""))
    done = project.run_apart("-n2", "--vtrack-concurrency=6", *how)
    assert "36 passed" in done.last_line, done.screen
    assert len({case for _, case, _ in calls(project)}) == len(calls(project)) == 36
    assert set(most_at_once(project).values()) == {6}
    assert project.last_run().complete


def test_the_case_that_a_worker_dies_of_is_found_and_no_other_is_lost(project):
    project.questions(24)
    die = "if vtrack_case.id == 'q8': os._exit(7)"
    project.write(test_app=APP.format(first=die, then=""))
    done = project.run_apart("-n2", "--vtrack-concurrency=5", "--junitxml=junit.xml")
    assert "1 failed, 23 passed" in done.last_line, done.screen
    reported = ElementTree.parse(project.path / "junit.xml").iter("testcase")
    assert sorted(str(each.get("name")) for each in reported) == sorted(
        f"test_answers[q{n}]" for n in range(24)
    )
    assert re.search(r"crashed while running 'test_app.py::test_answers\[q8\]'", done.screen)
    assert re.search(
        r"a worker died that may have called any of \d+ cases, .*\[q\d\] the first of them", done.flat
    )
    run = project.last_run()
    assert (run.status, run.stored, run.expected) == ("incomplete", 23, 24)
    assert "test_answers[q8]" in run.reason
    assert most_at_once(project)["gw2"] == 1


def test_without_another_worker_the_first_case_is_named_as_ever(project):
    project.questions(24)
    die = "if vtrack_case.id == 'q3': os._exit(7)"
    project.write(test_app=APP.format(first=die, then=""))
    done = project.run_apart("-n2", "--vtrack-concurrency=5", "--max-worker-restart=0")
    assert "1 failed" in done.last_line, done.screen
    assert done.exit == 1
    assert "crashed while running 'test_app.py::test_answers[q0]'" in done.screen
    run = project.last_run()
    assert (run.status, run.expected) == ("incomplete", 24)
    assert run.stored < 24


def test_workers_stop_after_failures(project):
    project.questions(60)
    project.write(test_app=APP.format(first="", then="assert vtrack_case.id not in ('q1', 'q4')"))
    done = project.run_apart("-n2", "--vtrack-concurrency=4", "--maxfail=2")
    assert "stopping after 2 failures" in done.screen, done.screen
    assert len(calls(project)) < 50
    assert project.last_run().status == "partial"


def test_the_scheduler_of_pytest_xdist_stays_where_cases_run_in_order(project):
    project.questions(4)
    project.write(test_app=APP.format(first="", then=""))
    assert "scheduling tests via LoadScheduling" in project.run_apart("-n2", "-v").screen
    assert "via CaseScheduling" in project.run_apart("-n2", "-v", "--vtrack-concurrency=2").screen


@pytest.mark.parametrize(
    ("held", "left", "in_hand", "workers", "wanted", "expected"),
    [
        (0, 3, 0, 2, 2, 2),
        (0, 2, 0, 2, 2, 1),
        (0, 100, 0, 2, 100, 50),
        (0, 1000, 0, 2, 100, 125),
        (70, 1000, 100, 2, 100, 55),
        (100, 1000, 200, 2, 100, 0),
        (50, 40, 110, 2, 100, 25),
        (1, 40, 21, 2, 2, 4),
        (6, 40, 21, 2, 2, 0),
    ],
    ids=[
        "few items",
        "one for each",
        "no more than a fair share",
        "more than it has use for while much is left",
        "filled up again",
        "enough",
        "as fair near the end",
        "items that cannot be called at once",
        "enough of those",
    ],
)
def test_a_worker_gets_what_it_has_use_for(held, left, in_hand, workers, wanted, expected):
    assert due(held, left, in_hand, workers, wanted) == expected


@given(
    left=st.integers(1, 10_000), held=st.lists(st.integers(0, 300), min_size=1), wanted=st.integers(2, 400)
)
def test_a_worker_is_never_given_more_than_there_is_and_never_starves(left, held, wanted):
    number = due(held[0], left, sum(held), len(held), wanted)
    assert 0 <= number <= left
    if not held[0]:
        assert number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a.py::t[1]", "a.py::t[2]", True), ("a.py::t[1]", "a.py::u[1]", False), ("a.py::t", "a.py::t2", False)],
)
def test_ids_say_which_test_an_item_is_of(one, other, same):
    assert same_test(one, other) is same
    assert may_be_one_of_many(one) is ("[" in one)


class Worker:
    """What the scheduler sees of a worker: it runs what it was sent, one after the other."""

    id = "gw"

    def __init__(self) -> None:
        self.gateway = self
        self.shutting_down = False
        self.queue: list[int] = []

    def send_runtest_some(self, items: list[int]) -> None:
        assert not self.shutting_down
        self.queue += items

    def shutdown(self) -> None:
        self.shutting_down = True


@pytest.fixture
def config(pytester):
    return pytester.parseconfig("--tx=3*popen", "--dist=load")


def test_every_case_ends_once_whoever_dies(config):
    for seed in range(60):
        every_case_ends_once(config, seed)


def every_case_ends_once(config, seed):
    from xdist.remote import Producer

    from pytest_vtrack.plugin.concurrency.scheduler import CaseScheduling

    chance = random.Random(seed)
    at_once, ids = chance.randint(2, 8), [f"a.py::t[{n}]" for n in range(chance.randint(1, 90))]
    scheduler = CaseScheduling(config, Producer("test", enabled=False), at_once, 4 * at_once)
    deadly = set(chance.choices(ids, k=chance.randint(0, 3)))
    alone: dict[Worker, list[str]] = {}
    ended: list[str] = []
    crashed: list[str] = []

    def arrives(worker: Worker) -> None:
        alone[worker] = scheduler.reserve(worker)
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, ids)
        if scheduler.collection_is_completed:
            scheduler.schedule()

    def runs(worker: Worker) -> None:
        """Call what may be called at once; die of it, or report the first."""
        first = ids[worker.queue[0]]
        many = 1 if first in alone[worker] else 4 * at_once
        if deadly.isdisjoint(ids[each] for each in worker.queue[:many]):
            ended.append(first)
            scheduler.mark_test_complete(worker, worker.queue.pop(0))
            return
        crashed.extend(filter(None, [scheduler.remove_node(worker)]))
        arrives(Worker())

    for _ in range(3):
        arrives(Worker())
    while not scheduler.tests_finished or any(worker.queue for worker in scheduler.nodes):
        finished = scheduler.tests_finished
        ready = [w for w in scheduler.nodes if len(w.queue) > (not w.shutting_down and not finished)]
        runs(chance.choice(ready))
    assert sorted([*ended, *crashed]) == sorted(ids)
    assert set(crashed) == deadly
