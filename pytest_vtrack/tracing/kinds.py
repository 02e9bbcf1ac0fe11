"""What kind of step a span is, by the conventions of those who write spans.

Read are, in this order: our own attributes, MLflow, OpenInference, OpenTelemetry's semantic conventions for
generative AI, OpenLLMetry, LangSmith.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_vtrack.model.trace import SPAN_KINDS

KIND = "vtrack.span.kind"
"""The attribute by which our own spans say their kind."""

_SAME = {kind.lower(): kind for kind in SPAN_KINDS}

_NAMES: dict[str, dict[str, str]] = {
    KIND: _SAME,
    "mlflow.spanType": {**_SAME, "llm": "CHAT_MODEL", "workflow": "CHAIN", "task": "CHAIN"},
    "openinference.span.kind": {**_SAME, "llm": "CHAT_MODEL"},
    "gen_ai.operation.name": {
        "chat": "CHAT_MODEL",
        "text_completion": "CHAT_MODEL",
        "generate_content": "CHAT_MODEL",
        "embeddings": "EMBEDDING",
        "retrieval": "RETRIEVER",
        "execute_tool": "TOOL",
        "create_agent": "AGENT",
        "invoke_agent": "AGENT",
        "invoke_workflow": "CHAIN",
    },
    "traceloop.span.kind": {"workflow": "CHAIN", "task": "CHAIN", "agent": "AGENT", "tool": "TOOL"},
    "llm.request.type": {
        "chat": "CHAT_MODEL",
        "completion": "CHAT_MODEL",
        "embedding": "EMBEDDING",
        "rerank": "RERANKER",
    },
    "langsmith.span.kind": {**_SAME, "llm": "CHAT_MODEL"},
}


def kind_of(attributes: Mapping[str, Any]) -> str:
    """Return one of ``SPAN_KINDS``; ``UNKNOWN`` where no convention says one that we know."""
    for attribute, names in _NAMES.items():
        said = attributes.get(attribute)
        kind = names.get(said.strip('"').lower()) if isinstance(said, str) else None
        if kind is not None and kind != "UNKNOWN":
            return kind
    return "UNKNOWN"
