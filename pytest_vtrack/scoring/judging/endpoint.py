"""An OpenAI-compatible endpoint: one request, with whatever kind of structured output it can do."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model import payload
from pytest_vtrack.scoring.configured import require
from pytest_vtrack.scoring.judging.instructions import Message
from pytest_vtrack.scoring.judging.replies import BadReply, shortened
from pytest_vtrack.scoring.judging.requests import Reply, Request

Format = Literal["json_schema", "json_object", "text"]
_FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "text")
_KEYLESS = ("localhost", "127.0.0.1", "::1")
_OTHER_REASONS = ("context_length_exceeded", "model_not_found", "content_filter", "content_policy_violation")
"""Why endpoints refuse a request whatever its response format."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent."""

    model: str
    messages: list[Message]
    schema: Mapping[str, Any]
    """Of the answer."""
    options: Mapping[str, Any]

    def response_format(self, format: Format) -> dict[str, Any]:
        """Return the parameter that asks for JSON."""
        if format == "text":
            return {}
        if format == "json_object":
            return {"response_format": {"type": "json_object"}}
        reply = {
            "type": "object",
            "properties": {"rationale": {"type": "string"}, "answer": self.schema},
            "required": ["rationale", "answer"],
            "additionalProperties": False,
        }
        named = {"name": "judgement", "strict": True, "schema": reply}
        return {"response_format": {"type": "json_schema", "json_schema": named}}


@dataclass(slots=True)
class Endpoint:
    """Where a judge's model is served."""

    base_url: str | None = field(repr=False)
    api_key: str = field(repr=False)
    timeout: float
    _format: int = 0
    _proven: bool = False

    @property
    def place(self) -> str:
        """Where it is, without user, password and query."""
        parts = urlsplit(self.base_url or "https://api.openai.com/v1")
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"

    def ask(self, question: Question, sent: list[Request]) -> Reply:
        """Send a question once.

        An endpoint that refuses the response format is asked with a simpler one, from then on.

        :param sent: takes what was sent, also where an error is raised.
        :raises BadReply: what came back is no chat completion with an answer.
        :raises openai.OpenAIError: nothing came back, or an error.
        """
        import openai

        while True:
            step = self._format
            try:
                reply = self._noted(question, _FORMATS[step], sent)
            except openai.APIStatusError as error:
                if not self._may_be_the_format(error) or step + 1 == len(_FORMATS):
                    raise
                self._format = max(self._format, step + 1)
            else:
                self._proven = True
                return reply

    def _may_be_the_format(self, error: Any) -> bool:
        refused = error.status_code in (400, 404, 415, 422, 501) and error.code not in _OTHER_REASONS
        return refused and (not self._proven or "format" in str(error) or "schema" in str(error))

    def _noted(self, question: Question, format: Format, sent: list[Request]) -> Reply:
        request, start = Request(time.time()), time.perf_counter()
        sent.append(request)
        try:
            request.reply = reply = self._send(question, format)
        except Exception as error:
            request.error = error
            raise
        finally:
            request.duration_s = time.perf_counter() - start
        return reply

    def _send(self, question: Question, format: Format) -> Reply:
        try:
            client = _connected(self.base_url, self.api_key, self.timeout)
            completion = client.chat.completions.create(
                model=question.model,
                messages=question.messages,
                extra_body=dict(question.options),
                **question.response_format(format),
            )
        except ValueError as error:  # a body that is no JSON
            raise BadReply(f"the endpoint's answer is no JSON: {error}") from None
        return _reply(completion)


_connecting = threading.Lock()


def _connected(base_url: str | None, api_key: str, timeout: float) -> Any:
    """Return the client of an endpoint: one for all judges, as it keeps connections and is slow to make."""
    with _connecting:  # a cache alone would let threads make several
        return _client(base_url, api_key, timeout)


@lru_cache(maxsize=16)
def _client(base_url: str | None, api_key: str, timeout: float) -> Any:
    from openai import OpenAI  # takes a second

    # Tried again is where every attempt is counted.
    return OpenAI(base_url=base_url, api_key=api_key, timeout=timeout, max_retries=0)


def endpoint_of(base_url: object, api_key: object, timeout: object, where: str) -> Endpoint:
    """Return an endpoint that can be asked, from the arguments or the environment.

    :raises ScorerError: the openai client is not installed, there is no key, or the address is none.
    """
    for package in ("openai", "tenacity"):
        require(package, kind=where, package=package, extra="judge")
    url = base_url or os.environ.get("OPENAI_BASE_URL") or None
    if url is not None and not (isinstance(url, str) and _is_address(url)):
        raise ScorerError(f"{where}: base_url={_safe(url)!r} must be like 'https://host/v1'")
    key = api_key or os.environ.get("OPENAI_API_KEY") or None
    if key is None and url is not None and urlsplit(str(url)).hostname in _KEYLESS:
        key = "none"
    if not isinstance(key, str):
        raise ScorerError(
            f"{where}: no API key: set OPENAI_API_KEY, or give api_key=…; for an endpoint without keys "
            "api_key='none'"
        )
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not 0 < timeout < float("inf"):
        raise ScorerError(f"{where}: timeout={timeout!r} must be a number of seconds above 0")
    return Endpoint(url, key, float(timeout))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _safe(url: object) -> object:
    return url.rpartition("@")[2] if isinstance(url, str) else url


def _reply(completion: Any) -> Reply:
    choices = getattr(completion, "choices", None)
    if not (isinstance(choices, list) and choices and getattr(choices[0], "message", None) is not None):
        raise BadReply(f"the endpoint answered no chat completion: {shortened(_said(completion))}")
    message, usage = choices[0].message, getattr(completion, "usage", None)
    details = getattr(usage, "prompt_tokens_details", None)
    return Reply(
        getattr(message, "content", None),
        completion.model if isinstance(completion.model, str) else None,
        _count(getattr(usage, "prompt_tokens", None)),
        _count(getattr(usage, "completion_tokens", None)),
        _count(getattr(details, "cached_tokens", None)),
        _amount(getattr(usage, "cost", None)),
        _problem(choices[0].finish_reason, getattr(message, "refusal", None)),
    )


def _said(completion: Any) -> str:
    """Return what stands in place of a chat completion, such as the error that a gateway was told."""
    strange = getattr(completion, "model_extra", completion)
    if strange == {}:
        return f"choices: {completion.choices}"
    return strange if isinstance(strange, str) else payload.encode(strange, "answer").text


def _problem(finish_reason: object, refusal: object) -> str | None:
    if finish_reason == "length":
        return "the reply was cut off at the limit of tokens; raise it with options={'max_tokens': …}"
    if finish_reason == "content_filter":
        return "the endpoint's content filter cut the reply off"
    return f"the model refused: {shortened(refusal)}" if isinstance(refusal, str) and refusal else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _amount(value: object) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < float("inf") else None  # type: ignore[arg-type,operator]
