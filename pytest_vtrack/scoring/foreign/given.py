"""What a scorer of another library is given: its own names for what there is about a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring import likeness
from pytest_vtrack.scoring.check import DEFAULT_KEYS
from pytest_vtrack.scoring.documents import retrieved_texts

QUESTION_NAMES = ("question", "input", "query", "prompt", "message", "user_input", "text")
ANSWER_NAMES = ("answer", "output", "response", "text", "content", "result")
EXPECTED_NAMES = (*DEFAULT_KEYS, "expected_output", "expected_answer", "reference", "ground_truth")
CONTEXT_NAMES = ("contexts", "context", "retrieved_contexts", "retrieval_context", "documents", "passages")
EXPECTED_CONTEXT_NAMES = ("contexts", "context", "reference_contexts", "documents", "passages")

WHOLE = ("inputs", "outputs", "expectations", "tags", "trace")
TOOL_NAMES = ("tool_calls", "expected_tools", "tools")
_NO_ANSWERS = frozenset((*EXPECTED_CONTEXT_NAMES, *TOOL_NAMES))


@dataclass(frozen=True, slots=True)
class Given:
    """A case and what the application did with it; ``reads`` says where a name is to be read instead."""

    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Any = None
    expectations: Mapping[str, Any] = field(default_factory=dict)
    trace: Trace | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    case: Case | None = None
    reads: Mapping[str, Callable[[Given], Any]] = field(default_factory=dict)

    def value(self, name: str, meaning: Meaning | None = None) -> Any:
        """Return what a library's name stands for, ``None`` where there is nothing.

        ``reads`` goes first, then the meaning; a name without one is an input, an output or an
        expectation of that name, or one of :data:`WHOLE`.
        """
        if name in self.reads:
            return self.reads[name](self)
        if meaning is not None:
            return meaning(self, name)
        outputs = self.outputs if isinstance(self.outputs, Mapping) else {}
        for part in (self.inputs, outputs, self.expectations):
            if name in part:
                return part[name]
        return getattr(self, name) if name in WHOLE else None

    def text(self, name: str, meaning: Meaning | None = None) -> str | None:
        """Return the same as text: what is none is written as JSON."""
        return as_text(self.value(name, meaning))


Meaning: TypeAlias = Callable[[Given, str], Any]
"""What a library means by a name; called with the name, which goes before the usual ones."""


def question(given: Given, name: str) -> Any:
    """Return what was asked: the input of a usual name, else the only one, else all inputs."""
    found = _named(given.inputs, (name, *QUESTION_NAMES))
    return given.inputs if found is None else given.inputs[found]


def expected(given: Given, name: str) -> Any:
    """Return what is expected: the expectation of a usual name, else the only one, else nothing."""
    key = _expected_key(given.expectations, name)
    return None if key is None else given.expectations[key]


def answer(given: Given, name: str) -> Any:
    """Return what was put out; of a mapping what has the expectation's name, a usual one, or is the only one.

    :raises ScorerError: a mapping has none of these, and something else than a mapping is expected.
    """
    outputs = given.outputs
    if not isinstance(outputs, Mapping):
        return outputs
    key = _expected_key(given.expectations, EXPECTED_NAMES[0])
    wanted = None if key is None else given.expectations[key]
    names = (name, *ANSWER_NAMES) if key is None else (name, key, *ANSWER_NAMES)
    found = next((each for each in names if each in outputs), None)
    if found is None and (isinstance(wanted, Mapping) or (wanted is None and len(outputs) != 1)):
        return outputs
    if found is None and len(outputs) != 1:
        known = ", ".join(map(repr, outputs))
        raise ScorerError(
            f"the outputs have no {key!r}; they have {known}: say which with "
            f"from_library(…, reads={{{name!r}: 'outputs.…'}})"
        )
    return outputs[next(iter(outputs)) if found is None else found]


def contexts(given: Given, name: str) -> list[str] | None:
    """Return the texts that were retrieved: outputs or inputs of a usual name, else RETRIEVER spans."""
    outputs = given.outputs if isinstance(given.outputs, Mapping) else {}
    for part in (outputs, given.inputs):
        for each in (name, *CONTEXT_NAMES):
            if part.get(each) is not None:
                return _texts(part[each])
    return None if given.trace is None else retrieved_texts(given.trace)


def expected_contexts(given: Given, name: str) -> list[str] | None:
    """Return the texts that should have been retrieved: the expectation of a usual name."""
    names = (name, *EXPECTED_CONTEXT_NAMES)
    found = next((each for each in names if given.expectations.get(each) is not None), None)
    return None if found is None else _texts(given.expectations[found])


def as_text(value: Any) -> str | None:
    """Return a value as text: a text as it is, anything else as JSON."""
    return None if value is None else likeness.as_text(value)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [text for each in values if (text := as_text(each)) is not None]


def _expected_key(expectations: Mapping[str, Any], name: str) -> str | None:
    texts = {each: value for each, value in expectations.items() if each not in _NO_ANSWERS}
    return _named(texts, (name, *EXPECTED_NAMES))


def _named(part: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    if found := next((each for each in names if each in part), None):
        return found
    return next(iter(part)) if len(part) == 1 else None
