"""Secrets never reach the store, and nothing but scores does where that is asked for."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from contextlib import suppress

import pytest

from pytest_vtrack.model import payload

NAMES = ["api_key", "TOKEN", "client_secret", "dbPassword", "Authorization", "session"]


def stored_texts(project) -> str:
    """Return everything in the store as text, with what is compressed taken out of it."""
    texts = []
    with sqlite3.connect(project.store_path) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                texts += [_text(value) for value in row]
    connection.close()
    return "\n".join(texts) + project.stored_bytes().decode("latin-1")


def _text(value) -> str:
    if not isinstance(value, bytes):
        return str(value)
    with suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode("utf-8", "replace")


def test_values_of_secret_names_are_masked_wherever_they_stand(project, mode):
    hidden = iter(range(1000, 2000))
    secrets = {name: f"SECRET-{next(hidden)}" for name in NAMES}
    project.dataset(
        {
            "id": "q0",
            "inputs": {"q": "kept-input", "deep": [{"headers": secrets}]},
            "expectations": {"answer": "kept-expectation", **secrets},
            "tags": {"topic": "kept-tag", **secrets},
        }
    )
    project.write(
        **{"pytest.ini": "[pytest]\nvtrack_redact =\n    session\n    CARD.NO\n"},
        conftest=f"""
        import pytest
        from pytest_vtrack import Experiment

        @pytest.fixture(scope="session")
        def vtrack_experiment():
            return Experiment("bot", tags={secrets!r})
        """,
        test_app=f"""
        import pytest
        from pytest_vtrack import Feedback
        SECRETS = {secrets!r}

        def judged():
            return Feedback(True, "kept-rationale", metadata={{"usage": SECRETS, "model": "kept-model"}})

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[judged], params=SECRETS)
        def test_answers(vtrack_case, vtrack_run):
            for name, value in SECRETS.items():
                vtrack_run.set_tag(name, value)
                assert vtrack_case.inputs["deep"][0]["headers"][name] == value, "the app gets the real value"
            vtrack_case.feedback("tone", 1, metadata=SECRETS)
            vtrack_case.expect("more", SECRETS)
            return {{"answer": "kept-output", "card.no": "SECRET-card", "request": SECRETS}}
        """,
    )
    given = [f"--vtrack-flag={name}={value}" for name, value in secrets.items()]
    given += [f"--vtrack-tag={name}={value}" for name, value in secrets.items()]
    done = project.run(*given, *mode)
    assert done.exit == 0, done.screen
    stored = stored_texts(project)
    for kept in ("kept-input", "kept-expectation", "kept-tag", "kept-output", "kept-rationale", "kept-model"):
        assert kept in stored
    assert set(re.findall(r"SECRET-\w+", stored)) == set()


def test_scores_only_keeps_no_contents(project):
    project.dataset({"id": "q0", "inputs": {"q": "the input"}, "expectations": {"answer": "the expectation"}})
    project.write(
        **{"pytest.ini": "[pytest]\nvtrack_capture = scores\n"},
        test_app="""
        import pytest

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=["exact_match"])
        def test_answers(vtrack_case):
            return "the output"
        """,
    )
    assert project.run().exit == 0
    result = project.result()
    assert (result.inputs, result.expectations, result.outputs) == ("{}", "{}", None)
    assert project.said("exact_match") == {"q0": False}
    stored = stored_texts(project)
    assert [each for each in ("the input", "the expectation", "the output") if each in stored] == []
    done = project.run("--vtrack-baseline=last")
    assert done.exit == 0, "scores are all that a comparison needs"


def test_the_command_line_is_kept_without_its_secrets(project):
    project.write(
        test_app="""
        def test_answers(vtrack_case): pass
        """,
        conftest="""
        def pytest_addoption(parser):
            parser.addoption("--api-key")
        """,
    )
    assert project.run("--api-key=SECRET-1", "--api-key", "SECRET-2").exit == 0
    assert "SECRET" not in stored_texts(project)
    assert "--api-key" in project.last_run().tags["vtrack.command"]


@pytest.mark.parametrize(("kind", "args"), [("inputs", ()), ("outputs", ()), ("outputs", ("-n2",))])
def test_what_cannot_be_stored_is_described_and_the_field_named(project, kind, args):
    values = {
        "object": "object()",
        "circular": "CIRCLE",
        "bytes": "b'\\x00\\xff'",
        "surrogate": "'\\ud800'",
        "nan": "float('nan')",
        "deep": "{'list': [1, {'here': object()}]}",
    }
    given = ", ".join(f"{name!r}: {text}" for name, text in values.items())
    project.write(
        test_app=f"""
        import pytest
        CIRCLE = []
        CIRCLE.append(CIRCLE)
        VALUES = {{{given}}}
        CASES = [{{"id": "q0", "inputs": VALUES if {kind == "inputs"} else {{}}}}]

        @pytest.mark.vtrack(dataset=CASES)
        def test_answers(vtrack_case):
            assert not {kind == "inputs"} or vtrack_case.inputs["object"] is not None
            return VALUES if {kind == "outputs"} else "out"
        """
    )
    done = project.run(*args)
    assert done.exit == 0, done.screen
    assert project.said("completed") == {"q0": True}
    result = project.result()
    stored = payload.decode(getattr(result, kind))
    assert stored["bytes"] == {"$bytes": "AP8="}
    assert stored["nan"] == {"$number": "nan"}
    assert stored["object"] == {"$unserialisable": "builtins.object"}
    assert json.dumps(stored)
    assert f"q0: {kind}.object: a value of type builtins.object cannot be written as JSON" in done.flat
    assert f"{kind}.deep.list[1].here" in done.flat
    assert f"{kind}.circular[0]: a value of type builtins.list refers to itself" in done.flat


def test_secrets_in_messages_and_reasons_are_masked(project, mode):
    project.questions(2)
    project.write(
        test_app="""
        import pytest
        from pytest_vtrack import Feedback

        def judged():
            return Feedback(False, "see https://ada:SECRET-1@example.org/")

        def broken():
            raise RuntimeError("401 for Authorization: Bearer SECRET-2-abcdefghijkl")

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[judged, broken])
        def test_answers(vtrack_case, vtrack_run):
            vtrack_run.set_tag("where", "https://example.org/?api_key=SECRET-3")
            def app(n):
                if n:
                    raise RuntimeError("cannot reach postgresql://app:SECRET-4@db/app")
                return "postgresql://app:SECRET-5@db/app"
            vtrack_case.run(app)
        """
    )
    assert project.run("--vtrack-tag=dsn=redis://:SECRET-6@cache", *mode).exit == 1
    stored = stored_texts(project)
    assert "cannot reach postgresql://app:***@db/app" in stored
    assert "see https://ada:***@example.org/" in stored
    assert set(re.findall(r"SECRET-\d", stored)) == set()
