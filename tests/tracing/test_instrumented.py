"""An application on the real `openai` client with off-the-shelf instrumentations, over real HTTP.

Each instrumentation patches the client of its whole process, so it gets one of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

APPLICATION = Path(__file__).with_name("instrumented_app.py")


class Provider(BaseHTTPRequestHandler):
    """Answers in OpenAI's protocol with the question in capitals; a token is a character."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = asked["messages"][-1]["content"]
        usage = {"prompt_tokens": len(question), "completion_tokens": 2, "total_tokens": len(question) + 2}
        base = {"id": "c1", "created": 1, "model": f"{asked['model']}-2026"}
        if asked.get("stream"):
            self._stream(base, question.upper(), usage)
            return
        message = {"role": "assistant", "content": question.upper()}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {**base, "object": "chat.completion", "choices": [choice], "usage": usage}
        self._send(json.dumps(body).encode(), "application/json")

    def _stream(self, base: dict, answer: str, usage: dict) -> None:
        choices = [[{"index": 0, "delta": {"role": "assistant", "content": part}}] for part in answer]
        choices.append([{"index": 0, "delta": {}, "finish_reason": "stop"}])
        chunks = [{**base, "object": "chat.completion.chunk", "choices": choice} for choice in choices]
        chunks.append({**base, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        self._send("".join([*lines, "data: [DONE]\n\n"]).encode(), "text/event-stream")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def provider_url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


MODULES = {
    "openai_v2": "opentelemetry.instrumentation.openai_v2",
    "openinference": "openinference.instrumentation.openai",
}


CONTENTS = {
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only",
}


@pytest.mark.parametrize("mode", ["sync", "stream", "async", "async_stream"])
@pytest.mark.parametrize("instrumentation", MODULES)
def test_each_trace_holds_exactly_its_own_calls(provider_url, instrumentation, mode):
    command = [sys.executable, str(APPLICATION), MODULES[instrumentation], mode, provider_url]
    done = subprocess.run(command, env=os.environ | CONTENTS, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    cases = json.loads(done.stdout)
    assert len(cases) == 20
    for question, case in cases.items():
        assert case["answer"] == question.upper() * 2
        assert case["kinds"] == ["CHAT_MODEL", "CHAT_MODEL"]
        assert question in case["text"]
        assert not [other for other in cases if other != question and other in case["text"]]
        assert case["tokens"] == [2 * len(question), 4, 2 * len(question) + 4]
        assert case["models"] == ["small-2026"]
        assert case["unfinished"] == 0
        if "stream" in mode and instrumentation == "openinference":
            assert 0 < case["first_token"] < 10
