"""Cases packed for the page: compressed, as text that no markup can hide in, unpacked when one is opened."""

from __future__ import annotations

import base64
import gzip
import json
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pytest_vtrack.report.html.case_text import BULKY, dumps

MOST_CASES = 100
"""In one chunk: what is unpacked to show a single case."""
MOST_TEXT = 512_000
"""In one chunk, before compression."""
MOST_BYTES = 25_000_000
"""What the cases may take before something is left out."""
_LEVEL = 5
_MOST_WAITING = 4

TRIMMED = (
    "outputs of unchanged cases",
    "reasons of unchanged cases",
    "inputs, outputs and attributes of the steps in all traces",
)
"""What is left out, in this order and only as far as needed; values of metrics never are."""


@dataclass(frozen=True, slots=True)
class Packed:
    """All cases of a report."""

    chunks: list[str]
    starts: list[int]
    """The number of the first case of each chunk."""
    trimmed: tuple[str, ...]
    """What was left out to keep the file small."""

    @property
    def size(self) -> int:
        """In bytes, as the cases stand in the file."""
        return sum(map(len, self.chunks))


class Packer:
    """Takes cases one by one; what is packed already is trimmed again when it gets too much.

    Compression runs beside the thread that calls: it takes a third of all time, and holds no lock.

    :param most_bytes: what all chunks may take together.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._pool = ThreadPoolExecutor(1)
        self._waiting: deque[tuple[Future[str], int]] = deque()
        """Chunks on their way, and how many levels of trimming they went through."""
        self._chunks: list[str] = []
        self._starts: list[int] = []
        self._flags: list[list[bool]] = []
        """Which cases of each chunk are unchanged."""
        self._cases: list[str] = []
        self._unchanged: list[bool] = []
        self._text = self._count = self._level = 0

    def add(self, case: str, *, unchanged: bool) -> None:
        """Add a case as JSON text."""
        if not self._cases:
            self._starts.append(self._count)
        self._cases.append(case)
        self._unchanged.append(unchanged)
        self._count += 1
        self._text += len(case)
        if len(self._cases) >= MOST_CASES or self._text >= MOST_TEXT:
            self._close()

    def packed(self) -> Packed:
        """Return everything that was added; nothing can be added after it."""
        self._close()
        while self._waiting:
            self._keep(*self._waiting.popleft())
        self._pool.shutdown()
        return Packed(self._chunks, self._starts, TRIMMED[: self._level])

    def _close(self) -> None:
        if not self._cases:
            return
        self._flags.append(self._unchanged)
        text, levels = f"[{','.join(self._cases)}]", range(self._level)
        self._waiting.append((self._pool.submit(_packed, text, self._unchanged, levels), self._level))
        self._cases, self._unchanged, self._text = [], [], 0
        if len(self._waiting) > _MOST_WAITING:
            self._keep(*self._waiting.popleft())

    def _keep(self, packed: Future[str], level: int) -> None:
        """Take a chunk, and raise the level of trimming until all fit."""
        flags = self._flags[len(self._chunks)]
        self._chunks.append(_trimmed(packed.result(), flags, range(level, self._level)))
        while sum(map(len, self._chunks)) > self._most and self._level < len(TRIMMED):
            levels = range(self._level, self._level + 1)
            self._level += 1
            pairs = zip(self._chunks, self._flags, strict=False)
            self._chunks = [_trimmed(each, unchanged, levels) for each, unchanged in pairs]


def pack(text: str) -> str:
    """Return text compressed, in an alphabet that cannot end a tag; equal texts give equal bytes."""
    return base64.b64encode(gzip.compress(text.encode(), _LEVEL, mtime=0)).decode()


def unpack(chunk: str) -> Any:
    """Return the value whose JSON text was packed."""
    return json.loads(_text(chunk))


def _text(chunk: str) -> str:
    return gzip.decompress(base64.b64decode(chunk)).decode()


def _trimmed(chunk: str, unchanged: list[bool], levels: range) -> str:
    return _packed(_text(chunk), unchanged, levels) if levels else chunk


def _packed(text: str, unchanged: list[bool], levels: range) -> str:
    """Trim the JSON text of cases and pack it."""
    if not levels:
        return pack(text)
    cases = json.loads(text)
    for case, same in zip(cases, unchanged, strict=True):
        for level in levels:
            _TRIMS[level](case, same)
    return pack(dumps(cases))


def _without_outputs(case: dict[str, Any], unchanged: bool) -> None:
    for trial in _trials(case) if unchanged else ():
        if trial.get("o"):
            trial["o"] = 0


def _without_reasons(case: dict[str, Any], unchanged: bool) -> None:
    for trial in _trials(case) if unchanged else ():
        trial["v"] = [judged[:1] if judged else judged for judged in trial["v"]]
        trial["cut"] = 1


def _without_span_contents(case: dict[str, Any], _unchanged: bool) -> None:
    for side in case.get("p", ()):
        for spans in side:
            for span in spans:
                for name in BULKY:
                    span.pop(name, None)


def _trials(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [*case["b"], *case["c"]]


_TRIMS: tuple[Callable[[dict[str, Any], bool], None], ...] = (
    _without_outputs,
    _without_reasons,
    _without_span_contents,
)
