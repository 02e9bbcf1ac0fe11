"""Traces of production: the spans of one trace, from one service or several, with what is known of the whole.

Which resource a span comes from stands among the attributes of the uppermost spans of that resource.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pytest_vtrack.model.scorer_spans import is_scorers, order
from pytest_vtrack.model.trace import Span, Trace, TraceStatus

RESOURCE = "otel.resource"
TAG = "vtrack.tag."
"""What a tag is called among the attributes of a root span."""

_VERSION = ("service.version",)
_ENVIRONMENT = ("deployment.environment.name", "deployment.environment")
_RESOURCE_TAGS: dict[str, tuple[str, ...]] = {
    "service": ("service.name",),
    "deployment_id": ("deployment.id",),
}
_ANYWHERE_TAGS: dict[str, tuple[str, ...]] = {
    "session": ("session.id", "gen_ai.conversation.id"),
    "user": ("user.id", "enduser.id"),
}


class Sourced(NamedTuple):
    """A span and the attributes of the resource that it comes from."""

    span: Span
    resource: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProductionTrace:
    """One trace as production recorded it; what its resource does not say is ``None``."""

    trace_id: str
    name: str
    version: str | None
    env: str | None
    trace: Trace


def assembled(trace_id: str, spans: Iterable[Sourced]) -> ProductionTrace:
    """Put the spans of one trace together, in whatever order and however often they came."""
    everything = sorted(_unique(spans), key=lambda each: (each.span.started_at, each.span.span_id))
    by_id = {each.span.span_id: each for each in everything}
    judging = sorted(filter(_is_scorers, everything), key=lambda each: order(each.span))
    unique = [each for each in everything if not _is_scorers(each)] or judging
    whole = unique if unique is judging else [*unique, *judging]
    tops = [each for each in unique if each.span.parent_id not in by_id] or unique[:1]
    root = min(tops, key=lambda each: (each.span.parent_id is not None, each.span.started_at))
    start = min(each.span.started_at for each in tops)
    end = max(each.span.started_at + each.span.duration_s for each in tops)
    status, error = _status(root, tops)
    parents = {id(each): by_id.get(each.span.parent_id or "") for each in whole if each is not root}
    trace = Trace(
        inputs=_nearest(root, unique, "inputs"),
        outputs=_nearest(root, unique, "outputs"),
        status=status,
        error=error,
        started_at=start,
        duration_s=root.span.duration_s if len(tops) == 1 else end - start,
        spans=tuple(_noted(each, parents.get(id(each))) for each in whole),
        tags=_tags(root, unique),
    )
    found = (_first(root.resource, _VERSION), _first(root.resource, _ENVIRONMENT))
    return ProductionTrace(trace_id, root.span.name, *found, trace)


def sourced(spans: Sequence[Span]) -> list[Sourced]:
    """Take apart what :func:`assembled` put together."""
    by_id = {span.span_id: span for span in spans}
    return [Sourced(_without_resource(span), resource_of(span, by_id)) for span in spans]


def resource_of(span: Span, by_id: Mapping[str, Span]) -> Mapping[str, Any]:
    """Return the attributes of the resource that a span comes from, empty where it is not known.

    :param by_id: all spans of the trace.
    """
    at: Span | None = span
    for _ in range(len(by_id) + 1):  # parents may go round in a circle
        if at is None:
            break
        if RESOURCE in at.attributes:
            found: Mapping[str, Any] = at.attributes[RESOURCE]
            return found
        at = by_id.get(at.parent_id or "")
    return {}


def _is_scorers(each: Sourced) -> bool:
    return is_scorers(each.span.attributes)


def _unique(spans: Iterable[Sourced]) -> Iterable[Sourced]:
    """Return each span once; of two under one id the more complete counts: the one that ended later."""
    found: dict[str, Sourced] = {}
    for each in spans:
        known = found.get(each.span.span_id)
        if known is None or _completeness(each) > _completeness(known):
            found[each.span.span_id] = each
    return found.values()


def _completeness(each: Sourced) -> tuple[float, int, str]:
    """Return by what the more complete of two is told, whatever the order in which they came."""
    span = each.span
    parts = [span.name, span.parent_id, span.error, dict(span.attributes), dict(each.resource)]
    text = json.dumps([*parts, span.inputs, span.outputs, len(span.events)], sort_keys=True)
    return span.started_at + span.duration_s, len(text), text


def _status(root: Sourced, tops: Sequence[Sourced]) -> tuple[TraceStatus, str | None]:
    failed = [each.span for each in (root, *tops) if each.span.status == "error"]
    return ("error", failed[0].error or _exception(failed[0])) if failed else ("ok", None)


def _exception(span: Span) -> str:
    """Return what a span says of its error, where its status has no message."""
    for event in span.events:
        if "exception.type" in event.attributes:
            parts = (event.attributes["exception.type"], event.attributes.get("exception.message"))
            return ": ".join(str(part) for part in parts if part)
    return f"{span.name or 'a span'} has the status error"


def _nearest(root: Sourced, spans: Sequence[Sourced], name: str) -> Any:
    """Return inputs or outputs of the root, else of the span nearest to it that has some.

    Of several equally near ones the first has the trace's inputs, the last its outputs.
    """
    depths = _depths(root, spans)
    having = [each.span for each in spans if getattr(each.span, name) is not None]
    if not having:
        return None
    least = min(depths[span.span_id] for span in having)
    nearest = [span for span in having if depths[span.span_id] == least]
    return getattr(nearest[0 if name == "inputs" else -1], name)


def _depths(root: Sourced, spans: Sequence[Sourced]) -> dict[str, int]:
    """Return how far below the root each span is; the root's siblings are as far as its children."""
    children: dict[str | None, list[str]] = {}
    known = {each.span.span_id for each in spans}
    for each in spans:
        parent = each.span.parent_id if each.span.parent_id in known else root.span.span_id
        children.setdefault(parent, []).append(each.span.span_id)
    depths = {root.span.span_id: 0}
    level = [root.span.span_id]
    while level:
        below = [each for parent in level for each in children.get(parent, ()) if each not in depths]
        depths |= dict.fromkeys(below, depths[level[0]] + 1)
        level = below
    return {each.span.span_id: depths.get(each.span.span_id, len(spans)) for each in spans}


def _noted(each: Sourced, parent: Sourced | None) -> Span:
    """Note where a span comes from, unless its parent says so."""
    if not each.resource or (parent is not None and parent.resource == each.resource):
        return each.span
    return replace(each.span, attributes={**each.span.attributes, RESOURCE: dict(each.resource)})


def _without_resource(span: Span) -> Span:
    if RESOURCE not in span.attributes:
        return span
    kept = {name: value for name, value in span.attributes.items() if name != RESOURCE}
    return replace(span, attributes=kept)


def _tags(root: Sourced, spans: Sequence[Sourced]) -> dict[str, str]:
    attributes = root.span.attributes
    tags = {name.removeprefix(TAG): str(attributes[name]) for name in attributes if name.startswith(TAG)}
    for tag, names in _RESOURCE_TAGS.items():
        if found := _first(root.resource, names):
            tags.setdefault(tag, found)
    for tag, names in _ANYWHERE_TAGS.items():
        places = [root.span.attributes, root.resource, *(each.span.attributes for each in spans)]
        if found := next(filter(None, (_first(place, names) for place in places)), None):
            tags.setdefault(tag, found)
    return tags


def _first(attributes: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((str(attributes[name]) for name in names if attributes.get(name) not in (None, "")), None)
