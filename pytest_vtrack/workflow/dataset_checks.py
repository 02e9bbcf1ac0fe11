"""Checking a dataset before it costs anything: what is wrong with it, and what may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.records import checked_case
from pytest_vtrack.model import payload
from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.dataset_problem import DatasetProblem
from pytest_vtrack.scoring.needs import declares_needs, lack
from pytest_vtrack.scoring.protocol import Scorer
from pytest_vtrack.workflow.dataset_balance import Balance
from pytest_vtrack.workflow.dataset_leaks import Leaks, texts_of
from pytest_vtrack.workflow.similar_texts import Sketch, similar, sketch

MOST_COMPARED = 50_000
"""In larger datasets nearly equal inputs are not looked for, which takes memory for each case."""


class _Seen(NamedTuple):
    """What is kept of a case to compare later ones with."""

    place: str
    case_id: str
    expected: str


@dataclass(slots=True)
class Checked:
    """What was found in a dataset."""

    cases: int = 0
    problems: list[DatasetProblem] = field(default_factory=list)
    """The serious ones and the notes, in the order of the checks."""

    @property
    def serious(self) -> int:
        """How many are not mere notes."""
        return sum(problem.serious for problem in self.problems)


def check_dataset(
    records: Iterable[tuple[str, object]], *, where: str, scorers: Sequence[Scorer] = ()
) -> Checked:
    """Check records one by one, each given with its place, and what they are together.

    A record that is no case is a problem, and the others are checked. Memory holds a few numbers a case.

    :param where: the file, for messages.
    :param scorers: those whose expectations the cases must have.
    """
    found, check = Checked(), _Check(scorers)
    try:
        for place, record in records:
            try:
                case = checked_case(record, where)
            except DatasetError as error:
                text = str(error).removeprefix(f"{where}: ")
                found.problems.append(DatasetProblem("not a case", text, place))
            else:
                found.cases += 1
                check.add(place, case)
    except DatasetError as error:  # the file cannot be read on
        found.problems.append(DatasetProblem("not a case", str(error)))
    if not found.cases and not found.problems:
        found.problems.append(DatasetProblem("not a case", f"{where}: no cases"))
    found.problems += check.problems()
    return found


class _Check:
    """Looks at cases one by one, and tells in the end."""

    def __init__(self, scorers: Sequence[Scorer]) -> None:
        self._scorers = [scorer for scorer in scorers if declares_needs(scorer)]
        self._ids: dict[str, str] = {}
        self._inputs: dict[str, _Seen] = {}
        self._sketches: list[Sketch] = []
        self._places: list[tuple[str, str]] = []
        self._own: list[DatasetProblem] = []
        self._leaks, self._balance = Leaks(), Balance()
        self._names: Counter[str] = Counter()
        self._with: list[frozenset[str]] = []

    def add(self, place: str, case: Case) -> None:
        """Look at a case."""
        self._places.append((place, case.id))
        self._with.append(frozenset(case.expectations))
        self._names.update(case.expectations.keys())
        self._leaks.add(place, case)
        self._balance.add(case.expectations)
        for scorer in self._scorers:
            if reason := lack(scorer, case.expectations):
                self._note("scorer", f"{scorer.name} can never score it: {reason}", place, case)
        fresh = self._is_fresh(place, case) and len(self._places) <= MOST_COMPARED
        text = " ".join(text for _, text in texts_of(case.inputs, "")) if fresh else ""
        self._sketches.append(sketch(text))

    def _is_fresh(self, place: str, case: Case) -> bool:
        """Tell whether neither id nor inputs were seen before; note where they were."""
        digest = payload.digest(payload.encode(case.inputs, "inputs", canonical=True).text)
        seen = _Seen(place, case.id, payload.encode(case.expectations, "", canonical=True).text)
        earlier = self._inputs.setdefault(digest, seen)
        if (first := self._ids.setdefault(case.id, place)) is not place:
            whole = ", and so are its inputs" if earlier is not seen else ""
            self._note("duplicate id", f"the id is that of {first}{whole}; ids must be unique", place, case)
            return False
        if earlier is not seen:
            self._note("duplicate inputs", _duplicate(seen, earlier), place, case)
        return earlier is seen

    def problems(self) -> Iterator[DatasetProblem]:
        """Yield everything that was found."""
        yield from self._own
        yield from self._leaks.problems()
        yield from self._missing()
        yield from self._similar()
        yield from self._balance.problems()

    def _note(self, kind: str, message: str, place: str, case: Case) -> None:
        self._own.append(DatasetProblem(kind, message, place, case.id))  # type: ignore[arg-type]

    def _missing(self) -> Iterator[DatasetProblem]:
        """Yield the cases that lack an expectation which most of the others have."""
        cases = len(self._with)
        usual = {name: count for name, count in self._names.items() if cases > count >= 0.5 * cases}
        for (place, case_id), names in zip(self._places, self._with, strict=True):
            for name, count in usual.items():
                if name not in names:
                    told = (
                        f"no expectations.{name}, which {count} of {cases} cases have; add it if it is known"
                    )
                    yield DatasetProblem("missing expectation", told, place, case_id, serious=False)

    def _similar(self) -> Iterator[DatasetProblem]:
        if len(self._places) > MOST_COMPARED:
            told = f"nearly equal inputs were looked for among the first {MOST_COMPARED:,} cases only"
            yield DatasetProblem("near-duplicate inputs", told, serious=False)
        for index, earlier, share in similar(self._sketches):
            place, case_id = self._places[index]
            first, first_id = self._places[earlier]
            alike = (
                "the same words in the same order as" if share == 1 else f"{share:.0%} of the word pairs of"
            )
            told = f"inputs have {alike} {_at(first, first_id)}; keep one, or give both a tag to cluster by"
            yield DatasetProblem("near-duplicate inputs", told, place, case_id, serious=False)


def _at(place: str, case_id: str) -> str:
    return place if place == f"case {case_id}" else f"{place} (case {case_id})"


def _duplicate(case: _Seen, earlier: _Seen) -> str:
    told = f"the same inputs as {_at(earlier.place, earlier.case_id)}"
    if case.expected == earlier.expected:
        return f"{told}; remove one: a question that counts twice makes a difference look surer than it is"
    return f"{told}, but other expectations: no application can satisfy both"
