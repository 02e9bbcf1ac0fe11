"""The table below the trend charts: the same numbers, a row a run."""

from __future__ import annotations

from typing import NamedTuple

from pytest_vtrack.report import numbers
from pytest_vtrack.report.html.material import Material, PastRun
from pytest_vtrack.report.html.run_facts import moment
from pytest_vtrack.report.html.trend import value_of
from pytest_vtrack.report.look import OVERALL, Look
from pytest_vtrack.report.without_baseline import kind_of, worth_a_row


class PastRow(NamedTuple):
    """One run of the trend."""

    number: int
    version: str
    note: str
    """What this run is to the report, or why it is not whole."""
    run: str
    env: str
    started: str
    cases: str
    values: list[str]
    look: Look | None
    current: bool


def metric_names(material: Material) -> list[str]:
    """Return the metrics that the table has columns for, those of the newest run first."""
    sides = (side for one in reversed(material.past) for side in worth_a_row(one.metrics))
    return list(dict.fromkeys(side.spec.name for side in sides))


def past_rows(material: Material) -> list[PastRow]:
    """Return a row of each run, oldest first."""
    names = metric_names(material)
    return [_row(number, one, names, material) for number, one in enumerate(material.past, start=1)]


def _row(number: int, one: PastRun, names: list[str], material: Material) -> PastRow:
    run = one.run
    role = "this run" if run.id == material.run.id else ""
    if material.baseline and run.id == material.baseline.id:
        role = "baseline"
    return PastRow(
        number=number,
        version=run.version.name,
        note=role if run.complete else ", ".join(filter(None, (role, run.status))),
        run=run.short_id,
        env=run.env,
        started=moment(run.started_at),
        cases=numbers.count(run.stored),
        values=[_value(one, name) for name in names],
        look=next((look for verdict, look in OVERALL.items() if verdict == one.verdict), None),
        current=run.id == material.run.id,
    )


def _value(one: PastRun, name: str) -> str:
    side = value_of(one, name)
    return numbers.MISSING if side is None else numbers.value(kind_of(side), side.mean)
