from __future__ import annotations

import math

import pytest

from pytest_vtrack import contains, exact_match, json_equal, numeric_close, regex
from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.protocol import as_scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers


def case(check, outputs, expected, verdict):
    return pytest.param(
        check, outputs, {"answer": expected}, verdict, id=f"{check.name}-{outputs!r}-{expected!r}"[:60]
    )


@pytest.mark.parametrize(
    ("check", "outputs", "expectations", "verdict"),
    [
        case(exact_match(), "Rome", "Rome", True),
        case(exact_match(), "rome", "Rome", False),
        case(exact_match(), "Rome ", "Rome", False),
        case(exact_match(ignore_case=True), "STRASSE", "straße", True),
        case(exact_match(ignore_space=True), " New  York\n", "New York", True),
        case(exact_match(), None, "Rome", False),
        case(exact_match(), None, None, True),
        case(exact_match(), 42, "42", True),
        case(exact_match(), "42", 42, True),
        case(exact_match(), "true", True, True),
        case(exact_match(), 1, True, False),
        case(exact_match(), 1, 1.0, True),
        case(exact_match(), "Roma", ["Rome", "Roma"], True),
        case(exact_match(), "Bern", ["Rome", "Roma"], False),
        case(exact_match(), ["a", "b"], ["a", "b"], True),
        case(exact_match(), ("a", "b"), ["a", "b"], True),
        case(exact_match(), ["b", "a"], ["a", "b"], False),
        case(exact_match(), {"city": "Rome"}, {"city": "Rome"}, True),
        case(exact_match(), {"city": "Rome", "x": 1}, {"city": "Rome"}, False),
        case(contains(), "It is Rome.", "Rome", True),
        case(contains(), "It is rome.", "Rome", False),
        case(contains(ignore_case=True), "It is rome.", "Rome", True),
        case(contains(), "a and b", ["a", "b"], True),
        case(contains(), "a only", ["a", "b"], False),
        case(contains(any_of=True), "a only", ["a", "b"], True),
        case(contains(), "a", [], False),
        case(contains(any_of=True), "a", [], False),
        case(contains("days"), "30 days", "ignored", True),
        case(contains("days"), "30 weeks", "ignored", False),
        case(contains(), None, "Rome", False),
        case(contains(), 1250, 25, True),
        case(contains(), ["Rome", "Paris"], "Paris", True),
        case(regex(r"\d+ days"), "in 30 days", "ignored", True),
        case(regex(r"\d+ days"), "in thirty days", "ignored", False),
        case(regex(r"\d+ DAYS", ignore_case=True), "30 days", "ignored", True),
        case(regex(r"\d+", full=True), "30 days", "ignored", False),
        case(regex(r"\d+", full=True), "30", "ignored", True),
        case(regex(), "30 days", r"^\d+", True),
        case(regex(".*"), None, "ignored", False),
        case(json_equal(), '{"a": [1, 2], "b": null}', {"b": None, "a": [1.0, 2]}, True),
        case(json_equal(), {"a": 1}, '{"a": 1}', True),
        case(json_equal(), '{"a": true}', {"a": 1}, False),
        case(json_equal(), '{"a": 1}', {"a": 1, "b": 2}, False),
        case(json_equal(), "not json", {"a": 1}, False),
        case(json_equal(), '"Rome"', "Rome", True),
        case(json_equal(), [1, 2], [2, 1], False),
        case(json_equal(), {"answer": {"a": 1}}, {"a": 1}, True),
        case(json_equal(), {"text": "x"}, "x", False),
        case(numeric_close(), 0.1 + 0.2, 0.3, True),
        case(numeric_close(), 101, 100, False),
        case(numeric_close(rel=0.01), 101, 100, True),
        case(numeric_close(rel=0.01), 99, 100, True),
        case(numeric_close(rel=0.01), 101.1, 100, False),
        case(numeric_close(abs=2), 2, 0, True),
        case(numeric_close(rel=1), 0, 0, True),
        case(numeric_close(), "1,250 km", "1250", True),
        case(numeric_close(), "It costs $-4.50.", -4.5, True),
        case(numeric_close(), "−4", -4, True),
        case(numeric_close(), "42km", 42, True),
        case(numeric_close(), "1e3", 1000, True),
        case(numeric_close(), ".5", 0.5, True),
        case(numeric_close(), "between 3 and 4", 3, False),
        case(numeric_close(), "2024-05-01", 2024, False),
        case(numeric_close(), "1.2.3", 1.2, False),
        case(numeric_close(), "1,2", 12, False),
        case(numeric_close(), "none at all", 3, False),
        case(numeric_close(), "", 0, False),
        case(numeric_close(), None, 0, False),
        case(numeric_close(), True, 1, False),
        case(numeric_close(), math.nan, 1, False),
        case(numeric_close(), "9" * 400, 1, False),
        case(numeric_close(), 10**400, 1, False),
    ],
)
def test_built_ins_compare(check, outputs, expectations, verdict):
    assert check(outputs, expectations) is verdict


@pytest.mark.parametrize(
    ("expectations", "key"),
    [
        ({"other": "no", "answer": "x", "expected": "no"}, None),
        ({"other": "no", "expected": "x", "expected_response": "no"}, None),
        ({"other": "no", "expected_response": "x"}, None),
        ({"other": "x"}, None),
        ({"answer": "no", "capital": "x"}, "capital"),
    ],
    ids=["answer", "expected", "expected_response", "only one", "configured"],
)
def test_the_expectation_is_chosen(expectations, key):
    assert exact_match(key=key)("x", expectations) is True


@pytest.mark.parametrize(
    ("outputs", "expectations", "output"),
    [
        ({"answer": "x", "other": "no"}, {"answer": "x"}, None),
        ({"text": "x"}, {"answer": "x"}, None),
        ({"answer": "no", "text": "x"}, {"answer": "x"}, "text"),
        ({"capital": "x", "answer": "no"}, {"capital": "x"}, None),
    ],
    ids=["same name", "only one", "configured", "same name as the only expectation"],
)
def test_the_output_is_chosen(outputs, expectations, output):
    assert exact_match(output=output)(outputs, expectations) is True


@pytest.mark.parametrize(
    ("check", "outputs", "expectations", "message"),
    [
        (
            exact_match(),
            "x",
            {},
            "no expectation to compare with: the case expects nothing; name one with key='…'",
        ),
        (exact_match(), "x", {"a": 1, "b": 2}, "no expectation to compare with: the case expects 'a', 'b'"),
        (exact_match(key="c"), "x", {"a": 1, "b": 2}, "the case has no expectation 'c'; it expects 'a', 'b'"),
        (
            exact_match(),
            {"a": 1, "b": 2},
            {"answer": 1},
            "the outputs have no 'answer'; they have 'a', 'b': name one",
        ),
        (
            exact_match(output="c"),
            {"a": 1},
            {"answer": 1},
            "the outputs have no 'c'; they have 'a': name one with",
        ),
        (json_equal(output="c"), {"a": 1}, {"answer": {"a": 1}}, "the outputs have no 'c'; they have 'a'"),
        (exact_match(), {}, {"answer": 1}, "the outputs have no 'answer'; they have nothing"),
        (numeric_close(), 1, {"answer": "one"}, "numeric_close: the expectation 'one' is not a number"),
        (regex(), "x", {"answer": "("}, r"regex: '\(' is not a regular expression: missing \), unterminated"),
        (regex(), "x", {"answer": 3}, "regex: 3 is not a regular expression"),
    ],
    ids=[
        "none",
        "several",
        "missing",
        "output",
        "named output",
        "named whole",
        "empty",
        "number",
        "pattern",
        "no pattern",
    ],
)
def test_what_cannot_be_chosen_is_an_error_and_not_a_false(check, outputs, expectations, message):
    with pytest.raises(ScorerError, match=message):
        check(outputs, expectations)
    context = ScoringContext(outputs=outputs, expectations=expectations)
    (assessment,) = run_scorers([as_scorer(check, where="")], context, await_=None)
    assert assessment.value is None
    assert assessment.error.startswith("ScorerError: ")


@pytest.mark.parametrize(
    ("configure", "message"),
    [
        (lambda: regex("("), r"regex: '\(' is not a regular expression: missing \)"),
        (lambda: contains(""), "contains: text='' is in every output"),
        (lambda: numeric_close(rel=-1), "numeric_close: rel=-1 must be a finite number from 0 up"),
        (lambda: numeric_close(abs=math.nan), "numeric_close: abs=nan must be a finite number"),
        (lambda: numeric_close(rel="1%"), "numeric_close: rel='1%' must be a finite number"),
        (lambda: exact_match(key=3), "exact_match: key=3 must be a name, as text"),
        (lambda: json_equal(output=["a"]), r"json_equal: output=\['a'\] must be a name"),
    ],
    ids=["pattern", "text", "rel", "abs", "text for a number", "key", "output"],
)
def test_wrong_configurations_are_refused_when_declared(configure, message):
    with pytest.raises(ScorerError, match=message):
        configure()


def test_a_fixed_text_needs_no_expectation():
    assert contains("Rome")("It is Rome", {}) is True
    assert regex("^It")({"answer": "It is Rome", "score": 1}, {}) is True


def test_the_configuration_is_in_the_fingerprint_and_the_name_is_not():
    configured = [
        exact_match(),
        exact_match(ignore_case=True),
        exact_match(ignore_space=True),
        exact_match(key="a"),
        exact_match(output="a"),
        contains(),
        contains("a"),
        contains("a", any_of=True),
        regex("a"),
        regex("a", full=True),
        numeric_close(rel=0.1),
        numeric_close(abs=0.1),
        json_equal(),
    ]
    assert len({check.fingerprint for check in configured}) == len(configured)
    assert exact_match(name="a").fingerprint == exact_match(name="b").fingerprint
    assert exact_match(name="a").name == "a"


def test_fingerprints_of_built_ins_stay():
    """Written down: another fingerprint makes the values that users have stored incomparable."""
    assert exact_match().fingerprint == "builtin:exact_match/1:96eb9b58aa95fd9b"
    assert numeric_close(rel=0.01).fingerprint == "builtin:numeric_close/1:839a6222f8297078"
