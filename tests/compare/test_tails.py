from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_vtrack.compare import tails

degrees = st.one_of(st.integers(1, 100_000), st.floats(1.0, 500.0))
NEAR_0 = 1e-3
"""Closer to zero scipy loses digits: for 1e-9 and one degree of freedom it says 0.5, not 0.5 - 3.2e-10."""


@given(t=st.floats(NEAR_0, 40) | st.floats(-40, -NEAR_0), df=degrees)
def test_t_tail_agrees_with_scipy(t, df):
    expected = stats.t.sf(t, df)
    assert tails.t_tail(t, df) == pytest.approx(expected, rel=1e-9, abs=7e-12)


@given(t=st.floats(-NEAR_0, NEAR_0), df=degrees)
def test_t_tail_is_a_half_less_a_slice_of_the_density_around_zero(t, df):
    assert tails.t_tail(t, df) == pytest.approx(0.5 - t * stats.t.pdf(0, df), rel=1e-9)


@given(t=st.floats(NEAR_0, 15), df=st.integers(1, 400))
def test_t_tail_keeps_its_digits_where_it_is_small(t, df):
    assert tails.t_tail(t, df) == pytest.approx(stats.t.sf(t, df), rel=1e-10)


@pytest.mark.parametrize("df", [1, 2, 99, 199, 200, 201, 1000, 10**6])
def test_t_tail_does_not_jump_where_its_method_changes(df):
    around = [tails.t_tail(t, df) for t in (0.0, 1e-8, 1.0, 1.2247, 1.2248, 3.0, 1e9, 1e200, math.inf)]
    assert around == sorted(around, reverse=True)
    assert around[0] == 0.5
    assert around[-1] == 0.0


@given(alpha=st.floats(1e-7, 0.5), df=degrees)
def test_t_critical_agrees_with_scipy(alpha, df):
    assert tails.t_critical(alpha, df) == pytest.approx(stats.t.isf(alpha, df), rel=5e-11, abs=1e-12)


@given(alpha=st.floats(0.001, 0.999), df=st.integers(1, 3000))
def test_t_critical_is_the_inverse_of_the_tail(alpha, df):
    assert tails.t_tail(tails.t_critical(alpha, df), df) == pytest.approx(alpha, rel=1e-10)


@given(trials=st.integers(1, 400), p=st.floats(0.01, 0.99), data=st.data())
def test_binomial_tail_agrees_with_scipy(trials, p, data):
    successes = data.draw(st.integers(0, trials))
    expected = stats.binom.sf(successes - 1, trials, p)
    assert tails.binomial_tail(successes, trials, p) == pytest.approx(expected, rel=1e-9)


@given(sample=st.integers(1, 25), rest=st.integers(1, 25), data=st.data())
def test_hypergeometric_tail_agrees_with_scipy(sample, rest, data):
    population = sample + rest
    marked = data.draw(st.integers(0, population))
    drawn = data.draw(st.integers(max(0, sample - (population - marked)), min(sample, marked)))
    expected = stats.hypergeom.cdf(drawn, population, marked, sample)
    assert tails.hypergeometric_tail(drawn, sample, marked, population) == pytest.approx(expected, rel=1e-9)


@pytest.mark.published("paired-t")
def test_paired_t_of_the_sleep_data(example):
    changes = [a - b for a, b in zip(example["input"]["first"], example["input"]["second"], strict=True)]
    expected = example["expected"]
    mean, sd = math.fsum(changes) / len(changes), stats.tstd(changes)
    t = mean / (sd / math.sqrt(len(changes)))
    reach = tails.t_critical(0.025, expected["df"]) * sd / math.sqrt(len(changes))
    assert t == pytest.approx(expected["t"], rel=1e-9)
    assert 2 * tails.t_tail(-t, expected["df"]) == pytest.approx(expected["p_two_sided"], rel=1e-9)
    assert [mean - reach, mean + reach] == pytest.approx(expected["ci95"], rel=1e-9)


@pytest.mark.published("tost")
def test_two_one_sided_tests(example):
    given_, expected = example["input"], example["expected"]
    if "first" in given_:
        changes = [a - b for a, b in zip(given_["first"], given_["second"], strict=True)]
        n, mean, sd = len(changes), math.fsum(changes) / len(changes), stats.tstd(changes)
    else:
        n, mean = given_["n"], given_["mean_difference"]
        sd1, sd2 = given_["sd1"], given_["sd2"]
        sd = math.sqrt(sd1**2 + sd2**2 - 2 * given_["r"] * sd1 * sd2)
    low, high = given_["bounds"]
    se = sd / math.sqrt(n)
    assert tails.t_tail((mean - low) / se, n - 1) == pytest.approx(expected["p_lower"], rel=1e-9)
    assert tails.t_tail((high - mean) / se, n - 1) == pytest.approx(expected["p_upper"], rel=1e-9)


@pytest.mark.published("ratio")
def test_geometric_mean_ratio(example):
    pairs = zip(example["input"]["baseline"], example["input"]["candidate"], strict=True)
    logs = [math.log(now / before) for before, now in pairs]
    mean, se = math.fsum(logs) / len(logs), stats.tstd(logs) / math.sqrt(len(logs))
    reach = tails.t_critical(0.05, len(logs) - 1) * se
    assert math.exp(mean) == pytest.approx(example["expected"]["geometric_mean_ratio"], rel=1e-9)
    assert [math.exp(mean - reach), math.exp(mean + reach)] == pytest.approx(
        example["expected"]["ci90"], rel=1e-9
    )
