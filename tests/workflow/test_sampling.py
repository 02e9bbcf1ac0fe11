"""Samples: the same under a seed, whatever the order, and fair to every stratum."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.workflow.sampling import sample, stratified

items = st.lists(st.text("abc", min_size=1, max_size=4), unique=True, max_size=30)
sizes = st.integers(min_value=1, max_value=35)


@given(items, sizes, st.integers(0, 5))
def test_a_sample_has_its_size_and_the_same_members_in_any_order(members, size, seed):
    chosen = sample(members, size, seed=seed, key=str)
    assert len(chosen) == min(size, len(members))
    assert chosen == [each for each in members if each in chosen]
    shuffled = Random(1).sample(members, len(members))
    assert set(sample(shuffled, size, seed=seed, key=str)) == set(chosen)


@given(items, sizes, st.integers(0, 5))
def test_each_stratum_has_its_share(members, size, seed):
    chosen = stratified(members, size, seed=seed, key=str, stratum=lambda each: each[0])
    assert len(chosen) == min(size, len(members))
    assert chosen == [each for each in members if each in chosen]
    of_all, of_chosen = Counter(each[0] for each in members), Counter(each[0] for each in chosen)
    for name, count in of_all.items():
        if size >= len(of_all):
            assert of_chosen[name] >= 1
        if all(each * size >= len(members) for each in of_all.values()):
            assert abs(of_chosen[name] - count * len(chosen) / len(members)) < 1


def test_shares_are_those_of_the_strata():
    members = [f"a{n}" for n in range(60)] + [f"b{n}" for n in range(30)] + [f"c{n}" for n in range(10)]
    chosen = stratified(members, 20, seed=3, key=str, stratum=lambda each: each[0])
    assert Counter(each[0] for each in chosen) == {"a": 12, "b": 6, "c": 2}


def test_a_small_stratum_is_never_left_out_while_there_is_room():
    members = [f"a{n}" for n in range(28)] + ["b", "c"]
    chosen = stratified(members, 3, seed=0, key=str, stratum=lambda each: each[0])
    assert Counter(each[0] for each in chosen) == {"a": 1, "b": 1, "c": 1}


def test_another_seed_chooses_others():
    members = [str(n) for n in range(100)]
    one, other = (sample(members, 10, seed=seed, key=str) for seed in (1, 2))
    assert one != other
