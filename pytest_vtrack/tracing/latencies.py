"""How long the steps of one name took."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_vtrack.model.trace import Span
from pytest_vtrack.tracing.tree import children_of


def latencies(spans: Iterable[Span], names: Iterable[str]) -> dict[str, float]:
    """Return the seconds spent in spans of each name; a name that no span has is left out.

    Several spans of one name add up; one inside another of the same name does not count twice.
    """
    wanted = set(names)
    found: dict[str, float] = {}
    children = children_of(spans)
    stack: list[tuple[Span, frozenset[str]]] = [(span, frozenset()) for span in children.get(None, ())]
    while stack:
        span, inside = stack.pop()
        if span.name in wanted and span.name not in inside:
            found[span.name] = found.get(span.name, 0.0) + span.duration_s
            inside = inside | {span.name}
        stack.extend((child, inside) for child in children.get(span.span_id, ()))
    return found
