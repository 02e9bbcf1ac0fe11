"""Which objects are scorers of another library: read from the classes they have, importing nothing."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import unwrap
from types import FunctionType
from typing import Any, NamedTuple

from pytest_vtrack.errors import ScorerError


class Origin(NamedTuple):
    """Where an object comes from, and the class that says it is a scorer."""

    library: str
    """The name of the adapter's file."""
    base: type | None
    """The class by which the library knows its scorers; ``None``: it is a function."""


_BASES: Mapping[tuple[str, str], str] = {
    ("autoevals", "Scorer"): "autoevals",
    ("deepeval", "BaseMetric"): "deepeval",
    ("langchain", "StringEvaluator"): "langchain",
    ("langchain_classic", "StringEvaluator"): "langchain",
    ("mlflow", "Scorer"): "mlflow",
    ("phoenix", "Evaluator"): "phoenix",
    ("pydantic_evals", "Evaluator"): "pydantic_evals",
    ("ragas", "SimpleBaseMetric"): "ragas",
    ("ragas", "SingleTurnMetric"): "ragas",
}
"""The classes of scorers, by the top package they are defined in and their name."""
_FUNCTIONS: Mapping[str, str] = {"openevals": "openevals"}
"""Packages whose scorers are functions."""
_OTHERS: Mapping[tuple[str, str], str] = {
    ("deepeval", "BaseArenaMetric"): "compares several outputs",
    ("deepeval", "BaseConversationalMetric"): "judges a whole conversation",
    ("langchain", "PairwiseStringEvaluator"): "compares two outputs",
    ("langchain_classic", "PairwiseStringEvaluator"): "compares two outputs",
    ("pydantic_evals", "ReportEvaluator"): "judges a whole report",
    ("ragas", "Metric"): "judges a whole conversation",
}
"""Classes that score something else than one case."""


def origin_of(obj: object, *, where: str) -> Origin | None:
    """Return which library's scorer an object, or a class, is; ``None``: no known library's.

    A function counts as one of openevals by its parameter ``reference_outputs``, wherever it was written.

    :raises ScorerError: it is one that does not score a single case.
    """
    if isinstance(obj, FunctionType):
        library = _FUNCTIONS.get(top_package(obj)) or ("openevals" if _asks_as_openevals(obj) else None)
        return Origin(library, None) if library else None
    classes = (obj if isinstance(obj, type) else type(obj)).__mro__
    for each in classes:
        if library := _BASES.get((top_package(each), each.__name__)):
            return Origin(library, each)
    for each in classes:
        if what := _OTHERS.get((top_package(each), each.__name__)):
            raise ScorerError(
                f"{where}: {classes[0].__name__} of {top_package(each)} {what}; a scorer is given one case "
                "and one output"
            )
    return None


def _asks_as_openevals(function: FunctionType) -> bool:
    """Tell whether a function of the user's is one that openevals and LangSmith would call."""
    inner = unwrap(function)
    if not isinstance(inner, FunctionType) or inner.__name__ == "<lambda>":
        return False
    code = inner.__code__
    return "reference_outputs" in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def top_package(obj: Any) -> str:
    """Return the first part of the name of the module that a class or function is defined in."""
    module = getattr(obj, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""
