"""One case on both sides over its trials: regressed, fixed, flaky, changed or the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from pytest_vtrack.compare.family import benjamini_hochberg
from pytest_vtrack.compare.sums import differs
from pytest_vtrack.compare.tails import hypergeometric_tail, t_tail
from pytest_vtrack.model.assessment import Direction
from pytest_vtrack.model.comparison import CaseVerdict

LEVEL = 0.05
CONFIRMED_LEVEL = 0.10
"""The share of false ones among the confirmed cases of a comparison."""
_SLACK = 1e-12  # three of three to none of three is exactly .05


@dataclass(frozen=True, slots=True)
class Passes:
    """How many of a case's trials passed."""

    passed: int
    trials: int

    @property
    def stable(self) -> bool | None:
        """Whether all trials agree; ``None`` with fewer than two. Itself a metric of a version."""
        return None if self.trials < 2 else self.passed in (0, self.trials)


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """What the trials of one case say, with the chance of a change this large where nothing changed."""

    verdict: CaseVerdict
    p: float = 1.0


def boolean_case(baseline: Passes, current: Passes) -> CaseFinding:
    """Judge a yes/no metric on one case by Fisher's exact test, one-sided in the direction of the change.

    It takes three trials a side for ``regressed`` or ``fixed``; with fewer, differing values are ``changed``.
    """
    if not (baseline.trials and current.trials):
        return CaseFinding("error")
    drop, rise = fisher_drop(baseline, current), fisher_drop(current, baseline)
    if min(drop, rise) <= LEVEL + _SLACK:
        return CaseFinding("regressed" if drop < rise else "fixed", min(drop, rise))
    if baseline.stable is False or current.stable is False:
        return CaseFinding("flaky", min(drop, rise))
    same = baseline.passed * current.trials == current.passed * baseline.trials
    return CaseFinding("same" if same else "changed", min(drop, rise))


def numeric_case(
    baseline: Sequence[float], current: Sequence[float], *, tolerance: float, direction: Direction
) -> CaseFinding:
    """Judge a number on one case: changed by at least the tolerance, and beyond the spread of its trials."""
    if not (baseline and current):
        return CaseFinding("error")
    before, now = fmean(baseline), fmean(current)
    if not differs(before, now) or abs(now - before) < tolerance:
        return CaseFinding("same")
    p = welch_tail(baseline, current)
    if p is None:
        return CaseFinding("changed")
    if p <= LEVEL + _SLACK:
        worse = (now < before) == (direction == "higher")
        return CaseFinding("regressed" if worse else "fixed", p)
    varies = any(differs(values[0], value) for values in (baseline, current) for value in values)
    return CaseFinding("flaky" if varies else "changed", p)


def confirmed(p_values: Sequence[float], *, of: int | None = None) -> list[bool]:
    """Tell which cases stand up to having looked at all of them (Benjamini and Hochberg 1995).

    :param of: how many cases there are, where only the changed ones are given.
    """
    return [adjusted <= CONFIRMED_LEVEL + _SLACK for adjusted in benjamini_hochberg(p_values, of=of)]


def must_pass_failed(baseline: Passes, current: Passes) -> bool:
    """Tell whether a case that passed every trial of the baseline now fails most of them."""
    always_passed = baseline.trials > 0 and baseline.passed == baseline.trials
    return always_passed and 2 * current.passed < current.trials


def fisher_drop(baseline: Passes, current: Passes) -> float:
    """Return the chance of this few passes now or fewer, given the passes of both sides together."""
    return hypergeometric_tail(
        current.passed,
        sample=current.trials,
        marked=baseline.passed + current.passed,
        population=baseline.trials + current.trials,
    )


def welch_tail(baseline: Sequence[float], current: Sequence[float]) -> float | None:
    """Return Welch's one-sided p in the direction of the change, ``None`` for fewer than two trials a side.

    Where neither side varies at all, it is the share of ways to deal out the values that are as extreme.
    """
    if min(len(baseline), len(current)) < 2:
        return None
    before, now = variance(baseline) / len(baseline), variance(current) / len(current)
    distance = abs(fmean(current) - fmean(baseline))
    if math.sqrt(before + now) <= _SLACK * distance:
        return 1 / math.comb(len(baseline) + len(current), len(current))
    df = (before + now) ** 2 / (before**2 / (len(baseline) - 1) + now**2 / (len(current) - 1))
    return t_tail(distance / math.sqrt(before + now), df)


def pass_at_k(result: Passes, k: int) -> float | None:
    """Return the chance that ``k`` of these trials contain a pass (Chen et al. 2021).

    ``None`` for more than there are trials.
    """
    if k > result.trials:
        return None
    return 1 - math.comb(result.trials - result.passed, k) / math.comb(result.trials, k)


def pass_hat_k(result: Passes, k: int) -> float | None:
    """Return the chance that ``k`` of these trials all pass, pass^k (Yao et al. 2024), else as above."""
    return None if k > result.trials else math.comb(result.passed, k) / math.comb(result.trials, k)
