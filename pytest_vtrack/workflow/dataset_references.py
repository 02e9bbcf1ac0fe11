"""Which dataset a text on the command line or in a marker stands for: a file, a registered one, a run's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pytest_vtrack.errors import DatasetError, nearest
from pytest_vtrack.interop.datasets import SUFFIXES
from pytest_vtrack.interop.records import dataset_of
from pytest_vtrack.model.case_types import CaseTypes
from pytest_vtrack.model.dataset import Dataset
from pytest_vtrack.model.dataset_version import DatasetVersion

if TYPE_CHECKING:
    from pytest_vtrack.store.protocol import Store

SCHEME = "dataset:"
"""What a registered dataset is called by where a path could stand as well: ``dataset:qa@3``."""
RUN = "run:"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")


class RegisteredRef(NamedTuple):
    """The name of a registered dataset; without number its newest version."""

    name: str
    number: int | None = None


def is_registered(text: str) -> bool:
    """Tell whether a text names a registered dataset by ``dataset:``."""
    return text.startswith(SCHEME)


def names_a_file(text: str) -> bool:
    """Tell whether a text is a path or URL, not a name: by its suffix, or by a slash in it."""
    return "/" in text or "\\" in text or text.lower().endswith(SUFFIXES)


def registered_ref(text: str) -> RegisteredRef:
    """Return what ``qa``, ``qa@3`` or ``dataset:qa@3`` names.

    :raises DatasetError: it is no such name.
    """
    name, at, number = text.removeprefix(SCHEME).partition("@")
    check_name(name, given=text)
    if not at or number == "latest":
        return RegisteredRef(name)
    if not number.isascii() or not number.isdecimal() or int(number) < 1:
        raise DatasetError(f"{text}: {number!r} is no version; write {name}@1, or {name} for the newest")
    return RegisteredRef(name, int(number))


def check_name(name: str, *, given: str) -> None:
    """Refuse a name that could be taken for a path or that a shell would change.

    :raises DatasetError: it is one.
    """
    if not _NAME.match(name) or name.lower().endswith(SUFFIXES):
        raise DatasetError(
            f"{given}: {name!r} cannot name a dataset; a name has letters, digits, '_', '-' and '.', and "
            f"no suffix of a file ({', '.join(SUFFIXES)})"
        )


def find_version(store: Store, ref: RegisteredRef) -> DatasetVersion:
    """Return the version that a name means.

    :raises DatasetError: it is not registered; the known ones are in the text.
    """
    history = store.datasets.history(ref.name)
    if not history:
        known = ", ".join(nearest(ref.name, [each.name for each in store.datasets.newest()])) or "none yet"
        raise DatasetError(
            f"there is no dataset {ref.name!r} in {store.location}. Registered: {known}. "
            f"`vtrack dataset add {ref.name} PATH` registers one"
        )
    found = history[0] if ref.number is None else next((v for v in history if v.number == ref.number), None)
    if found is None:
        raise DatasetError(
            f"there is no version {ref.number} of the dataset {ref.name!r} in {store.location}; "
            f"it has 1 to {history[0].number}"
        )
    return found


def registered_dataset(store: Store, text: str, *, types: CaseTypes | None = None) -> Dataset:
    """Return the dataset that ``dataset:NAME@VERSION`` stands for.

    :raises DatasetError: it is not registered, or a case is not what the types say.
    """
    version = find_version(store, registered_ref(text))
    cases = store.datasets.cases(version.name, version.number)
    placed = ((f"case {case.id}", case) for case in cases)
    return dataset_of(placed, version.name, where=f"{SCHEME}{version.ref}", types=types)
