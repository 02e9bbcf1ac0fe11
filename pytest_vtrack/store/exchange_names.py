"""Moving what has a name between stores: baselines with their history, datasets with all their versions.

A name that both stores know keeps its meaning: where one history goes on from the other, what is missing is
added, and where they differ, the one that is there stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, TextIO

from pytest_vtrack.errors import StoreError
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.dataset_version import DatasetVersion
from pytest_vtrack.store.exchange_lines import Records, read_part, write_record
from pytest_vtrack.store.protocol import NamedBaseline, Store


def export_names(store: Store, file: TextIO, *, experiment: str | None = None) -> None:
    """Write baselines, oldest entry first, and registered datasets; to follow the runs.

    :param experiment: only its baselines, and no datasets, which belong to no experiment.
    """
    for newest in store.baselines(experiment):
        history = store.baseline_history(newest.experiment, newest.name)
        write_record(file, {"baseline": [asdict(entry) for entry in reversed(history)]})
    for each in store.datasets.newest() if experiment is None else ():
        for version in reversed(store.datasets.history(each.name)):
            write_record(file, {"dataset": asdict(version)})
            for case in store.datasets.cases(version.name, version.number):
                write_record(file, {"case": [case.id, case.inputs, case.expectations, case.tags]})
            write_record(file, {"end": version.ref, "cases": version.cases})


class Names:
    """Takes the names out of an export, and counts them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._digests: dict[str, list[str]] = {}
        """Of the versions of each dataset that was here before, oldest first."""
        self.baselines = 0
        """Entries added."""
        self.datasets = 0
        """Versions added."""
        self._kept: dict[str, None] = {}

    @property
    def kept(self) -> tuple[str, ...]:
        """What is something else here, and so was left as it is here."""
        return tuple(self._kept)

    def take(self, number: int, record: Mapping[str, Any], following: Records) -> bool:
        """Import what a record begins; return whether it began a name.

        :raises StoreError: a line is not as :func:`export_names` writes it.
        """
        match record:
            case {"baseline": entries}:
                self._take_baseline(read_part(number, _entries, entries))
            case {"dataset": described}:
                version = read_part(number, _version, described)
                self._take_version(version, _cases(following, version))
            case _:
                return False
        return True

    def _take_baseline(self, entries: list[NamedBaseline]) -> None:
        """Add what follows the entries that are here; a run is pointed to only once it is here."""
        newest = entries[-1]
        here = self._store.baseline_history(newest.experiment, newest.name)[::-1]
        if not _goes_on(here, entries):
            self._kept[f"baseline {newest.name!r} of experiment {newest.experiment!r}"] = None
            return
        for entry in entries[len(here) :]:
            name, run_id = entry.name, entry.run_id
            if self._store.run(run_id) is None:
                raise StoreError(f"import: baseline {name!r} names run {run_id}, which is not here")
            self._store.set_baseline(
                entry.experiment, name, run_id, why=entry.why, who=entry.who, at=entry.at
            )
            self.baselines += 1

    def _take_version(self, version: DatasetVersion, cases: Iterator[Case]) -> None:
        name, number = version.name, version.number
        if name not in self._digests:
            self._digests[name] = [each.digest for each in reversed(self._store.datasets.history(name))]
        here = self._digests[name][number - 1 : number]
        if here in ([], [version.digest]) and f"dataset {name!r}" not in self._kept:
            if here:
                deque(cases, maxlen=0)  # read past it
            else:
                self._add(version, cases)
            return
        self._kept[f"dataset {name!r}"] = None
        deque(cases, maxlen=0)

    def _add(self, version: DatasetVersion, cases: Iterable[Case]) -> None:
        added, _ = self._store.datasets.add(
            version.name, cases, source=version.source, why=version.why, who=version.who, at=version.at
        )
        if (added.number, added.digest) != (version.number, version.digest):
            raise StoreError(
                f"import: dataset {version.ref} came out as {added.ref} with other cases; export it again"
            )
        self.datasets += 1


def _goes_on(here: list[NamedBaseline], entries: list[NamedBaseline]) -> bool:
    """Tell whether one history is the beginning of the other."""
    return all(ours == theirs for ours, theirs in zip(here, entries, strict=False))


def _entries(records: list[Mapping[str, Any]]) -> list[NamedBaseline]:
    entries = [NamedBaseline(**record) for record in records]
    if len({(entry.experiment, entry.name) for entry in entries}) != 1:
        raise ValueError("entries of one name were expected")
    return entries


def _version(record: Mapping[str, Any]) -> DatasetVersion:
    version = DatasetVersion(**record)
    if not isinstance(version.number, int) or version.number < 1:
        raise ValueError(f"number {version.number!r}")
    return version


def _cases(following: Records, version: DatasetVersion) -> Iterator[Case]:
    """Yield the cases of a version, which is whole only with its last line."""
    count = 0
    for number, record in following:
        match record:
            case {"case": [str(case_id), inputs, expectations, tags]}:
                yield read_part(number, Case, inputs, expectations, tags, case_id)
                count += 1
            case {"end": version.ref, "cases": version.cases} if count == version.cases:
                return
            case _:
                raise StoreError(
                    f"import, line {number}: expected a case of dataset {version.ref}, "
                    f"or its end after {count} cases"
                )
    raise StoreError(f"import: the file ends inside dataset {version.ref}; export it again")
