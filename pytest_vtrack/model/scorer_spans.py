"""Spans of scorers, such as a judge's requests: stored beside the application's, no part of its trace.

They differ by one attribute, which every one of them has. Nothing else tells them apart: an application may
have steps of the same kinds and names.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_vtrack.model.span_lines import joined, lines
from pytest_vtrack.model.trace import Span

SCORER = "vtrack.scorer"
"""The attribute; its value is the name of the metric."""


def of_metric(spans: Iterable[Span], metric: str) -> tuple[Span, ...]:
    """Return what a scorer did as the spans of its metric."""
    return tuple(replace(span, attributes={**span.attributes, SCORER: metric}) for span in spans)


def is_scorers(attributes: Mapping[str, Any]) -> bool:
    """Tell by its attributes whether a span is a scorer's."""
    return SCORER in attributes


def application_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans that are the application's, in their order."""
    return tuple(span for span in spans if not is_scorers(span.attributes))


def scorer_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans that are scorers', in the order in which they started."""
    return tuple(sorted((span for span in spans if is_scorers(span.attributes)), key=order))


def order(span: Span) -> tuple[float, bool, str]:
    """Return by what the spans of scorers are sorted: a span that starts with its parent comes after it."""
    return span.started_at, span.parent_id is not None, span.span_id


def application_text(text: str | None) -> str | None:
    """Return the JSON text of stored spans without those of scorers; ``None`` where no others are left."""
    if text is None or SCORER not in text:
        return text
    kept = [line for line in lines(text) if _metric(line) is None]
    return joined(kept) if kept else None


def judged_again(text: str | None, metrics: Collection[str], new: str | None) -> str | None:
    """Return the JSON text of stored spans in which new ones take the place of those of some metrics.

    :param new: the JSON text of scorers' spans.
    """
    if new is None and (text is None or SCORER not in text):
        return text
    stored = [(_metric(line), line) for line in lines(text)] if text else []
    kept = [line for metric, line in stored if metric is not None and metric not in metrics]
    kept = sorted([*kept, *(lines(new) if new else ())], key=_order)
    whole = [*(line for metric, line in stored if metric is None), *kept]
    return joined(whole) if whole else None


def _metric(line: str) -> str | None:
    """Return whose the span on a line is, ``None`` for the application's."""
    if SCORER not in line:
        return None
    attributes = json.loads(line).get("attributes", {})
    return str(attributes[SCORER]) if is_scorers(attributes) else None


def _order(line: str) -> tuple[float, bool, str]:
    plain = json.loads(line)
    return plain.get("started_at", 0.0), "parent_id" in plain, plain.get("span_id", "")
