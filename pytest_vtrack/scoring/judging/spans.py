"""What a judge did about one case, as spans: one for each request, below one for the judge.

They hold what was consumed, not what was asked and answered: the prompt repeats the case, and the answer is
the assessment.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pytest_vtrack.model.trace import Span
from pytest_vtrack.scoring.judging.requests import Request

CACHED = "vtrack.judge.cached"
"""How many answers were kept from before, so that nothing was sent."""
VOTE = "vtrack.judge.vote"
"""Which of several answers a request was sent for, from 1."""


def request_span(
    request: Request,
    *,
    model: str,
    place: str,
    options: Mapping[str, Any],
    error: str | None,
    cost: float | None,
) -> Span:
    """Return a request as a span with the attributes of OpenTelemetry's conventions for generative AI.

    :param place: the endpoint's address.
    :param error: why it gave no answer, in words.
    :param cost: of the reply.
    """
    where, reply = urlsplit(place), request.reply
    said: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",  # as the client sees it; who that is says the address
        "gen_ai.request.model": model,
        "gen_ai.request.temperature": options.get("temperature"),
        "server.address": where.hostname,
        "server.port": where.port,
        "error.type": None if request.error is None else _type_of(request.error),
        "gen_ai.usage.cost": cost,
    }
    if reply is not None:
        said |= {
            "gen_ai.response.model": reply.model,
            "gen_ai.usage.input_tokens": reply.input_tokens,
            "gen_ai.usage.output_tokens": reply.output_tokens,
            "gen_ai.usage.cache_read.input_tokens": reply.cached_tokens,
        }
    return Span(
        f"chat {model}",
        "CHAT_MODEL",
        request.started_at,
        request.duration_s,
        secrets.token_hex(8),
        status="ok" if error is None else "error",
        error=error,
        attributes={name: value for name, value in said.items() if value is not None},
    )


def judgement(
    name: str, requests: Sequence[Sequence[Span]], *, cached: int = 0, error: str | None = None
) -> tuple[Span, ...]:
    """Return the spans of a judge about one case: its own, then those of its requests.

    :param name: the judge's.
    :param requests: for each answer the requests that were sent for it.
    :param cached: how many answers were kept from before.
    :param error: why there is no value.
    """
    sent = [request for each in requests for request in each]
    start = min((each.started_at for each in sent), default=time.time())
    end = max((each.started_at + each.duration_s for each in sent), default=start)
    root = Span(
        name,
        "EVALUATOR",
        start,
        end - start,
        secrets.token_hex(8),
        status="ok" if error is None else "error",
        error=error,
        attributes={CACHED: cached} if cached else {},
    )
    below = [
        replace(each, parent_id=root.span_id, attributes=_numbered(each, number, len(requests)))
        for number, vote in enumerate(requests, start=1)
        for each in vote
    ]
    return (root, *sorted(below, key=lambda each: each.started_at))


def _numbered(span: Span, number: int, of: int) -> Mapping[str, Any]:
    return {**span.attributes, VOTE: number} if of > 1 else span.attributes


def _type_of(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    return str(status) if isinstance(status, int) else type(error).__name__
