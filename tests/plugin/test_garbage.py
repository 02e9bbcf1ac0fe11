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
            assert (gc.get_freeze_count() > 0) is {frozen}
        """
    )
    before = gc.get_freeze_count()
    pytester.inline_run("-q", "-p", "no:asyncio").assertoutcome(passed=cases)
    assert gc.get_freeze_count() == before


def test_garbage_is_collected_as_before_once_the_cases_are_made():
    before = gc.get_threshold()
    with garbage.rarely():
        assert gc.get_threshold()[0] >= 100_000
    assert gc.get_threshold() == before
