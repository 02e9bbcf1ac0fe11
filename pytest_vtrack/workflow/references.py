"""What a REF on the command line stands for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_vtrack.errors import ReferenceInvalid, ReferenceUnknown, nearest
from pytest_vtrack.workflow.run_key import known_keys
from pytest_vtrack.workflow.shared_runs import run_of_key
from pytest_vtrack.workflow.states import chosen_state

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

_RUN, _ENV, _KEY, _FILE, LAST = "run:", "env:", "key:", ".jsonl", "last"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The run that a REF names, and what the user should know about the choice."""

    run: Run
    warnings: tuple[str, ...] = ()


def resolve(
    store: Store,
    ref: str,
    experiment: str,
    *,
    folder: Path,
    writable: bool = False,
    environ: Mapping[str, str] = os.environ,
) -> Resolved:
    """Return the run that a REF names.

    It is a baseline's name, a version, ``last``, ``run:ID``, ``key:NAME`` or a ``.jsonl`` file.

    :param folder: what the path of a baseline file is relative to.
    :param writable: whether a baseline file may be read into the store.
    :raises ReferenceInvalid: the REF is malformed, ambiguous, or not a baseline file.
    :raises ReferenceUnknown: it names nothing that is stored; the nearest known names are in the text.
    """
    if not ref.strip():
        raise ReferenceInvalid(
            "the REF is empty; name a version, a baseline, `last`, `run:ID` or a .jsonl file"
        )
    if ref.endswith(_FILE):
        return Resolved(_from_file(store, folder / ref, writable=writable))
    if ref.startswith(_RUN):
        return Resolved(_by_id(store, ref, experiment))
    if ref.startswith(_KEY):
        name = ref.removeprefix(_KEY).strip()
        return Resolved(run_of_key(store, [name] if name else known_keys(environ), experiment))
    if ref.startswith(_ENV):
        raise ReferenceUnknown(
            f"{ref}: no version is promoted to {ref.removeprefix(_ENV)!r} in {store.location}"
        )
    if ref == LAST:
        return Resolved(_last(store, experiment))
    return _by_name(store, ref, experiment)


def known_names(store: Store, experiment: str) -> list[str]:
    """Return what could stand as a REF in an experiment: baseline names, then versions, the newest first."""
    names = [entry.name for entry in store.baselines(experiment)]
    complete = [run for run in _recorded(store, experiment) if run.complete]
    return list(dict.fromkeys(names + [run.version.name for run in complete]))


def _by_name(store: Store, ref: str, experiment: str) -> Resolved:
    version = _newest_complete(store, experiment, version=ref)
    if entry := store.baseline(experiment, ref):
        run = store.run(entry.run_id)
        if run is None:
            raise ReferenceInvalid(f"baseline {ref!r} points to run {entry.run_id[:8]}, which {_GONE}")
        clash = (
            f"{ref!r} is both a named baseline and a version; the named baseline (run {run.short_id}) is used"
        )
        return Resolved(run, (clash,) if version and version.id != run.id else ())
    if version:
        return Resolved(version, chosen_state(store, version))
    raise ReferenceUnknown(_unknown(store, ref, experiment))


_GONE = "is not in the store any more; set the baseline again"


def _unknown(store: Store, ref: str, experiment: str) -> str:
    """Say why a name cannot be used: only partial runs, another experiment, or not known at all."""
    if partial := _recorded(store, experiment, version=ref):
        why = partial[0].reason or partial[0].status
        return f"{ref!r} has no complete run in {store.location} (newest: {partial[0].status}, {why})"
    if store.runs(experiment, version=ref, limit=1):
        return f"{ref!r} has only traces of production in {store.location}; evaluate it in a test session"
    elsewhere = [name for name in store.experiments() if name != experiment and store.runs(name, version=ref)]
    if elsewhere:
        return f"{ref!r} is not in experiment {experiment!r}; it is in {', '.join(map(repr, elsewhere))}"
    known = ", ".join(nearest(ref, known_names(store, experiment))) or "none yet"
    return f"{ref!r} is not in {store.location}. Known: {known}"


def _by_id(store: Store, ref: str, experiment: str) -> Run:
    prefix = ref.removeprefix(_RUN)
    found = store.runs_with_prefix(prefix) if prefix else []
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(run.id[: len(prefix) + 4] for run in found[:5])
        raise ReferenceInvalid(f"{ref}: several runs start so ({several}); give more digits")
    known = ", ".join(f"{_RUN}{run.short_id}" for run in store.runs(experiment, limit=3)) or "none yet"
    raise ReferenceUnknown(f"{ref}: no run starts so in {store.location}. Newest: {known}")


def _last(store: Store, experiment: str) -> Run:
    if run := _newest_complete(store, experiment):
        return run
    raise ReferenceUnknown(f"last: experiment {experiment!r} has no complete run in {store.location}")


def _newest_complete(store: Store, experiment: str, *, version: str | None = None) -> Run | None:
    return next((run for run in _recorded(store, experiment, version=version) if run.complete), None)


def _recorded(store: Store, experiment: str, *, version: str | None = None) -> list[Run]:
    """Return runs that were evaluated; those of production show other cases, so only their id names them."""
    return [run for run in store.runs(experiment, version=version) if run.origin != "import"]


def _from_file(store: Store, path: Path, *, writable: bool) -> Run:
    from pytest_vtrack.store.baseline_file import import_baseline, imported_run

    if not path.is_file():
        raise ReferenceUnknown(
            f"{path}: there is no such baseline file; `vtrack baseline set NAME --file` writes one"
        )
    return import_baseline(store, path) if writable else imported_run(store, path)
