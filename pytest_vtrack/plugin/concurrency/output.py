"""What calls print and log while other items have their turn: it is kept for the item it belongs to.

Told by the context: what a thread or subprocess of the application writes by itself belongs to whichever
item has its turn, as pytest captures it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.plugin.calls import speaking

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pytest_vtrack.plugin.calls import Call

_STREAMS = ("stdout", "stderr")


class Output:
    """Keeps apart what is printed and logged, from the first item to the last."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._routed: dict[int, Any] = {}
        logs: Any = config.pluginmanager.get_plugin("logging-plugin")
        names = ("caplog_handler", "report_handler", "log_cli_handler")
        self._handlers: list[logging.Handler] = [getattr(logs, name) for name in names] if logs else []
        self._level: int | None = logs.log_level if logs else None
        self._keeper = _Keeper(self._level or 0)

    @contextmanager
    def apart(self) -> Generator[None]:
        """Keep apart, while entered, what calls print, log and warn of."""
        root = logging.getLogger()
        level = root.level
        for handler in self._handlers:
            handler.addFilter(_of_the_turn)
        self.keep_logs()
        if self._level is not None:  # between the phases of items, too
            root.setLevel(min(level, self._level))
        self.route()
        try:
            with self._warnings():
                yield
        finally:
            root.setLevel(level)
            root.removeHandler(self._keeper)
            for handler in self._handlers:
                handler.removeFilter(_of_the_turn)
            for stream in self._routed.values():
                del stream.write
            self._routed.clear()

    def keep_logs(self) -> None:
        """Keep what is logged, also after an application has set logging up and so removed all handlers."""
        if self._handlers:  # without pytest's, Python writes to stderr, which is kept apart by itself
            logging.getLogger().addHandler(self._keeper)  # once, however often it is added

    def route(self) -> None:
        """Keep apart what is written to the streams that are in place now."""
        for name in _STREAMS:
            stream = getattr(sys, name)
            if stream is not None and id(stream) not in self._routed:
                with suppress(AttributeError):  # a stream that somebody else put there may refuse
                    _route(stream, name)
                    self._routed[id(stream)] = stream

    def replay(self, call: Call) -> None:
        """Write what a call has printed and logged, now that its item has its turn."""
        call.taken = True
        for name, text in call.printed:
            getattr(sys, name).write(text)
        for record in call.records:
            for handler in self._handlers:
                if record.levelno >= handler.level:
                    handler.handle(record)

    def _warnings(self) -> AbstractContextManager[None]:
        """Let the filters of warnings hold between items, too: a call in a thread meets the same ones."""
        if not self._config.pluginmanager.has_plugin("warnings"):
            return nullcontext()
        from _pytest.warnings import catch_warnings_for_item

        return catch_warnings_for_item(self._config, self._config.hook, "runtest", None)


class _Keeper(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        call = speaking.get()
        if call is not None and not call.taken:
            call.records.append(record)


def _of_the_turn(_: logging.LogRecord) -> bool:
    call = speaking.get()
    return call is None or call.taken


def _route(stream: Any, name: str) -> None:
    write = stream.write

    def routed(text: str) -> int:
        call = speaking.get()
        if call is None or call.taken:
            return write(text)  # type: ignore[no-any-return]
        call.printed.append((name, text))
        return len(text)

    # The attribute, not the stream: pytest puts its own streams in place many times for each item.
    stream.write = routed
