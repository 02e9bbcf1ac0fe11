"""Records of a dataset: checked, and turned into cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from pytest_vtrack.errors import DatasetError, SettingError, nearest
from pytest_vtrack.interop.columns import OTHER_SHAPE
from pytest_vtrack.interop.exported import as_record
from pytest_vtrack.model.case_types import GROUPS, CaseTypes
from pytest_vtrack.model.dataset import Case, Dataset
from pytest_vtrack.model.tags import check_tag_name

KEYS = ("id", "inputs", "expectations", "tags")
"""What a record may hold; only ``inputs`` must be there."""
MOST_IN_MEMORY = 20_000
"""With so many cases a dataset is kept in a temporary file."""


def dataset_of(
    records: Iterable[tuple[str, object]], name: str, *, where: str, types: CaseTypes | None = None
) -> Dataset:
    """Return a dataset of records, each given with its place (``line 7``).

    :param where: the file, or where the records were given; for messages.
    :param types: what inputs and expectations must be.
    :raises DatasetError: a record is not a case, two have one id, or there is none.
    """
    placed = iter(records)
    cases = [case for _, case in cases_of(islice(placed, MOST_IN_MEMORY), where=where, types=types)]
    if len(cases) < MOST_IN_MEMORY:
        return Dataset(name, tuple(cases), types=types)
    from pytest_vtrack.interop.spooled_cases import spooled

    rest = (checked_case(record, f"{where}: {place}", types) for place, record in placed)
    return Dataset(name, spooled(chain(cases, rest), where), types=types)


def cases_of(
    records: Iterable[tuple[str, object]], *, where: str, types: CaseTypes | None = None
) -> Iterator[tuple[str, Case]]:
    """Yield the cases of records one by one, each with its place; only the ids are kept.

    :raises DatasetError: a record is not a case, two have one id, or there is none.
    """
    places: dict[str, str] = {}
    for place, record in records:
        case = checked_case(record, f"{where}: {place}", types)
        if (first := places.setdefault(case.id, place)) is not place:
            raise DatasetError(duplicate_id(case, record, f"{where}: {place}", first))
        yield place, case
    if not places:
        raise DatasetError(f'{where}: no cases; a record looks like {{"inputs": {{"question": "…"}}}}')


def checked_case(record: object, where: str, types: CaseTypes | None = None) -> Case:
    """Return the case that a record is or describes, its tags and types checked.

    :raises DatasetError: it is none.
    """
    case = record if isinstance(record, Case) else case_of(record, where)
    _check_tag_names(case, where)
    if types:
        for group in GROUPS:
            types.check(group, getattr(case, group), where=where)
    return case


def case_of(record: object, where: str) -> Case:
    """Return the case that a record describes.

    :raises DatasetError: the record, a key or a value is not what a case needs.
    """
    record = as_record(record, where)
    if not isinstance(record, Mapping):
        raise DatasetError(f"{where}: expected a record (an object with 'inputs'), found {_found(record)}")
    if not record.keys() <= set(KEYS):
        unknown = next(key for key in record if key not in KEYS)
        guess = nearest(str(unknown), KEYS)[0]
        raise DatasetError(
            f"{where}: unknown key {unknown!r} (nearest: {guess!r}); a record holds {', '.join(KEYS)}. "
            f"{OTHER_SHAPE}"
        )
    if "inputs" not in record:
        raise DatasetError(f"{where}: the record has no 'inputs'; it has {', '.join(record) or 'no keys'}")
    return Case(
        _mapping(record, "inputs", where),
        _mapping(record, "expectations", where),
        _tags(_mapping(record, "tags", where), where),
        _id(record.get("id"), where),
    )


def _mapping(record: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = record.get(key)
    if value is None and key != "inputs":
        return {}
    if not isinstance(value, Mapping):
        raise DatasetError(f"{where}: {key!r} must be an object of names and values, found {_found(value)}")
    for name in value:
        if not isinstance(name, str):
            raise DatasetError(f"{where}: the names in {key!r} must be texts, found {_found(name)}")
    return value


def _id(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
        return str(value)
    raise DatasetError(f"{where}: 'id' must be a text or a whole number, found {_found(value)}")


def _tags(values: Mapping[str, Any], where: str) -> Mapping[str, str]:
    """Write tags as texts, true and false as JSON does; a tag without a value is no tag."""
    tags = {}
    for name, value in values.items():
        if isinstance(value, bool):
            tags[name] = "true" if value else "false"
        elif isinstance(value, (str, int, float)):
            tags[name] = str(value)
        elif value is not None:
            raise DatasetError(f"{where}: tag {name!r} must be a text, number or bool, found {_found(value)}")
    return tags


def _check_tag_names(case: Case, where: str) -> None:
    for name in case.tags:
        try:
            check_tag_name(name, where=where)
        except SettingError as error:
            raise DatasetError(str(error)) from None


def duplicate_id(case: Case, record: object, where: str, first: str) -> str:
    """Say that a case has the id of another, or its inputs where it has none."""
    given = record.get("id") if isinstance(record, Mapping) else case.id
    if given is None:
        return f"{where}: the same inputs as in {first}, and no id tells the two apart; give each an 'id'"
    return f"{where}: the id {case.id!r} is taken by {first}; ids must be unique"


def _found(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "the text", type(None): "null"}
    text = repr(value)
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    kind = names.get(type(value), type(value).__name__)
    return kind if value is None else f"{kind} {shown}"
