"""``--vtrack-html``: when the page is written, and what a session says of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pytest_vtrack.report.html.chunks import unpack

APP = """
    import pytest

    WRONG = {"v1": range(0), "worse": range(5, 40)}

    def right(outputs, expectations):
        return outputs == expectations["answer"]

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        n, version = vtrack_case.inputs["n"], vtrack_case.version
        return -1 if n in WRONG.get(version, ()) else n
"""
HTML = "--vtrack-html=out/report.html"


@pytest.fixture
def compared(project):
    """A project with a stored version v1, and another to compare with it."""
    project.write(test_app=APP, **{"pytest.ini": "[pytest]\nvtrack_experiment = bot\n"})
    project.questions(40)
    assert project.run("-q", "--vtrack-version=v1").exit == 0
    return project


def page(project, name: str = "report.html") -> str:
    return (project.path / "out" / name).read_text(encoding="utf-8")


def index(project) -> Any:
    (text,) = re.findall(r'id="index">([^<]*)<', page(project))
    return unpack(text)


def test_a_regression_is_a_page_with_all_cases(compared, mode):
    done = compared.run(*mode, HTML, "--vtrack-version=worse", "--vtrack-baseline=v1")
    assert done.exit == 10
    assert "Report: out/report.html" in done.section
    assert "<title>✗ REGRESSED: worse vs v1 · bot</title>" in page(compared)
    assert "Gate: failed (exit code 10)" in page(compared)
    assert len(index(compared)["ids"]) == 40
    assert index(compared)["status"].count(0) == 35


def test_a_first_version_is_a_page_too(compared, mode):
    assert compared.run(*mode, HTML, "--vtrack-version=v2").exit == 0
    assert "40 of 40 cases; higher is better" in page(compared)
    assert index(compared)["compared"] is False


def test_a_missing_baseline_is_a_page_before_the_first_test(compared, mode):
    assert compared.run_apart(*mode, HTML, "--vtrack-baseline=v9").exit == 12
    assert "NO BASELINE" in page(compared)
    assert "No case ran." in page(compared)


def test_an_anchor_is_a_page_of_its_own(compared):
    assert (
        compared.run(HTML, "--vtrack-version=worse", "--vtrack-baseline=v1", "--vtrack-anchor=v1").exit == 10
    )
    assert "REGRESSED" in page(compared)
    assert "REGRESSED" in page(compared, "report-2.html")


def test_a_place_that_cannot_be_written_ends_before_the_first_test(compared):
    done = compared.run_apart("--vtrack-html=.", "--vtrack-version=v2")
    assert done.exit == 4
    assert len(compared.runs()) == 1
