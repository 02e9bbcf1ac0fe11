"""The hooks that conftests and other plugins may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment, Feedback
    from pytest_vtrack.model.comparison import Comparison, OverallVerdict
    from pytest_vtrack.model.trace import Trace
    from pytest_vtrack.plugin.handles import RunHandle


@pytest.hookspec
def pytest_vtrack_scorers(config: pytest.Config, item: pytest.Item) -> list[Any] | None:
    """Add scorers to the cases of a test; called once per marked test function, when it is collected.

    :param item: the test before it is parametrized: it has the node id without parameters, and markers.
    :returns: scorers as ``@pytest.mark.vtrack(scorers=…)`` takes them, or ``None``.

    Use in conftest plugins: any conftest file that applies to the item's folder.
    """


@pytest.hookspec
def pytest_vtrack_assessments(
    run: RunHandle, trace: Trace, assessments: list[Assessment]
) -> list[Feedback] | None:
    """See the assessments of a trace after scoring, before they are stored, and add to them.

    Called in the process that ran the case.

    :param run: the evaluation run: ``.id``, ``.version``, ``.env``, ``.flags``.
    :param assessments: what the scorers said, the built-in metrics included.
    :returns: more feedback, each with a name, or ``None``.

    Use in conftest plugins: any conftest file that applies to the item's folder.
    """


@pytest.hookspec
def pytest_vtrack_verdict(config: pytest.Config, comparison: Comparison) -> OverallVerdict | None:
    """See a comparison when it is decided; called where the session is controlled.

    :returns: a stricter verdict (``regressed`` or ``not_sure``), or ``None``; a milder one is ignored.

    Use in conftest plugins: only the conftest files of the root folder and of the paths named on the
    command line are asked when tests run in several processes.
    """
