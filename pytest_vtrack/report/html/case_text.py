"""One case as JSON: what went in, what came out, and what was said of it, on both sides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_vtrack.model.assessment import Assessment, Kind
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.model.scorer_spans import application_text
from pytest_vtrack.report import numbers
from pytest_vtrack.report.html.material import CasePair
from pytest_vtrack.report.html.value_text import value_text

MOST_CHARACTERS = 100_000
"""Of one text; a page is for reading, and the store keeps the whole."""
_MOST_SPAN_TEXT = 200_000
BULKY = ("inputs", "outputs", "attributes", "events")
"""What went in and out of a step, and what it said of itself."""

dumps = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode
"""ASCII, because outputs may hold half characters that no file encoding takes."""

Fields = list[list[str]]
"""Names and texts; one text without a name where a value has no parts."""


def case_json(pair: CasePair, metrics: Mapping[str, Kind | None], inputs: Fields) -> str:
    """Return a case as JSON text.

    Keys: ``i`` inputs, ``e`` expectations, ``n`` node id, ``b`` and ``c`` the trials of both sides, ``p`` the
    spans of each trial on both sides, where there are any. For the case as a line of a dataset: ``j`` which
    inputs and expectations are JSON and no texts, ``f`` the flags among its tags, ``l`` 0 where one is cut.

    :param metrics: the metrics in the order in which their values are written, and their kinds.
    :param inputs: the newest inputs, as :func:`fields` returns them.
    """
    newest = pair.newest
    text = dumps(
        {
            "i": inputs,
            "e": fields(newest.expectations),
            "n": newest.nodeid,
            **_before(pair),
            **_as_line(newest),
            "b": [_trial(one, metrics) for one in pair.baseline],
            "c": [_trial(one, metrics) for one in pair.current],
        }
    )
    sides = [[application_text(trial.spans) for trial in side] for side in (pair.baseline, pair.current)]
    if not any(spans for side in sides for spans in side):
        return text
    old, new = (",".join(map(_spans, side)) for side in sides)
    return f'{text[:-1]},"p":[[{old}],[{new}]]}}'


def fields(text: str | None) -> Fields:
    """Return JSON text as a reader wants it: the parts of an object, and texts without quotes."""
    if text is None:
        return []
    if text.startswith('"') and "\\" not in text:
        return [["", _cut(text[1:-1])]]  # most outputs are plain text, and there are many
    value = json.loads(text)
    if isinstance(value, dict) and value:
        return [[name, _shown(part)] for name, part in value.items()]
    return [["", _shown(value)]] if value != {} else []


def lean_spans(text: str) -> str:
    """Return spans as JSON text without what went in and out of each step."""
    return dumps(
        [{name: part for name, part in span.items() if name not in BULKY} for span in json.loads(text)]
    )


def _before(pair: CasePair) -> dict[str, Fields]:
    """Return what an edited case was before."""
    if pair.status != "edited" or not (pair.baseline and pair.current):
        return {}
    old = pair.baseline[-1]
    return {"bi": fields(old.inputs), "be": fields(old.expectations)}


def _as_line(newest: CaseResult) -> dict[str, Any]:
    """Return what a line of a dataset needs besides the texts that a reader sees."""
    told: dict[str, Any] = {}
    texts = (newest.inputs, newest.expectations)
    if max(map(len, texts)) > MOST_CHARACTERS:
        told["l"] = 0
    if any(names := [_no_texts(text) for text in texts]):
        told["j"] = names
    if newest.key.flags:
        told["f"] = list(json.loads(newest.key.flags))
    return told


def _no_texts(text: str) -> list[str]:
    """Return the names of an object's values that are no texts; an empty name for a value without parts."""
    value = json.loads(text)
    parts = value if isinstance(value, dict) else {"": value}
    return [name for name, part in parts.items() if not isinstance(part, str)]


def _trial(trial: CaseResult, metrics: Mapping[str, Kind | None]) -> dict[str, Any]:
    judged = {one.metric.name: one for one in trial.assessments}
    plain: dict[str, Any] = {
        "o": fields(trial.outputs),
        "v": [_judgement(judged.get(name), kind) for name, kind in metrics.items()],
        "d": numbers.duration(trial.duration_s),
        "t": trial.trial + 1,
    }
    told = {"x": trial.error, "w": list(trial.warnings), "h": trial.trace_id, "r": trial.attempt}
    plain.update({name: part for name, part in told.items() if part})
    if trial.outcome not in ("passed", "failed"):
        plain["oc"] = trial.outcome
    return plain


def _spans(text: str | None) -> str:
    """Return the spans of a trial as they are stored: they are JSON text already."""
    spans = text or "[]"
    return spans if len(spans) <= _MOST_SPAN_TEXT else lean_spans(spans)


def _judgement(one: Assessment | None, kind: Kind | None) -> list[Any] | int:
    """Return value, reason, error and source as far as there are; 0 for a metric that did not judge."""
    if one is None:
        return 0
    missing = "error" if one.error else "no value"
    value = missing if one.value is None else value_text(one.value, 1, kind)
    if not (one.rationale or one.error or one.source != "code"):
        return [value]
    told = [
        value,
        _cut(one.rationale or ""),
        _cut(one.error or ""),
        "" if one.source == "code" else one.source,
    ]
    while not told[-1]:
        told.pop()
    return told


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return _cut(value)
    return _cut(json.dumps(value, ensure_ascii=False, indent=2 if _is_nested(value) else None))


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list) and any(isinstance(part, dict | list) for part in _parts(value))


def _parts(value: Mapping[str, Any] | Sequence[Any]) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, Mapping) else value


def _cut(text: str) -> str:
    more = len(text) - MOST_CHARACTERS
    if more <= 0:
        return text
    return f"{text[:MOST_CHARACTERS]}\n… {numbers.count(more)} more characters are in the store"
