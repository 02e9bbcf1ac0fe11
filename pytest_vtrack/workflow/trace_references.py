"""Which stored trace a name on the command line stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_vtrack.errors import ReferenceInvalid, ReferenceUnknown
from pytest_vtrack.model.trace_summary import TraceSummary

if TYPE_CHECKING:
    from pytest_vtrack.model.run import CaseResult, Run
    from pytest_vtrack.store.protocol import Store

_ID = re.compile(r"[0-9a-fA-F]{4,32}\Z")
_OF_CASE = re.compile(r"([0-9a-fA-F]{4,}):(.+)\Z", re.DOTALL)
_TRIAL = re.compile(r"(.+)#(\d+)\Z", re.DOTALL)
_MOST = 6


def resolve_trace(store: Store, ref: str) -> tuple[Run, CaseResult] | None:
    """Return the trace that a name stands for, with its run; ``None`` where it stands for none.

    :param ref: the first digits of a trace's id, or ``RUN:CASE``, ``RUN:CASE#TRIAL``: the first digits of a
        run's id, and the id of a case or the node id of its item.
    :raises ReferenceInvalid: it stands for several.
    :raises ReferenceUnknown: the run is there, the case is not.
    """
    found = _by_id(store, ref) if _ID.match(ref) else _by_case(store, ref)
    if not found:
        _refuse_unknown_case(store, ref)
        return None
    if len(found) > 1:
        raise ReferenceInvalid(f"{ref}: several traces are called so; write one of\n{_choices(found)}")
    run = store.run(found[0].run_id)
    results = store.case_results(found[0].run_id, found[0].key)
    result = next((each for each in results if each.trial == found[0].trial), None)
    return None if run is None or result is None else (run, result)


def _by_id(store: Store, ref: str) -> Sequence[TraceSummary]:
    return store.traces_with_prefix(ref.lower(), limit=_MOST)


def _by_case(store: Store, ref: str) -> Sequence[TraceSummary]:
    match = _OF_CASE.match(ref)
    if match is None:
        return ()
    runs = store.runs_with_prefix(match[1].lower())
    found = [trace for run in runs for trace in store.traces_of_case(run.id, match[2])]
    first = [trace for trace in found if trace.trial == 0]
    if found or not (numbered := _TRIAL.match(match[2])):
        return first or found
    others = [trace for run in runs for trace in store.traces_of_case(run.id, numbered[1])]
    return [trace for trace in others if trace.trial == int(numbered[2])]


def _refuse_unknown_case(store: Store, ref: str) -> None:
    match = _OF_CASE.match(ref)
    for run in store.runs_with_prefix(match[1].lower()) if match else ():
        raise ReferenceUnknown(
            f"{ref}: run {run.short_id} (version {run.version.name}) has no such case or trial; "
            f"`vtrack traces --where 'run = {run.short_id}'` lists what it has"
        )


def _choices(found: Sequence[TraceSummary]) -> str:
    """Return names that tell the traces apart, one a line."""
    lines = []
    for trace in found[: _MOST - 1]:
        trial = f"#{trace.trial}" if trace.trial else ""
        by_case = f"{trace.run_id[:12]}:{trace.nodeid}{trial}"
        same_id = any(each.trace_id == trace.trace_id for each in found if each is not trace)
        lines.append(f"  {by_case if same_id or not trace.trace_id else trace.trace_id}")
    return "\n".join(lines + (["  …"] if len(found) >= _MOST else []))
