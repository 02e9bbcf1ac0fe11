"""Inputs and expectations of a running case as the types that its dataset names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_vtrack.model.case_types import CaseTypes
    from pytest_vtrack.plugin.execution import Execution


def typed_values(execution: Execution, types: CaseTypes, group: str) -> Any:
    """Return inputs or expectations as an instance: one for each trial, made when it is first asked for.

    :raises DatasetError: they are not of the type any more, as after ``vtrack_case.expect``.
    """
    made = execution.typed = execution.typed or {}
    if group not in made:
        made[group] = types.typed(group, getattr(execution, group), where=f"vtrack_case.{group}")
    return made[group]
