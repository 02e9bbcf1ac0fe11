"""Ctrl-C that waits for the end of what must not be cut in two."""

from __future__ import annotations

import signal
import threading

from pytest_vtrack.plugin.signals import handle, handler_of


class CtrlCAfterwards:
    """Lets Ctrl-C take effect only at the end; pressed twice: at once."""

    def __enter__(self) -> None:
        self._pressed = False
        main = threading.current_thread() is threading.main_thread()
        self._usual = main and handler_of(signal.SIGINT) is signal.default_int_handler
        if self._usual:
            handle(signal.SIGINT, self._on_ctrl_c)

    def __exit__(self, *_: object) -> None:
        if self._usual:
            handle(signal.SIGINT, signal.default_int_handler)
        if self._pressed:
            raise KeyboardInterrupt

    def _on_ctrl_c(self, *_: object) -> None:
        if self._pressed:
            raise KeyboardInterrupt
        self._pressed = True
