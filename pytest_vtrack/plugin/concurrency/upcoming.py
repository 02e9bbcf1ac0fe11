"""Which items this process is going to run, in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Following = Callable[[pytest.Item], pytest.Item | None]
"""Returns the item that runs after another one, as far as that is known."""


def following_in(session: pytest.Session) -> Following:
    """Return what knows the items of a session: all of them, or those that a worker was given so far."""
    worker = next(
        (each for each in session.config.pluginmanager.get_plugins() if hasattr(each, "torun")), None
    )
    return _in_session(session) if worker is None else _in_worker(session, worker)


def _in_session(session: pytest.Session) -> Following:
    items = session.items
    positions = {id(item): n for n, item in enumerate(items)}

    def following(item: pytest.Item) -> pytest.Item | None:
        place = positions.get(id(item))
        return items[place + 1] if place is not None and place + 1 < len(items) else None

    return following


def _in_worker(session: pytest.Session, worker: Any) -> Following:
    items = session.items
    positions = {id(item): n for n, item in enumerate(items)}

    def following(item: pytest.Item) -> pytest.Item | None:
        with worker.torun.lock() as queue:
            given = [worker.item_index, worker.nextitem_index, *queue]
        place = positions.get(id(item))
        if place not in given[:-1]:
            return None
        after = given[given.index(place) + 1]
        return items[after] if isinstance(after, int) else None  # what is no number ends the session

    return following
