import pytest
from pytest_vtrack import scorer


def answer(question):  # replace with your app
    return {"What is the capital of France?": "Paris"}.get(question, "I don't know")


@scorer(better="higher", tolerance=0.03)
def correct(outputs, expectations):
    return expectations["answer"].lower() in outputs.lower()


@pytest.mark.vtrack(dataset="qa_example.jsonl", scorers=[correct])
def test_answers(vtrack_case):
    vtrack_case.run(answer)  # calls answer(**inputs) and records a trace
