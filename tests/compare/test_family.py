from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from pytest_vtrack.compare.family import benjamini_hochberg, holm, unadjusted

p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@pytest.mark.published("multiple-testing")
def test_published_adjustments(example):
    p_values, expected = example["input"]["p"], example["expected"]
    assert holm(p_values) == pytest.approx(expected["adjusted_holm"], rel=1e-9)
    assert benjamini_hochberg(p_values) == pytest.approx(expected["adjusted_bh"], rel=1e-9)


@given(p_lists)
def test_adjustments_agree_with_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)
    assert benjamini_hochberg(p_values) == pytest.approx(
        multipletests(p_values, method="fdr_bh")[1], abs=1e-12
    )


@given(p_lists)
def test_adjusting_never_makes_evidence_stronger(p_values):
    for adjusted in (holm(p_values), benjamini_hochberg(p_values)):
        assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
    assert unadjusted(p_values) == p_values


def test_no_question_needs_no_adjustment():
    assert holm([]) == benjamini_hochberg([]) == unadjusted([]) == []
