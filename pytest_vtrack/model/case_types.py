"""Types of inputs and expectations: pydantic models, dataclasses, or whatever pydantic validates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pytest_vtrack.errors import DatasetError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

GROUPS = ("inputs", "expectations")


@dataclass(frozen=True, slots=True)
class CaseTypes:
    """What inputs and expectations of a dataset are read as; ``None``: as they are."""

    inputs: Any = None
    expectations: Any = None

    def __bool__(self) -> bool:
        return self.inputs is not None or self.expectations is not None

    def check(self, group: str, values: Mapping[str, Any], *, where: str) -> None:
        """Refuse values that are not of their type.

        :param group: ``inputs`` or ``expectations``.
        :raises DatasetError: the message has a line for each field that is wrong.
        """
        self.typed(group, values, where=where)

    def typed(self, group: str, values: Mapping[str, Any], *, where: str) -> Any:
        """Return values as an instance of their type; as they are where there is none.

        :raises DatasetError: they are not of that type.
        """
        kind = getattr(self, group)
        if kind is None:
            return values
        from pydantic import ValidationError

        try:
            return _adapter(kind).validate_python(dict(values))
        except ValidationError as error:
            wrong = "; ".join(_problems(group, error))
            raise DatasetError(f"{where}: {wrong} ({getattr(kind, '__name__', kind)})") from None


def arguments_of(typed: Any) -> Mapping[str, Any]:
    """Return an instance's fields by name, as arguments of a call."""
    if isinstance(typed, Mapping):
        return typed
    if dataclasses.is_dataclass(typed):
        return {field.name: getattr(typed, field.name) for field in dataclasses.fields(typed)}
    return dict(typed)  # a pydantic model gives names and values, those of extra fields as well


def _problems(group: str, error: Any) -> Iterator[str]:
    for each in error.errors(include_url=False, include_context=False):
        field = ".".join([group, *map(str, each["loc"])])
        missing = each["type"] == "missing"
        found = "" if missing else f", found {_shortened(each['input'])}"
        yield f"{field}: {each['msg']}{found}"


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

    try:
        return TypeAdapter(kind)
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        first = str(error).splitlines()[0]
        raise DatasetError(
            f"{kind!r} cannot type inputs or expectations; give a pydantic model, a dataclass or a TypedDict "
            f"({first})"
        ) from None
