"""What markers and hooks give, as what it stands for: datasets and scorers."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import DatasetError, ScorerError, StoreError
from pytest_vtrack.interop.datasets import dataset_from_records, find_dataset, read_dataset
from pytest_vtrack.interop.tables import is_table
from pytest_vtrack.model.case_types import CaseTypes
from pytest_vtrack.model.dataset import Dataset, DatasetSource
from pytest_vtrack.scoring.protocol import as_scorer

if TYPE_CHECKING:
    from pytest_vtrack.scoring.protocol import Scorer


def load_dataset(source: Any, *folders: Path, name: str, where: str, store: str) -> Dataset:
    """Return the dataset that a path, a registered name, records or a dataset object stands for.

    :param folders: what a path is relative to; the first that has it.
    :param store: where registered datasets are.
    :raises DatasetError: it cannot be found or read.
    """
    if not isinstance(source, DatasetSource):
        return _read(DatasetSource(source), folders, name=name, where=where, store=store)
    dataset = _read(source, folders, name=name, where=where, store=store)
    return dataset.where(**source.wanted) if source.wanted else dataset


def _read(given: DatasetSource, folders: Sequence[Path], *, name: str, where: str, store: str) -> Dataset:
    source, types = given.source, given.types
    registered = isinstance(source, str) and source.startswith("dataset:")
    if given.columns and (registered or isinstance(source, Dataset)):
        raise DatasetError(
            f"{where}: columns= is for data in another shape; {source!r:.60} has cases already"
        )
    if isinstance(source, Dataset):
        cases, types = source.cases, types or source.types
        return dataset_from_records(cases, source.name, where=where, types=types)
    if registered:
        return _registered(source, store, where, types)
    if isinstance(source, (str, Path)):
        return read_dataset(find_dataset(str(source), *folders), types=types, columns=given.columns)
    if callable(source) and not (isinstance(source, (type, Iterable)) or is_table(source)):
        given = replace(given, source=_called(source, where))
        made = given.source if isinstance(given.source, DatasetSource) else given
        return load_dataset(made, *folders, name=name, where=where, store=store)
    if isinstance(source, Iterable) or is_table(source):
        return dataset_from_records(source, name, where=where, types=types, columns=given.columns)
    raise DatasetError(
        f"{where}: dataset={source!r} is not a dataset; give a path, dataset:NAME for a registered one, a "
        'list of records {"inputs": {…}, "expectations": {…}}, a function that returns them, or a '
        "pytest_vtrack.Dataset"
    )


def _called(function: Callable[..., Any], where: str) -> Any:
    """Return what a function gives as a dataset.

    :raises DatasetError: it wants arguments; what else it raises is the user's.
    """
    try:
        inspect.signature(function).bind()
    except ValueError:
        pass  # it has no signature that can be read
    except TypeError as error:
        name = getattr(function, "__name__", type(function).__name__)
        raise DatasetError(
            f"{where}: dataset={name}: a function that gives a dataset is called without arguments: {error}"
        ) from None
    return function()


def _registered(source: str, store: str, where: str, types: CaseTypes | None) -> Dataset:
    from pytest_vtrack.store import open_store
    from pytest_vtrack.workflow.dataset_references import registered_dataset

    try:
        opened = open_store(store, create=False)
    except StoreError as error:
        raise DatasetError(
            f"{where}: dataset={source!r} is registered in the store, and that cannot be opened: {error}"
        ) from None
    try:
        return registered_dataset(opened, source, types=types)
    except DatasetError as error:
        raise DatasetError(f"{where}: dataset={source!r}: {error}") from None
    finally:
        opened.close()


def scorers_of(objects: Iterable[Any], *, where: str) -> list[Scorer]:
    """Return what marker or hook gave as scorers; each metric name may stand once.

    :raises ScorerError: one of them is not a scorer, or two have one name.
    """
    scorers = [as_scorer(each, where=where) for each in objects]
    for name, count in Counter(scorer.name for scorer in scorers).items():
        if count > 1:
            raise ScorerError(f"{where}: two scorers are called {name!r}; give one of them name=…")
    return scorers
