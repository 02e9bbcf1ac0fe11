"""What commands on datasets have in common: a store that is opened when it is needed, and finding cases."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pytest_vtrack.cli.project import Project, find_project
from pytest_vtrack.cli.stored import json_option, store_option
from pytest_vtrack.errors import DatasetError, ReferenceUnknown, nearest

if TYPE_CHECKING:
    from pytest_vtrack.model.dataset import Case
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.store.protocol import Store

SOURCE_HELP = "a file, a registered NAME or NAME@VERSION, or run:ID"
_experiment_option = click.option("--experiment", metavar="NAME", help="Experiment of a run:ID or of traces.")


@dataclass(frozen=True)
class Found:
    """Where cases come from, and how to read them: each with its place."""

    label: str
    cases: Callable[[], Iterator[tuple[str, Case]]]
    notices: tuple[str, ...] = ()
    unchecked: Callable[[], Iterator[tuple[str, object]]] | None = None
    """Records of a file as they stand there."""

    @property
    def records(self) -> Iterator[tuple[str, object]]:
        """Every record with its place, whether it is a case or not."""
        return self.unchecked() if self.unchecked else self.cases()


class Sources:
    """The project that a command is typed in, and its store once somebody asks for it."""

    def __init__(self, store_uri: str | None, experiment: str | None, stack: ExitStack) -> None:
        self._store_uri, self._experiment, self._stack = store_uri, experiment, stack
        self.project: Project = find_project(Path.cwd())

    def open(self, *, create: bool) -> Store:
        """Return the open store.

        :raises StoreError: it cannot be opened, or is not there and is not to be made.
        """
        if "store" not in self.__dict__:
            from pytest_vtrack.store import open_store

            store = open_store(self._store_uri or self.project.store_uri, create=create)
            self._stack.callback(store.close)
            self.__dict__["store"] = store
        return self.store

    @cached_property
    def store(self) -> Store:
        """The store, which must be there."""
        return self.open(create=False)

    @property
    def experiment(self) -> str:
        """The experiment of ``--experiment``, else of the project.

        :raises ReferenceUnknown: the store has none of that name.
        """
        asked, known = self._experiment, self.store.experiments()
        if asked is not None and asked not in known:
            names = ", ".join(nearest(asked, known)) or "none yet"
            raise ReferenceUnknown(f"--experiment: {asked!r} is not in {self.store.location}. Known: {names}")
        return asked or self.project.experiment(known)

    def find(
        self, text: str, *, dataset: str | None = None, columns: Mapping[str, str] | None = None
    ) -> Found:
        """Return the cases that a path, a name or a run stands for.

        :param dataset: which of a run's datasets.
        :param columns: which columns of a file are which inputs, expectations and tags.
        :raises VtrackError: it stands for none.
        """
        from pytest_vtrack.workflow.dataset_references import RUN, is_registered, names_a_file

        if columns and not names_a_file(text):
            raise DatasetError(f"--column is for files in another shape; {text!r} has cases already")
        if text.startswith(RUN):
            return self._of_run(text, dataset)
        if is_registered(text) or not names_a_file(text):
            return self._registered(text)
        return _of_file(text, columns)

    def _registered(self, text: str) -> Found:
        from pytest_vtrack.workflow.dataset_references import find_version, registered_ref

        version, datasets = find_version(self.store, registered_ref(text)), self.store.datasets
        return Found(
            version.ref,
            lambda: ((f"case {case.id}", case) for case in datasets.cases(version.name, version.number)),
        )

    def _of_run(self, text: str, dataset: str | None) -> Found:
        from pytest_vtrack.report.words import counted
        from pytest_vtrack.workflow.dataset_of_run import cases_of_run

        run = self._run(text)
        found = cases_of_run(self.store, run, dataset=dataset)
        notices = []
        if found.changed:
            notices.append(
                f"not exactly as it was asked: {counted(found.changed, 'case')} of which the run stored "
                "other values, because some were masked or the test added expectations"
            )
        if found.unknown:
            notices.append(
                f"left out: {counted(found.unknown, 'case')} stored without inputs (vtrack_capture = scores) "
                "that no registered dataset has"
            )
        cases = found.cases
        return Found(
            f"run:{run.short_id}", lambda: ((f"case {case.id}", case) for case in cases), tuple(notices)
        )

    def _run(self, text: str) -> Run:
        """Return the run that the digits after ``run:`` begin the id of, or that any REF after it names."""
        from pytest_vtrack.workflow.references import LAST, known_names, resolve

        try:
            return resolve(self.store, text, self.experiment, folder=Path.cwd()).run
        except ReferenceUnknown:
            ref = text.partition(":")[2]
            if ref not in (*known_names(self.store, self.experiment), LAST):
                raise
            return resolve(self.store, ref, self.experiment, folder=Path.cwd()).run


def on_sources(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--store``, ``--experiment`` and ``--json``, and call it with the sources."""

    @wraps(command)
    def opened(*args: Any, store_uri: str | None, experiment: str | None, **options: Any) -> None:
        with ExitStack() as stack:
            command(Sources(store_uri, experiment, stack), *args, **options)

    return json_option(_experiment_option(store_option(opened)))


def _pairs(ctx: click.Context, parameter: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    for text in given:
        if not all(text.partition("=")[::2]):
            said = f"{text!r} is not NAME=COLUMN, such as inputs.question=Question"
            raise click.BadParameter(said, ctx, parameter)
    return {name: column for name, _, column in (text.partition("=") for text in given)}


columns_option = click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=COLUMN",
    callback=_pairs,
    help="Which column of a file in another shape is which: inputs.question=Question (repeatable).",
)


def who() -> str:
    """Return who types the command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run as a user without a name
        return "unknown"


def _of_file(text: str, columns: Mapping[str, str] | None) -> Found:
    from pytest_vtrack.interop.datasets import find_dataset, read_records
    from pytest_vtrack.interop.records import cases_of

    file = find_dataset(text, Path.cwd())
    return Found(
        text,
        lambda: cases_of(read_records(file, columns), where=text),
        unchecked=lambda: read_records(file, columns),
    )
