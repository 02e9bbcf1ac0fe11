"""``pairwise``: a model that prefers one of two outputs, asked in both orders."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Assessment, Feedback
from pytest_vtrack.scoring.judging.answers import Choice
from pytest_vtrack.scoring.judging.asking import Panel, Vote
from pytest_vtrack.scoring.judging.instructions import Instructions, parsed
from pytest_vtrack.scoring.judging.judge import failure_of, fingerprint_of_panel, recorded, signature_of
from pytest_vtrack.scoring.judging.setting import panel_of
from pytest_vtrack.scoring.judging.spent import as_metadata
from pytest_vtrack.scoring.likeness import same_value
from pytest_vtrack.scoring.measures import Measures

Position = Literal["first", "second", "tie"]
PLACEHOLDERS = ("inputs", "expectations")
_SHOWN = (*PLACEHOLDERS, "first", "second")
_BOTH = "\n\nThe first output:\n{{ first }}\n\nThe second output:\n{{ second }}\n\nWhich one is better?"
_RESULTS = {1.0: "win", 0.0: "tie", -1.0: "loss"}
_FORM = Choice(("first", "second", "tie"), Measures("bounded", bounds=(-1.0, 1.0)))


@dataclass(frozen=True, slots=True)
class Pairwise:
    """A configured judge of two outputs."""

    name: str
    fingerprint: str
    instructions: Instructions
    panel: Panel
    paid: bool = True

    @property
    def measures(self) -> Measures:
        """From loss to win."""
        return self.panel.form.measures

    @property
    def __signature__(self) -> inspect.Signature:
        return signature_of(
            ("outputs", "baseline", *(each for each in PLACEHOLDERS if each in self.instructions.names))
        )

    async def __call__(self, **given: Any) -> Feedback | None:
        """Ask in both orders; ``None`` where the baseline has no such case, or put nothing out."""
        baseline, outputs = given.pop("baseline"), given.pop("outputs")
        if baseline is None or baseline.outputs is None:
            return None
        text, problems = payload.encode(outputs, "outputs")  # as the baseline's are
        if not problems and same_value(payload.decode(text), baseline.outputs):
            return _said(0.0, "both put out the same", {"pairwise.same_output": True})
        leading, following = (
            self.instructions.messages({**given, "first": first, "second": second}, self.panel.form.words)
            for first, second in ((outputs, baseline.outputs), (baseline.outputs, outputs))
        )
        one, other = await self.panel.ask(leading, following)
        return recorded(_decided(one, other), self.name, (*one, *other))


def pairwise(
    name: str,
    instructions: str,
    *,
    model: str,
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
) -> Pairwise:
    """Return whether a model prefers the output to the baseline's. -1 to 1; higher is better.

    1 is a win: preferred in both orders. -1 is a loss: the baseline's was. 0 is a tie: neither, among them
    answers that turned with the order. Two outputs that are the same are a tie without asking. Nothing to
    say without a baseline. Needs ``pytest-vtrack[judge]``.

    :param name: the metric.
    :param instructions: what makes an output better. ``{{ inputs }}``, ``{{ expectations }}`` and parts of
        them are put in; the two outputs are shown after it, and not which of them is the baseline's.
    :param votes: how often each order is asked: two requests a vote. The majority counts, without one a tie.

    The other parameters are those of ``judge``.

    :raises ScorerError: a value cannot be used, a package is not installed, or there is no key.
    """
    where = f"pairwise {name!r}"
    parsed(instructions, PLACEHOLDERS, where)
    shown = parsed(instructions + _BOTH, _SHOWN, where)
    panel = panel_of(
        where,
        _FORM,
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
    mark = fingerprint_of_panel("pairwise", panel, {"instructions": instructions})
    return Pairwise(name, mark, shown, panel)


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How much the order of two outputs decided which one a model preferred."""

    cases: int
    """Cases that were asked about in both orders."""
    first: int
    """Of these: the one shown first was preferred both times."""
    second: int
    """Of these: the one shown second was preferred both times."""

    @property
    def flipped(self) -> int:
        """Cases where the answer turned with the order."""
        return self.first + self.second

    @property
    def share(self) -> float | None:
        """``flipped`` of all cases, from 0 to 1; ``None`` without cases."""
        return self.flipped / self.cases if self.cases else None


def position_bias(assessments: Iterable[Assessment]) -> PositionBias:
    """Sum up how often a pairwise judge's answers turned with the order.

    :param assessments: of any metrics; those that did not ask in both orders are left out.
    """
    asked = [
        each.metadata["pairwise.favoured"] for each in assessments if "pairwise.favoured" in each.metadata
    ]
    counts = Counter(asked)
    return PositionBias(len(asked), counts["first"], counts["second"])


def _decided(leading: Sequence[Vote], following: Sequence[Vote]) -> Feedback:
    metadata = as_metadata(vote.spent for vote in (*leading, *following))
    if error := failure_of((*leading, *following)):
        return Feedback(None, error=error, metadata=metadata, source="llm_judge")
    one, other = _position(leading), _position(following)
    if len(leading) > 1:
        metadata["judge.votes"] = [[vote.answer for vote in votes] for votes in (leading, following)]
    flipped = one == other != "tie"
    metadata["pairwise.favoured"] = one if flipped else "neither"
    # Shown first, the candidate wins by "first"; shown second, by "second".
    value = {("first", "second"): 1.0, ("second", "first"): -1.0}.get((one, other), 0.0)
    reasons = f"shown first: {_reason(leading, one)}\nshown second: {_reason(following, other)}"
    if flipped:
        reasons = f"the one shown {one} was preferred in both orders\n{reasons}"
    return _said(value, reasons, metadata)


def _position(votes: Sequence[Vote]) -> Position:
    said = _FORM.combined([vote.answer for vote in votes if vote.answer is not None])
    return "first" if said == "first" else "second" if said == "second" else "tie"


def _reason(votes: Sequence[Vote], position: Position) -> str:
    reason = next((vote.rationale for vote in votes if vote.answer == position), votes[0].rationale)
    return reason or str(position)


def _said(value: float, rationale: str, metadata: Mapping[str, Any]) -> Feedback:
    result = {"pairwise.result": _RESULTS[value]}
    return Feedback(value, rationale, metadata={**metadata, **result}, source="llm_judge")
