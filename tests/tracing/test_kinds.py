from __future__ import annotations

import json

import pytest

from pytest_vtrack.model.trace import SPAN_KINDS, SpanEvent
from pytest_vtrack.tracing.contents import take_inputs, take_outputs
from pytest_vtrack.tracing.kinds import kind_of

KINDS = [
    ({}, "UNKNOWN"),
    ({"vtrack.span.kind": "TOOL"}, "TOOL"),
    ({"openinference.span.kind": "LLM"}, "CHAT_MODEL"),
    ({"openinference.span.kind": "EMBEDDING"}, "EMBEDDING"),
    ({"openinference.span.kind": "RERANKER"}, "RERANKER"),
    ({"openinference.span.kind": "GUARDRAIL"}, "UNKNOWN"),
    ({"gen_ai.operation.name": "chat"}, "CHAT_MODEL"),
    ({"gen_ai.operation.name": "generate_content"}, "CHAT_MODEL"),
    ({"gen_ai.operation.name": "embeddings"}, "EMBEDDING"),
    ({"gen_ai.operation.name": "retrieval"}, "RETRIEVER"),
    ({"gen_ai.operation.name": "execute_tool"}, "TOOL"),
    ({"gen_ai.operation.name": "invoke_agent"}, "AGENT"),
    ({"gen_ai.operation.name": "invoke_workflow"}, "CHAIN"),
    ({"gen_ai.operation.name": "something new"}, "UNKNOWN"),
    ({"traceloop.span.kind": "workflow"}, "CHAIN"),
    ({"traceloop.span.kind": "agent"}, "AGENT"),
    ({"traceloop.span.kind": "tool"}, "TOOL"),
    ({"llm.request.type": "chat"}, "CHAT_MODEL"),
    ({"llm.request.type": "rerank"}, "RERANKER"),
    ({"mlflow.spanType": '"LLM"'}, "CHAT_MODEL"),
    ({"mlflow.spanType": '"PARSER"'}, "PARSER"),
    ({"mlflow.spanType": '"MY OWN"'}, "UNKNOWN"),
    ({"langsmith.span.kind": "llm"}, "CHAT_MODEL"),
    ({"langsmith.span.kind": "retriever"}, "RETRIEVER"),
    ({"mlflow.spanType": '"UNKNOWN"', "gen_ai.operation.name": "chat"}, "CHAT_MODEL"),
    ({"openinference.span.kind": "CHAIN", "gen_ai.operation.name": "chat"}, "CHAIN"),
    ({"openinference.span.kind": 7}, "UNKNOWN"),
]


@pytest.mark.parametrize(("attributes", "kind"), KINDS, ids=[str(attributes) for attributes, _ in KINDS])
def test_kind_is_read_from_the_conventions(attributes, kind):
    assert kind_of(attributes) == kind
    assert kind in SPAN_KINDS


QUESTION = [{"role": "user", "content": "Hi"}]
CONTENTS = {
    "nothing": ({"other": 1}, None, None),
    "openinference json": (
        {
            "input.value": '{"q": 1}',
            "input.mime_type": "application/json",
            "output.value": "7",
            "output.mime_type": "application/json",
        },
        {"q": 1},
        7,
    ),
    "openinference text": (
        {"input.value": "{not json", "output.value": '{"a": 1}', "output.mime_type": "text/plain"},
        "{not json",
        '{"a": 1}',
    ),
    "number as text": ({"input.value": "42", "output.value": "true"}, "42", "true"),
    "mlflow": ({"mlflow.spanInputs": '{"x": 1}', "mlflow.spanOutputs": '"text"'}, {"x": 1}, "text"),
    "openllmetry": (
        {"traceloop.entity.input": '{"args": [1]}', "traceloop.entity.output": "[2]"},
        {"args": [1]},
        [2],
    ),
    "semantic conventions": (
        {"gen_ai.input.messages": json.dumps(QUESTION), "gen_ai.output.messages": "[]"},
        QUESTION,
        [],
    ),
    "structured messages": ({"gen_ai.input.messages": (("role", "user"),)}, (("role", "user"),), None),
    "tool": (
        {"gen_ai.tool.call.arguments": '{"city": "Rome"}', "gen_ai.tool.call.result": "sunny"},
        {"city": "Rome"},
        "sunny",
    ),
    "flattened messages": (
        {
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.content": "Hi",
            "llm.output_messages.10.message.content": "later",
            "llm.output_messages.2.message.content": "first",
        },
        QUESTION,
        [{"content": "first"}, {"content": "later"}],
    ),
    "openllmetry messages": (
        {
            "gen_ai.prompt.0.role": "user",
            "gen_ai.prompt.0.content": "Hi",
            "gen_ai.completion.0.content": "Ho",
        },
        QUESTION,
        [{"content": "Ho"}],
    ),
    "documents": (
        {"retrieval.documents.0.document.content": "A", "retrieval.documents.0.document.score": 0.5},
        None,
        [{"content": "A", "score": 0.5}],
    ),
}


@pytest.mark.parametrize(("attributes", "inputs", "outputs"), CONTENTS.values(), ids=CONTENTS)
def test_contents_are_read_from_the_conventions_and_said_once(attributes, inputs, outputs):
    left = {"kept": 1, **attributes}
    assert (take_inputs(left), take_outputs(left)) == (inputs, outputs)
    assert left == {"kept": 1, **({"other": 1} if "other" in attributes else {})}


def test_contents_are_read_from_events_where_attributes_have_none():
    events = (SpanEvent("gen_ai.content.prompt", attributes={"gen_ai.prompt": '["Hi"]'}),)
    assert take_inputs({}, events) == ["Hi"]
    assert take_outputs({}, events) is None
