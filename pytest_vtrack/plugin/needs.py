"""Whether scorers have something to compare with, told before the first call of the application."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.plugin.notes import notes_of

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.model.dataset import Dataset
    from pytest_vtrack.plugin.slots import TrackedTest
    from pytest_vtrack.scoring.protocol import Scorer

_SHOWN = 3


def check_needs(test: TrackedTest, node: pytest.Item, config: pytest.Config) -> None:
    """Refuse a scorer of the marker that can score no case, and note one that cannot score some.

    A test that adds expectations while it runs is left alone.

    :raises ScorerError: no case has what a scorer of the marker compares with.
    """
    from pytest_vtrack.scoring.needs import declares_needs, lack

    dataset = test.dataset
    declared = [place for place, scorer in enumerate(test.scorers) if declares_needs(scorer)]
    if dataset is None or not declared or _adds_expectations(node):
        return
    for place in declared:
        scorer = test.scorers[place]
        lacking = [case.id for case in dataset if lack(scorer, case.expectations)]
        if len(lacking) == len(dataset) and place < len(test.arguments.scorers):
            reason = lack(scorer, dataset.cases[0].expectations)
            raise ScorerError(_never(test.id, scorer, dataset, str(reason)))
        if lacking:
            notes_of(config).add(_partly(test.id, scorer, dataset, lacking), always=True)


def _never(where: str, scorer: Scorer, dataset: Dataset, reason: str) -> str:
    return (
        f"{where}: {scorer.name} can score no case of {dataset.name}: {reason}. Add the expectation to the "
        "dataset, or in the test itself: vtrack_case.expect('answer', …)"
    )


def _partly(where: str, scorer: Scorer, dataset: Dataset, lacking: list[str]) -> str:
    shown = ", ".join(lacking[:_SHOWN]) + (", …" if len(lacking) > _SHOWN else "")
    return (
        f"{where}: {scorer.name} cannot score {len(lacking)} of {len(dataset)} cases, which lack what it "
        f"compares with: {shown}. `vtrack dataset validate --scorers {scorer.name}` lists them"
    )


def _adds_expectations(node: pytest.Item) -> bool:
    """Tell whether the test, a fixture of it or a function that these call names ``expect``."""
    fixtures = getattr(getattr(node, "_fixtureinfo", None), "name2fixturedefs", {})
    functions = [getattr(node, "function", None), *(each[-1].func for each in fixtures.values() if each)]
    seen: set[int] = set()
    methods = vars(getattr(node, "cls", None) or object)
    return any("expect" in names for each in functions if each for names in _names(each, methods, seen))


def _names(
    function: Callable[..., Any], methods: Mapping[str, Any], seen: set[int]
) -> Iterator[tuple[str, ...]]:
    """Yield the names that a function uses, and that the functions use which it calls by name."""
    plain = inspect.unwrap(function)
    if not isinstance(plain, FunctionType) or id(plain) in seen:
        return
    seen.add(id(plain))
    for code in _codes(plain.__code__):
        yield code.co_names
        for name in code.co_names:
            called = methods.get(name) or plain.__globals__.get(name)
            if isinstance(called, FunctionType) and not called.__module__.startswith("pytest_vtrack."):
                yield from _names(called, methods, seen)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
