"""With many cases, what was collected is left out of garbage collections until the session ends."""

from __future__ import annotations

import gc

import pytest

from pytest_vtrack.plugin import garbage


@pytest.mark.parametrize(("cases", "frozen"), [(4, False), (5, True)], ids=["some", "many"])
def test_items_of_many_cases_are_frozen_while_the_session_runs(pytester, monkeypatch, cases, frozen):
    monkeypatch.setattr(garbage, "MANY", 5)
    pytester.makepyfile(
        f"""
        import gc
        import pytest

        @pytest.mark.vtrack(dataset=[{{"inputs": {{"n": n}}}} for n in range({cases})])
        def test_many(vtrack_case):
            assert (gc.get_freeze_count() > 1000) is {frozen}
            assert (gc.get_threshold()[0] >= 10_000) is {frozen}
        """
    )
    gc.unfreeze()  # Python 3.12 has some from its start
    before, often = gc.get_freeze_count(), gc.get_threshold()
    pytester.inline_run("-q", "-p", "no:asyncio").assertoutcome(passed=cases)
    assert gc.get_freeze_count() == before
    assert gc.get_threshold() == often


def test_garbage_is_collected_as_before_once_the_cases_are_made(pytester):
    """Rarely until then, also by what comes after them, and whatever becomes of the collection."""
    before = gc.get_threshold()
    pytester.makeconftest(
        """
        import gc

        def pytest_itemcollected(item):
            item.user_properties.append(gc.get_threshold()[0])

        def pytest_collection_modifyitems(items):
            print("RARELY", [item.user_properties[0] >= 100_000 for item in items])
        """
    )
    pytester.makepyfile(
        test_a="def test_before(): pass",
        test_b=f"""
        import gc
        import pytest

        @pytest.mark.vtrack(dataset=[{{"inputs": {{"n": 1}}}}])
        def test_case(vtrack_case):
            assert gc.get_threshold() == {before}
        """,
        test_c="def test_after(): pass",
        test_d="import nothing_like_this",
    )
    arguments = ("-s", "-p", "no:randomly", "-p", "no:asyncio", "--continue-on-collection-errors")
    result = pytester.runpytest_inprocess(*arguments)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["RARELY [[]False, True, True[]]"])
    assert gc.get_threshold() == before


def test_garbage_is_collected_as_before_where_the_collection_is_never_finished(pytester):
    before = gc.get_threshold()
    pytester.makeini("[pytest]\naddopts = -p no:asyncio")
    items = pytester.getitems(
        """
        import pytest

        @pytest.mark.vtrack(dataset=[{"inputs": {"n": 1}}])
        def test_case(vtrack_case):
            pass
        """
    )
    assert gc.get_threshold()[0] >= 100_000
    items[0].config._ensure_unconfigure()
    assert gc.get_threshold() == before


def test_nobody_who_switched_the_collector_off_gets_it_back(pytester):
    config, before = pytester.parseconfig("-p", "no:asyncio"), gc.get_threshold()
    gc.set_threshold(0, 10, 10)
    try:
        garbage.collect_rarely(config)
        assert gc.get_threshold() == (0, 10, 10)
    finally:
        garbage.collect_as_before(config)
        gc.set_threshold(*before)
