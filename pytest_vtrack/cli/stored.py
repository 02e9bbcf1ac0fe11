"""What commands that read the store have in common: three options, and an open store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_vtrack.cli.project import Project, find_project
from pytest_vtrack.errors import ReferenceUnknown, StoreError, nearest

if TYPE_CHECKING:
    from pytest_vtrack.store.protocol import Store


def _named(_: click.Context, option: click.Parameter, given: str | None) -> str | None:
    if given is not None and not given.strip():  # of an unset variable: another store would be meant
        raise click.BadParameter("is empty; name a file or a server, or leave the option out", param=option)
    return given


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
store_option = click.option(
    "--store", "store_uri", metavar="URI", callback=_named, help="Where runs are kept."
)
_experiment_option = click.option(
    "--experiment", "asked", metavar="NAME", help="Experiment, where the store has several."
)


@dataclass(frozen=True)
class Stored:
    """An open store, and which of its experiments a command speaks of."""

    store: Store
    project: Project
    experiment: str
    """Of ``--experiment``, else of the project."""
    asked: str | None
    """The experiment where one was named on the command line."""


def on_store(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--store``, ``--experiment`` and ``--json``, and call it with an open store."""

    @wraps(command)
    def opened(*args: Any, store_uri: str | None, asked: str | None, **options: Any) -> None:
        with _stored(store_uri, asked) as stored:
            command(stored, *args, **options)

    return json_option(_experiment_option(store_option(opened)))


@contextmanager
def _stored(store_uri: str | None, asked: str | None) -> Iterator[Stored]:
    from pytest_vtrack.store import open_store
    from pytest_vtrack.store.location import place_of

    project = find_project(Path.cwd())
    uri = store_uri or project.store_uri
    path = place_of(uri)
    if path is not None and not path.exists():
        raise StoreError(
            f"{path}: nothing is stored here yet; run pytest once, or name another place with --store"
        )
    store = open_store(uri, create=False)
    try:
        known = store.experiments()
        if asked is not None and asked not in known:
            names = ", ".join(nearest(asked, known)) or "none yet"
            raise ReferenceUnknown(f"--experiment: {asked!r} is not in {store.location}. Known: {names}")
        yield Stored(store, project, asked or project.experiment(known), asked)
    finally:
        store.close()
