"""The spans of a trace as a tree, each with a bar that shows when it ran: a waterfall in text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_vtrack.model.trace import Span
from pytest_vtrack.report import numbers, untrusted
from pytest_vtrack.report.layout import Line, Paper, Segment, padded
from pytest_vtrack.report.look import Tone

_KIND, _TIME = 10, 8
_DEEPEST = 8
"""Levels that are indented; deeper ones stand below each other."""
_BRANCH, _LAST, _PAST, _BAR = 0, 1, 2, 3
_UNICODE = ("├─ ", "└─ ", "│  ", "█")
_ASCII = ("|- ", "`- ", "|  ", "=")


class Placed(NamedTuple):
    """A span, and whether each of its ancestors, and it itself, is the last of its parent's steps."""

    span: Span
    lasts: tuple[bool, ...]


def in_tree_order(spans: Sequence[Span]) -> Iterator[Placed]:
    """Yield every span once, each after its parent; one whose parent is missing stands at the top."""
    known = {span.span_id: span for span in spans if span.span_id}
    children: dict[str | None, list[Span]] = defaultdict(list)
    for span in spans:
        parent = span.parent_id if span.parent_id in known and span.parent_id != span.span_id else None
        children[parent].append(span)
    seen: set[int] = set()
    yield from _below(children[None], children, seen)
    for span in spans:  # parents that go round in a circle have no top
        if id(span) not in seen:
            yield from _below([span], children, seen)


def _below(tops: Sequence[Span], children: dict[str | None, list[Span]], seen: set[int]) -> Iterator[Placed]:
    left = [Placed(span, (span is tops[-1],)) for span in reversed(tops)]
    while left:
        placed = left.pop()
        if id(placed.span) in seen:
            continue
        seen.add(id(placed.span))
        yield placed
        steps = children.get(placed.span.span_id, []) if placed.span.span_id else []
        left += [Placed(step, (*placed.lasts, step is steps[-1])) for step in reversed(steps)]


def waterfall(
    root: Span | None,
    spans: Sequence[Span],
    *,
    most: int = 200,
    width: int = 80,
    unicode: bool = True,
) -> list[Line]:
    """Return one line a span, and one below each that failed.

    :param root: the call that the spans are steps of; ``None`` where they have a root of their own.
    :param most: so many spans are shown.
    """
    paper = Paper(width, unicode)
    everything = [*([root] if root else []), *spans]
    if not everything:
        return []
    start = min(span.started_at for span in everything)
    end = max(span.started_at + span.duration_s for span in everything)
    placed = [Placed(root, ())] if root else []
    placed += list(in_tree_order(spans))
    if not root:  # the tops have nothing that they could hang on
        placed = [Placed(each.span, each.lasts[1:]) for each in placed]
    lines = [line for each in placed[:most] for line in _lines(each, start, end, paper)]
    if len(placed) > most:
        left = numbers.count(len(placed) - most)
        lines.append(paper.line(Segment(f"{left} more spans; --json prints all", "muted")))
    return lines


def _lines(placed: Placed, start: float, end: float, paper: Paper) -> Iterator[Line]:
    signs = _UNICODE if paper.unicode else _ASCII
    span, edge = placed.span, max(paper.width * 2 // 5, 16)
    levels = min(_DEEPEST, edge // 3 - 2)
    indent = _indent(placed.lasts, signs, levels)
    name = padded(indent + paper.text(span.name or "-", max(edge - len(indent), 1)), edge)
    kind = padded("" if span.kind == "UNKNOWN" else paper.text(span.kind, _KIND), _KIND)
    took = numbers.duration(span.duration_s).rjust(_TIME)
    room = paper.width - untrusted.display_width(name) - _KIND - _TIME - 4
    bar = _bar(span, start, end, room, signs[_BAR])
    tone: Tone = "worse" if span.status == "error" else "plain"
    yield paper.line(f"{name} ", Segment(f"{kind} ", "muted"), f"{took}  ", Segment(bar, tone))
    if span.status == "error":
        below = "".join(" " * 3 if last else signs[_PAST] for last in placed.lasts[:levels]) + "   "
        text = paper.text(span.error or "failed", max(paper.width - len(below) - 7, 1))
        yield paper.line(below, Segment(f"error: {text}", "worse"))


def _indent(lasts: Sequence[bool], signs: Sequence[str], levels: int) -> str:
    if not lasts:
        return ""
    *above, last = lasts
    before = "".join("   " if each else signs[_PAST] for each in above[: levels - 1])
    return before + signs[_LAST if last else _BRANCH]


def _bar(span: Span, start: float, end: float, room: int, sign: str) -> str:
    """Return when a span ran, on a line that is the whole trace; even the shortest one is seen."""
    if room < 1:
        return ""
    unit = (end - start) / room or 1.0
    first = min(int((span.started_at - start) / unit), room - 1)
    length = min(max(round(span.duration_s / unit), 1), room - first)
    return " " * first + sign * length
