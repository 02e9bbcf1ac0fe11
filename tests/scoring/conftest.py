from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pytest_vtrack.scoring.protocol import as_scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers

USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


@dataclass
class Endpoint:
    """A server that speaks the protocol of chat completions, or does not, as told."""

    url: str
    usual: Callable[..., None]
    script: list[Callable[..., None]] = field(default_factory=list)
    """What to do with the first requests; then ``usual``."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    done: threading.Event = field(default_factory=threading.Event)

    def received(self, handler: Any, asked: dict[str, Any]) -> Callable[..., None]:
        """Note a request, and return what to do with it."""
        with self.lock:
            handler.number = len(self.requests)
            self.requests.append(asked)
            self.keys.append(handler.headers["Authorization"])
            self.times.append(time.monotonic())
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            return self.script.pop(0) if self.script else self.usual

    def shown(self, number: int = -1) -> str:
        """What the model was shown of the case."""
        return self.requests[number]["messages"][-1]["content"]


class Does:
    """What the server may do with a request."""

    @staticmethod
    def reply(content, **more):
        message = {"role": "assistant", "content": content, **more.pop("message", {})}
        choice = {"index": 0, "finish_reason": more.pop("finish_reason", "stop"), "message": message}
        body = {
            "id": "c1",
            "object": "chat.completion",
            "created": 1,
            "model": more.pop("model", "served-1"),
            "choices": [choice],
            "usage": USAGE,
            **more,
        }
        return Does.send(200, json.dumps(body))

    @staticmethod
    def answer(answer, rationale="because", **more):
        return Does.reply(json.dumps({"rationale": rationale, "answer": answer}), **more)

    @staticmethod
    def error(status, message="no", code=None, **headers):
        body = json.dumps({"error": {"message": message, "type": "error", "code": code}})
        return Does.send(status, body, **headers)

    @staticmethod
    def send(status, body, type="application/json", **headers):
        def act(handler, endpoint):
            data = body.encode()
            handler.send_response(status)
            handler.send_header("Content-Type", type)
            handler.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), str(value))
            handler.end_headers()
            handler.wfile.write(data)

        return act

    @staticmethod
    def close(handler, endpoint):
        """Hang up without a word."""
        handler.close_connection = True
        handler.connection.close()

    @staticmethod
    def truncate(handler, endpoint):
        """Promise more than is sent."""
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"id": "c1", "choices": [')
        handler.close_connection = True

    @staticmethod
    def hang(handler, endpoint):
        """Say nothing until the test is over."""
        endpoint.done.wait(10)
        handler.close_connection = True

    @staticmethod
    def by(decide):
        """Answer by what is asked: a function of the request."""

        def act(handler, endpoint):
            Does.answer(decide(endpoint.requests[handler.number]))(handler, endpoint)

        return act


@pytest.fixture
def does() -> type[Does]:
    return Does


@pytest.fixture(scope="session")
def _server() -> Iterator[Any]:
    """One server, as a client for each address is slow to make; ``state`` is the endpoint of the test."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            endpoint = self.server.state
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            act = endpoint.received(self, asked)
            try:
                act(self, endpoint)
            finally:
                with endpoint.lock:
                    endpoint.under_way -= 1

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def endpoint(_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An endpoint on this machine that answers yes, without waiting between attempts."""
    from pytest_vtrack.scoring.judging import asking

    monkeypatch.setattr(asking, "LONGEST_WAIT_S", 0.001)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    endpoint = _server.state = Endpoint(f"http://127.0.0.1:{_server.server_port}/v1", Does.answer("yes"))
    yield endpoint
    endpoint.done.set()


@pytest.fixture
def scored() -> Callable[..., Any]:
    """Score one case as a session does, with one event loop."""

    def scored(scorer: object, **context: Any) -> Any:
        with asyncio.Runner() as runner:
            given = {"inputs": {"question": "2+2?"}, "outputs": "4", **context}
            found = run_scorers([as_scorer(scorer, where="test")], ScoringContext(**given), await_=runner.run)
        return found[0]

    return scored


@pytest.fixture
def mark() -> Callable[[str], str]:
    """Find the mark that closes data in what a model was shown."""
    return lambda shown: re.search(r"</\w+-([0-9a-f]{16})>", shown)[1]
