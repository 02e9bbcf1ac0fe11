"""What a reader is told besides the meaning: notices, reasons and the gate, made from decided numbers.

Sentences are ASCII apart from the names that others chose; whoever shows them makes those safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pytest_vtrack.model.comparison import Comparison, MetricResult, OverallVerdict
from pytest_vtrack.model.policy import EXIT_NO_BASELINE, EXIT_NOT_SURE, EXIT_REGRESSED, Gate
from pytest_vtrack.model.run import Run
from pytest_vtrack.report import numbers, untrusted

_EXIT_CODES: dict[OverallVerdict, int] = {
    "regressed": EXIT_REGRESSED,
    "not_sure": EXIT_NOT_SURE,
    "no_baseline": EXIT_NO_BASELINE,
}

_INCOMPARABLE = {
    "no_pairs": "no {noun} has a value in both versions",
    "fingerprint": "the scorer changed between {old} and {new} (re-score {old} to compare)",
    "kind": "its values are of another kind in {new} than in {old}",
    "bounds": "its scale changed between {old} and {new}",
    "direction": "{old} and {new} disagree on whether higher or lower is better",
    "new_metric": "{old} has no such metric",
    "gone_metric": "{new} has no such metric any more",
    "overflow": "its values are too large to be added up",
}


class Sides(NamedTuple):
    """What the two sides and their cases are called in sentences."""

    old: str
    new: str
    noun: str = "case"


def sides(comparison: Comparison) -> Sides:
    """Return names that tell the two sides apart, also where both runs are of one version."""
    old, new = comparison.baseline, comparison.current
    noun = "test" if _of_tests(comparison) else "case"
    names = [brief(run.version.name) for run in (old, new)]
    if names[0] == names[1]:
        names = [f"{name} (run {run.short_id})" for name, run in zip(names, (old, new), strict=True)]
    return Sides(names[0], names[1], noun)


def brief(name: str, width: int = 60) -> str:
    """Return a name that is short enough for a sentence; who needs it whole finds it in the table."""
    return untrusted.shorten_middle(name, width, ellipsis="...")


def counted(number: int, noun: str) -> str:
    """Return ``1 case`` or ``2 cases``."""
    return f"{numbers.count(number)} {noun}" + ("" if number == 1 else "s")


def named(names: Sequence[str], total: int = 0, *, most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    shown = [brief(name) for name in names[:most]]
    more = max(total, len(names)) - len(shown)
    return ", ".join(shown) + (f" and {numbers.count(more)} more" if more > 0 else "")


def not_comparable(result: MetricResult, between: Sides) -> str:
    """Return why a metric cannot be compared; a code that is not known yet is named as it is."""
    reason = _INCOMPARABLE.get(result.reason)
    text = reason.format(**between._asdict()) if reason else result.reason.replace("_", " ")
    return f"{brief(result.name)} cannot be compared" + (f": {text}." if text else ".")


def cases_of(run: Run, cases: int | None) -> str:
    """Return how many cases a run has, and how many trials where that is another number.

    :param cases: ``None``: as many as trials.
    """
    if cases is None or cases == run.stored:
        return counted(run.stored, "case")
    return f"{counted(cases, 'case')}, {counted(run.stored, 'trial')}"


def banner(run: Run, baseline: Run | None = None) -> str | None:
    """Return the warning that goes with a run that does not have all its cases."""
    if run.status not in ("partial", "incomplete"):
        return None
    known = [run.expected, baseline.stored if baseline and run.status == "partial" else None]
    total = max(number or 0 for number in known)
    cases = f"{run.stored} of {counted(total, 'case')}" if total > run.stored else counted(run.stored, "case")
    head = f"{run.status.upper()} RUN" + (f" ({brief(run.reason, 120)})" if run.reason else "")
    if run.status == "partial":
        told = "" if run.reason and cases in run.reason else f" {cases};"
        return f"{head}:{told} says nothing about the missing ones, and can never become a baseline"
    return f"{head}: only {cases} stored; run it again before you trust the verdict"


def environment(comparison: Comparison) -> str:
    """Return where the current run stands; that the baseline ran elsewhere is one of the warnings."""
    return f"environment {comparison.current.env}"


def notices(comparison: Comparison) -> tuple[str, ...]:
    """Return what else a reader must know: missing, failed and changed cases, flags, warnings."""
    between, cases = sides(comparison), comparison.cases
    found: list[str] = []
    if comparison.must_pass_failures and comparison.verdict != "regressed":  # there it is the meaning
        found.append(must_pass(comparison.must_pass_failures, between))
    if cases.errors:
        found.append(
            f"{counted(cases.errors, between.noun)} did not finish (the app or a scorer ended in an error); "
            "nothing is scored there."
        )
    gone = cases.gone if comparison.current.status != "partial" else 0  # left out on purpose
    uncompared = [
        f"{numbers.count(number)} {word}"
        for number, word in ((cases.new, "new"), (gone, "gone"), (cases.edited, "edited"))
        if number
    ]
    if uncompared:
        found.append(f"Not compared: {', '.join(uncompared)}.")
    if dict(comparison.baseline.flags) != dict(comparison.current.flags):
        old, new = _flags(comparison.baseline), _flags(comparison.current)
        found.append(f"Flags differ: {new} ({between.old}: {old}).")
    return (*found, *(f"Note: {warning}." for warning in comparison.warnings))


def gate(policy: Gate, verdict: OverallVerdict, exit_code: int, *, tests_exit: int = 0) -> str:
    """Return the gate's line.

    :param exit_code: what the gate decided, 0 where it passed.
    :param tests_exit: the exit code that the tests themselves have; it is never lowered or replaced.
    """
    if policy == "off":
        return "Gate: off"
    if exit_code:
        stands = f"; the tests' own exit code {tests_exit} stands" if tests_exit else ""
        return f"Gate: failed (exit code {exit_code}{stands})"
    would = _EXIT_CODES.get(verdict)
    if would is None:
        return "Gate: passed"
    stricter = "strict" if verdict == "not_sure" else "regress"
    return f'Gate: passed, because the policy is "{policy}" ("{stricter}" would fail, code {would})'


def gate_not_applied(why: str) -> str:
    """Return the gate's line where it had nothing to decide."""
    return f"Gate: not applied ({why})"


def accept_command(baseline_name: str, version: str) -> str:
    """Return the command that makes a version the baseline on purpose."""
    from shlex import quote  # only a regression asks for it

    return f'vtrack baseline set {quote(baseline_name)} --version {quote(version)} --why "..."'


def must_pass(names: Sequence[str], between: Sides) -> str:
    """Return which cases fail that may never fail."""
    if between.noun == "test":
        fail = "fails" if len(names) == 1 else "fail"
        return f"{counted(len(names), 'test')} that passed in {between.old} now {fail}: {named(names)}."
    number = counted(len(names), f"must-pass {between.noun}")
    return f"{number} went from right to wrong: {named(names)}."


def _flags(run: Run) -> str:
    return ", ".join(brief(f"{name}={value}") for name, value in sorted(run.flags.items())) or "none"


def _of_tests(comparison: Comparison) -> bool:
    """Tell whether the cases are tests without a dataset, by the cases that changed or else the metrics."""
    changed = (*comparison.worst_cases, *comparison.better_cases)
    if changed:
        return not any(case.dataset for case in changed)
    metrics = {result.name for result in comparison.metrics}
    return "passed" in metrics and metrics <= {"passed", "completed", "latency"}
