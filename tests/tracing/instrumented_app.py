"""Runs 20 cases of an instrumented application at once and prints what was captured of each.

``python instrumented_app.py INSTRUMENTATION MODE URL``
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from pytest_vtrack.model.spans import encode
from pytest_vtrack.tracing.capture import Capture
from pytest_vtrack.tracing.first_token import time_to_first_token
from pytest_vtrack.tracing.usage import usage_of

MODEL = "small"


def sync(client, question):
    messages = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=MODEL, messages=messages).choices[0].message.content


def stream(client, question):
    chunks = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": question}],
        stream=True,
        stream_options={"include_usage": True},
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


async def async_(client, question):
    messages = [{"role": "user", "content": question}]
    return (await client.chat.completions.create(model=MODEL, messages=messages)).choices[0].message.content


async def async_stream(client, question):
    chunks = await client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": question}],
        stream=True,
        stream_options={"include_usage": True},
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])


def described(capture, answer):
    captured = capture.close(time.time())
    used = usage_of(captured.spans)
    return {
        "answer": answer,
        "kinds": [span.kind for span in captured.spans],
        "text": encode(captured.spans).text,
        "tokens": [used.input_tokens, used.output_tokens, used.tokens],
        "models": used.models,
        "first_token": time_to_first_token(captured.spans),
        "unfinished": sum("vtrack.unfinished" in span.attributes for span in captured.spans),
    }


def in_threads(ask, url, questions):
    from openai import OpenAI

    def case(question):
        capture = Capture()
        with capture.running(), OpenAI(base_url=url, api_key="none") as client:
            answer = ask(client, question) + ask(client, question)
        return described(capture, answer)

    with ThreadPoolExecutor(10) as pool:
        return dict(zip(questions, pool.map(case, questions), strict=True))


async def in_tasks(ask, url, questions):
    from openai import AsyncOpenAI

    async def case(client, question):
        capture = Capture()
        with capture.running():
            answers = await asyncio.gather(ask(client, question), ask(client, question))
        return described(capture, "".join(answers))

    async with AsyncOpenAI(base_url=url, api_key="none") as client:
        found = await asyncio.gather(*(case(client, question) for question in questions))
    return dict(zip(questions, found, strict=True))


def main(module, mode, url):
    importlib.import_module(module).OpenAIInstrumentor().instrument()
    questions = [f"question {number:02}" for number in range(20)]
    if mode.startswith("async"):
        ask = async_ if mode == "async" else async_stream
        return asyncio.run(in_tasks(ask, url, questions))
    return in_threads(sync if mode == "sync" else stream, url, questions)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
