"""A scorer of another library, as this one calls scorers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Source
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.foreign.given import Given
from pytest_vtrack.scoring.measures import READ_FROM_VALUES, Measures

_Raw = TypeVar("_Raw")


@dataclass(frozen=True, slots=True)
class LibraryScorer:
    """What an adapter makes of an object; it may return an awaitable, like every scorer."""

    name: str
    """The metric."""
    fingerprint: str
    judge: Callable[[Given], Any]
    """Calls the library, and returns what it said as ``Feedback``, a list of them, or an awaitable of it."""
    measures: Measures = READ_FROM_VALUES
    paid: bool = False
    """Whether it is known to call a model."""
    fields: Sequence[str] | None = None
    """The library's names that it asks for; ``None``: any."""
    reads: Mapping[str, Callable[[Given], Any]] = field(default_factory=dict)

    def __call__(
        self,
        inputs: Mapping[str, Any],
        outputs: Any,
        expectations: Mapping[str, Any],
        trace: Trace | None,
        tags: Mapping[str, str],
        case: Case | None,
    ) -> Any:
        """Give the library's scorer what it asks for, and return what it said."""
        return self.judge(Given(inputs, outputs, expectations, trace, tags, case, self.reads))


def then(result: Any, read: Callable[[Any], Any]) -> Any:
    """Read what a library returned, or will have returned when it is awaited."""
    return _later(result, read) if hasattr(result, "__await__") else read(result)


async def _later(awaitable: Any, read: Callable[[Any], Any]) -> Any:
    return read(await awaitable)


def source_of(*, paid: bool) -> Source:
    """Return who judges: what calls a model is a judge."""
    return "llm_judge" if paid else "code"


def need(obj: object, *names: str, where: str, library: str) -> None:
    """Make sure that an object has what its adapter calls.

    :raises ScorerError: it has not; another version of the library may be installed.
    """
    missing = [name for name in names if not hasattr(obj, name)]
    if missing:
        raise ScorerError(
            f"{where}: {type(obj).__name__} of {library} has no {missing[0]!r}, so it cannot be called the "
            f"way scorers of {library} are; wrap it in a function: @scorer"
        )


def require(values: Mapping[str, Any], needed: Sequence[str], *, what: str) -> None:
    """Make sure that a case has everything that a library's scorer cannot do without.

    :raises ScorerError: something is missing; an error of this case, as data.
    """
    missing = [name for name in needed if values.get(name) is None]
    if missing:
        raise ScorerError(
            f"{what} needs {', '.join(map(repr, missing))}, and nothing of this case is it: say where it is "
            f"with from_library(…, reads={{{missing[0]!r}: 'expectations.…'}})"
        )
