"""Accepting a run as the baseline: deliberate, recorded, and never a part of a run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_vtrack.errors import BaselineRefused

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Who accepts which name for a run, and why."""

    name: str
    why: str
    who: str


def accept(
    store: Store, run: Run, acceptance: Acceptance, *, file: Path | None = None, scores_only: bool = False
) -> None:
    """Point a baseline name to a run and, when asked, write the committed form.

    :raises BaselineRefused: the reason is empty, the name means something else, or the run is not complete.
    """
    if not acceptance.why.strip():
        raise BaselineRefused("--why is empty; say in a sentence why the new behaviour is accepted")
    _check_name(acceptance.name)
    if run.origin == "import":
        raise BaselineRefused(
            f"run {run.short_id} of {run.version.name} holds traces of production, which no test can be "
            "compared with; choose a run of your tests"
        )
    if not run.complete:
        raise BaselineRefused(
            f"run {run.short_id} of {run.version.name} is {run.status} ({run.reason or 'not finished'}); "
            "only a complete run can become a baseline: run all of its cases"
        )
    if file is not None:
        from pytest_vtrack.store.baseline_file import write_baseline

        write_baseline(file, store, run, scores_only=scores_only)
    store.set_baseline(
        run.experiment, acceptance.name, run.id, why=acceptance.why, who=acceptance.who, at=time.time()
    )


def _check_name(name: str) -> None:
    reserved = name == "last" or name.endswith(".jsonl") or ":" in name
    if reserved or not name.strip():
        raise BaselineRefused(
            f"{name!r} cannot name a baseline: `last`, names with a colon and names ending in .jsonl mean "
            "something else as a REF; take a name like `main`"
        )
