"""What a configured built-in is: which parts of outputs, expectations and trace it looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Value
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.likeness import as_record
from pytest_vtrack.scoring.measures import READ_FROM_VALUES, Measures

DEFAULT_KEYS = ("answer", "expected", "expected_response")
"""Names of the expectation that is compared where a scorer is not told which, in this order."""


@dataclass(frozen=True, slots=True)
class Check:
    """A configured built-in: compares the outputs with one expectation, or with a fixed value."""

    name: str
    """The metric."""
    fingerprint: str
    """Stands for kind, revision and configuration."""
    compare: Callable[[Any, Any], Value | None]
    """Called with what was put out and what is expected."""
    key: str | None = None
    output: str | None = None
    fixed: Any = None
    """What is expected of every case; ``None``: the case's expectation."""
    whole: bool = False
    """Compare mappings as they are, unless they have the expectation's name."""
    entire: bool = False
    """Compare mappings as they are, whatever names they have."""
    measures: Measures = READ_FROM_VALUES

    def __call__(self, outputs: Any, expectations: Mapping[str, Any]) -> Value | None:
        """Compare, whatever of the outputs and expectations is meant.

        :raises ScorerError: nothing can be chosen.
        """
        if self.fixed is not None:
            key, expected = self.key or DEFAULT_KEYS[0], self.fixed
        else:
            key = expected_key(expectations, self.key)
            expected = expectations[key]
        if isinstance(expected, tuple):
            expected = list(expected)  # which it is once it is stored
        if self.entire and self.output is None:
            return self.compare(as_record(outputs), expected)
        whole = self.whole or isinstance(expected, Mapping)
        return self.compare(chosen(outputs, self.output, key, whole=whole), expected)


@dataclass(frozen=True, slots=True)
class OutputCheck:
    """A configured built-in that looks at the outputs alone."""

    name: str
    fingerprint: str
    measure: Callable[[Any], Value | None]
    output: str | None
    measures: Measures

    def __call__(self, outputs: Any) -> Value | None:
        """Measure, whatever of the outputs is meant.

        :raises ScorerError: nothing can be chosen.
        """
        return self.measure(chosen(outputs, self.output, DEFAULT_KEYS[0], whole=False))


@dataclass(frozen=True, slots=True)
class TraceCheck:
    """A configured built-in that compares the steps of a trace with one expectation."""

    name: str
    fingerprint: str
    compare: Callable[[Trace, Any], Value | None]
    key: str | None
    usual: Sequence[str]
    """Names of the expectation where ``key`` is not given."""
    measures: Measures

    def __call__(self, trace: Trace | None, expectations: Mapping[str, Any]) -> Value | None:
        """Compare; ``None`` where there is no trace.

        :raises ScorerError: the case does not expect what is compared, or the trace cannot say it.
        """
        key = expected_key(expectations, self.key, self.usual)
        return None if trace is None else self.compare(trace, expectations[key])


@dataclass(frozen=True, slots=True)
class TraceReading:
    """A configured built-in that reads a number from the trace alone."""

    name: str
    fingerprint: str
    read: Callable[[Trace], Value | None]
    measures: Measures

    def __call__(self, trace: Trace | None) -> Value | None:
        """Read; ``None`` where there is no trace."""
        return None if trace is None else self.read(trace)


def expected_key(
    expectations: Mapping[str, Any], key: str | None, usual: Sequence[str] = DEFAULT_KEYS
) -> str:
    """Return the name of the expectation that is meant.

    :raises ScorerError: the case has none of these, or several that could be meant.
    """
    known = ", ".join(map(repr, expectations)) or "nothing"
    if key is not None:
        if key in expectations:
            return key
        raise ScorerError(f"the case has no expectation {key!r}; it expects {known}")
    for name in usual:
        if name in expectations:
            return name
    if len(expectations) == 1:
        return next(iter(expectations))
    raise ScorerError(f"no expectation to compare with: the case expects {known}; name one with key='…'")


def chosen(outputs: Any, output: str | None, key: str, *, whole: bool) -> Any:
    """Return the part of the outputs that is compared.

    :raises ScorerError: nothing can be chosen.
    """
    outputs = as_record(outputs)
    if not isinstance(outputs, Mapping):
        return outputs
    wanted = key if output is None else output
    if wanted in outputs:
        return outputs[wanted]
    if output is None and whole:
        return outputs
    if output is None and len(outputs) == 1:
        return next(iter(outputs.values()))
    known = ", ".join(map(repr, outputs)) or "nothing"
    raise ScorerError(f"the outputs have no {wanted!r}; they have {known}: name one with output='…'")
