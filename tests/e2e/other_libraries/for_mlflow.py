from __future__ import annotations

import pytest
from answers import CASES, answer, fingerprint, paid
from mlflow.entities import AssessmentSource, Feedback
from mlflow.genai.judges import make_judge
from mlflow.genai.scorers import (
    Guidelines,
    RegexMatch,
    ResponseLength,
    Scorer,
    make_scorer_ensemble,
    mean,
    scorer,
)

from pytest_vtrack.errors import ScorerError


@scorer
def same(outputs, expectations):
    return outputs == expectations["answer"]


@scorer(pass_if=lambda letters: letters > 4)
def letters(outputs):
    return len(outputs)


@scorer
def longest(outputs):
    return max(len(word) for word in outputs.split())


@scorer
def several(outputs):
    judge = AssessmentSource(source_type="LLM_JUDGE", source_id="a-model")
    return [
        Feedback(name="polite", value="yes", rationale="says please", source=judge),
        Feedback(name="stars", value=4.5, metadata={"scale": "5"}),
        Feedback(name="failed", error=ValueError("the judge had no answer")),
    ]


@scorer
def steps(trace):
    spans = trace.data.spans
    parents = {span.span_id: span.name for span in spans}
    shown = [f"{span.name} in {parents.get(span.parent_id)}" for span in spans if span.parent_id]
    tool = trace.search_spans(span_type="TOOL")[0]
    return Feedback(value=len(shown), rationale=f"{shown}: {tool.inputs} -> {tool.outputs}")


@scorer
def broken(inputs):
    raise KeyError(inputs["question"])


class AtLeast(Scorer):
    name: str = "at_least"
    least: int = 5

    def __call__(self, *, outputs):
        return len(outputs) >= self.least


BOTH = make_scorer_ensemble(name="both", scorers=[letters, longest], ensemble_fn=mean)


SCORERS = [
    same,
    letters,
    several,
    steps,
    broken,
    AtLeast(),
    BOTH,
    RegexMatch(pattern="^P"),
    ResponseLength(max_length=3),
]


@pytest.mark.vtrack(
    experiment="mlflow",
    dataset=CASES,
    scorers=SCORERS,
)
def test_answers(vtrack_case):
    vtrack_case.run(answer)


def test_judges_are_paid():
    judges = [
        Guidelines(guidelines="Be nice."),
        make_judge(name="nice", instructions="Is {{ outputs }} nice?"),
    ]
    assert paid([*SCORERS, *judges]) == {"guidelines", "nice"}


def test_what_changes_a_value_changes_the_fingerprint():
    assert fingerprint(AtLeast()) != fingerprint(AtLeast(least=6))
    assert fingerprint(RegexMatch(pattern="a")) != fingerprint(RegexMatch(pattern="b"))
    assert fingerprint(RegexMatch(pattern="a")) == fingerprint(RegexMatch(pattern="a", name="begins"))
    assert len({fingerprint(each) for each in SCORERS}) == len(SCORERS)


def test_scorers_of_sessions_are_refused():
    with pytest.raises(ScorerError, match="'calm' of mlflow judges a whole session"):
        fingerprint(scorer(name="calm")(lambda session: True))
