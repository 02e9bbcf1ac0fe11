"""What a library's names stand for."""

from __future__ import annotations

import pytest

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.trace import Span, Trace
from pytest_vtrack.scoring.foreign.given import (
    Given,
    answer,
    contexts,
    expected,
    expected_contexts,
    question,
)

SEARCH = Span(
    "search", "RETRIEVER", outputs=[{"page_content": "a"}, {"metadata": {"text": "b"}}, "c", {"n": 1}]
)


@pytest.mark.parametrize(
    ("meaning", "name", "given", "value"),
    [
        (question, "input", Given({"query": "?", "k": 3}), "?"),
        (question, "query", Given({"question": "a", "query": "b"}), "b"),
        (question, "input", Given({"city": "Lima"}), "Lima"),
        (question, "input", Given({"city": "Lima", "k": 3}), {"city": "Lima", "k": 3}),
        (expected, "reference", Given(expectations={"answer": "a", "reference": "b"}), "b"),
        (expected, "reference", Given(expectations={"other": 1, "answer": "a"}), "a"),
        (expected, "reference", Given(expectations={"city": "Lima"}), "Lima"),
        (expected, "reference", Given(expectations={"city": "Lima", "land": "Peru"}), None),
        (expected, "reference", Given(expectations={"contexts": ["a"]}), None),
        (expected, "reference", Given(), None),
        (answer, "response", Given(outputs="Lima"), "Lima"),
        (answer, "response", Given(outputs={"response": "a", "answer": "b"}), "a"),
        (answer, "response", Given(outputs={"city": "a", "land": "b"}, expectations={"land": "c"}), "b"),
        (answer, "response", Given(outputs={"answer": "a", "land": "b"}), "a"),
        (answer, "response", Given(outputs={"city": "a"}), "a"),
        (answer, "response", Given(outputs={"a": 1}, expectations={"answer": {"a": 1}}), {"a": 1}),
        (answer, "response", Given(outputs={"city": "a", "land": "b"}), {"city": "a", "land": "b"}),
        (
            contexts,
            "retrieved",
            Given(outputs={"answer": "a", "contexts": ["x", {"n": 1}]}),
            ["x", '{"n":1}'],
        ),
        (contexts, "retrieved", Given({"context": "x"}, "a"), ["x"]),
        (contexts, "retrieved", Given(trace=Trace(spans=(SEARCH,))), ["a", "b", "c", '{"n":1}']),
        (contexts, "retrieved", Given(trace=Trace(spans=(Span("other"),))), None),
        (contexts, "retrieved", Given(), None),
        (expected_contexts, "reference_contexts", Given(expectations={"contexts": ["a"]}), ["a"]),
        (expected_contexts, "reference_contexts", Given(expectations={"answer": "a"}), None),
    ],
)
def test_names_are_found(meaning, name, given, value):
    assert meaning(given, name) == value


def test_outputs_that_do_not_say_which_are_an_error():
    given = Given(outputs={"city": "a", "land": "b"}, expectations={"answer": "a"})
    with pytest.raises(
        ScorerError, match=r"no 'answer'; they have 'city', 'land': .*reads=\{'response': 'outputs"
    ):
        answer(given, "response")


def test_a_name_without_a_meaning_is_one_of_the_case():
    given = Given({"a": 1}, {"a": 2, "b": 3}, {"b": 4, "c": 5})
    assert [given.value(name) for name in "abcd"] == [1, 3, 5, None]
    assert given.value("outputs") == {"a": 2, "b": 3}


def test_what_is_no_text_is_written_as_json():
    given = Given(outputs={"n": [1, None]}, expectations={"answer": 3})
    assert given.text("expected", expected) == "3"
    assert given.text("output", lambda given, _: given.outputs) == '{"n":[1,null]}'
    assert given.text("nothing") is None
