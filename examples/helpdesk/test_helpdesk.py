"""Ask the help desk what customers ask, and compare its answers with those of another version."""

import pytest
from app import HelpDesk

from pytest_vtrack import scorer


@scorer(better="higher", tolerance=0.02)
def correct(outputs, expectations):
    return expectations["answer"].lower() in outputs["answer"].lower()


# Shown, but not gated: a wrong article that holds the right answer harms nobody.
@scorer(better="higher", gate=False)
def right_article(outputs, expectations):
    return outputs["article"] == expectations["article"]


@pytest.fixture(scope="session")
def desk():
    return HelpDesk()  # indexing takes longer than answering, so it is done once


@pytest.mark.vtrack(dataset="questions.jsonl", scorers=[correct, right_article])
def test_answers(vtrack_case, desk):
    return desk.answer(**vtrack_case.inputs)
