"""What a case held is freed when its item is over, without the garbage collector."""

from __future__ import annotations

import pytest

COUNTING = """
    import gc
    from pathlib import Path
    import pytest

    gc.disable()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish():
        from pytest_vtrack.plugin.execution import Execution

        alive = sum(isinstance(each, Execution) for each in gc.get_objects())
        gc.enable()
        Path("alive.txt").write_text(str(alive))
"""
TEST = """
    import asyncio
    import time
    import pytest

    def waits(n):
        time.sleep(0.001)
        return n

    async def sleeps(n):
        await asyncio.sleep(0.001)
        return n

    def small(outputs):
        return outputs < 100

    CASES = [{{"inputs": {{"n": n}}}} for n in range(40)]

    @pytest.mark.vtrack(dataset=CASES, scorers=[small]{more})
    {kind}def test_app(vtrack_case):
        return {call}
"""


@pytest.mark.parametrize(
    ("kind", "call", "more"),
    [
        ("", "vtrack_case.run(waits)", ""),
        ("", "vtrack_case.run(waits)", ", concurrency=4"),
        ("", "vtrack_case.run(waits)", ", concurrency=4, bulk=True"),
        ("async ", "await vtrack_case.run(sleeps)", ", concurrency=4"),
        ("async ", "await sleeps(1)", ", concurrency=4"),
        ("async ", "await vtrack_case.run(sleeps)", ", concurrency=4, bulk=True"),
    ],
    ids=["in order", "threads", "threads in bulk", "loop", "body in the loop", "loop in bulk"],
)
def test_nothing_of_a_case_outlives_its_item(pytester, kind, call, more):
    pytester.makeconftest(COUNTING)
    pytester.makepyfile(TEST.format(kind=kind, call=call, more=more))
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:asyncio")
    assert result.ret == 0
    first_and_last = 2  # the test's first case stands for its fixtures; a chunk knows its last
    assert int((pytester.path / "alive.txt").read_text()) <= first_and_last
