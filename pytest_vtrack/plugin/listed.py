"""Versions that markers list: which runs of one session are compared with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pytest_vtrack.errors import SettingError

if TYPE_CHECKING:
    from pytest_vtrack.plugin.markers import MarkerArguments
    from pytest_vtrack.plugin.runs import RunKey

Place = tuple[str | None, str | None]
"""Experiment and environment that a marker names: only runs of one place are compared."""


class ListedVersions:
    """The lists of all tests of a session: in each, the first version is the baseline of the others."""

    def __init__(self, plain: Iterable[tuple[str | None, str | None, Sequence[str]]] = ()) -> None:
        self._lists: dict[Place, dict[tuple[str, ...], str]] = {}
        for experiment, env, versions in plain:
            self._lists.setdefault((experiment, env), {})[tuple(versions)] = ""

    def add(self, arguments: MarkerArguments, where: str) -> None:
        """Take the list of one test.

        :raises SettingError: it makes a version the baseline of one that is its baseline elsewhere.
        """
        if not arguments.versions:
            return
        first, *others = arguments.versions
        lists = self._lists.setdefault((arguments.experiment, arguments.env), {})
        for known, place in lists.items():
            if known[0] in others and first in known[1:]:
                raise SettingError(
                    f"{where}: @pytest.mark.vtrack(versions={list(arguments.versions)!r}) makes {first!r} "
                    f"the baseline of {known[0]!r}, {place} the other way round; list them in the same order"
                )
        lists.setdefault(tuple(arguments.versions), where)

    @property
    def plain(self) -> list[tuple[str | None, str | None, list[str]]]:
        """The lists as plain values, as they travel between processes."""
        return [(*place, list(versions)) for place, lists in self._lists.items() for versions in lists]

    @property
    def names(self) -> frozenset[str]:
        """Every version that is listed anywhere."""
        return frozenset(name for lists in self._lists.values() for names in lists for name in names)

    def own(self, ref: str, key: RunKey) -> RunKey | None:
        """Return the run of this session that a REF means to another one: of a version listed with it."""
        experiment, version, env = key
        together = (names for names in self._lists.get((experiment, env), {}) if version in names)
        return (experiment, ref, env) if any(ref in names for names in together) else None

    def baselines(self, key: RunKey) -> list[RunKey]:
        """Return the runs that a run is compared with where nothing else is named."""
        experiment, version, env = key
        lists = self._lists.get((experiment, env), {})
        firsts = dict.fromkeys(names[0] for names in lists if version in names[1:])
        return [(experiment, first, env) for first in firsts]

    def ordered(self, keys: Iterable[RunKey]) -> list[RunKey]:
        """Return the runs in the order of the lists, whatever order the tests ran in; unlisted ones first."""
        order: dict[RunKey, int] = {}
        for (experiment, env), lists in self._lists.items():
            for names in lists:
                for name in names:
                    order.setdefault((experiment, name, env), len(order))
        return sorted(keys, key=lambda key: order.get(key, -1))


def listed_in_ids(ref: str, nodeids: Iterable[str]) -> bool:
    """Tell whether a REF may be a version that tests list, by what their ids say of their versions."""
    parts = (ref, ref.encode("unicode_escape").decode("ascii"))
    ends = tuple(f"{start}{part}{end}" for part in parts for start in "[-" for end in "]-")
    return any(end in nodeid for nodeid in nodeids for end in ends)


def not_run(listed: ListedVersions, runs: Mapping[RunKey, object]) -> list[str]:
    """Say which versions had nothing to be compared with, because the one listed first did not run."""
    return [
        f"{first}, which is listed before {key[1]}, did not run in this session, so {key[1]} was not "
        f"compared with it; --vtrack-baseline={first} names its stored run"
        for key in listed.ordered(runs)
        for _, first, _ in listed.baselines(key)
        if (key[0], first, key[2]) not in runs
    ]
