"""What is wrong is said before the first test: one clear message, exit code 4, nothing run."""

from __future__ import annotations

import os
import shutil
import sqlite3

import pytest

APP = """
    from pathlib import Path
    import pytest
    {head}

    @pytest.mark.vtrack({arguments})
    {decorator}
    def test_answers(vtrack_case):
        Path("called.txt").touch()
        return 1

    @pytest.mark.vtrack(dataset=[{{"inputs": {{"n": 1}}}}])
    def test_good(vtrack_case):
        Path("called.txt").touch()
        return 1
"""
QA = 'dataset="qa.jsonl"'
GOOD = '{"id": "a", "inputs": {"n": 1}}'

MARKERS = {
    "unknown argument": (
        "datset='qa.jsonl'",
        "no argument 'datset'; allowed: dataset, scorers, experiment, env",
    ),
    "by position": (
        "'qa.jsonl'",
        "takes named arguments only, not 'qa.jsonl'; write e.g. dataset='qa.jsonl'",
    ),
    "scorers is no list": (f"{QA}, scorers='exact_match'", "scorers must be a list of scorers"),
    "scorer unknown": (
        f"{QA}, scorers=['exact_mach']",
        "no built-in scorer 'exact_mach'; nearest: exact_match",
    ),
    "scorer no callable": (f"{QA}, scorers=[3]", "3 is not a scorer; give a function"),
    "scorer module missing": (f"{QA}, scorers=['nowhere:x']", "cannot import 'nowhere'"),
    "scorer name missing": (f"{QA}, scorers=['json:loadz']", "'json' has no 'loadz'; nearest: load, loads"),
    "scorer parameters": (f"{QA}, scorers=[takes_other]", "takes 'answer', which no scorer is given"),
    "scorer slip": (f"{QA}, scorers=[slip]", "did you mean 'outputs'?"),
    "scorer twice": (f"{QA}, scorers=['contains', 'contains']", "two scorers are called 'contains'"),
    "scorer lambda": (f"{QA}, scorers=[lambda outputs: 1]", "a lambda has no name"),
    "repeat 0": (f"{QA}, repeat=0", "repeat must be at least 1"),
    "repeat text": (f"{QA}, repeat='2'", "repeat must be a whole number of at least 1"),
    "repeat bool": (f"{QA}, repeat=True", "repeat must be a whole number of at least 1"),
    "flags list": (f"{QA}, flags=['a']", "flags must be a dict of flag name to a list of states"),
    "flags state": (f"{QA}, flags={{'a': True}}", "give a list of states, e.g. {'a': [True, False]}"),
    "versions text": (f"{QA}, versions='v1'", "versions must be a list of version names"),
    "gate text": (f"{QA}, gate='right'", "gate must be True, False or a list of metric names"),
    "slices text": (f"{QA}, slices='topic'", "slices must be a list of tags"),
    "cluster": (f"{QA}, cluster=['a']", "cluster must be the name of a tag"),
    "dataset kind": ("dataset=3", "dataset=3 is not a dataset; give a path, dataset:NAME for"),
    "dataset missing": ("dataset='qb.jsonl'", "no dataset 'qb.jsonl': looked for"),
    "dataset folder": ("dataset='folder'", "is a folder; a dataset is a file"),
    "dataset suffix": ("dataset='test_app.py'", "the suffix '.py' is no format of a dataset"),
}
HEAD = """
    def takes_other(outputs, answer): return True
    def slip(output): return True
"""


@pytest.fixture
def app(project):
    project.dataset(GOOD)
    (project.path / "folder").mkdir()

    def write(arguments=QA, decorator=""):
        project.write(test_app=APP.format(head=HEAD, arguments=arguments, decorator=decorator))
        return project

    return write


def check_refused(project, says, *args):
    done = project.run(*args)
    assert done.exit == 4, done.screen
    assert says in done.flat, done.screen
    assert done.flat.count(says) <= 2, "once, and perhaps in the short summary"
    assert "Traceback" not in done.screen
    assert "INTERNALERROR" not in done.screen
    assert not (project.path / "called.txt").exists()
    assert project.runs() == []
    return done


@pytest.mark.parametrize("case", MARKERS)
def test_marker_arguments(app, case):
    arguments, says = MARKERS[case]
    done = check_refused(app(arguments), says)
    assert "test_app.py::test_answers" in done.flat or "dataset" in done.flat


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("'>=1.x.'", "'>=1.x.' is not a version range; write a name like 'v1.3' or a PEP 440 range"),
        ("''", "the version is empty"),
        ("", "takes one text like 'v1.3' or '>=1.2,<2', not nothing"),
        ("3", "takes one text like 'v1.3' or '>=1.2,<2', not 3"),
        ("'v1', 'v2'", "not 'v1', 'v2'"),
    ],
)
def test_version_specifications(app, spec, says):
    check_refused(app(decorator=f"@pytest.mark.vtrack_version({spec})"), says)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((GOOD, "{broken"), "qa.jsonl:2:2: not JSON"),
        ((GOOD, '{"question": "x"}'), "qa.jsonl: line 2: unknown key 'question'"),
        ((GOOD, '{"id": "b"}'), "qa.jsonl: line 2: the record has no 'inputs'"),
        (
            (GOOD, '{"id": "b", "inputs": 3}'),
            "line 2: 'inputs' must be an object of names and values, found int 3",
        ),
        ((GOOD, GOOD), "line 2: the id 'a' is taken by line 1; ids must be unique"),
        (('{"inputs": {"n": 1}}', '{"inputs": {"n": 1}}'), "line 2: the same inputs as in line 1"),
        ((GOOD, "[1, 2]"), "line 2: expected a record"),
        (("",), "no cases"),
    ],
)
def test_dataset_lines_are_named_by_file_and_line(app, lines, says):
    project = app()
    project.dataset(*lines)
    check_refused(project, says)


def test_workers_refuse_the_same_once(app):
    done = check_refused(app("datset='qa.jsonl'"), "no argument 'datset'; allowed: dataset", "-n2")
    assert "1 error" in done.last_line


def broken_store(project, kind):
    path = project.store_path
    path.parent.mkdir(exist_ok=True)
    match kind:
        case "folder":
            path.mkdir()
            return "is a folder; write the path of a SQLite file"
        case "not a database":
            path.write_text("something else, and long enough to be no header")
            return "this is not a SQLite database"
        case "truncated":
            path.write_bytes(b"SQLite format 3\0" + b"\xff" * 200)
            return "vtrack.db"
        case "other database":
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE mine (a)")
            connection.close()
            return "holds other tables, not a store of pytest-vtrack"
        case "newer schema":
            project.run("-q")
            with sqlite3.connect(path) as connection:
                connection.execute("UPDATE alembic_version SET version_num = '9999'")
            connection.close()
            (project.path / "called.txt").unlink(missing_ok=True)
            return "the store has schema 9999, written by a newer pytest-vtrack; this one reads up to schema"
    raise AssertionError(kind)


STORES = ["folder", "not a database", "truncated", "other database", "newer schema"]


@pytest.mark.parametrize(("kind", "args"), [*((kind, ()) for kind in STORES), ("newer schema", ("-n2",))])
def test_stores_that_cannot_be_used(app, kind, args):
    project = app()
    says = broken_store(project, kind)
    done = project.run(*args)
    assert done.exit == 4, done.screen
    assert says in done.flat, done.screen
    assert "Traceback" not in done.screen
    assert "INTERNALERROR" not in done.screen
    assert not (project.path / "called.txt").exists()
    done = project.run("--vtrack-baseline=v1", *args)
    assert (done.exit, says in done.flat) == (4, True), "also where a baseline is asked for"


@pytest.mark.parametrize(
    ("uri", "says", "args"),
    [
        ("mysql://host/db", "a store cannot be of kind 'mysql'", ()),
        ("/proc/none/vtrack.db", "/proc/none: the folder of the store cannot be created", ()),
        ("/proc/none/vtrack.db", "/proc/none: the folder of the store cannot be created", ("-n2",)),
    ],
)
def test_places_that_cannot_be_a_store(app, uri, says, args):
    check_refused(app(), says, f"--vtrack-store={uri}", *args)


def test_a_broken_store_is_no_matter_for_other_tests(app, mode):
    project = app()
    broken_store(project, "not a database")
    project.write(test_plain="def test_one(): pass")
    done = project.run("test_plain.py", *mode)
    assert done.exit == 0
    assert "SQLite" not in done.flat


# Nothing is read-only for root, unless it gives that right up.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.mark.skipif(
    bool(WITHOUT_RIGHTS) and not shutil.which("setpriv"), reason="run as root without setpriv"
)
def test_a_read_only_store_is_refused_before_the_first_call(project):
    project.dataset(GOOD)
    project.write(test_app=APP.format(head="", arguments=QA, decorator=""))
    assert project.run("-q").exit == 0
    (project.path / "called.txt").unlink()
    folder = project.store_path.parent
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(0o555)
    try:
        done = project.run_apart("-pno:cacheprovider", before=WITHOUT_RIGHTS)
    finally:
        folder.chmod(0o755)
    assert done.exit == 4, done.flat
    assert "is read-only, so nothing can be stored in it; make it writable" in done.flat
    assert "Traceback" not in done.flat
    assert not (project.path / "called.txt").exists()


ASKS_BY_NAME = """
    import pytest
    from pathlib import Path

    @pytest.mark.vtrack(dataset="qa.jsonl")
    def test_app(n):
        Path("called.txt").touch()
        return n
"""


def test_an_input_that_is_asked_for_by_name_is_explained_once(project, mode):
    project.dataset(GOOD, '{"id": "b", "inputs": {"n": 2}}')
    project.write(test_app=ASKS_BY_NAME)
    check_refused(project, "test_app takes 'n', which is no fixture", *mode)


@pytest.mark.parametrize(
    "conftest",
    [
        "def pytest_generate_tests(metafunc): metafunc.parametrize('n', [5])",
        "import pytest\n@pytest.fixture\ndef n(): return 5",
    ],
)
def test_an_input_may_have_the_name_of_an_argument(project, conftest):
    project.dataset(GOOD)
    project.write(test_app=ASKS_BY_NAME)
    (project.path / "conftest.py").write_text(conftest)
    assert project.run().exit == 0
    assert (project.path / "called.txt").exists()


def test_an_input_may_be_called_request_as_what_pytest_itself_gives(project):
    project.dataset('{"id": "a", "inputs": {"request": "hello"}}')
    project.write(
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl")
        def test_app(vtrack_case, request):
            assert request.node.name == "test_app[a]"
            return vtrack_case.inputs["request"]
        """
    )
    assert project.run().exit == 0


def test_control_characters_of_cases_never_reach_the_terminal(project):
    evil = "\x1b[31mred\x1b[0m\x07\x9b2J\u202eevil"
    project.dataset(*({"id": f"{evil}{n}", "inputs": {"n": n}, "tags": {evil: evil}} for n in range(20)))
    project.write(
        test_app=f"""
        import pytest
        from pytest_vtrack import Feedback
        EVIL = {evil!r}

        def right(outputs, case):
            return Feedback(not outputs.endswith("bad"), EVIL)

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
        def test_answers(vtrack_case):
            if vtrack_case.id.endswith("r7"):
                return object()
            return EVIL + vtrack_case.version
        """
    )
    for args in (["--vtrack-version=good"], ["--vtrack-version=bad", "--vtrack-baseline=good"]):
        done = project.run(*args, "-vv")
        printed = (done.screen + done.errors).replace("\n", "")
        assert [c for c in printed if ord(c) < 32 or 127 <= ord(c) < 160 or c == "\u202e"] == []
    assert done.exit == 10
