"""What a comparison means, in sentences that need no knowledge of how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pytest_vtrack.model.comparison import Comparison, MetricResult, MetricVerdict, SliceResult
from pytest_vtrack.report import numbers, words
from pytest_vtrack.report.words import Sides, brief, counted

_EXPLAINED_AT_MOST = 3
_STATES = {"passed": ("passing", "failing"), "completed": ("completing", "ending in an error")}
"""What a good and a bad case of a built-in metric do; elsewhere they are right and wrong."""
_NO_DROP = ", and you allow no drop"
_NOT_LUCK = frozenset({"unpaired", "errors_decide", "labels_changed"})
"""Reasons that more cases would not remove."""


def meaning(comparison: Comparison) -> tuple[str, ...]:
    """Return one paragraph on what the verdict rests on, then what else follows from it."""
    between = words.sides(comparison)
    match comparison.verdict:
        case "regressed":
            return _regressed(comparison, between)
        case "not_sure":
            return _not_sure(comparison, between)
        case "improved":
            return (
                _each(_gating(comparison, "better"), lambda one: _moved(one, comparison, between)),
                "Nothing got worse by more than you allow." + _soft(comparison),
            )
        case "ok":
            return (_ok(comparison, between) + _soft(comparison),)
        case "no_baseline":
            shared = counted(comparison.cases.shared, between.noun)
            return (
                f"{between.old} and {between.new} share {shared}: too few to compare. A {between.noun} is "
                "shared when it has the same id and the same content in both.",
            )


def metric_meaning(result: MetricResult, comparison: Comparison) -> str:
    """Return what one metric's verdict means, whether it decides or not."""
    between = words.sides(comparison)
    match result.verdict:
        case "worse" | "better":
            return _moved(result, comparison, between)
        case "not_sure":
            return _unsure(result, between)
        case "not_comparable":
            return words.not_comparable(result, between)
    if result.reason == "identical":
        return f"the same value in every {between.noun} as in {between.old}."
    if not result.tolerance:
        return "a loss can be ruled out."
    allowed = numbers.amount_of_change(result, result.tolerance)
    return f"if it got worse at all, then by less than the {allowed} {_whose(result)}."


def _whose(result: MetricResult) -> str:
    return "allowed when nothing is declared" if result.tolerance_assumed else "you allow"


def explains(result: MetricResult, comparison: Comparison) -> bool:
    """Tell whether the meaning says why a metric cannot be compared."""
    explained = _gating(comparison, "not_comparable")[:_EXPLAINED_AT_MOST]
    return comparison.verdict == "not_sure" and result in explained


def _regressed(comparison: Comparison, between: Sides) -> tuple[str, ...]:
    worse = _gating(comparison, "worse")
    found = [_each(worse, lambda one: _moved(one, comparison, between))] if worse else []
    slices = _gating_slices(comparison, "worse")
    found += [
        f"Among {brief(f'{one.tag}={one.value}')} ({counted(one.cases, between.noun)}), "
        f"{brief(one.result.name)} got worse: "
        f"{' -> '.join(numbers.baseline_and_current(one.result))}."
        for one in slices[:_EXPLAINED_AT_MOST]
    ]
    told = between.noun == "test" and any(one.name == "passed" for one in worse)
    if comparison.must_pass_failures and not told:
        failures = words.must_pass(comparison.must_pass_failures, between)
        found.append(f"{failures} One is enough, whatever the others do.")
    return tuple(found) or (f"{between.new} is held to be worse than {between.old}.",)


def _not_sure(comparison: Comparison, between: Sides) -> tuple[str, ...]:
    unsure = sorted(_gating(comparison, "not_sure"), key=lambda one: one.effect or 0.0)
    incomparable = _gating(comparison, "not_comparable")
    slices = _gating_slices(comparison, "not_sure")
    found = []
    if unsure:
        naming = len(unsure) + len(incomparable) > 1
        found.append(
            _each(unsure, lambda one: (f"{brief(one.name)}: " if naming else "") + _unsure(one, between))
        )
    if incomparable:
        found.append(_each(incomparable, lambda one: words.not_comparable(one, between)))
    found += [
        f"Among {brief(f'{one.tag}={one.value}')}, {brief(one.result.name)}: {_unsure(one.result, between)}"
        for one in slices[:_EXPLAINED_AT_MOST]
    ]
    found += [
        f"Among {brief(f'{one.tag}={one.value}')}, {words.not_comparable(one.result, between)}"
        for one in _gating_slices(comparison, "not_comparable")[:_EXPLAINED_AT_MOST]
    ]
    luck = [one for one in (*unsure, *(part.result for part in slices)) if one.reason not in _NOT_LUCK]
    if luck:
        found.append(_to_find_out(luck, between))
    return tuple(found) or ("no metric that decides could be compared, so we can't tell.",)


def _moved(result: MetricResult, comparison: Comparison, between: Sides) -> str:
    """Return how one metric got clearly worse or better."""
    old, new = numbers.baseline_and_current(result)
    by = f" by {numbers.change(result).lstrip('+-')}" if result.ratio else ""
    fromto = "" if result.kind == "bool" else f"{by}, from {old} to {new}"
    head = "" if result.name in _STATES else f"{brief(result.name)} got {result.verdict}{fromto}: "
    beyond = f"This is more than chance would explain{_and_more_than_allowed(result)}."
    return f"{head}{_changed(result, comparison, between)}. {beyond}"


def _changed(result: MetricResult, comparison: Comparison, between: Sides) -> str:
    """Return how many cases changed, in words that fit the metric."""
    simple = result.kind == "bool" and result.direction == "higher" and result.clusters is None
    if not simple or _repeated(result.name, comparison):
        worse = counted(result.worse, _unit(result, between))
        return f"{worse} got worse, {numbers.count(result.better)} better"
    good, bad = _STATES.get(result.name, ("right", "wrong"))
    if result.verdict == "better":
        back = f"; {numbers.count(result.worse)} went the other way" if result.worse else ""
        return _flipped(result.better, between.noun, bad, good) + back
    return f"{_flipped(result.worse, between.noun, good, bad)}; {numbers.count(result.better)} got fixed"


def _unit(result: MetricResult, between: Sides) -> str:
    """Return what was counted: with clusters the groups of like cases, not the cases."""
    return between.noun if result.clusters is None else "group"


def _flipped(number: int, noun: str, before: str, after: str) -> str:
    was, now = ("was", "is") if number == 1 else ("were", "are")
    return f"{counted(number, noun)} that {was} {before} {now} now {after}"


def _and_more_than_allowed(result: MetricResult) -> str:
    if result.tolerance is None or result.verdict != "worse":
        return ""
    if result.tolerance == 0:
        return " and more than is allowed when nothing is declared" if result.tolerance_assumed else _NO_DROP
    allowed = numbers.amount_of_change(result, result.tolerance)
    return f" and more than the {allowed} {_whose(result)}"


def _unsure(result: MetricResult, between: Sides) -> str:
    """Return why one metric could not be decided."""
    unit = _unit(result, between)
    pairs = counted(result.pairs, unit)
    match result.reason:
        case "too_few":
            counts = f"{numbers.count(result.worse)} got worse, {numbers.count(result.better)} better"
            return f"only {pairs} could be compared, which is too few to tell ({counts})."
        case "unpaired":
            number = counted(result.unpaired, between.noun)
            have = "has" if result.unpaired == 1 else "have"
            return f"{number} {have} a value in only one of the versions, too many to trust the others."
        case "errors_decide":
            number = counted(result.errors, between.noun)
            return (
                f"{number} ended in an error instead of a value. Counted as wrong they would change the "
                "verdict, so repair the errors first."
            )
        case "labels_changed":
            return f"some of {pairs} got another label, and nothing says whether that is worse."
    counts = f"{counted(result.worse, unit)} got worse and {numbers.count(result.better)} better."
    allowed = numbers.amount_of_change(result, result.tolerance) if result.tolerance else ""
    loss = "drop" if result.direction == "higher" else "rise"
    if result.reason == "unclear_size" and allowed:
        return (
            f"{counts} That is more than luck, but whether it is more than the {allowed} you allow is open."
        )
    if result.effect is None or result.effect < 0:
        return f"{counts} With {pairs} that can be luck, or a real {loss}. We can't tell."
    beyond = f" of more than the {allowed} you allow" if allowed else ""
    return f"{counts} With {pairs} a {loss}{beyond} cannot be ruled out yet."


def _to_find_out(unsure: Sequence[MetricResult], between: Sides) -> str:
    """Return what would settle it: more cases, more trials, or neither."""
    noun, needed = between.noun, max(one.needed_cases or 0 for one in unsure)
    settle = f"about {numbers.rounded_up(needed)} {noun}s would settle it" if needed else ""
    if any(one.advice == "more trials" for one in unsure):
        repeat = (
            f"To find out: repeat each {noun} (--vtrack-repeat=5). The same {noun} gives different answers "
            "from run to run, and that hides the change most."
        )
        return f"{repeat} Without repeating, {settle}." if settle else repeat
    if not settle:
        return (
            f"More {noun}s would hardly settle it: the change is about as large as what you allow. "
            f"Look at the changed {noun}s."
        )
    return (
        f"To find out: {settle}. Repeating (--vtrack-repeat) helps only if the same {noun} gives different "
        "answers from run to run."
    )


def _ok(comparison: Comparison, between: Sides) -> str:
    gating = [result for result in comparison.metrics if result.gate]
    if gating and all(result.reason == "identical" for result in gating):
        shared = comparison.cases.shared
        cases = f"all {counted(shared, between.noun)}" if shared > 1 else f"the only {between.noun}"
        same = "the same results" if not _differing_softly(comparison) else "the same in what decides"
        return f"{cases} gave {same} as in {between.old}."
    return "nothing got worse by more than you allow."


def _soft(comparison: Comparison) -> str:
    """Return what got worse, or other labels, without deciding anything."""
    worse = [one for one in comparison.metrics if one.verdict == "worse" and not one.gate]
    labels = [one for one in comparison.metrics if one.reason == "labels_changed" and not one.gate]
    said = ""
    if worse:
        listed = ", ".join(f"{brief(one.name)} ({numbers.change(one)})" for one in worse[:_EXPLAINED_AT_MOST])
        said = f" Worse, but soft, so it does not decide: {listed}."
    if labels:
        names = words.named([one.name for one in labels], most=_EXPLAINED_AT_MOST)
        said += f" Other labels, which do not decide: {names}."
    return said


def _gating_slices(comparison: Comparison, verdict: MetricVerdict) -> list[SliceResult]:
    return [one for one in comparison.slices if one.result.gate and one.result.verdict == verdict]


def _differing_softly(comparison: Comparison) -> list[MetricResult]:
    """Return the metrics that do not decide and differ; what is measured, as latency, does in every run."""
    soft = [one for one in comparison.metrics if not one.gate and not one.ratio]
    return [one for one in soft if one.kind != "latency" and one.reason != "identical"]


def _gating(comparison: Comparison, verdict: MetricVerdict) -> list[MetricResult]:
    return [result for result in comparison.metrics if result.gate and result.verdict == verdict]


def _each(results: Sequence[MetricResult], sentence: Callable[[MetricResult], str]) -> str:
    """Return a sentence on each of the first metrics, and how many more there are."""
    more = len(results) - _EXPLAINED_AT_MOST
    shown = [sentence(result) for result in results[:_EXPLAINED_AT_MOST]]
    return " ".join([*shown, f"And {counted(more, 'more metric')}."] if more > 0 else shown)


def _repeated(metric: str, comparison: Comparison) -> bool:
    """Tell whether the cases ran several times, so that none is simply right or wrong."""
    changes: Iterable[int] = (
        max(value.baseline_trials, value.current_trials)
        for case in (*comparison.worst_cases, *comparison.better_cases)
        for value in case.values
        if value.metric == metric
    )
    return max(changes, default=1) > 1
