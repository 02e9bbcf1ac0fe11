from __future__ import annotations

import pytest
from answers import CASES, answer, fingerprint, paid
from openevals import create_llm_as_judge, exact_match
from openevals.json import create_json_match_evaluator
from openevals.string import levenshtein_distance, levenshtein_distance_async

from pytest_vtrack import from_library, scorer

FIELDS = from_library(
    create_json_match_evaluator(),
    reads={
        "outputs": lambda outputs: {"city": outputs, "land": "?"},
        "reference_outputs": lambda expectations: {"city": expectations["answer"], "land": "?"},
    },
)
# No provider has its model.
JUDGE = create_llm_as_judge(prompt="Is {outputs} right?", model="nowhere:none", feedback_key="judged")


SCORERS = [
    exact_match,
    levenshtein_distance,
    scorer(levenshtein_distance_async, name="later", tolerance=0.05),
    FIELDS,
    JUDGE,
]


@pytest.mark.vtrack(
    experiment="openevals",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_judges_are_paid():
    assert paid(SCORERS) == {"judged"}


def test_what_changes_a_value_changes_the_fingerprint():
    shorter = create_llm_as_judge(prompt="{outputs}?", model="nowhere:none", feedback_key="judged")
    other = create_llm_as_judge(prompt="Is {outputs} right?", model="nowhere:other", feedback_key="judged")
    same = create_llm_as_judge(prompt="Is {outputs} right?", model="nowhere:none", feedback_key="judged")
    assert fingerprint(JUDGE) == fingerprint(same)
    assert len({fingerprint(JUDGE), fingerprint(shorter), fingerprint(other)}) == 3
