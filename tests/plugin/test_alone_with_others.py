"""Tests that use libraries which know one test at a time run in order, whatever number is asked for."""

from __future__ import annotations

import pytest

TEST = """
    import threading
    import pytest
    {imports}

    @pytest.mark.vtrack(dataset="qa.jsonl")
    {decorator}
    def test_answers(vtrack_case{arguments}):
        {body}
        return threading.current_thread() is threading.main_thread()
"""
PATCHES = """
    import functools

    def replaced(function):
        @functools.wraps(function)
        def replacing(*args, **kwargs):
            return function(*args, **kwargs)
        return replacing
"""
NOTES = """
    class Check:
        def __call__(self, value):
            pass

    check = Check()

    def equal(one, other):
        pass
"""
RESOLVES = """
    class Stands:
        pass
"""
PATCHED = "{} patches it"
NOTED = "{} notes the failures of all cases in one list"
STOOD = "its parameters stand for fixtures"


def run(project, library: str, source: str, **test: str):
    project.questions(4)
    parts = {"imports": "", "decorator": "", "arguments": "", "body": "pass"} | test
    project.write(**{library: source}, test_app=TEST.format(**parts))
    return project.run("-v", "--vtrack-concurrency=4", "-Wignore::pytest.PytestUnknownMarkWarning")


@pytest.mark.parametrize(
    ("library", "source", "test", "why"),
    [
        ("respx", PATCHES, {"imports": "import respx", "decorator": "@respx.replaced"}, PATCHED),
        (
            "freezegun",
            PATCHES,
            {
                "imports": "import freezegun, functools",
                "decorator": "@functools.cache\n    @freezegun.replaced",
            },
            PATCHED,
        ),
        ("time_machine", "", {"decorator": "@pytest.mark.time_machine('2020-01-01')"}, PATCHED),
        ("pytest_check", NOTES, {"imports": "import pytest_check as check"}, NOTED),
        ("pytest_check", NOTES, {"imports": "from pytest_check import check"}, NOTED),
        ("pytest_check", NOTES, {"imports": "from pytest_check import equal"}, NOTED),
        (
            "pytest_assume",
            NOTES,
            {"imports": "import pytest_assume as p; pytest.assume = p.check", "body": "pytest.assume(True)"},
            NOTED,
        ),
        (
            "pytest_lazy_fixtures",
            RESOLVES,
            {
                "imports": "from pytest_lazy_fixtures import Stands",
                "decorator": "@pytest.mark.parametrize('n', [1, pytest.param({'in': [Stands()]})])",
                "arguments": ", n",
            },
            STOOD,
        ),
    ],
    ids=["decorator", "one of two", "marker", "module", "object", "function", "of pytest", "parameters"],
)
def test_what_knows_one_test_at_a_time_runs_alone(project, monkeypatch, library, source, test, why):
    monkeypatch.setattr(pytest, "assume", None, raising=False)
    done = run(project, library, source, **test)
    assert done.exit == 0, done.screen
    assert set(project.outputs().values()) == {True}
    assert f"runs in order, one case at a time: {why.format(library)}" in done.flat


@pytest.mark.parametrize(
    ("library", "source", "test"),
    [
        ("respx", PATCHES, {"imports": "import respx"}),
        ("backoff", PATCHES, {"imports": "import backoff", "decorator": "@backoff.replaced"}),
        (
            "pytest_lazy_fixtures",
            RESOLVES,
            {
                "imports": "import pytest_lazy_fixtures",
                "decorator": "@pytest.mark.parametrize('n', [[1, {'two': 2}]])",
                "arguments": ", n",
            },
        ),
    ],
    ids=["only imported", "another decorator", "plain parameters"],
)
def test_what_does_not_mind_runs_at_once(project, library, source, test):
    done = run(project, library, source, **test)
    assert done.exit == 0, done.screen
    assert set(project.outputs().values()) == {False}
