"""What a report says about a comparison, before it is known where it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_vtrack.model.assessment import Kind, Value
from pytest_vtrack.model.comparison import CaseChange, Comparison, MetricResult, SliceResult, ValueChange
from pytest_vtrack.report import details, look, meaning, numbers, words
from pytest_vtrack.report.look import Look
from pytest_vtrack.report.noise import noise_floor
from pytest_vtrack.report.words import Sides

_QUIET = ("passed", "completed")
"""Built-in metrics that are worth a row only where something changed."""
_SHARED_FROM, _SHARED_SHARE = 3, 0.6
_NAMED_TAGS = 3
_NOT_WORSE = frozenset({"fixed", "same", "new", "removed", "edited"})


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric as a row of cells."""

    name: str
    baseline: str
    current: str
    change: str
    ends: tuple[str, str] | None
    """Lower and higher end of where the true change could be."""
    look: Look
    word: str
    """The verdict's word; says ``(soft)`` where it cannot decide."""
    result: MetricResult


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One metric of one case on both sides."""

    metric: str
    baseline: str
    current: str
    why: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One changed case; its values with the greatest loss first."""

    label: str
    """The case id, or the node id of a test without a dataset."""
    values: tuple[ValueRow, ...]
    why: str
    note: str
    """``must-pass``, or what its trials say by themselves: ``flaky``, ``confirmed``; else empty."""
    change: CaseChange


@dataclass(frozen=True, slots=True)
class Common:
    """What many of the worse cases have in common."""

    label: str
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything the verdict on one metric was made from."""

    name: str
    word: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReportView:
    """A comparison in words and cells; texts of others in it are as they came."""

    comparison: Comparison
    look: Look
    between: Sides
    facts: tuple[str, ...]
    """The experiment, how many cases were compared, and where."""
    banner: str | None
    metrics: tuple[MetricRow, ...]
    not_comparable: tuple[str, ...]
    """Why metrics cannot be compared, as far as the meaning does not say it."""
    meaning: tuple[str, ...]
    notices: tuple[str, ...]
    failing: tuple[CaseRow, ...]
    """Tests without a dataset that fail now and did not in the baseline."""
    worse: tuple[CaseRow, ...]
    better: tuple[CaseRow, ...]
    mostly_in: tuple[Common, ...]
    details: tuple[Detail, ...]
    rule: str
    gate: str
    reports: tuple[str, ...]
    accept: str
    """The command that makes this run the baseline on purpose; empty where it cannot or need not."""

    @property
    def title(self) -> str:
        """Name the two sides."""
        return f"vtrack: {self.between.new} vs {self.between.old}"


def report_view(
    comparison: Comparison,
    *,
    exit_code: int,
    tests_exit: int = 0,
    not_applied: str | None = None,
    reports: Sequence[str] = (),
    baseline_name: str = "main",
) -> ReportView:
    """Return what a report says about ``comparison``.

    :param exit_code: what the gate decided; 0 where it passed.
    :param tests_exit: the exit code that the tests themselves have.
    :param not_applied: why the gate had nothing to decide, if so.
    :param reports: paths of the reports that were written.
    :param baseline_name: the named baseline that the hint to accept speaks of.
    """
    between = words.sides(comparison)
    listed = _listed(comparison.metrics)
    worse = [change for change in comparison.worst_cases if change.verdict not in _NOT_WORSE]
    rows = [_case_row(change, comparison, worse=True) for change in worse]
    failing = [row for row in rows if _fails_newly(row.change)]
    return ReportView(
        comparison=comparison,
        look=look.OVERALL[comparison.verdict],
        between=between,
        facts=(
            comparison.current.experiment,
            f"{words.counted(comparison.cases.shared, between.noun)} compared",
            words.environment(comparison),
        ),
        banner=words.banner(comparison.current, comparison.baseline),
        metrics=tuple(_metric_row(result) for result in listed),
        not_comparable=tuple(
            words.not_comparable(one, between)
            for one in listed
            if one.verdict == "not_comparable"
            and one.reason != "new_metric"  # its row says all there is to say
            and not meaning.explains(one, comparison)
        ),
        meaning=(*meaning.meaning(comparison), *noise_floor(comparison)),
        notices=words.notices(comparison),
        failing=tuple(failing),
        worse=tuple(row for row in rows if row not in failing),
        better=tuple(_case_row(change, comparison, worse=False) for change in comparison.better_cases),
        mostly_in=_mostly_in(worse, comparison),
        details=tuple(_detail(result, comparison) for result in sorted(comparison.metrics, key=look.rank)),
        rule=details.rule_details(comparison),
        gate=_gate(comparison, exit_code, tests_exit, not_applied),
        reports=tuple(reports),
        accept=_accept(comparison, baseline_name),
    )


def _listed(metrics: Sequence[MetricResult]) -> list[MetricResult]:
    """Return the metrics that get a row, in order of attention."""
    unchanged = [one for one in metrics if one.name in _QUIET and one.reason == "identical"]
    shown = [one for one in metrics if one not in unchanged]
    if not any(one.gate for one in shown):  # something must say that all is as it was
        shown += sorted(unchanged, key=lambda one: _QUIET.index(one.name))[:1]
    return sorted(shown, key=look.rank)


def _metric_row(result: MetricResult) -> MetricRow:
    baseline, current = numbers.baseline_and_current(result)
    shown = look.metric_look(result)
    soft = not result.gate and shown.word in ("worse", "not sure", "not comparable")
    return MetricRow(
        name=result.name,
        baseline=baseline,
        current=current,
        change=_change(result),
        ends=numbers.plausible_range(result),
        look=shown,
        word=f"{shown.word} (soft)" if soft else shown.word,
        result=result,
    )


def _change(result: MetricResult) -> str:
    if result.kind == "category" and result.verdict != "not_comparable":
        return "same" if result.reason == "identical" else "changed"
    return numbers.change(result)


def _detail(result: MetricResult, comparison: Comparison) -> Detail:
    return Detail(result.name, look.metric_look(result).word, details.metric_details(result, comparison))


def _case_row(change: CaseChange, comparison: Comparison, *, worse: bool) -> CaseRow:
    kinds = {result.name: result for result in comparison.metrics}
    differing = [value for value in change.values if value.baseline != value.current] or change.values
    values = sorted(differing, key=lambda value: value.loss, reverse=worse)
    if worse:  # that the test failed, or did not end, may be why others have no value, and says why
        values.sort(key=lambda value: (*_QUIET, value.metric).index(value.metric) if value.loss > 0 else 2)
    return CaseRow(
        label=change.case_id if change.dataset else change.nodeid or change.test,
        values=tuple(_value_row(value, kinds.get(value.metric), change) for value in values),
        why=change.error or next((value.rationale for value in values if value.rationale), None) or "",
        note=_note(change),
        change=change,
    )


def _note(change: CaseChange) -> str:
    if change.must_pass:
        return "must-pass"
    return "flaky" if change.verdict == "flaky" else "confirmed" if change.confirmed else ""


def _value_row(value: ValueChange, result: MetricResult | None, change: CaseChange) -> ValueRow:
    kind = result.kind if result else None
    missing = "error" if change.error else "no value"
    return ValueRow(
        metric=value.metric,
        baseline=case_value(value.baseline, value.baseline_trials, kind, "no value"),
        current=case_value(value.current, value.current_trials, kind, missing),
        why=value.rationale or "",
    )


def case_value(value: Value | None, trials: int, kind: Kind | None, missing: str) -> str:
    """Return one side of a case: 1 or 0 for a yes or no, ``4/5`` of several trials, else its number."""
    if value is None:
        return missing
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or kind == "bool":
        return f"{round(value * trials)}/{trials}" if trials > 1 else f"{value:.0f}"
    return numbers.value(kind, value)


def _fails_newly(change: CaseChange) -> bool:
    return not change.dataset and any(
        value.metric in _QUIET and float(value.baseline or 0) > float(value.current or 0)
        for value in change.values
        if not isinstance(value.baseline, str) and not isinstance(value.current, str)
    )


def _mostly_in(worse: Sequence[CaseChange], comparison: Comparison) -> tuple[Common, ...]:
    """Return the tags that most worse cases share, and whose cases got worse more often than the others."""
    tags = Counter((tag, value) for change in worse for tag, value in change.tags.items())
    enough = max(_SHARED_FROM, _SHARED_SHARE * len(worse))
    found = {
        tag: Common(f"{tag[0]}={tag[1]}", number, len(worse))
        for tag, number in tags.most_common()
        if number >= enough and _stands_out(tag, number, len(worse), comparison)
    }
    decides = {result.name for result in comparison.metrics if result.gate}
    for one in comparison.slices:
        tag, total = (one.tag, one.value), _total_worse(one, comparison)
        is_news = one.result.verdict == "worse" and one.result.name in decides
        if is_news and tag not in found and _stands_out(tag, one.worse, total, comparison):
            found[tag] = Common(f"{one.tag}={one.value}", one.worse, total)
    return tuple(found.values())[:_NAMED_TAGS]


def _stands_out(tag: tuple[str, str], inside: int, total: int, comparison: Comparison) -> bool:
    """Tell whether a tag's cases got worse at least twice as often as the other cases."""
    sizes = [one.cases for one in comparison.slices if (one.tag, one.value) == tag]
    if not sizes:
        return True  # how common it is among all cases is not known
    size, shared = max(sizes), comparison.cases.shared
    return inside * max(shared - size, 0) >= 2 * (total - inside) * size and size < shared


def _total_worse(one: SliceResult, comparison: Comparison) -> int:
    totals = [result.worse for result in comparison.metrics if result.name == one.result.name]
    return max(*totals, one.worse) if totals else one.worse


def _gate(comparison: Comparison, exit_code: int, tests_exit: int, not_applied: str | None) -> str:
    if not_applied is not None:
        return words.gate_not_applied(not_applied)
    return words.gate(comparison.policy.gate, comparison.verdict, exit_code, tests_exit=tests_exit)


def _accept(comparison: Comparison, baseline_name: str) -> str:
    if comparison.verdict != "regressed" or not comparison.current.complete:
        return ""
    version = comparison.current.version.name
    return words.accept_command(baseline_name, version)
