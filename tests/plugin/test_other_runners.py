"""Marked tests that other plugins run: in their own event loop, at once or one at a time."""

from __future__ import annotations

import pytest

from pytest_vtrack.plugin.execution import Execution

RUNNER = """
    import asyncio
    import inspect
    import pytest

    @pytest.fixture(scope="session")
    def own_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()

    def run(item):
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        return item.funcargs["own_loop"], item.obj(**arguments)
"""
RUNS = """
    def pytest_pyfunc_call(pyfuncitem):
        if "own_loop" in pyfuncitem.funcargs:
            loop, test = run(pyfuncitem)
            loop.run_until_complete(test)
            return True
"""
LEAVES_ALONE = """
    def pytest_pyfunc_call(pyfuncitem):
        loop, test = run(pyfuncitem)
        test.close()
        return True
"""
REPLACES = """
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(item):
        test = item.obj
        loop = item.funcargs["own_loop"]
        item.obj = lambda **arguments: loop.run_until_complete(test(**arguments))
        try:
            return (yield)
        finally:
            item.obj = test
"""
TESTS = """
    import asyncio
    import functools
    import pytest

    def decorated(test):
        return functools.wraps(test)(lambda **arguments: test(**arguments))

    @pytest.mark.vtrack(dataset="qa.jsonl")
    {decorator}
    async def test_answers(vtrack_case, own_loop):
        async def app(n):
            await asyncio.sleep(0)
            return [n, asyncio.get_running_loop() is own_loop]
        await vtrack_case.run(app)
"""


@pytest.mark.parametrize("args", [(), ("--vtrack-concurrency=4",)], ids=["one at a time", "several"])
@pytest.mark.parametrize(
    ("conftest", "decorator", "own"),
    [
        (RUNS, "", True),
        (RUNS, "@decorated", True),
        (LEAVES_ALONE, "", False),
        (REPLACES, "", True),
    ],
    ids=["plain", "decorated", "takes the test without running it", "in place of the function"],
)
def test_other_plugins_run_their_tests_themselves(project, args, conftest, decorator, own):
    project.questions(3)
    project.write(conftest=RUNNER + conftest, test_app=TESTS.format(decorator=decorator))
    done = project.run("-v", *args)
    assert done.exit == 0, done.screen
    assert project.outputs() == {f"q{n}": [n, own] for n in range(3)}
    assert ("runs in order, one case at a time: " in done.flat) == bool(own and args)


def test_a_test_that_would_pass_without_being_run_fails(project):
    project.questions(2)
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        async def test_yields(vtrack_case):
            yield 1
            assert False
        """
    )
    done = project.run()
    assert done.exit == 1
    assert "test_yields is an async generator, which nobody reads: it would pass without" in done.flat


def test_inside_another_event_loop_than_asyncio_an_application_is_awaited_there(monkeypatch):
    sniffio = pytest.importorskip("sniffio")
    monkeypatch.setattr(sniffio.thread_local, "name", "trio")

    async def app():
        return 1

    execution = Execution({}, {}, pytest.fail)
    call = execution.call(app, {})
    with pytest.raises(StopIteration):
        call.send(None)
    assert execution.outputs == 1
