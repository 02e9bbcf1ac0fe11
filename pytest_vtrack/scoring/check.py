"""A comparison of the outputs with one expectation: which parts of the two are meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.errors import ScorerError

DEFAULT_KEYS = ("answer", "expected", "expected_response")
"""Names of the expectation that is compared where a scorer is not told which, in this order."""


@dataclass(frozen=True, slots=True)
class Check:
    """A configured built-in: compares the outputs with one expectation, or with a fixed value."""

    name: str
    """The metric."""
    fingerprint: str
    """Stands for kind, revision and configuration."""
    compare: Callable[[Any, Any], bool]
    """Called with what was put out and what is expected."""
    key: str | None = None
    output: str | None = None
    fixed: Any = None
    """What is expected of every case; ``None``: the case's expectation."""
    whole: bool = False
    """Compare mappings as they are, unless they have the expectation's name."""

    def __call__(self, outputs: Any, expectations: Mapping[str, Any]) -> bool:
        """Compare, whatever of the outputs and expectations is meant.

        :raises ScorerError: nothing can be chosen.
        """
        if self.fixed is not None:
            key, expected = self.key or DEFAULT_KEYS[0], self.fixed
        else:
            key = _expected_key(expectations, self.key)
            expected = expectations[key]
        whole = self.whole or isinstance(expected, Mapping)
        return self.compare(_chosen(outputs, self.output, key, whole=whole), expected)


def _expected_key(expectations: Mapping[str, Any], key: str | None) -> str:
    known = ", ".join(map(repr, expectations)) or "nothing"
    if key is not None:
        if key in expectations:
            return key
        raise ScorerError(f"the case has no expectation {key!r}; it expects {known}")
    for usual in DEFAULT_KEYS:
        if usual in expectations:
            return usual
    if len(expectations) == 1:
        return next(iter(expectations))
    raise ScorerError(f"no expectation to compare with: the case expects {known}; name one with key='…'")


def _chosen(outputs: Any, output: str | None, key: str, *, whole: bool) -> Any:
    """Return the part of the outputs that is compared."""
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
