"""A comparison of two runs: the sums that the rule needs, and what it decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pytest_vtrack.model.assessment import Direction, Kind, MetricSpec, Value
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import CaseKey, Run

MetricVerdict = Literal["worse", "not_sure", "better", "ok", "not_comparable"]
OverallVerdict = Literal["regressed", "not_sure", "improved", "ok", "no_baseline"]
CaseVerdict = Literal["regressed", "fixed", "flaky", "changed", "same", "new", "removed", "edited", "error"]


@dataclass(frozen=True, slots=True)
class PairSums:
    """What the differences d = current - baseline of one metric add up to, before any sign or scale.

    Each case counts once: its value on a side is the mean over that side's trials. With clusters, d is
    the cluster's sum times clusters / cases, and ``n`` the number of clusters.
    """

    n: int = 0
    s1: float = 0.0
    """Sum of d."""
    s2: float = 0.0
    """Sum of d squared."""
    up: int = 0
    """Pairs with d > 0, beyond rounding."""
    down: int = 0
    """Pairs with d < 0, beyond rounding."""
    baseline_sum: float = 0.0
    baseline_sum2: float = 0.0
    current_sum: float = 0.0
    largest: float = 0.0
    """The largest absolute d."""

    @property
    def changed(self) -> int:
        """The number of pairs that differ at all (z in the formulas)."""
        return self.up + self.down


@dataclass(frozen=True, slots=True)
class SideCounts:
    """What one run stored under one metric name."""

    spec: MetricSpec
    cases: int = 0
    """Cases with at least one value."""
    bools: int = 0
    numbers: int = 0
    labels: int = 0
    errors: int = 0
    """Cases whose newest trial has an error in place of a value, none of their trials a value."""
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    """Mean over cases of the mean over trials; geometric for ratio kinds with positive values only."""
    standard_error: float | None = None
    """Of the mean, cases taken as independent: their standard deviation (n − 1) / √n.

    ``None`` for a single case, and beside a geometric mean.
    """


@dataclass(frozen=True, slots=True)
class TrialSums:
    """How much of the differences is noise between trials, over pairs with two trials or more a side."""

    pairs: int = 0
    variance_sum: float = 0.0
    """Sum over pairs of s_b^2 / k_b + s_c^2 / k_c, on the scale of ``MetricSums.raw`` (or ``log``)."""
    baseline_trials: int = 0
    current_trials: int = 0


@dataclass(frozen=True, slots=True)
class ErrorSums:
    """Pairs that one side's errors took out of a metric, so that they can be counted as the worst value."""

    current: int = 0
    """Shared cases with an error now and a value in the baseline."""
    current_sum: float = 0.0
    """Sum of the baseline's values of those cases."""
    current_sum2: float = 0.0
    baseline: int = 0
    """Shared cases with an error in the baseline and a value now."""
    baseline_sum: float = 0.0
    baseline_sum2: float = 0.0


@dataclass(frozen=True, slots=True)
class MetricSums:
    """Everything the rule needs to know about one metric in two runs; its size never grows with them."""

    name: str
    baseline: SideCounts | None
    """``None``: the baseline has no such metric."""
    current: SideCounts | None
    raw: PairSums = PairSums()
    log: PairSums | None = None
    """Sums of differences of logarithms, for ratio kinds; ``None`` where a value is not positive."""
    trials: TrialSums = TrialSums()
    errors: ErrorSums = ErrorSums()
    unpaired: int = 0
    """Cases with a value on one side only, of all cases that have one."""
    clusters: int | None = None
    """Number of clusters where ``raw`` and ``log`` were summed by cluster."""
    changed_labels: int = 0
    """Pairs of categories that differ."""
    label_pairs: int = 0


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric of a comparison, decided. Effects are signed so that negative is worse."""

    name: str
    kind: Kind | None
    direction: Direction
    gate: bool
    verdict: MetricVerdict
    reason: str = ""
    """Why, as a short code that the words are made from (``report.words``)."""
    baseline: float | None = None
    """The metric over the paired cases in the baseline, in its own unit."""
    current: float | None = None
    baseline_standard_error: float | None = None
    """Of the mean over all cases of the baseline, see :class:`SideCounts`; unknown in slices."""
    current_standard_error: float | None = None
    effect: float | None = None
    """Plain mean of d: in the metric's unit, or for ratio kinds the logarithm of the factor."""
    low: float | None = None
    high: float | None = None
    """The range that the true effect plausibly lies in (two-sided 1 - 2 alpha), on the effect's scale."""
    ratio: bool = False
    """Whether effect, range and tolerance are logarithms of a factor."""
    tolerance: float | None = None
    tolerance_assumed: bool = False
    pairs: int = 0
    worse: int = 0
    better: int = 0
    errors: int = 0
    unpaired: int = 0
    p_worse: float | None = None
    p_worse_adjusted: float | None = None
    p_better_adjusted: float | None = None
    needed_cases: int | None = None
    detectable: float | None = None
    """The smallest drop that these pairs would have shown four times of five."""
    advice: Literal["more cases", "more trials"] | None = None
    clusters: int | None = None
    notes: tuple[str, ...] = ()
    """Sentences for the detail block."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One metric of one case on both sides; a number is the mean over trials."""

    metric: str
    baseline: Value | None
    current: Value | None
    baseline_trials: int = 1
    current_trials: int = 1
    loss: float = 0.0
    """How much worse, in tolerances of the metric; negative is better. For ranking only."""
    rationale: str | None = None
    """Why, in the words of the current version's scorer."""


@dataclass(frozen=True, slots=True)
class CaseChange:
    """One case that differs between the two runs."""

    case_id: str
    test: str
    dataset: str
    verdict: CaseVerdict
    values: tuple[ValueChange, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    nodeid: str = ""
    error: str | None = None
    loss: float = 0.0
    """The largest loss over its metrics, for the order of worst cases."""
    must_pass: bool = False
    """Whether the case gates by itself, and fails now."""
    confirmed: bool = False
    """Whether its trials alone show the change, all cases considered; it takes several trials a side."""
    key: CaseKey | None = None
    """What finds the case in the store again."""


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How the cases of the two runs relate."""

    total: int = 0
    """Cases of the current run."""
    shared: int = 0
    """Cases with the same id and content on both sides: only these are compared."""
    new: int = 0
    gone: int = 0
    edited: int = 0
    errors: int = 0
    """Cases of the current run with an error in the app or in a scorer."""
    worse: int = 0
    better: int = 0


@dataclass(frozen=True, slots=True)
class SliceResult:
    """One metric over the cases that share a tag."""

    tag: str
    value: str
    cases: int
    worse: int
    better: int
    result: MetricResult


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs compared: everything a report says."""

    current: Run
    baseline: Run
    policy: Policy
    verdict: OverallVerdict
    metrics: tuple[MetricResult, ...] = ()
    slices: tuple[SliceResult, ...] = ()
    cases: CaseCounts = CaseCounts()
    worst_cases: tuple[CaseChange, ...] = ()
    """The changed cases, worst first, capped; counts are in ``cases``."""
    better_cases: tuple[CaseChange, ...] = ()
    new_cases: tuple[str, ...] = ()
    gone_cases: tuple[str, ...] = ()
    edited_cases: tuple[str, ...] = ()
    must_pass_failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rule: str = ""
    """The version of the decision rule."""
