from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.compare import crosscheck


@pytest.mark.published("mcnemar")
def test_mcnemar_reproduces_published_tables(example):
    (_, first_only), (second_only, _) = example["input"]["table"]
    more, fewer = max(first_only, second_only), min(first_only, second_only)
    exact = crosscheck.two_sided(crosscheck.mcnemar_exact(more, fewer))
    mid = crosscheck.two_sided(crosscheck.mcnemar_mid_p(more, fewer))
    assert exact == pytest.approx(example["expected"]["p_exact"], rel=1e-9)
    assert mid == pytest.approx(example["expected"]["p_mid"], rel=1e-9)


@pytest.mark.published("sign-flip")
def test_sign_flip_counts_what_fisher_counted(example):
    differences, expected = example["input"]["differences"], example["expected"]
    p = crosscheck.sign_flip([-d for d in differences])
    assert p * expected["total"] == expected["arrangements_ge"]
    assert p == pytest.approx(expected["p_one_sided"], rel=1e-12)
    assert crosscheck.two_sided(p) == pytest.approx(expected["p_two_sided"], rel=1e-12)


@given(worse=st.integers(0, 8), better=st.integers(0, 8))
def test_sign_flip_of_booleans_is_mcnemar(worse, better):
    differences = [-1.0] * worse + [1.0] * better + [0.0] * 5
    assert crosscheck.sign_flip(differences) == pytest.approx(crosscheck.mcnemar_exact(worse, better))


@given(st.lists(st.floats(-5, 5), max_size=8))
def test_sign_flip_is_the_share_of_all_signs(differences):
    sizes = [abs(d) for d in differences if d]
    total, slack = sum(differences), 1e-9 * sum(sizes)
    arrangements = [
        sum(sign * size for sign, size in zip(signs, sizes, strict=True))
        for signs in itertools.product((-1, 1), repeat=len(sizes))
    ]
    expected = sum(arrangement <= total + slack for arrangement in arrangements) / len(arrangements)
    assert crosscheck.sign_flip(differences) == pytest.approx(expected)


def test_sign_flip_gives_up_on_too_many_changes():
    assert crosscheck.sign_flip([-1.0] * 17) is None
    assert crosscheck.sign_flip([-1.0] * 16 + [0.0] * 100) == 1 / 2**16


@pytest.mark.published("proportion-interval")
def test_wilson(example):
    found = crosscheck.wilson(example["input"]["successes"], example["input"]["n"], 0.025)
    assert found == pytest.approx(tuple(example["expected"]["wilson"]), rel=1e-9)


def test_wilson_stays_within_what_a_share_can_be():
    assert crosscheck.wilson(0, 10, 0.05)[0] == 0
    assert 1 - 1e-12 < crosscheck.wilson(10, 10, 0.05)[1] <= 1
    assert crosscheck.wilson(0, 0, 0.05) is None
