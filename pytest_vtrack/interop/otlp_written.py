"""What our spans have fields for and OTLP has not: kind, inputs and outputs, as attributes.

They are written under the names of OpenInference, which other programs know, and noted, so that reading
gives back the very span that was written.
"""

from __future__ import annotations

from typing import Any

from pytest_vtrack.interop.otlp_values import Malformed
from pytest_vtrack.model import payload
from pytest_vtrack.model.trace import SPAN_KINDS, Span
from pytest_vtrack.tracing.contents import JSON_TYPE
from pytest_vtrack.tracing.kinds import KIND

_ADDED, _THEIR_KIND = "vtrack.added", "openinference.span.kind"
_VALUES = {"inputs": ("input.value", "input.mime_type"), "outputs": ("output.value", "output.mime_type")}
_THEIR_KINDS = {"CHAT_MODEL": "LLM", "PARSER": "CHAIN"}


def added(span: Span) -> dict[str, Any]:
    """Return the attributes that stand for a span's kind, inputs and outputs, where it has none such."""
    new: dict[str, Any] = {}
    if span.kind != "UNKNOWN":
        new = {KIND: span.kind, _THEIR_KIND: _THEIR_KINDS.get(span.kind, span.kind)}
    for field, (name, form) in _VALUES.items():
        value = getattr(span, field)
        if value is not None and name not in span.attributes:
            new |= {name: payload.encode(value, field).text, form: JSON_TYPE}
    new = {name: value for name, value in new.items() if name not in span.attributes}
    return {**new, _ADDED: list(new)} if new else {}


def taken_back(attributes: dict[str, Any]) -> dict[str, Any]:
    """Remove what :func:`added` wrote from attributes, and return the fields that it stood for."""
    names = attributes.get(_ADDED)
    if not isinstance(names, list):
        return {}
    new = {name: attributes.pop(name) for name in map(str, names) if name in attributes}
    del attributes[_ADDED]
    found = {"kind": new[KIND]} if new.get(KIND) in SPAN_KINDS else {}
    for field, (name, form) in _VALUES.items():
        if name in new and new.get(form) == JSON_TYPE:
            found[field] = _decoded(name, new[name])
    return found


def _decoded(name: str, text: Any) -> Any:
    try:
        return payload.decode(text)
    except (TypeError, ValueError):
        raise Malformed("JSON, as another attribute says", text, f"attributes.{name}") from None
