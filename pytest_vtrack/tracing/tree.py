"""Spans as a tree."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_vtrack.model.trace import Span


def children_of(spans: Iterable[Span]) -> dict[str | None, list[Span]]:
    """Return the spans below each span id, the direct steps of the root below ``None``.

    A span whose parent is not among them is a direct step. So is the first span of a circle, which only a
    broken file of traces can hold: whoever follows the children from the root gets to each span once.
    """
    every = tuple(spans)
    known = {span.span_id for span in every}
    children: dict[str | None, list[Span]] = {}
    for span in every:
        children.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
    reached = _reached(children.get(None, ()), children)
    for span in every:
        if span.span_id not in reached:
            children[span.parent_id].remove(span)
            children.setdefault(None, []).append(span)
            reached |= _reached([span], children)
    return children


def _reached(start: Iterable[Span], children: dict[str | None, list[Span]]) -> set[str]:
    reached: set[str] = set()
    stack = list(start)
    while stack:
        span = stack.pop()
        reached.add(span.span_id)
        stack.extend(children.get(span.span_id, ()))
    return reached
