"""What built-in scorers declare about their metrics."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_vtrack.model.assessment import Direction, Kind


@dataclass(frozen=True, slots=True)
class Measures:
    """What a built-in declares about its metric; what ``@scorer`` is given goes first."""

    kind: Kind | None = None
    better: Direction | None = None
    bounds: tuple[float, float] | None = None
    gate: bool | None = None


READ_FROM_VALUES = Measures()
YES_NO = Measures("bool")
SHARE = Measures("score", bounds=(0.0, 1.0))
