"""Where results wait while the store takes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pytest_vtrack.plugin.awaited import NAMED
from pytest_vtrack.plugin.options import settings_key

if TYPE_CHECKING:
    import pytest

    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.store.protocol import Store
    from pytest_vtrack.store.spool import Spool


def spool_of(config: pytest.Config) -> Spool:
    """Return a file of the session's own, where a store in a file would stand."""
    from pytest_vtrack.store.location import DEFAULT_FOLDER, is_postgres
    from pytest_vtrack.store.spool import Spool

    home = config.inipath.parent if config.inipath else config.rootpath
    path = home / DEFAULT_FOLDER / f"waiting-{uuid.uuid4().hex[:8]}.jsonl"
    if is_postgres(config.stash[settings_key].store):
        return Spool(path)
    return Spool(path, when="the store can be written again", whole=True)


def confirm(store: Store, runs: Iterable[Run], spool: Spool | None) -> None:
    """See that the file of a store is still there, and save what it held where it is not.

    :raises StoreError: it is not; the text says where what it held is.
    """
    if spool is None:
        store.confirm()
        return
    from pytest_vtrack.store.rescue import confirm

    confirm(store, runs, spool.path.with_name(spool.path.name.replace("waiting-", "rescued-")))


def lost(results: Sequence[CaseResult]) -> str:
    """Say what is stored nowhere, and how to get it again."""
    if not results:
        return "How the run ended is stored nowhere; `pytest --vtrack-resume` closes it"
    names = ", ".join(result.nodeid for result in results[:NAMED])
    more = f" and {len(results) - NAMED} more" if len(results) > NAMED else ""
    return (
        f"{len(results)} results are stored nowhere: {names}{more}; `pytest --vtrack-resume` runs what is "
        "missing"
    )
