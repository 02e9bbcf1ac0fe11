"""What markers and hooks give, as what it stands for: datasets and scorers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import DatasetError, ScorerError
from pytest_vtrack.interop.datasets import dataset_from_records, find_dataset, read_dataset
from pytest_vtrack.interop.tables import is_table
from pytest_vtrack.model.dataset import Dataset
from pytest_vtrack.scoring.protocol import as_scorer

if TYPE_CHECKING:
    from pytest_vtrack.scoring.protocol import Scorer


def load_dataset(source: Any, *folders: Path, name: str, where: str) -> Dataset:
    """Return the dataset that a path, a list of records or a dataset object stands for.

    :raises DatasetError: it cannot be found or read.
    """
    if isinstance(source, Dataset):
        return dataset_from_records(source.cases, source.name, where=where)
    if isinstance(source, (str, Path)):
        return read_dataset(find_dataset(str(source), *folders))
    if isinstance(source, Iterable) or is_table(source):
        return dataset_from_records(source, name, where=where)
    raise DatasetError(
        f"{where}: dataset={source!r} is not a dataset; give a path, a list of records "
        '{"inputs": {…}, "expectations": {…}} or a pytest_vtrack.Dataset'
    )


def scorers_of(objects: Iterable[Any], *, where: str) -> list[Scorer]:
    """Return what marker or hook gave as scorers; each metric name may stand once.

    :raises ScorerError: one of them is not a scorer, or two have one name.
    """
    scorers = [as_scorer(each, where=where) for each in objects]
    for name, count in Counter(scorer.name for scorer in scorers).items():
        if count > 1:
            raise ScorerError(f"{where}: two scorers are called {name!r}; give one of them name=…")
    return scorers
