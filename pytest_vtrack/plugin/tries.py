"""What was tried for one call of an application: how often, how long, and why it was tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_vtrack.model.tags import AUTOMATIC

if TYPE_CHECKING:
    from pytest_vtrack.model.redaction import Redaction

ATTEMPTS, FAILED_ATTEMPTS = f"{AUTOMATIC}attempts", f"{AUTOMATIC}attempts.failed"
SECONDS = f"{AUTOMATIC}attempts.seconds"


class Tries:
    """The attempts of one call, told one by one."""

    __slots__ = ("_begun_s", "_failed", "_total_s", "gave_up", "last_s", "made")

    def __init__(self, begun_s: float = 0.0) -> None:
        """Begin with the first attempt.

        :param begun_s: how long it has taken already.
        """
        self._begun_s = begun_s
        self.made = 0
        """How many there were."""
        self.last_s = 0.0
        """Seconds of the last one; the time limit where it was given up."""
        self.gave_up = False
        """Whether the last one was given up at its time limit."""
        self._failed: list[str] = []
        self._total_s = 0.0

    def ended(self, took_s: float, error: str | None, *, gave_up: bool) -> None:
        """Take note of the end of an attempt."""
        if not gave_up:
            took_s += self._begun_s
        self._begun_s = 0.0
        self.made += 1
        self.last_s, self.gave_up = took_s, gave_up
        self._total_s += took_s
        if error:
            self._failed.append(f"{self.made}: {error} ({took_s:.3f} s)")

    def tags(self, redaction: Redaction) -> dict[str, str]:
        """Return what is recorded on the trace, without the secrets in it."""
        return {
            ATTEMPTS: str(self.made),
            FAILED_ATTEMPTS: redaction.plain("; ".join(self._failed)) or "",
            SECONDS: f"{self._total_s:.3f}",
        }
