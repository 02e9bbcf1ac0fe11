"""What went into a span and what came out of it, by the conventions of those who write spans."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_vtrack.model.trace import SpanEvent

INPUTS, OUTPUTS = "input.value", "output.value"
"""OpenInference's names, which our own spans use too."""
JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain"
MIME_TYPES = {INPUTS: "input.mime_type", OUTPUTS: "output.mime_type"}

_INPUTS = (
    "mlflow.spanInputs",
    INPUTS,
    "traceloop.entity.input",
    "gen_ai.input.messages",
    "gen_ai.tool.call.arguments",
    "gen_ai.retrieval.query.text",
    "gen_ai.prompt",
    "reranker.query",
)
_OUTPUTS = (
    "mlflow.spanOutputs",
    OUTPUTS,
    "traceloop.entity.output",
    "gen_ai.output.messages",
    "gen_ai.tool.call.result",
    "gen_ai.retrieval.documents",
    "gen_ai.completion",
)
# Lists that are flattened into attributes: ``llm.input_messages.0.message.role``.
_FLAT_INPUTS = ("llm.input_messages.", "gen_ai.prompt.", "reranker.input_documents.")
_FLAT_OUTPUTS = (
    "llm.output_messages.",
    "gen_ai.completion.",
    "retrieval.documents.",
    "reranker.output_documents.",
)
_NUMBERED = re.compile(r"(\d+)\.?(.*)")
_ENTITY = re.compile(r"^(?:message|document)\.")


def take_inputs(attributes: dict[str, Any], events: Iterable[SpanEvent] = ()) -> Any:
    """Return the inputs, ``None`` without any, and remove what said them from ``attributes``."""
    return _taken(attributes, events, _INPUTS, _FLAT_INPUTS)


def take_outputs(attributes: dict[str, Any], events: Iterable[SpanEvent] = ()) -> Any:
    """Return the outputs, ``None`` without any, and remove what said them from ``attributes``."""
    return _taken(attributes, events, _OUTPUTS, _FLAT_OUTPUTS)


def _taken(
    attributes: dict[str, Any], events: Iterable[SpanEvent], names: Iterable[str], flat: Iterable[str]
) -> Any:
    for name in names:
        if name in attributes:
            said = attributes.pop(MIME_TYPES.get(name, ""), None)
            value = attributes.pop(name)
            return value if said == TEXT_TYPE else _parsed(value, said == JSON_TYPE or "mlflow" in name)
    for prefix in flat:
        found = [name for name in attributes if name.startswith(prefix)]
        if found:
            return _items({name.removeprefix(prefix): attributes.pop(name) for name in found})
    for event in events:
        for name in names:
            if name in event.attributes:
                return _parsed(event.attributes[name], False)
    return None


def _parsed(value: Any, is_json: bool) -> Any:
    """Return what JSON text says; other text is itself, also where it could be read as a number."""
    if not isinstance(value, str) or not (is_json or value.startswith(("{", "["))):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _items(flat: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return ``{"0.message.role": "user"}`` as ``[{"role": "user"}]``."""
    items: dict[int, dict[str, Any]] = {}
    for name, value in flat.items():
        numbered = _NUMBERED.fullmatch(name)
        number, rest = (int(numbered[1]), numbered[2]) if numbered else (0, name)
        items.setdefault(number, {})[_ENTITY.sub("", rest)] = value
    return [items[number] for number in sorted(items)]
