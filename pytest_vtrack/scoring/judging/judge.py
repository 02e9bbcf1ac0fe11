"""``judge``: a model that scores by instructions."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_vtrack.model.assessment import Feedback, Value
from pytest_vtrack.scoring.configured import fingerprint
from pytest_vtrack.scoring.judging.answers import form_of
from pytest_vtrack.scoring.judging.asking import Panel, Vote
from pytest_vtrack.scoring.judging.instructions import Instructions, parsed
from pytest_vtrack.scoring.judging.setting import panel_of
from pytest_vtrack.scoring.judging.spans import judgement
from pytest_vtrack.scoring.judging.spent import as_metadata
from pytest_vtrack.scoring.measures import Measures

PLACEHOLDERS = ("inputs", "outputs", "expectations", "baseline")


@dataclass(frozen=True, slots=True)
class Judge:
    """A configured judge: asks a model about each case."""

    name: str
    fingerprint: str
    instructions: Instructions
    panel: Panel
    paid: bool = True

    @property
    def measures(self) -> Measures:
        """What the answers declare about the metric."""
        return self.panel.form.measures

    @property
    def __signature__(self) -> inspect.Signature:
        return signature_of(self.instructions.names)

    async def __call__(self, **given: Any) -> Feedback | None:
        """Ask; ``None`` where the baseline is to be shown and has no such case."""
        if "baseline" in given:
            if given["baseline"] is None:
                return None
            given["baseline"] = given["baseline"].outputs
        messages = self.instructions.messages(given, self.panel.form.words)
        (votes,) = await self.panel.ask(messages)
        return recorded(self._said(votes), self.name, votes)

    def _said(self, votes: Sequence[Vote]) -> Feedback:
        metadata = as_metadata(vote.spent for vote in votes)
        if len(votes) > 1:
            metadata["judge.votes"] = [vote.answer for vote in votes]
            metadata["judge.rationales"] = [vote.rationale for vote in votes]
        if error := failure_of(votes):
            return Feedback(None, error=error, metadata=metadata, source="llm_judge")
        answers = [vote.answer for vote in votes if vote.answer is not None]
        value = self.panel.form.combined(answers)
        if value is None:
            metadata["judge.tie"] = True
            why = f"the votes are tied: {', '.join(map(str, answers))}"
            return Feedback(None, why, metadata=metadata, source="llm_judge")
        if len(votes) == 1 and answers[0] != value:
            metadata["judge.answer"] = answers[0]
        rationale = self._rationale(votes, value)
        return Feedback(value, rationale, metadata=metadata, source="llm_judge")

    def _rationale(self, votes: Sequence[Vote], value: Value) -> str | None:
        """Return the reason of the first vote that is nearest to the result."""
        form = self.panel.form

        def distance(vote: Vote) -> float:
            one = form.combined([vote.answer]) if vote.answer is not None else None
            if isinstance(one, float) and isinstance(value, float):
                return abs(one - value)
            return float(one != value)

        return min(votes, key=distance).rationale


def judge(
    name: str,
    instructions: str,
    *,
    model: str,
    choices: Sequence[str] | Mapping[str, float] | None = None,
    scale: tuple[float, float] | None = None,
    better: str | Sequence[str] | None = None,
    votes: int = 1,
    temperature: float | None = None,
    options: Mapping[str, Any] | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout: float = 60.0,
    retries: int = 3,
    concurrency: int = 8,
    cache: bool | str | Path = False,
    price: Mapping[str, float] | None = None,
) -> Judge:
    """Return a scorer that asks a model of an OpenAI-compatible endpoint. Needs ``pytest-vtrack[judge]``.

    :param name: the metric.
    :param instructions: what to judge, and by which criteria. ``{{ inputs }}``, ``{{ outputs }}``,
        ``{{ expectations }}`` and ``{{ baseline }}`` (the baseline's outputs), or parts of them such as
        ``{{ expectations.answer }}``, are put in, marked as data. What to reply is added.
    :param model: as the endpoint calls it.
    :param choices: texts (a category, or with ``better`` yes or no), or texts with numbers; default: yes, no.
    :param scale: lowest and highest number; two whole numbers ask for a whole number.
    :param better: the choice or choices that count as yes; for numbers ``"higher"`` or ``"lower"``.
    :param votes: how often it is asked about each case: the majority counts, of numbers the mean. A tie is
        no value.
    :param temperature: default: the endpoint's own.
    :param options: further parameters of the request, such as ``{"seed": 1}``.
    :param base_url: default: ``OPENAI_BASE_URL``, else OpenAI.
    :param api_key: default: ``OPENAI_API_KEY``; not needed for an endpoint on this machine.
    :param timeout: seconds for one request.
    :param retries: attempts after the first where the endpoint is busy, fails or answers nonsense.
    :param concurrency: requests of this judge at once in one process.
    :param cache: keep answers and use them again for the same question; a folder, or ``True``.
    :param price: what a million tokens cost, like ``{"input": 2.5, "output": 10}``.
    :raises ScorerError: a value cannot be used, a package is not installed, or there is no key.
    """
    where = f"judge {name!r}"
    shown = parsed(instructions, PLACEHOLDERS, where, required=("outputs",))
    form = form_of(choices, scale, better, where)
    panel = panel_of(
        where,
        form,
        model=model,
        votes=votes,
        options=options,
        temperature=temperature,
        endpoint=(base_url, api_key, timeout),
        retries=retries,
        concurrency=concurrency,
        cache=cache,
        price=price,
    )
    mark = fingerprint_of_panel("judge", panel, {"instructions": shown.text, "means": form.meaning})
    return Judge(name, mark, shown, panel)


def fingerprint_of_panel(kind: str, panel: Panel, settings: Mapping[str, Any]) -> str:
    """Return what stands for a judge: what it is asked and who is asked, not where and for how much."""
    asked = {
        "model": panel.model,
        "schema": dict(panel.form.schema),
        "options": dict(panel.options) or None,
        "votes": panel.votes,
    }
    return fingerprint(kind, {**asked, **settings})


def failure_of(votes: Sequence[Vote]) -> str | None:
    """Return why votes cannot be counted: one that is missing might have decided."""
    failed = [vote.error for vote in votes if vote.error]
    if not failed or len(votes) == 1:
        return failed[0] if failed else None
    return f"{len(failed)} of {len(votes)} votes failed: {failed[0]}"


def recorded(feedback: Feedback, name: str, votes: Sequence[Vote]) -> Feedback:
    """Return feedback with the spans of what was done for it.

    :param name: the judge's.
    """
    cached = sum(vote.spent.cached for vote in votes)
    spans = judgement(name, [vote.spans for vote in votes], cached=cached, error=feedback.error)
    return replace(feedback, spans=spans)


def signature_of(names: Sequence[str]) -> inspect.Signature:
    """Return the signature of a function that takes these names."""
    return inspect.Signature([inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY) for each in names])
