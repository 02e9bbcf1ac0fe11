"""What is different between two datasets: new, gone, edited and retagged cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value of an edited case, which one of the two may lack."""

    field: str
    """Such as ``expectations.answer``."""
    before: Any
    after: Any
    added: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class EditedCase:
    """A case under the same id whose values are others."""

    id: str
    changes: tuple[FieldChange, ...]

    @property
    def only_tags(self) -> bool:
        """Whether it is asked and judged as before, so that versions still compare on it."""
        return all(change.field.startswith("tags.") for change in self.changes)


@dataclass(frozen=True, slots=True)
class DatasetDifference:
    """What is different; cases are in the order of their dataset."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    edited: tuple[EditedCase, ...]
    same: int

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.edited)
