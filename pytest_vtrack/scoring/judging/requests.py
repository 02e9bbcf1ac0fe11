"""One request of a judge: when it was sent, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    content: Any
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cost: float | None
    """Where the endpoint says it."""
    problem: str | None = None
    """Why there is no answer in it, and would be none in another reply."""


@dataclass(slots=True)
class Request:
    """What was sent once; times in seconds, the first since the epoch."""

    started_at: float
    duration_s: float = 0.0
    reply: Reply | None = None
    error: Exception | None = None
    """Why it gave no answer, also where there is a reply."""
