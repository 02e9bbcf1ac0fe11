"""The cases of a very large dataset in a temporary file: a chunk of them is in memory at a time."""

from __future__ import annotations

import pickle
import tempfile
import weakref
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import overload

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case

BLOCK = 100
"""How many cases are written, and read again, in one go."""


def spooled(cases: Iterable[Case], where: str) -> Sequence[Case]:
    """Return cases from a temporary file, or from memory where they hold objects that only live there.

    :param where: where they were given, for messages.
    :raises DatasetError: two have one id, or the file cannot be written.
    """
    following = iter(cases)
    try:
        return SpooledCases(following, where=where)
    except Unspoolable as found:
        return tuple(chain(found.read, following))


class Unspoolable(Exception):
    """Cases hold objects that only live in memory.

    :param read: what was taken from the source before.
    """

    def __init__(self, read: Iterator[Case]) -> None:
        super().__init__()
        self.read = read


class SpooledCases(Sequence[Case]):
    """Reads its cases from a file that is gone when nobody needs it any more."""

    ids_are_unique = True

    def __init__(self, cases: Iterable[Case], *, where: str) -> None:
        """Write cases to a file.

        :param where: where they were given, for messages.
        :raises Unspoolable: one of them cannot be written.
        :raises DatasetError: two have one id, or the file cannot be written.
        """
        self._ends = array("Q", [0])
        self._count = 0
        self._ids: list[array[int]] | None = [array("Q") for _ in range(256)]
        block: list[Case] = []
        try:
            self._file = tempfile.TemporaryFile(prefix="vtrack-cases-")  # noqa: SIM115  closed with the object
            weakref.finalize(self, self._file.close)
            for case in cases:
                block.append(case)
                if len(block) == BLOCK:
                    block = self._write(block)
            self._write(block)
        except OSError as error:
            raise DatasetError(
                f"{where}: no room for a copy in {tempfile.gettempdir()}: {error.strerror or error}; "
                "TMPDIR names another folder"
            ) from error
        self._check_ids(where)

    def _write(self, block: list[Case]) -> list[Case]:
        """Write some cases, and return an empty block."""
        assert self._ids is not None, "ids are kept until all cases are written"
        try:
            data = zlib.compress(pickle.dumps(block, pickle.HIGHEST_PROTOCOL), 1) if block else b""
        except Exception as error:  # an object of the user may refuse in any way
            raise Unspoolable(chain(self, block)) from error
        self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))
        self._count += len(block)
        for case in block:
            number = int(payload.digest(case.id), 16)
            self._ids[number & 255].append(number)
        return []

    def _check_ids(self, where: str) -> None:
        """Refuse two cases with one id; eight bytes a case are enough to tell."""
        several, self._ids = self._ids or [], None
        for numbers in several:
            if len(set(numbers)) < len(numbers):
                self._refuse_twins(where)
                return

    def _refuse_twins(self, where: str) -> None:
        places: dict[str, int] = {}
        for place, case in enumerate(self, start=1):
            if (first := places.setdefault(case.id, place)) != place:
                raise DatasetError(_twin(case, f"{where}: case {place}", f"case {first}"))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Case]:
        return chain.from_iterable(map(self._block, range(len(self._ends) - 1)))

    @overload
    def __getitem__(self, index: int) -> Case: ...

    @overload
    def __getitem__(self, index: slice) -> list[Case]: ...

    def __getitem__(self, index: int | slice) -> Case | list[Case]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self._count)
            first, last = start // BLOCK, -(-stop // BLOCK)
            read = [case for number in range(first, last) for case in self._block(number)]
            return read[start - first * BLOCK : stop - first * BLOCK : step]
        place = range(self._count)[index]
        return self._block(place // BLOCK)[place % BLOCK]

    def _block(self, number: int) -> list[Case]:
        begin, end = self._ends[number], self._ends[number + 1]
        if begin == end:
            return []
        self._file.seek(begin)
        data = zlib.decompress(self._file.read(end - begin))
        cases: list[Case] = pickle.loads(data)  # noqa: S301  this process wrote it, and nobody else can
        return cases


def _twin(case: Case, where: str, first: str) -> str:
    if case.id == payload.digest(payload.encode(case.inputs, "inputs", canonical=True).text):
        return f"{where}: the same inputs as in {first}, and no id tells the two apart; give each an 'id'"
    return f"{where}: the id {case.id!r} is taken by {first}; ids must be unique"
