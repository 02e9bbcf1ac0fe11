"""How many cases of a test may run at once, and whether its calls have limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.slots import TrackedTest


def at_once(settings: Settings, test: TrackedTest) -> int:
    """Return the number for a test: command line before marker before ini file."""
    if not test.marked:
        return 1
    return settings.concurrency or test.arguments.concurrency or settings.concurrency_default


def has_limits(settings: Settings, test: TrackedTest) -> bool:
    """Tell whether the calls of a test are limited in time or number, or made again."""
    given = test.arguments
    common = settings.timeout or settings.rate
    return test.marked and bool(common or given.timeout or given.retries or given.rate)


def most_ahead(config: pytest.Config, settings: Settings, limit: int) -> int:
    """Return how many calls may be made whose items have not had their turn.

    The more, the less a slow case holds up the others. But where a session may end early, what was called
    ahead was called in vain.
    """
    option = config.option
    may_stop = option.maxfail or getattr(option, "stepwise", False) or settings.max_cost is not None
    return limit if may_stop else 4 * limit
