"""Experiments: the container of one application's versions, runs and baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_vtrack.errors import SettingError


@dataclass(frozen=True, slots=True)
class Experiment:
    """One application in all its versions and environments; its tags stand on each of its runs."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object) -> Experiment:
        """Accept what a ``vtrack_experiment`` fixture may return: a name, or an experiment.

        :raises SettingError: the value is neither, or the name is empty.
        """
        if isinstance(value, str):
            value = cls(value)
        if not isinstance(value, cls) or not value.name.strip():
            raise SettingError(
                f"fixture vtrack_experiment returned {value!r}; return a name or "
                "pytest_vtrack.Experiment(name, tags={...})"
            )
        return value
