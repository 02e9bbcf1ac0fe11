"""``regression_detector``: whether the output of a case is worse than the baseline's, by another scorer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, Signature
from math import isfinite
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import RATIO_KINDS, Feedback
from pytest_vtrack.scoring.configured import fingerprint
from pytest_vtrack.scoring.measures import Measures
from pytest_vtrack.scoring.protocol import Scorer, as_scorer
from pytest_vtrack.scoring.runner import assessment_of

_ROUNDING = 1e-12
_WORSE = Measures("bool", better="lower", gate=False)


@dataclass(frozen=True, slots=True)
class RegressionDetector:
    """A configured detector: scores both outputs with one metric, and compares."""

    name: str
    fingerprint: str
    metric: Scorer
    tolerance: float
    measures: Measures = _WORSE

    @property
    def paid(self) -> bool:
        """Whether the metric is: it is asked twice."""
        return self.metric.paid

    @property
    def __signature__(self) -> Signature:
        names = dict.fromkeys((*self.metric.parameters, "baseline"))
        return Signature([Parameter(name, Parameter.KEYWORD_ONLY) for name in names])

    async def __call__(self, **given: Any) -> Feedback | None:
        """Score; ``None`` where the baseline has no such case or the metric has nothing to say.

        :raises ScorerError: the metric has an error for one of the two.
        """
        baseline = given.pop("baseline")
        if baseline is None or baseline.outputs is None:
            return None
        theirs = {"outputs": baseline.outputs, "trace": baseline}
        before = await self._score({**given, **theirs}, "the baseline's output")
        now = await self._score(given, "the output")
        if before is None or now is None:
            return None
        return self._compared(before, now)

    async def _score(self, given: Mapping[str, Any], what: str) -> float | None:
        result = self.metric.function(**{name: given[name] for name in self.metric.parameters})
        if hasattr(result, "__await__"):
            result = await result
        if isinstance(result, Feedback):
            if result.error is not None:
                raise ScorerError(f"{self.metric.name} of {what}: {result.error}")
            result = result.value
        found = assessment_of(self.metric.spec, result)
        if found.error is not None:
            raise ScorerError(f"{self.metric.name} of {what}: {found.error}")
        if isinstance(found.value, str):
            raise ScorerError(
                f"{self.metric.name} of {what}: {found.value!r} is a category, which has no order"
            )
        return None if found.value is None else float(found.value)

    def _compared(self, before: float, now: float) -> Feedback:
        change = now - before if self.metric.spec.better == "lower" else before - now
        allowed = self.tolerance * abs(before) if self.metric.spec.kind in RATIO_KINDS else self.tolerance
        is_worse = change > allowed + _ROUNDING * max(1.0, abs(before))
        rationale = f"{self.metric.name}: {now:g}, in the baseline {before:g}"
        return Feedback(is_worse, rationale, metadata={"baseline": before, "current": now})


def regression_detector(
    metric: Scorer | Callable[..., Any] | str, *, tolerance: float | None = None, name: str | None = None
) -> RegressionDetector:
    """Return whether a metric is worse than the baseline's on the same case. Bool; lower is better.

    The baseline's stored output is scored anew, so it does not matter what scored it then. Nothing to say
    without a baseline. One case that got worse is no proof that the version did.

    :param metric: a scorer, what can be made into one, or a built-in's name; its ``better`` says what
        worse is.
    :param tolerance: how much worse is no regression, in the metric's own unit (for latency, cost and tokens
        a share of the baseline's value); default: what the metric declares, else 0.
    :param name: default: the metric's name and ``_regressed``.
    :raises ScorerError: the metric cannot be called, or asks for the baseline itself.
    """
    inner = as_scorer(metric, where="regression_detector")
    if inner.needs_baseline:
        raise ScorerError(
            f"regression_detector: {inner.name!r} compares with the baseline already; use it as it is"
        )
    if tolerance is not None and not _is_amount(tolerance):
        raise ScorerError(f"regression_detector: tolerance={tolerance!r} must be a finite number from 0 up")
    allowed = inner.spec.tolerance or 0.0 if tolerance is None else float(tolerance)
    # Direction and kind decide what worse is; a metric's own fingerprint does not hold them.
    settings = {"metric": inner.fingerprint, "tolerance": allowed, "better": inner.spec.better}
    mark = fingerprint("regression_detector", {**settings, "ratio": inner.spec.kind in RATIO_KINDS})
    return RegressionDetector(f"{inner.name}_regressed" if name is None else name, mark, inner, allowed)


def _is_amount(value: object) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and isfinite(value) and value >= 0  # type: ignore[arg-type,operator]
