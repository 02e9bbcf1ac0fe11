"""Spans as they are stored: one compressed text a trace, its large contents once per content.

What was cut out of the text is named beside it by its place, so nothing that users write can be taken
for such a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pytest_vtrack.model import payload
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.model.scorer_spans import SCORER, is_scorers
from pytest_vtrack.model.span_lines import bounds, in_lines, joined
from pytest_vtrack.store import schema
from pytest_vtrack.store.interning import Steps, payload_ids, stepset_ids
from pytest_vtrack.store.packing import packed, unpacked
from pytest_vtrack.store.statements import LookUp, Row
from pytest_vtrack.store.texts import storable

LARGE = 4096
"""Contents of spans with more characters than this, without what only separates them, are cut out.

Smaller ones take less time to store, and little more room, when they are compressed with the rest of their
trace: that finds texts that several spans repeat.
"""

_CONTENTS = ("inputs", "outputs")
_START = re.compile(r'\{"name":"([^"\\]*)","kind":"([^"\\]*)"[,}]')
"""How nearly all spans begin: these need not be read to know what step they are."""
_SCORERS = f'"{SCORER}":'
_Place = tuple[Any, ...]
"""Number of the span, name of the field, and of an attribute also its name."""

_PAYLOADS = LookUp(
    sa.select(schema.payload.c.id, schema.payload.c.compressed, schema.payload.c.body), by=schema.payload.c.id
)


@dataclass(frozen=True, slots=True)
class StoredSpans:
    """The spans of one result, as the tables have them."""

    stepset_id: int
    row: Row
    """Trace id, whether compressed, body."""
    payloads: tuple[int, ...]


@dataclass(slots=True)
class _Cut:
    """The spans of one result with its large contents cut out."""

    text: str
    steps: Steps
    large: dict[_Place, str]


def stored_spans(connection: sa.Connection, results: Sequence[CaseResult]) -> dict[int, StoredSpans]:
    """Return how spans are stored, by the identity of their result, adding what they share."""
    having = [result for result in results if result.spans is not None or result.trace_id]
    if not having:
        return {}
    cuts = [_cut(result.spans) for result in having]
    stepsets = stepset_ids(connection, {cut.steps for cut in cuts})
    payloads = payload_ids(connection, {text for cut in cuts for text in cut.large.values()})
    return {
        id(result): StoredSpans(
            stepsets[cut.steps],
            (storable(result.trace_id), *_body(result.spans, cut, payloads)),
            tuple({payloads[text] for text in cut.large.values()}),
        )
        for result, cut in zip(having, cuts, strict=True)
    }


def restored(connection: sa.Connection, compressed: int, body: bytes | None) -> str | None:
    """Return the text that was stored."""
    if body is None:
        return None
    text = unpacked(compressed, body)
    if text.startswith("["):
        return text
    whole = json.loads(text)
    spans, places = whole["spans"], whole["payloads"]
    numbers = sorted({number for number, *_ in places})
    found = {row[0]: unpacked(*row[1:]) for row in _PAYLOADS.rows(connection, numbers)}
    for number, *place in places:
        _put(spans, place, json.loads(found[number]))
    return joined(map(_text, spans))


def _cut(text: str | None) -> _Cut:
    if text is None:
        return _Cut("", (), {})
    text = in_lines(text)
    places = list(bounds(text))
    steps = _steps(text, places)
    if all(end - start <= LARGE for start, end in places):
        return _Cut(text, steps, {})
    return _without_large([text[start:end] for start, end in places], steps)


def _steps(text: str, places: Iterable[tuple[int, int]]) -> Steps:
    """Return the steps of the application's spans, which stand at these places of a text."""
    judged = _SCORERS in text
    steps = set()
    for start, end in places:
        told = None if judged else _START.match(text, start)
        if told is not None:
            steps.add(told.group(2, 1))
        elif not is_scorers((span := json.loads(text[start:end])).get("attributes", {})):
            steps.add((str(span.get("kind", "UNKNOWN")), str(span["name"])))
    return tuple(sorted({(kind, storable(name)) for kind, name in steps}))


def _without_large(each: list[str], steps: Steps) -> _Cut:
    """Cut the large contents out of the texts of spans."""
    large: dict[_Place, str] = {}
    for number, line in enumerate(each):
        if len(line) <= LARGE:
            continue
        span = json.loads(line)
        if found := dict(_large(span)):
            for place in found:
                _put(span, place, None)
            each[number] = _text(span)
            large.update({(number, *place): content for place, content in found.items()})
    return _Cut(joined(each), steps, large)


def _large(span: Mapping[str, Any]) -> Iterator[tuple[_Place, str]]:
    """Yield the places of large contents in a span, and their JSON text."""
    fields: list[tuple[_Place, Any]] = [((name,), span[name]) for name in _CONTENTS if name in span]
    fields += [(("attributes", name), value) for name, value in span.get("attributes", {}).items()]
    for place, value in fields:
        if _is_large(value):
            yield place, _text(value)


def _text(value: Any) -> str:
    """Write down what was read from JSON text."""
    return payload.encode(value, "span").text


def _is_large(content: Any) -> bool:
    """Tell whether a content has many characters, without writing it down."""
    size, left = 0, [content]
    while left and size <= LARGE:
        item = left.pop()
        if isinstance(item, str):
            size += len(item)
        elif isinstance(item, dict):
            size += sum(map(len, item))
            left += item.values()
        elif isinstance(item, list):
            left += item
        else:
            size += len(str(item))
    return size > LARGE


def _put(into: Any, place: Sequence[Any], value: Any) -> None:
    *names, last = place
    for name in names:
        into = into[name]
    into[last] = value


def _body(text: str | None, cut: _Cut, payloads: Mapping[str, int]) -> tuple[int, bytes | None]:
    if text is None:
        return 0, None
    if cut.large:
        places = [[payloads[content], *place] for place, content in cut.large.items()]
        text = f'{{"spans":{cut.text},"payloads":{_text(places)}}}'
    return packed(text)
