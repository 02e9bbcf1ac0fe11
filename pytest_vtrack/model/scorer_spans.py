"""Spans of scorers, such as a judge's requests: stored beside the application's, no part of its trace.

They differ by one attribute, which every one of them has. Nothing else tells them apart: an application may
have steps of the same kinds and names.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_vtrack.model import payload
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
    kept = [plain for plain in json.loads(text) if not _is_scorers(plain)]
    return payload.encode(kept, "spans").text if kept else None


def judged_again(text: str | None, metrics: Collection[str], new: str | None) -> str | None:
    """Return the JSON text of stored spans in which new ones take the place of those of some metrics.

    :param new: the JSON text of scorers' spans.
    """
    if new is None and (text is None or SCORER not in text):
        return text
    stored = json.loads(text) if text else []
    kept = [plain for plain in stored if _is_scorers(plain) and plain["attributes"][SCORER] not in metrics]
    kept += json.loads(new) if new else []
    kept.sort(key=_order)
    whole = [*(plain for plain in stored if not _is_scorers(plain)), *kept]
    return payload.encode(whole, "spans").text if whole else None


def _order(plain: Mapping[str, Any]) -> tuple[float, bool, str]:
    return plain.get("started_at", 0.0), "parent_id" in plain, plain.get("span_id", "")


def _is_scorers(plain: Mapping[str, Any]) -> bool:
    return is_scorers(plain.get("attributes", {}))
