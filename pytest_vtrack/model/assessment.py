"""Judgements: what a scorer says about a trace, and what a metric is declared to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_vtrack.model.trace import Span

Value = bool | float | str
"""What can be assessed: yes/no, a finite number, or a category."""

Source = Literal["code", "llm_judge", "human"]
Direction = Literal["higher", "lower"]
Kind = Literal["bool", "score", "bounded", "number", "latency", "cost", "tokens", "category"]
"""How differences are measured (``research``: statistics, 4.1). ``score`` is a number within 0..1."""

RATIO_KINDS: frozenset[Kind] = frozenset({"latency", "cost", "tokens"})
"""Kinds whose versions are compared by a factor (the mean of the logarithms), not by a difference."""


LARGEST = 1e150
"""A number further from zero is no score: the squares of many could not be added up."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A scorer's judgement with its reason.

    :param name: the metric; where a scorer returns several, each needs its own.
    :param spans: what the scorer did to come to it; stored apart from what the application did.
    """

    value: Value | None
    rationale: str | None = None
    name: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    source: Source = "code"
    error: str | None = None
    spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expectation:
    """Ground truth about one case, recorded while its test ran."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """What a metric is declared to be: who computes it and how its changes are read."""

    name: str
    fingerprint: str
    """Stands for the scorer's source and configuration; values with other fingerprints never pair."""
    better: Direction = "higher"
    tolerance: float | None = None
    """How much worse is allowed, in the metric's own unit; a share (0.1 = 10 %) for ratio kinds."""
    bounds: tuple[float, float] | None = None
    kind: Kind | None = None
    """Declared kind; ``None``: read from the stored values."""
    gate: bool = True
    must_pass: bool = False
    """A case that passed in the baseline and fails now gates by itself."""


PASSED = MetricSpec("passed", "builtin:passed/1", kind="bool")
COMPLETED = MetricSpec("completed", "builtin:completed/1", kind="bool")
LATENCY = MetricSpec("latency", "builtin:latency/1", better="lower", kind="latency", gate=False)
TOKENS = MetricSpec("tokens", "builtin:tokens/1", better="lower", kind="tokens", gate=False)
COST = MetricSpec("cost", "builtin:cost/1", better="lower", kind="cost", gate=False)
TIME_TO_FIRST_TOKEN = MetricSpec(
    "time_to_first_token", "builtin:time_to_first_token/1", better="lower", kind="latency", gate=False
)
STABLE = MetricSpec("stable", "builtin:stable/1", kind="bool", gate=False)
"""Whether a case's yes/no metrics gave the same answer in all of its trials: counted, never scored."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One metric's value for one trace, or why there is none.

    ``value`` is ``None`` with neither error nor value when the scorer had nothing to say.
    """

    metric: MetricSpec
    value: Value | None
    rationale: str | None = None
    error: str | None = None
    source: Source = "code"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)
    """What the scorer did to come to it: on its way into the trace, so a stored assessment has none."""
