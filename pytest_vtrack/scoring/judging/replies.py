"""Reading a model's reply: the one JSON object in it, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pytest_vtrack.scoring.judging.answers import Answer, Form

_DECODER = json.JSONDecoder()
_SHOWN = 120


class BadReply(Exception):
    """The endpoint answered, but not what was asked for."""


def read_reply(content: object, form: Form) -> tuple[Answer, str | None]:
    """Return answer and rationale of a reply.

    Words or a code fence around the object are allowed, as endpoints without structured output add them.
    Two objects that answer differently are not: one of them may be a quotation of what is judged.

    :raises BadReply: there is no such object, or several.
    """
    if not content or (isinstance(content, str) and not content.strip()):
        raise BadReply("the reply is empty")
    if not isinstance(content, str):
        raise BadReply(f"the reply is no text: {shortened(str(content))}")
    found = {json.dumps(each, sort_keys=True): each for each in _objects(content) if "answer" in each}
    if not found:
        raise BadReply(f"the reply holds no JSON object with an answer: {shortened(content)}")
    answers = set()
    try:
        answers = {form.read(each["answer"]) for each in found.values()}
    except ValueError as error:
        raise BadReply(f"the reply's {error}") from None
    if len(answers) > 1:
        raise BadReply(f"the reply answers more than once: {shortened(content)}")
    rationale = next(iter(found.values())).get("rationale")
    return answers.pop(), rationale if isinstance(rationale, str) and rationale.strip() else None


def shortened(text: str) -> str:
    """Return the beginning of a text, quoted."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Find the outermost JSON objects in a text."""
    start = text.find("{")
    while start >= 0:
        try:
            value, end = _DECODER.raw_decode(text, start)
        except ValueError:
            end = start + 1
        except RecursionError:  # a model that never stops to open; one look at it is dear enough
            raise BadReply(f"the reply is nested too deeply: {shortened(text)}") from None
        else:
            yield value
        start = text.find("{", end)
