"""A process that held thousands of items leaves them to the system, unless something would notice."""

from __future__ import annotations

import io
import sqlite3
import warnings
from contextlib import closing

import pytest

from pytest_vtrack.plugin import leaving

FEW = 8
TELLS = """
    import atexit
    import gc

    atexit.register(lambda: print("LEFT" if gc.get_freeze_count() > 10_000 else "FREED", flush=True))
"""
MANY_CASES = """
    import atexit
    from pytest_vtrack.plugin import garbage

    garbage.MANY = 8
"""
TEST = f"""
    import pytest

    @pytest.mark.vtrack(dataset=[{{{{"inputs": {{{{"n": n}}}}}}}} for n in range({FEW})])
    {{kind}}def test_app(vtrack_case):
        return 1
"""
ALONE = ("-p", "tells", "-p", "no:randomly", "-p", "no:asyncio", "-p", "no:xdist", "-p", "no:rerunfailures")


def ended(pytester, conftest: str, *arguments: str, kind: str = "") -> str:
    pytester.makeconftest(MANY_CASES + conftest)
    pytester.makepyfile(TEST.format(kind=kind), tells=TELLS)
    result = pytester.runpytest_subprocess(*ALONE, *arguments)
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": FEW}
    assert result.errlines == []
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

        def begin_late(self, open=open):
            self.log = open("told.txt", "w")
            self.log.write("told")

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
        "def begin(self): atexit.register(self.begin_late)",
    ],
    ids=["text", "bytes", "read and written", "generator", "finalizer", "opened at the exit"],
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


def test_a_database_is_done_when_it_is_closed():
    """Until then others may find a part of what was committed only beside its file."""
    with closing(sqlite3.connect(":memory:")) as connection:
        assert not leaving._all_done([connection])
    assert leaving._all_done([connection])


class Connection(sqlite3.Connection):
    def close(self):
        super().close()


def test_a_database_of_another_kind_is_never_done():
    with closing(Connection(":memory:")) as connection:
        pass
    assert not leaving._all_done([connection])


@pytest.mark.parametrize(
    ("binder", "done"), [("nanobind", False), ("pybind11_builtins", False), ("app", True)]
)
def test_where_classes_of_cpp_are_bound_everything_is_freed(binder, done):
    metaclass = type("kind_of_class", (type,), {"__module__": binder})
    assert leaving._all_done([metaclass("Bound", (), {})]) is done


ODD = """
    class Kind(type):
        def __eq__(self, other):
            return self is other

    class App(metaclass=Kind):
        pass

    APP = App()
"""


def test_a_kind_that_cannot_be_looked_at_is_freed_without_a_word(pytester):
    assert ended(pytester, ODD) == "FREED"


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ([], True),
        ([("ignore", ResourceWarning)], False),
        ([("ignore", Warning)], False),
        ([("ignore", DeprecationWarning)], True),
        ([("ignore", Warning), ("default", ResourceWarning)], True),
        ([("ignore", Warning), ("error", ResourceWarning)], True),
        ([("default", Warning), ("ignore", ResourceWarning)], False),
    ],
    ids=str,
)
def test_whether_open_files_are_told_is_known(filters, told):
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for action, category in filters:
            warnings.simplefilter(action, category)
        assert leaving._open_files_are_told() is told


def test_who_wants_to_be_told_of_open_files_is(pytester, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "default::ResourceWarning")
    assert ended(pytester, "") == "FREED"
