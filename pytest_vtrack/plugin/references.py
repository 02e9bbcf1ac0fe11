"""The runs that a session is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pytest_vtrack.errors import ReferenceUnknown
from pytest_vtrack.workflow.references import Resolved, resolve

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store


class References:
    """Looks each REF up once in each experiment: before this session stores a run that it could mean.

    :param folders: what the path of a baseline file is relative to; the first that has it counts.
    """

    def __init__(self, refs: tuple[str, ...], folders: tuple[Path, ...]) -> None:
        self.refs = refs
        self._folders = folders
        self._found: dict[tuple[str, str], Resolved | str] = {}

    def find(self, store: Store, ref: str, experiment: str) -> Resolved:
        """Return the run that a REF names in an experiment.

        :raises ReferenceUnknown: it names none.
        :raises VtrackError: it cannot be read as a REF, or what it names cannot be read.
        """
        if (ref, experiment) not in self._found:
            try:
                self._found[ref, experiment] = self._resolved(store, ref, experiment)
            except ReferenceUnknown as error:
                self._found[ref, experiment] = str(error)
        found = self._found[ref, experiment]
        if isinstance(found, str):
            raise ReferenceUnknown(found)
        return found

    def known(self, experiment: str) -> dict[str, Run]:
        """Return the runs that were found in an experiment, by their REF."""
        found = {ref: self._found.get((ref, experiment)) for ref in self.refs}
        return {ref: each.run for ref, each in found.items() if isinstance(each, Resolved)}

    def _resolved(self, store: Store, ref: str, experiment: str) -> Resolved:
        folder = next((each for each in self._folders if (each / ref).is_file()), self._folders[0])
        return resolve(store, ref, experiment, folder=folder, writable=True)


def is_elsewhere(store: Store, ref: str, experiment: str) -> bool:
    """Tell whether another experiment has what a REF names: one that a test or fixture may still choose."""
    names = [name for name in store.experiments() if name != experiment]
    return any(store.runs(name, version=ref, limit=1) or store.baseline(name, ref) for name in names)


def may_be_version(ref: str) -> bool:
    """Tell whether a REF has the form of a version's name: tests may list it, and so record it."""
    return ref != "last" and ":" not in ref and not ref.endswith(".jsonl")
