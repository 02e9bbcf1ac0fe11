"""A process that held thousands of items leaves them to the system, unless something would notice."""

from __future__ import annotations

import io

import pytest

from pytest_vtrack.plugin import leaving

FEW = 8
MANY_CASES = """
    import atexit
    import gc
    import pytest
    from pytest_vtrack.plugin import garbage

    garbage.MANY = 8
    atexit.register(lambda: print("LEFT" if gc.get_freeze_count() > 10_000 else "FREED", flush=True))
"""
TEST = f"""
    import pytest

    @pytest.mark.vtrack(dataset=[{{{{"inputs": {{{{"n": n}}}}}}}} for n in range({FEW})])
    {{kind}}def test_app(vtrack_case):
        return 1
"""
ALONE = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:xdist", "-p", "no:rerunfailures")


def ended(pytester, conftest: str, *arguments: str, kind: str = "") -> str:
    pytester.makeconftest(MANY_CASES + conftest)
    pytester.makepyfile(TEST.format(kind=kind))
    result = pytester.runpytest_subprocess(*ALONE, *arguments)
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": FEW}
    return str(result.outlines[-1])


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [("", ()), ("async ", ()), ("async ", ("--vtrack-concurrency=4",)), ("", ("--vtrack-concurrency=4",))],
    ids=["in order", "asynchronous", "in a loop", "in threads"],
)
def test_items_are_not_freed_one_by_one(pytester, kind, arguments):
    assert ended(pytester, "", *arguments, kind=kind) == "LEFT"


def test_few_items_are_freed_as_ever(pytester):
    assert ended(pytester, "\n    garbage.MANY = 9\n") == "FREED"


ROUND = """
    class App:
        def __init__(self):
            self.itself = self
            self.begin()

        def write(self, open=open):
            with open("told.txt", "w") as file:
                file.write("told")

        def steps(self):
            try:
                yield
            finally:
                self.write()

        {app}

    APP = App()
"""


@pytest.mark.parametrize(
    "app",
    [
        "def begin(self): self.log = open('told.txt', 'w'); self.log.write('told')",
        "def begin(self): self.log = open('told.txt', 'wb'); self.log.write(b'told')",
        "def begin(self): self.log = open('told.txt', 'w+b'); self.log.write(b'told')",
        "def begin(self): self.running = self.steps(); next(self.running)",
        "begin, __del__ = int, write",
    ],
    ids=["text", "bytes", "read and written", "generator", "finalizer"],
)
def test_what_an_application_does_at_its_end_is_done(pytester, app):
    """Also where only the garbage collector finds its end, as it holds itself."""
    assert ended(pytester, ROUND.format(app=app)) == "FREED"
    assert (pytester.path / "told.txt").read_text() == "told"


@pytest.mark.parametrize(
    ("made", "done"),
    [
        (io.StringIO, True),
        (lambda: io.TextIOWrapper(io.BytesIO()), False),
        (lambda: io.TextIOWrapper(io.BytesIO(), write_through=True), False),
        (lambda: io.BufferedReader(io.BytesIO()), True),
        (lambda: io.BufferedWriter(io.BytesIO()), False),
        (lambda: (step for step in "ab"), False),
    ],
    ids=["memory", "text", "written through", "reader", "writer", "generator"],
)
def test_what_may_have_work_left_is_known(made, done):
    assert leaving._is_done(made()) is done


class Kept(io.TextIOWrapper):
    """A kind of file that another library makes."""


class Named(Kept):
    def __del__(self):
        self.named = True


def test_a_kind_of_file_with_a_finalizer_of_its_own_is_never_done():
    kept, named = Kept(io.BytesIO()), Named(io.BytesIO())
    kept.close()
    named.close()
    assert leaving._is_done(kept)
    assert not leaving._is_done(named)


def test_a_file_that_is_closed_or_was_detached_has_none_left():
    closed, detached = (io.TextIOWrapper(io.BytesIO()) for _ in range(2))
    closed.close()
    detached.detach()
    assert leaving._is_done(closed)
    assert leaving._is_done(detached)
