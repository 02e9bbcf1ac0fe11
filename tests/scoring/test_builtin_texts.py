"""Scorers of texts against numbers that are published, or that the reference library computed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_vtrack import (
    bleu,
    chrf,
    contains,
    edit_similarity,
    embedding_similarity,
    exact_match,
    normalized_match,
    not_contains,
    rouge_l,
    token_f1,
)
from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.builtin.overlap import longest_common

PAPINENI = (  # the first example of the BLEU paper; numbers by sacrebleu 2
    "It is a guide to action which ensures that the military always obeys the commands of the party.",
    "It is a guide to action that ensures that the military will forever heed Party commands.",
)


@pytest.mark.parametrize(
    ("check", "got", "expected", "value"),
    [
        (normalized_match(), "The  Eiffel-Tower!", "eiffeltower", True),
        (normalized_match(), "An apple, a day", ["pear", "apple day"], True),
        (normalized_match(), "theatre", "atre", False),
        (normalized_match(), 42, "42.", True),
        (normalized_match(), None, "", False),
        (not_contains("refund"), "No money back", "ignored", True),
        (not_contains("refund"), "a refund", "ignored", False),
        (not_contains("refund", ignore_case=True), "REFUND", "ignored", False),
        (not_contains(), "a b", ["c", "b"], False),
        (not_contains(), "a", ["c", "b"], True),
        (not_contains(), "a", [], True),
        (not_contains(), None, "a", True),
    ],
)
def test_texts_are_compared(check, got, expected, value):
    assert check(got, {"answer": expected}) is value


@pytest.mark.parametrize(
    ("check", "got", "expected", "value"),
    [
        # By hand: 2 common of 3 and 2 words after "the" is dropped, F1 = 2·2/(3+2).
        (token_f1(), "the cat sat down", "Cat sat.", 0.8),
        (token_f1(), "a a b", "a b b", 0.6666666666666666),  # SQuAD drops the article: {b}, {b, b}
        (token_f1(), "x x y", "x y y", 0.6666666666666666),
        (token_f1(), "x", ["y", "x z", "x y z"], 0.6666666666666666),
        (token_f1(), "the", "an", 1.0),
        (token_f1(), "the", "cat", 0.0),
        (token_f1(), None, "cat", 0.0),
        # The examples of Lin (2004) and numbers of rouge_score 0.1.2.
        (rouge_l(), "police kill the gunman", "police killed the gunman", 0.75),
        (rouge_l(), "the gunman kill police", "police killed the gunman", 0.5),
        (rouge_l(), "testing", "testing one two", 0.5),
        (
            rouge_l(),
            "The fast brown fox leapt over a sleeping dog!",
            "The quick brown fox jumps over the lazy dog.",
            0.5555555555555556,
        ),
        (rouge_l(), "State of the art: 2024 results", "state-of-the-art results in 2024", 0.7692307692307692),
        (rouge_l(), "Привет мир", "привет, мир!", 1.0),
        (rouge_l(), "a", ["b", "a"], 1.0),
        (bleu(), *PAPINENI, 0.3967088290836578),
        (chrf(), *PAPINENI, 0.6239771662829483),
        (chrf(word_order=2), *PAPINENI, 0.61520485847384734),
        (bleu(), "the " * 7, ["The cat is on the mat.", "There is a cat on the mat."], 0.06567274736060395),
        (bleu(), "the dog bit the man", "the dog bit the man", 1.0),
        (bleu(tokenize="char"), "東京です", "東京です", 1.0),
        (bleu(), None, "a", 0.0),
        (edit_similarity(), "kitten", "sitting", 4 / 7),  # the distance is 3
        (edit_similarity(ignore_case=True), "KITTEN", "kitten", 1.0),
        (edit_similarity(), "", "", 1.0),
        (edit_similarity(), "", "abc", 0.0),
    ],
)
def test_scores_are_those_of_the_reference(check, got, expected, value):
    assert check(got, {"answer": expected}) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("check", [token_f1(), rouge_l(), bleu(), chrf(), edit_similarity()])
@settings(max_examples=40, deadline=None)
@given(got=st.text(max_size=40), expected=st.text(min_size=1, max_size=40))
def test_scores_of_texts_lie_within_their_bounds(check, got, expected):
    assert 0 <= check(got, {"answer": expected}) <= 1


@pytest.mark.parametrize("check", [token_f1(), rouge_l(), bleu(), chrf(), edit_similarity()])
@settings(max_examples=40, deadline=None)
@given(text=st.lists(st.from_regex("[b-z]{2,5}", fullmatch=True), min_size=1).map(" ".join))
def test_a_text_is_entirely_like_itself(check, text):
    assert check(text, {"answer": [text, "something else"]}) == 1.0


@given(a=st.lists(st.sampled_from("abc"), max_size=9), b=st.lists(st.sampled_from("abc"), max_size=9))
def test_the_longest_common_subsequence_is_that_of_the_table(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, one in enumerate(a):
        for j, other in enumerate(b):
            longer = max(table[i][j + 1], table[i + 1][j])
            table[i + 1][j + 1] = table[i][j] + 1 if one == other else longer
    assert longest_common(a, b) == table[-1][-1]


@pytest.mark.parametrize("expected", [None, [], [None], {"a": 1}, [["a"]]])
@pytest.mark.parametrize("check", [token_f1(), bleu(), embedding_similarity(lambda text: [1.0])])
def test_an_expectation_that_is_no_text_is_an_error(check, expected):
    with pytest.raises(ScorerError, match=f"{check.name}: the expectation .* must be a text, or a list of"):
        check.compare("x", expected)


@pytest.mark.parametrize("expected", ["", ["a", ""], None, [None]])
@pytest.mark.parametrize(
    "check", [contains(), contains(any_of=True), not_contains()], ids=lambda each: each.name
)
def test_a_text_to_look_for_may_not_be_empty(check, expected):
    with pytest.raises(
        ScorerError, match=f"{check.name}: the expectation .* must be texts that are not empty"
    ):
        check("x", {"answer": expected})


@pytest.mark.parametrize("check", [exact_match(), normalized_match(), contains(any_of=True)])
def test_a_tuple_is_a_list_as_it_is_once_it_is_stored(check):
    assert check("Rome", {"answer": ("Paris", "Rome")}) is True


VECTORS = {"x": [1.0, 0.0], "y": (0, 2), "-x": [-3, 0], "xy": [1, 1], "0": [0, 0], "big": [1e300, 1e300]}


@pytest.mark.parametrize(
    ("got", "expected", "value"),
    [
        ("x", "x", 1.0),
        ("x", "y", 0.0),
        ("x", "-x", -1.0),
        ("x", "xy", math.sqrt(0.5)),
        ("xy", "big", 1.0),
        ("x", ["-x", "xy"], math.sqrt(0.5)),
        ("x", "0", None),
        (None, "x", None),
    ],
)
def test_the_cosine_of_embeddings(got, expected, value):
    found = embedding_similarity(VECTORS.__getitem__)(got, {"answer": expected})
    assert found is None if value is None else found == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("embed", "message"),
    [
        (lambda text: 3, "embed returned a int, not a vector of numbers"),
        (lambda text: [], "not a vector of finite numbers"),
        (lambda text: [math.nan], "not a vector of finite numbers"),
        (lambda text: [1.0] * len(text), "embed returned vectors of 1 and 2 numbers"),
    ],
)
def test_an_embedding_that_is_no_vector_is_an_error(embed, message):
    with pytest.raises(ScorerError, match=message):
        embedding_similarity(embed)("a", {"answer": "bb"})


@given(
    a=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
    b=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
)
def test_a_cosine_lies_between_minus_one_and_one(a, b):
    value = embedding_similarity({"a": a, "b": b}.__getitem__)("a", {"answer": "b"})
    assert value is None or -1 <= value <= 1
