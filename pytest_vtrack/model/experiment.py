"""Experiments: the container of one application's versions, runs and baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.tags import check_tag_name


@dataclass(frozen=True, slots=True)
class Experiment:
    """One application in all its versions and environments; its tags stand on each of its runs."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: object) -> Experiment:
        """Accept what a ``vtrack_experiment`` fixture may return: a name, or an experiment.

        :raises SettingError: the value is neither, the name is empty, or a tag's name is reserved.
        """
        if isinstance(value, str):
            value = cls(value)
        if not isinstance(value, cls) or not value.name.strip():
            raise SettingError(
                f"fixture vtrack_experiment returned {value!r}; return a name or "
                "pytest_vtrack.Experiment(name, tags={...})"
            )
        for name in value.tags:
            check_tag_name(name, where="fixture vtrack_experiment")
        return value
