"""Asking a model until it answers: turns, attempts with back-off, and answers kept from before."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextvars import Context
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from pytest_vtrack.model.trace import Span
from pytest_vtrack.scoring.apart import for_whom, run_apart
from pytest_vtrack.scoring.failure import storable
from pytest_vtrack.scoring.judging.answers import Answer, Form
from pytest_vtrack.scoring.judging.cache import AnswerCache
from pytest_vtrack.scoring.judging.endpoint import Endpoint, Question
from pytest_vtrack.scoring.judging.instructions import Message
from pytest_vtrack.scoring.judging.replies import BadReply, read_reply
from pytest_vtrack.scoring.judging.requests import Reply, Request
from pytest_vtrack.scoring.judging.spans import request_span
from pytest_vtrack.scoring.judging.spent import Spent, cost_of
from pytest_vtrack.scoring.judging.turns import Turns

if TYPE_CHECKING:
    import tenacity

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
"""Before the second attempt, and before any that the endpoint set no time for."""
LONGEST_PAUSE_S = 120.0
"""An endpoint that wants to be left alone for longer is not asked again."""
_QUOTA = "insufficient_quota"


class NoAnswer(Exception):
    """The model answered, but gives none to this question."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One answer, or why there is none."""

    answer: Answer | None
    rationale: str | None
    spent: Spent
    error: str | None = None
    spans: tuple[Span, ...] = ()
    """Of the requests that were sent for it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A model that is asked, and how."""

    endpoint: Endpoint
    model: str
    form: Form
    options: Mapping[str, Any]
    retries: int
    turns: Turns
    cache: AnswerCache | None = None
    price: Mapping[str, float] | None = None
    votes: int = 1

    async def ask(self, *cases: list[Message]) -> list[list[Vote]]:
        """Return the votes about each case; all are asked for at once, as far as turns allow."""
        import asyncio

        asked = [
            # In a context of its own: what a judge consumes is not what the application consumed.
            run_apart(lambda c=case, n=number: self._voted(c, n), _silent_context(), "vtrack-judge")  # type: ignore[misc]
            for case in cases
            for number in range(self.votes)
        ]
        votes = await asyncio.gather(*map(asyncio.wrap_future, asked))
        return [votes[start : start + self.votes] for start in range(0, len(votes), self.votes)]

    def _voted(self, messages: list[Message], number: int) -> Vote:
        question = Question(self.model, messages, self.form.schema, self.options)
        key = {
            "endpoint": self.endpoint.place,
            "model": self.model,
            "messages": messages,
            "schema": dict(self.form.schema),
            "options": dict(self.options),
            "vote": number,
        }
        if (kept := self._kept(key)) is not None:
            return kept
        vote = self._asked(question)
        if self.cache is not None and vote.error is None:
            kept_as = {"answer": vote.answer, "rationale": vote.rationale, "model": vote.spent.model}
            self.cache.put(key, kept_as)
        return vote

    def _kept(self, key: dict[str, Any]) -> Vote | None:
        found = self.cache.get(key) if self.cache is not None else None
        if found is None:
            return None
        try:
            answer = self.form.read(found["answer"])
        except ValueError:  # not written by a judge of this kind
            return None
        return Vote(answer, found.get("rationale"), Spent(model=found.get("model"), cached=True))

    def _asked(self, question: Question) -> Vote:
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        spent = Spent()
        sent: list[Request] = []

        def attempt() -> tuple[Answer, str | None]:
            with self.turns.one():
                spent.attempts += 1
                reply = self.endpoint.ask(question, sent)
            spent.add(reply, self.price)
            try:
                return self._read(reply)
            except Exception as error:
                sent[-1].error = error
                raise

        attempts = Retrying(
            stop=stop_after_attempt(self.retries + 1),
            wait=self._wait,
            retry=retry_if_exception(_is_worth_another),
            reraise=True,
        )
        try:
            answer, rationale = attempts(attempt)
        except Exception as error:
            tries = f" ({spent.attempts} attempts)" if spent.attempts > 1 else ""
            return Vote(None, None, spent, storable(f"{self._why(error)}{tries}"), self._spans(sent))
        return Vote(answer, rationale, spent, spans=self._spans(sent))

    def _read(self, reply: Reply) -> tuple[Answer, str | None]:
        if reply.problem:
            raise NoAnswer(reply.problem)
        return read_reply(reply.content, self.form)

    def _spans(self, sent: Iterable[Request]) -> tuple[Span, ...]:
        return tuple(
            request_span(
                each,
                model=self.model,
                place=self.endpoint.place,
                options=self.options,
                error=None if each.error is None else storable(self._why(each.error)),
                cost=None if each.reply is None else cost_of(each.reply, self.price),
            )
            for each in sent
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Return how long this question waits; one that came too soon makes all of the judge's wait."""
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        if error is not None and (pause := retry_after(error)):
            self.turns.pause(pause)
            return 0.0
        wait: float = wait_random_exponential(FIRST_WAIT_S, LONGEST_WAIT_S)(state)
        return wait

    def _why(self, error: Exception) -> str:
        name, said = type(error).__name__, str(error).strip()
        if isinstance(error, (BadReply, NoAnswer)):
            return f"{self.model}: {said}"
        if name == "APITimeoutError":
            return f"{self.model}: no answer within timeout={self.endpoint.timeout:g} s"
        cause = f" ({error.__cause__})" if error.__cause__ is not None else ""
        return f"{self.model} at {self.endpoint.place}: {name}: {said}{cause}"


def retry_after(error: BaseException, *, now: float | None = None) -> float | None:
    """Return the seconds for which an endpoint wants to be left alone; ``None``: it does not say.

    :param now: seconds since the epoch.
    """
    headers = getattr(getattr(error, "response", None), "headers", None)
    said = headers.get("retry-after") if headers is not None else None
    if said is None:
        return None
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(said).timestamp() - (time.time() if now is None else now)
        except (TypeError, ValueError):
            return None
    return max(seconds, 0.0) if seconds == seconds else None


def _is_worth_another(error: BaseException) -> bool:
    """Tell whether asking again may help: not after a refused key, or a request that cannot be understood."""
    import openai

    if isinstance(error, BadReply | openai.APIConnectionError):
        return True
    if not isinstance(error, openai.APIStatusError) or error.code == _QUOTA:
        return False
    temporary = error.status_code in (408, 409, 425, 429) or error.status_code >= 500
    return temporary and (retry_after(error) or 0.0) <= LONGEST_PAUSE_S


def _silent_context() -> Context:
    """Return a context in which no case is being traced, and what instruments clients keeps quiet.

    Some instrumentations honour the key; for the others the parent is a span that is not sampled.
    """
    from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value
    from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

    context = Context()
    context.run(for_whom.set, for_whom.get())  # what is printed and logged stays with its case
    unsampled = set_span_in_context(NonRecordingSpan(SpanContext(1, 1, is_remote=False)))
    context.run(lambda: attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True, unsampled)))
    return context
