"""What must not matter, does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.policy import Policy, Tolerance

shares = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
scored_cases = st.lists(st.tuples(shares, shares), min_size=1, max_size=80)
boolean_cases = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80)


def decided(sums, **policy):
    (result,) = decide([sums], Policy(**policy))
    return result


@given(st.one_of(scored_cases, boolean_cases))
def test_swapping_the_sides_mirrors_the_verdict(build, cases):
    before, now = zip(*cases, strict=True)
    there, back = decided(build(before, now)), decided(build(now, before))
    assert (there.verdict == "worse") == (back.verdict == "better")
    assert (there.verdict == "better") == (back.verdict == "worse")
    assert (there.reason == "identical") == (back.reason == "identical")
    assert there.effect == -back.effect
    assert (there.worse, there.better) == (back.better, back.worse)
    if there.low is not None:
        assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@given(scored_cases)
def test_calling_lower_values_better_mirrors_the_verdict(build, cases):
    before, now = zip(*cases, strict=True)
    higher, lower = decided(build(before, now)), decided(build(before, now, better="lower"))
    assert (higher.verdict == "worse") == (lower.verdict == "better")
    assert higher.effect == -lower.effect


@given(cases=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40), data=st.data())
def test_the_order_of_cases_changes_no_bit(build, cases, data):
    shuffled = data.draw(st.permutations(cases))
    assert decided(build(*zip(*cases, strict=True))) == decided(build(*zip(*shuffled, strict=True)))


@given(scored_cases, st.floats(0.5, 200), st.floats(-50, 50))
def test_the_scale_of_a_bounded_score_does_not_matter(build, cases, width, low):
    def rated(values):
        return [low + width * value for value in values]

    before, now = zip(*cases, strict=True)
    one = decided(build(before, now, bounds=(0.0, 1.0)))
    other = decided(build(rated(before), rated(now), bounds=(low, low + width)))
    assert (one.verdict, one.reason, one.needed_cases) == (other.verdict, other.reason, other.needed_cases)
    assert other.effect == pytest.approx(one.effect * width, abs=1e-9)
    assert one.p_worse == pytest.approx(other.p_worse, abs=1e-9)


@given(
    cases=st.lists(st.tuples(*[st.floats(0.01, 100)] * 2), min_size=1, max_size=40),
    unit=st.floats(0.001, 1000),
)
def test_the_unit_of_a_latency_does_not_matter(build, cases, unit):
    before, now = zip(*cases, strict=True)
    seconds = decided(build(before, now, kind="latency", better="lower"))
    others = decided(
        build([unit * s for s in before], [unit * s for s in now], kind="latency", better="lower")
    )
    assert seconds.effect == pytest.approx(others.effect, abs=1e-9)
    assert (seconds.worse, seconds.better) == (others.worse, others.better)


@given(scored_cases, st.integers(2, 4))
def test_repeating_every_trial_sharpens_nothing(build, cases, times):
    before, now = zip(*cases, strict=True)
    once = decided(build(before, now))
    often = decided(build([[value] * times for value in before], [[value] * times for value in now]))
    assert (often.verdict, often.low, often.high, often.pairs) == (
        once.verdict,
        once.low,
        once.high,
        once.pairs,
    )


@given(boolean_cases, st.floats(0.0, 0.3))
def test_worse_is_never_also_ok(build, cases, tolerance):
    """Whatever the tolerance, a larger one never turns ok into worse."""
    before, now = zip(*cases, strict=True)
    sums = build(before, now)
    strict = decided(sums, tolerances={"metric": Tolerance(tolerance)})
    lenient = decided(sums, tolerances={"metric": Tolerance(tolerance + 0.1)})
    assert not (strict.verdict == "ok" and lenient.verdict == "worse")
    if strict.verdict == "worse":
        assert strict.low < -tolerance


@given(boolean_cases)
def test_an_error_never_improves_a_verdict(build, cases):
    before, now = zip(*cases, strict=True)
    rank = {"worse": 0, "not_sure": 1, "ok": 2, "better": 2}
    failing = [None if was and not is_now else is_now for was, is_now in cases]
    with_values = decided(build(before, now))
    with_errors = decided(build(before, failing))
    if with_values.verdict == "worse" and with_errors.verdict != "not_comparable":
        assert rank[with_errors.verdict] < rank["ok"]
