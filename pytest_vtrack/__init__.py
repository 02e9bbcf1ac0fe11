"""Tell, from plain pytest, whether a new version of a GenAI app is worse than the one you trust.

Importing the package costs nothing until a name is used: the plugin lives in every pytest run of
everyone who has it installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Expectation, Feedback
    from pytest_vtrack.model.dataset import Case, Dataset
    from pytest_vtrack.model.experiment import Experiment
    from pytest_vtrack.model.trace import Span, Trace
    from pytest_vtrack.scoring.builtin import contains, exact_match, json_equal, numeric_close, regex
    from pytest_vtrack.scoring.protocol import scorer
    from pytest_vtrack.tracing.spans import span
    from pytest_vtrack.tracing.tagging import set_tag
    from pytest_vtrack.tracing.traced import traced

__all__ = [
    "Case",
    "Dataset",
    "Expectation",
    "Experiment",
    "Feedback",
    "Span",
    "Trace",
    "contains",
    "exact_match",
    "json_equal",
    "numeric_close",
    "regex",
    "scorer",
    "set_tag",
    "span",
    "traced",
]

_HOMES = {
    "Case": "model.dataset",
    "Dataset": "model.dataset",
    "Expectation": "model.assessment",
    "Experiment": "model.experiment",
    "Feedback": "model.assessment",
    "Span": "model.trace",
    "Trace": "model.trace",
    "contains": "scoring.builtin",
    "exact_match": "scoring.builtin",
    "json_equal": "scoring.builtin",
    "numeric_close": "scoring.builtin",
    "regex": "scoring.builtin",
    "scorer": "scoring.protocol",
    "set_tag": "tracing.tagging",
    "span": "tracing.spans",
    "traced": "tracing.traced",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; public names: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
