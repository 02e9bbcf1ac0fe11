"""Handing out cases to pytest-xdist's workers so that each can call several at once.

Imported only where pytest-xdist controls workers.
"""

from __future__ import annotations

from typing import Any

from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]

from pytest_vtrack.plugin.concurrency.shares import due, may_be_one_of_many, same_test


class CaseScheduling(LoadScheduling):  # type: ignore[misc]
    """Hands out as ``--dist=load`` does, but no worker gets less than it can call at once.

    When a worker dies while it called several cases, it is not known which of them it died of: the one that
    takes its place runs them one at a time, and then it is.
    """

    collection: list[str]
    maxschedchunk: int

    def __init__(self, config: Any, log: Any, at_once: int, most_ahead: int) -> None:
        """Take the place of pytest-xdist's own.

        :param most_ahead: how many cases a worker may have called whose items have not had their turn.
        """
        super().__init__(config, log)
        self._at_once = at_once
        self._most_ahead = most_ahead
        self._suspects: list[int] = []
        self._reserved: dict[Any, list[int]] = {}
        self._alone: set[int] = set()
        self.replaces = True
        """Whether another worker comes when one dies."""

    @property
    def tests_finished(self) -> bool:
        """Whether nothing is left to hand out or to wait for."""
        return not (self._suspects or self._reserved) and bool(super().tests_finished)

    @property
    def has_pending(self) -> bool:
        """Whether any case has not ended."""
        return bool(self._suspects or self._reserved or super().has_pending)

    def reserve(self, node: Any) -> list[str]:
        """Set aside for a new worker what one that died has left, and return the ids."""
        suspects, self._suspects = self._suspects, []
        if suspects:
            self._reserved[node] = suspects
        return [self.collection[each] for each in suspects]

    def schedule(self) -> None:
        """Hand out for the first time, or to a worker that came later."""
        if self.collection is None:
            self._take_collection()
        if self.has_pending:
            for node in self.nodes:
                self.check_schedule(node)

    def _take_collection(self) -> None:
        if self._check_nodes_have_same_collection():
            self.collection = next(iter(self.node2collection.values()))
            self.pending[:] = range(len(self.collection))
            self.maxschedchunk = self.maxschedchunk or len(self.collection)

    def check_schedule(self, node: Any, duration: float = 0) -> None:  # noqa: ARG002
        """Give a worker more, where it has too little."""
        if node.shutting_down:
            return
        mine = self._reserved.pop(node, [])
        if not mine and not self.pending:
            node.shutdown()
            return
        if mine:
            self.node2pending[node].extend(mine)
            node.send_runtest_some(mine)
        if self.pending:
            self._send_tests(node, self._due(node))
        if not self.pending:  # a worker begins its last case only when it knows that none follows
            for each, held in self.node2pending.items():
                if len(held) < 2 and each not in self._reserved and not each.shutting_down:
                    each.shutdown()

    def _due(self, node: Any) -> int:
        counts = [len(held) for each, held in self.node2pending.items() if not each.shutting_down]
        held = len(self.node2pending[node])
        wanted = 2 * self._at_once if may_be_one_of_many(self.collection[self.pending[0]]) else 2
        number = due(held, len(self.pending), sum(counts), len(counts), wanted)
        return min(number, max(2 - held, self.maxschedchunk))

    def remove_node(self, node: Any) -> str | None:
        """Take back what a worker had, and return which case it died of, if that is known."""
        self._suspects += self._reserved.pop(node, [])
        held: list[int] = self.node2pending.pop(node)
        if not held:
            return None
        ids, first = self.collection, held[0]
        if first in self._alone:
            suspects = [each for each in held[1:] if each in self._alone]
        else:
            called = held[: 1 + self._most_ahead] if may_be_one_of_many(ids[first]) else held[:1]
            suspects = [each for each in called if same_test(ids[each], ids[first])]
        known = first in self._alone or len(suspects) < 2 or not self.replaces
        if known:
            held = held[1:]
        if self.replaces:
            self._set_aside([each for each in suspects if each in held])
            held = [each for each in held if each not in self._alone]
        self.pending.extend(held)
        for other in self.nodes:
            self.check_schedule(other)
        return str(ids[first]) if known else None

    def _set_aside(self, suspects: list[int]) -> None:
        self._suspects += suspects
        self._alone.update(suspects)
