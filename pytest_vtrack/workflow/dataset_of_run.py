"""The cases that a run used, as exactly as they can be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.tags import AUTOMATIC

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.store.protocol import Store

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class RunCases:
    """The cases of a run, and how many of them are not known exactly."""

    cases: tuple[Case, ...]
    changed: int = 0
    """Stored otherwise than they were asked: masked, or with expectations that the test added."""
    unknown: int = 0
    """Stored without inputs, and in no registered dataset: left out."""


def cases_of_run(store: Store, run: Run, *, dataset: str | None = None) -> RunCases:
    """Return each case of a run's datasets once.

    What the run stored counts where it is what the application was asked, by the case's digest; else the
    case of that digest in a registered dataset; else what the run stored.

    :param dataset: only the cases of the dataset with this name.
    :raises DatasetError: the run used no dataset, several, or not this one, or nothing of it is known.
    """
    found: dict[tuple[str, str], Case] = {}
    changed = unknown = 0
    for some in _pieces(_used(store, run, _chosen(store, run, dataset))):
        stored = {(result.key.case_id, result.key.digest): _stored(result) for result in some}
        inexact = {key for key, case in stored.items() if case.digest != key[1]} - found.keys()
        registered = store.datasets.cases_like({digest for _, digest in inexact}) if inexact else {}
        for key, case in stored.items():
            if key in found:
                continue
            exact = registered.get(key) if key in inexact else case
            if exact is None and not case.inputs:
                unknown += 1
                continue
            changed += exact is None
            found[key] = exact or case
    if not found:
        raise DatasetError(
            f"run {run.short_id}: none of its inputs is known: it stored scores only (vtrack_capture = "
            "scores), and no registered dataset has its cases; register the file that it used with `vtrack "
            "dataset add`"
        )
    if len({case_id for case_id, _ in found}) < len(found):
        raise DatasetError(
            f"run {run.short_id} has two contents under one id: it used two datasets of one name; rename the "
            "file of one of them"
        )
    return RunCases(tuple(found.values()), changed, unknown)


def _chosen(store: Store, run: Run, dataset: str | None) -> str:
    """Return the dataset that is meant, of those that the run used."""
    names = list(dict.fromkeys(result.key.dataset for result in store.results(run.id) if result.key.dataset))
    if not names:
        raise DatasetError(f"run {run.short_id} has no cases of a dataset")
    known = ", ".join(names)
    if dataset is None and len(names) > 1:
        raise DatasetError(
            f"run {run.short_id} used several datasets ({known}); choose one with --dataset NAME"
        )
    if dataset is not None and dataset not in names:
        raise DatasetError(f"run {run.short_id} did not use a dataset {dataset!r}; it used {known}")
    return dataset or names[0]


def _used(store: Store, run: Run, dataset: str) -> Iterator[CaseResult]:
    return (result for result in store.results(run.id) if result.key.dataset == dataset)


def _pieces(results: Iterable[CaseResult]) -> Iterator[list[CaseResult]]:
    left = iter(results)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def _stored(result: CaseResult) -> Case:
    inputs, expected = payload.decode(result.inputs), payload.decode(result.expectations)
    tags = {name: value for name, value in result.tags.items() if not name.startswith(AUTOMATIC)}
    return Case(inputs, expected, tags, result.key.case_id)
