"""How much change counts, and what makes the gate fail."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from pytest_vtrack.errors import SettingError

Gate = Literal["off", "warn", "regress", "strict"]
Evidence = Literal["any", "beyond-tolerance"]
GATES: tuple[str, ...] = get_args(Gate)
EVIDENCE: tuple[str, ...] = get_args(Evidence)

EXIT_REGRESSED = 10
EXIT_NOT_SURE = 11
EXIT_NO_BASELINE = 12

_TOLERANCE = re.compile(r"(?P<amount>\d*\.?\d+(?:[eE]-?\d+)?)\s*(?P<unit>%|pt)?")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much worse a metric may get: ``25%`` of its value, ``2pt`` (points of a share), or plain."""

    amount: float
    unit: Literal["plain", "%", "pt"] = "plain"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one comparison. Defaults are those of the decision page in the documentation."""

    gate: Gate = "regress"
    alpha: float = 0.05
    evidence: Evidence = "any"
    holm: bool = True
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    """By metric name; overrides what the scorer declares."""
    gating: Mapping[str, bool] = field(default_factory=dict)
    """By metric name; overrides whether the scorer's metric decides."""
    must_pass: Mapping[str, bool] = field(default_factory=dict)
    """By metric name; overrides whether a case that passed and fails now gates by itself."""
    cluster: str | None = None
    """A tag whose equal values make cases depend on each other (document, user, conversation)."""
    gating_slices: frozenset[str] = frozenset()
    """Slices, as ``tag=value`` or ``tag``, that decide as a metric does."""


def checked_gate(text: str, *, source: str) -> Gate:
    """Return a gate policy by its name.

    :raises SettingError: there is no such policy.
    """
    if text not in GATES:
        raise SettingError(f"{source}: {text!r} is not one of {', '.join(GATES)}")
    return cast("Gate", text)


def checked_evidence(text: str, *, source: str) -> Evidence:
    """Return what has to be shown before a metric is called worse, by its name.

    :raises SettingError: there is no such evidence.
    """
    if text not in EVIDENCE:
        raise SettingError(f"{source}: {text!r} is not one of {', '.join(EVIDENCE)}")
    return cast("Evidence", text)


def checked_alpha(text: str, *, source: str) -> float:
    """Return how often chance alone may look worse, as a share.

    :raises SettingError: it is no number between 0 and 0.5.
    """
    try:
        alpha = float(text)
    except ValueError:
        alpha = math.nan
    if not 0 < alpha < 0.5:
        raise SettingError(f"{source}: {text!r} is not a number between 0 and 0.5; usual is 0.05")
    return alpha


def parse_tolerances(lines: Iterable[str], *, source: str) -> dict[str, Tolerance]:
    """Read lines like ``latency = 25%``, ``correct = 2pt`` or ``helpful = 0.1``.

    :param source: where the lines stand, for the message.
    :raises SettingError: a line is not ``metric = amount``.
    """
    tolerances: dict[str, Tolerance] = {}
    for line in lines:
        name, equals, text = (part.strip() for part in line.partition("="))
        found = _TOLERANCE.fullmatch(text)
        if not (name and equals and found and math.isfinite(float(found["amount"]))):
            raise SettingError(
                f"{source}: {line.strip()!r} is not a tolerance; write `metric = amount` with an amount "
                "like 25%, 2pt (points) or 0.1"
            )
        unit = found["unit"]  # the pattern allows no other than the three units
        tolerances[name] = Tolerance(
            float(found["amount"]), "pt" if unit == "pt" else "%" if unit else "plain"
        )
    return tolerances
