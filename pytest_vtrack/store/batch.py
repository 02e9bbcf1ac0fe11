"""A batch of results on its way into the tables: everything that it names by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.run import CaseResult
from pytest_vtrack.store.case_numbers import stored_cases
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.interning import INLINE, label_ids, payload_ids, tagset_ids
from pytest_vtrack.store.series import Name, series_ids
from pytest_vtrack.store.spans import StoredSpans, stored_spans


class Placed(NamedTuple):
    """A result with the numbers of its own."""

    result: CaseResult
    case_id: int
    own_contents: bool
    """Whether inputs and expectations differ from the case's."""
    tagset_id: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Results of one run, and the numbers that they share.

    Numbers are looked up anew for each batch: another process may have deleted what was there before.
    """

    run_id: int
    results: Sequence[Placed]
    series: Mapping[int, int]
    """The cell before the first one of each metric, by the identity of its declaration: a hash costs more."""
    labels: Mapping[str, int]
    payloads: Mapping[str, int]
    """Of large inputs and outputs."""
    spans: Mapping[int, StoredSpans]
    """By the identity of the result."""


def batch_of(connection: sa.Connection, run_id: int, results: Sequence[CaseResult]) -> Batch:
    """Look up everything that results name, adding what is new."""
    payloads = payload_ids(connection, _large_contents(results))
    cases = stored_cases(connection, results, payloads)
    tagsets = tagset_ids(connection, results)
    placed = [
        Placed(result, *case, tagset_id)
        for result, case, tagset_id in zip(results, cases, tagsets, strict=True)
    ]
    series = _series(connection, run_id, results)
    spans = stored_spans(connection, results)
    return Batch(run_id, placed, series, label_ids(connection, results), payloads, spans)


def _large_contents(results: Sequence[CaseResult]) -> set[str]:
    return {
        text
        for result in results
        for text in (result.inputs, result.outputs)
        if text is not None and len(text) > INLINE
    }


def _series(connection: sa.Connection, run_id: int, results: Sequence[CaseResult]) -> dict[int, int]:
    """Return where the values of every declaration begin; of several for one metric, the latest counts."""
    declared = {id(a.metric): a.metric for result in reversed(results) for a in reversed(result.assessments)}
    specs: dict[Name, MetricSpec] = {}
    for spec in declared.values():
        specs.setdefault((spec.name, spec.fingerprint), spec)
    numbers = series_ids(connection, run_id, specs)
    return {key: cell(numbers[spec.name, spec.fingerprint], 0) for key, spec in declared.items()}
