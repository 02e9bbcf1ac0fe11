"""What a chunk hands over while it runs."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.plugin.bulk.brake import MOST as MOST_BATCHES
from pytest_vtrack.plugin.bulk.brake import Brake
from pytest_vtrack.plugin.bulk.parcels import MOST, Batches


@pytest.fixture
def sent():
    return []


@pytest.fixture
def item(sent):
    arrived = threading.Event()

    def logreport(report):
        sent.append((report.nodeid, report.when, report.outcome, list(report.vtrack["parcels"])))
        arrived.set()

    hook = SimpleNamespace(pytest_runtest_logreport=logreport)
    place = ("test_a.py", 0, "test_a")
    return SimpleNamespace(
        nodeid="test_a.py::test_a", location=place, config=SimpleNamespace(hook=hook), arrived=arrived
    )


def test_parcels_travel_together_and_in_order(item, sent):
    batches = Batches(delay_s=600)
    post = batches.opened(item)
    for number in range(MOST + 2):
        post.add({"n": number})
    assert [len(parcels) for *_, parcels in sent] == [MOST]
    post.close()
    batches.end()
    assert [each["n"] for *_, parcels in sent for each in parcels] == list(range(MOST + 2))
    assert {each[:3] for each in sent} == {("test_a.py::test_a", "setup", "passed")}


def test_a_parcel_does_not_wait_for_the_next_one(item, sent):
    batches = Batches(delay_s=0.01)
    batches.opened(item).add({"n": 1})
    assert item.arrived.wait(20)
    batches.end()
    assert [parcels for *_, parcels in sent] == [[{"n": 1}]]


def let_in(brake: Brake, data: object) -> threading.Thread:
    thread = threading.Thread(target=brake.pytest_report_from_serializable, args=(data,), daemon=True)
    thread.start()
    return thread


CONFIG: Any = SimpleNamespace(pluginmanager=SimpleNamespace(get_plugin=lambda _: None))
BATCH = {"vtrack": {"parcels": []}}


def test_a_worker_waits_while_many_batches_are_not_stored():
    brake = Brake(CONFIG)
    for _ in range(MOST_BATCHES):
        let_in(brake, BATCH).join()
    for data in ({}, {"vtrack": None}, {"vtrack": {"result": 1}}):
        let_in(brake, data).join()
    one_more = let_in(brake, BATCH)
    one_more.join(0.05)
    assert one_more.is_alive()
    brake.stored()
    one_more.join(20)
    assert not one_more.is_alive()


def test_nobody_waits_for_a_session_that_has_ended():
    brake = Brake(CONFIG)
    for _ in range(MOST_BATCHES):
        let_in(brake, BATCH).join()
    one_more = let_in(brake, BATCH)
    brake.pytest_sessionfinish()
    one_more.join(20)
    assert not one_more.is_alive()
