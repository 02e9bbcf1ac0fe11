"""The detail block of one metric: every number that the verdict was made from, by name."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_vtrack.model.comparison import Comparison, MetricResult
from pytest_vtrack.report import numbers, words
from pytest_vtrack.report.words import Sides, counted


def metric_details(result: MetricResult, comparison: Comparison) -> tuple[tuple[str, str], ...]:
    """Return labelled facts on one metric; technical words may stand here, and only here."""
    between = words.sides(comparison)
    facts = (
        ("reason", _why(result, between)),
        ("compared", _compared(result, comparison, between)),
        ("each version", _each_version(result, between)),
        ("effect", _effect(result)),
        ("tolerance", _tolerance(result)),
        ("chance", _chance(result, comparison)),
        ("changed", _changed(result)),
        ("errors", counted(result.errors, between.noun) if result.errors else ""),
        ("to settle it", _settling(result, between)),
        *(("note", note) for note in result.notes),
    )
    return tuple((label, text) for label, text in facts if text)


def rule_details(comparison: Comparison) -> str:
    """Return the settings of the decision, for who wants to compute it again."""
    policy = comparison.policy
    parts = [
        f"rule {comparison.rule or 'not recorded'}",
        f"alpha {policy.alpha:g}",
        f"evidence {policy.evidence}",
        f"Holm correction {'on' if policy.holm else 'off'}",
        f"gate {policy.gate}",
        *([f"clusters by {policy.cluster}"] if policy.cluster else []),
    ]
    return ", ".join(parts)


def _why(result: MetricResult, between: Sides) -> str:
    if result.verdict == "not_comparable":
        return words.not_comparable(result, between)
    return result.reason.replace("_", " ")


def _compared(result: MetricResult, comparison: Comparison, between: Sides) -> str:
    unit = between.noun if result.clusters is None else "group"
    parts = [counted(result.pairs, f"{unit} pair")]
    if trials := _trials(result.name, comparison):
        parts.append(trials)
    parts.append(f"{numbers.count(result.unpaired)} with a value in one version only")
    return ", ".join(parts)


def _trials(metric: str, comparison: Comparison) -> str:
    """Return the trials a side, as far as the changed cases tell."""
    trials = {
        (value.baseline_trials, value.current_trials)
        for case in (*comparison.worst_cases, *comparison.better_cases)
        for value in case.values
        if value.metric == metric and value.baseline_trials and value.current_trials
    }
    if not trials:
        return ""
    old, new = max(trials)
    return f"{counted(old, 'trial')} a side" if old == new else f"{old} against {counted(new, 'trial')}"


def _each_version(result: MetricResult, between: Sides) -> str:
    """Return both means with their standard errors, as far as these are known."""
    values = numbers.baseline_and_current(result)
    errors = (result.baseline_standard_error, result.current_standard_error)
    return ", ".join(
        f"{name} {value} (standard error {numbers.value(result.kind, error)})"
        for name, value, error in zip((between.old, between.new), values, errors, strict=True)
        if error is not None
    )


def _effect(result: MetricResult) -> str:
    if result.effect is None:
        return ""
    change, ends = numbers.change(result), numbers.plausible_range(result)
    how = " (mean of the logarithms)" if result.ratio else " (mean of the differences)"
    return f"{change}{how}" + (f"; plausible range of the true change {' to '.join(ends)}" if ends else "")


def _tolerance(result: MetricResult) -> str:
    if result.tolerance is None:
        return ""
    whose = "assumed, because none is declared" if result.tolerance_assumed else "declared"
    return f"{numbers.amount_of_change(result, result.tolerance)} ({whose})"


def _chance(result: MetricResult, comparison: Comparison) -> str:
    parts = []
    if result.p_worse is not None:
        parts.append(f"p(worse) {numbers.probability(result.p_worse)}")
    corrected = "after correction for several metrics" if comparison.policy.holm else "used"
    if result.p_worse_adjusted is not None:
        parts.append(f"{numbers.probability(result.p_worse_adjusted)} {corrected}")
    if result.p_better_adjusted is not None:
        parts.append(f"p(better) {numbers.probability(result.p_better_adjusted)} {corrected}")
    return ", ".join(parts)


def _changed(result: MetricResult) -> str:
    if not result.pairs or result.kind == "category":  # how many labels changed is not known here
        return ""
    shown: Iterable[tuple[int, str]] = (
        (result.worse, "worse"),
        (result.better, "better"),
        (max(result.pairs - result.worse - result.better, 0), "equal"),
    )
    return ", ".join(f"{numbers.count(number)} {word}" for number, word in shown)


def _settling(result: MetricResult, between: Sides) -> str:
    parts = []
    if result.needed_cases:
        parts.append(f"about {counted(result.needed_cases, between.noun)}")
    if result.detectable is not None:
        loss = numbers.amount_of_change(result, result.detectable)
        parts.append(f"these would have shown a loss of {loss} four times of five")
    if result.advice:
        parts.append(f"{result.advice} would help most")
    return "; ".join(parts)
