"""What the calls of one test are held to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.plugin.execution import Await
    from pytest_vtrack.plugin.pacing import Pace
    from pytest_vtrack.plugin.retrying import Retries
    from pytest_vtrack.plugin.tally import Tally


@dataclass(frozen=True)
class Limits:
    """Seconds a call, attempts, and a pace: ``None`` where there is no such limit."""

    timeout: float | None
    retries: Retries | None
    pace: Pace | None
    tally: Tally
    redaction: Redaction
    """Masks what errors tell."""
    await_: Await
    """Awaits from any thread."""
