"""Counts what pytest-vtrack stored."""

from pathlib import Path

import workload

from pytest_vtrack.store import open_store

store = open_store(str(Path(".vtrack", "vtrack.db")))
run = store.runs()[0]
workload.tell(
    sum(
        1 for case in store.results(run.id) for one in case.assessments if one.metric.name in workload.SCORERS
    )
)
store.close()
