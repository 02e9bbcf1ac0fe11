"""Comparing two datasets case by case."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_vtrack.model.dataset import Case
from pytest_vtrack.model.dataset_difference import DatasetDifference, EditedCase, FieldChange

GROUPS = ("inputs", "expectations", "tags")


def difference(before: Iterable[Case], after: Iterable[Case]) -> DatasetDifference:
    """Compare two datasets case by case, by id."""
    old = {case.id: case for case in before}
    new, edited, same, seen = [], [], 0, set()
    for case in after:
        seen.add(case.id)
        earlier = old.get(case.id)
        if earlier is None:
            new.append(case.id)
        elif earlier.digest == case.digest and dict(earlier.tags) == dict(case.tags):
            same += 1
        else:
            edited.append(EditedCase(case.id, tuple(_changes(earlier, case))))
    gone = tuple(case_id for case_id in old if case_id not in seen)
    return DatasetDifference(tuple(new), gone, tuple(edited), same)


def _changes(before: Case, after: Case) -> Iterable[FieldChange]:
    for group in GROUPS:
        old, new = getattr(before, group), getattr(after, group)
        for name in dict.fromkeys((*old, *new)):
            field = f"{group}.{name}"
            if name not in new:
                yield FieldChange(field, old[name], None, removed=True)
            elif name not in old:
                yield FieldChange(field, None, new[name], added=True)
            elif old[name] != new[name] or type(old[name]) is not type(new[name]):
                yield FieldChange(field, old[name], new[name])
