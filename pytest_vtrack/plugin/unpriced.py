"""Cases of which nobody knows what they cost: a limit of money that does not see them says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_vtrack.model.assessment import COST, TOKENS

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult


class Unpriced:
    """Counts results whose tokens have no price."""

    def __init__(self) -> None:
        self._seen = self._unknown = 0

    def look(self, result: CaseResult) -> None:
        """Look at one result."""
        said = {each.metric.name for each in result.assessments}
        self._seen += 1
        self._unknown += TOKENS.name in said and COST.name not in said

    def note(self, limit: float, spent: float) -> str | None:
        """Return what a limit did not see; ``None`` where it saw all that there is to see."""
        if self._seen and not spent:
            return (
                f"--vtrack-max-cost={limit:g} limited nothing: no case said that it cost anything. Costs "
                "come from spans, from tokens and your prices (vtrack_prices), from a scorer named cost, and "
                "from judges"
            )
        if self._unknown:
            return (
                f"--vtrack-max-cost={limit:g} did not see what {self._unknown} of {self._seen} results cost: "
                "their tokens have no price. Name prices of all models in the file of vtrack_prices"
            )
        return None
