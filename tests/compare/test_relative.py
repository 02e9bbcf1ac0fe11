from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.compare.pairing import Row, pair_runs
from pytest_vtrack.compare.relative import NO_CHANGE, against_no_change, is_relative
from pytest_vtrack.compare.rule import decide
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.policy import Policy

PAIRWISE = MetricSpec("better", "builtin:pairwise/1:abc", kind="bounded", bounds=(-1.0, 1.0))
UNCHANGED = MetricSpec("same", "builtin:unchanged/1:abc", kind="bool")
DETECTOR = MetricSpec("worse", "builtin:regression_detector/1:abc", kind="bool", better="lower")
PLAIN = MetricSpec("right", "source:abc", kind="bool")


def rows(spec, values, error=None):
    return [Row(spec, n, value, error=error) for n, value in enumerate(values)]


def sums(spec, now, before=()):
    (found,) = pair_runs(rows(spec, before), rows(spec, now))
    return found


def verdict(spec, now, before=()):
    (result,) = decide([against_no_change(sums(spec, now, before), measured=True)], Policy())
    return result


@pytest.mark.parametrize("spec", [PAIRWISE, UNCHANGED, DETECTOR])
@given(data=st.data(), before=st.booleans())
def test_a_relative_metric_is_summed_as_if_the_baseline_showed_no_change(spec, data, before):
    values = st.sampled_from([-1.0, 0.0, 1.0]) if spec is PAIRWISE else st.booleans()
    now = data.draw(st.lists(values, min_size=1, max_size=40))
    reference = NO_CHANGE[spec.fingerprint[:-5]]
    like = float(reference) if spec is PAIRWISE else bool(reference)
    paired = sums(spec, now, [like] * len(now))
    found = against_no_change(sums(spec, now, [now[0]] * len(now) if before else ()), measured=True)
    for name in ("n", "up", "down", "s1", "s2", "baseline_sum", "baseline_sum2", "current_sum", "largest"):
        assert getattr(found.raw, name) == pytest.approx(getattr(paired.raw, name)), name
    (expected,) = decide([paired], Policy())
    (decided,) = decide([found], Policy())
    assert (decided.verdict, decided.gate, decided.pairs) == (expected.verdict, expected.gate, expected.pairs)
    assert (decided.baseline, decided.effect) == (
        pytest.approx(expected.baseline),
        pytest.approx(expected.effect),
    )


@pytest.mark.parametrize(
    ("spec", "now", "expected"),
    [
        (PAIRWISE, [-1.0] * 15 + [0.0] * 15, "worse"),
        (PAIRWISE, [1.0] * 15 + [0.0] * 15, "better"),
        (PAIRWISE, [1.0, -1.0] * 20, "not_sure"),
        (PAIRWISE, [0.0] * 40, "ok"),
        (UNCHANGED, [True] * 40, "ok"),
        (UNCHANGED, [False] * 20 + [True] * 20, "worse"),
        (DETECTOR, [True] * 20 + [False] * 20, "worse"),
    ],
)
def test_a_relative_metric_gets_a_verdict_without_the_baseline_having_it(spec, now, expected):
    assert verdict(spec, now).verdict == expected


def test_what_the_baseline_stored_against_its_own_baseline_does_not_count():
    assert verdict(PAIRWISE, [0.0] * 40, [1.0] * 40).verdict == "ok"
    assert verdict(PAIRWISE, [-1.0] * 40, [-1.0] * 40).verdict == "worse"


def test_repeated_trials_make_the_range_no_narrower():
    trials = [
        Row(PAIRWISE, case, value, trial) for case in range(40) for trial, value in enumerate((1.0, 0.0))
    ]
    (repeated,) = pair_runs([], trials)
    found = against_no_change(repeated, measured=True).raw
    assert (found.n, found.s1, found.s2) == (40, pytest.approx(20), pytest.approx(10))
    assert (found.up + found.down, found.down) == (10, 0)


def test_errors_of_a_relative_metric_count_as_the_worst_value():
    now = rows(UNCHANGED, [True] * 30) + [Row(UNCHANGED, n, error="no") for n in range(30, 60)]
    (found,) = pair_runs([], now)
    (result,) = decide([against_no_change(found, measured=True)], Policy())
    assert result.verdict == "not_sure"


def test_a_run_whose_cases_the_baseline_lacks_has_nothing_to_decide():
    result = verdict(PAIRWISE, [None, None])
    assert (result.verdict, result.reason, result.gate) == ("not_comparable", "new_metric", False)


def test_other_metrics_are_left_as_they_are():
    plain = sums(PLAIN, [True, False], [True, True])
    assert not is_relative(plain)
    assert against_no_change(plain, measured=False) is plain
    gone = pair_runs(rows(PAIRWISE, [0.0]), [])[0]
    assert against_no_change(gone, measured=True) is gone


def test_what_was_measured_against_another_baseline_is_not_compared():
    (result,) = decide([against_no_change(sums(PAIRWISE, [1.0] * 40, [0.0] * 40), measured=False)], Policy())
    assert (result.verdict, result.gate) == ("not_comparable", False)
