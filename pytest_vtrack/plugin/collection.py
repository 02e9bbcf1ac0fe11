"""Finding the cases: parametrizing marked tests, and counting what is expected to run."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Container, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.errors import SettingError, VtrackError
from pytest_vtrack.plugin.garbage import collect_rarely
from pytest_vtrack.plugin.messages import safe
from pytest_vtrack.plugin.plan import Plan, params_of
from pytest_vtrack.plugin.selection import leaves_out_unseen, left_out, selection_in_words, waits_for_all
from pytest_vtrack.plugin.slots import CASE_FIXTURE, nodeid_of, run_key

if TYPE_CHECKING:
    from pytest_vtrack.plugin.awaited import Extent
    from pytest_vtrack.plugin.chunks import Chunk
    from pytest_vtrack.plugin.handles import CaseHandle
    from pytest_vtrack.plugin.listed import ListedVersions
    from pytest_vtrack.plugin.options import Settings
    from pytest_vtrack.plugin.runs import RunKey
    from pytest_vtrack.plugin.slots import CaseSlot, TrackedTest


class RefusedTest(pytest.Collector.CollectError):
    """A marked test that cannot run as written; ends the session before the first test, with exit 4."""


class CaseCollector:
    """Turns marked tests into one item per case, and knows the case of each item."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config = config
        self._settings = settings
        self._tests: dict[str, TrackedTest] = {}
        self._generated: Counter[str] = Counter()
        self._version_marked = False
        self._deselected: Counter[tuple[str, str | None]] = Counter()  # by test and version
        self._collected: list[pytest.Item] = []  # only where others wait for what is not selected
        self._unseen = False
        self._refused: set[str] = set()
        self._broken: list[str] = []
        self._chooser: tuple[Any, str] | None = None
        self.deselected: pytest.Item | None = None
        """The first item of a case in a run of which only other shards have cases."""
        self.chosen: frozenset[str] = frozenset()
        """The ids of the tests of which cases are selected."""
        self.refused_with = 0
        self._refusal: tuple[str, int, list[str]] | None = getattr(config, "workerinput", {}).get(
            "vtrack_refusal"
        )
        self.plan = Plan({}, {}, None)

    @cached_property
    def listed(self) -> ListedVersions:
        """The versions that the collected tests list."""
        from pytest_vtrack.plugin.listed import ListedVersions

        return ListedVersions()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> Generator[None, object, object]:
        """Parametrize a marked test by its cases, flag states, versions and trials, before all others."""
        node = metafunc.definition
        marked = node.get_closest_marker("vtrack") is not None or CASE_FIXTURE in metafunc.fixturenames
        versioned = node.get_closest_marker("vtrack_version") is not None
        if not (marked or versioned or self._settings.all_tests):
            return (yield)
        collect_rarely(self._config)
        test = self._generate(metafunc, marked=marked, versioned=versioned)
        result = yield
        if test is not None:
            from pytest_vtrack.plugin.arguments import check_arguments

            with self._refusing(node):
                check_arguments(test, metafunc)
        return result

    def _generate(self, metafunc: pytest.Metafunc, *, marked: bool, versioned: bool) -> TrackedTest | None:
        node = metafunc.definition
        with self._refusing(node):
            if versioned:
                self._check_versions(node)
            test = self._tracked(node, marked=marked) if marked or self._settings.all_tests else None
            if test and test.dataset is not None and test.scorers:
                from pytest_vtrack.plugin.needs import check_needs

                check_needs(test, node, self._config)
            if self._refusal and not (test and set(self._refusal[2]).intersection(test.arguments.versions)):
                raise VtrackError(self._refusal[0])
        if test:
            self._tests[test.id] = test
            self._parametrize(metafunc, test)
        return test

    @contextmanager
    def _refusing(self, node: pytest.Item) -> Iterator[None]:
        """Refuse a test with what is wrong with it."""
        try:
            yield
        except VtrackError as error:
            self._refused.add(node.parent.nodeid if node.parent else node.nodeid)
            raise RefusedTest(safe(error)) from None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take note of what cannot be collected; mark a refused test for the controller of workers too."""
        if report.failed:
            self._broken.append(f"{report.nodeid} (could not be collected)")
        if report.nodeid in self._refused:
            code = self._refusal[1] if self._refusal else pytest.ExitCode.USAGE_ERROR
            report.vtrack_refused = int(code)  # type: ignore[attr-defined]
        self.refused_with = self.refused_with or getattr(report, "vtrack_refused", 0)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End with the status that says why a test was refused."""
        if self.refused_with and not self._config.option.continue_on_collection_errors:
            session.exitstatus = self.refused_with

    def _check_versions(self, node: pytest.Item) -> None:
        from pytest_vtrack.plugin.markers import version_marks

        self._version_marked = bool(version_marks(node))

    def _tracked(self, node: pytest.Item, *, marked: bool) -> TrackedTest:
        from pytest_vtrack.plugin.markers import read_marker
        from pytest_vtrack.plugin.slots import TrackedTest
        from pytest_vtrack.plugin.sources import load_dataset, scorers_of

        arguments = read_marker(node, where=node.nodeid)
        self.listed.add(arguments, node.nodeid)
        if arguments.experiment is None:
            self._check_experiment(node)
        scorers = [*arguments.scorers, *(self._added_scorers(node) if marked else ())]
        dataset, folders = arguments.dataset, (node.path.parent, self._config.rootpath)
        place = {"name": node.name, "where": node.nodeid, "store": self._settings.store}
        return TrackedTest(
            _test_id(node),
            arguments,
            scorers=tuple(scorers_of(scorers, where=node.nodeid)),
            dataset=None if dataset is None else load_dataset(dataset, *folders, **place),
            marked=marked,
        )

    def _check_experiment(self, node: pytest.Item) -> None:
        """Refuse a second fixture that chooses the experiment: a session asks one only."""
        manager = node.session._fixturemanager  # noqa: SLF001  no public way to ask before the test runs
        found = manager.getfixturedefs("vtrack_experiment", node)
        fixture = found[-1] if found else None
        chooser, elsewhere = self._chooser = self._chooser or (fixture, node.nodeid)
        if fixture is not chooser:
            raise SettingError(
                f"{node.nodeid}: another vtrack_experiment fixture applies here than to {elsewhere}; run "
                "their folders one by one, or name it in the marker: @pytest.mark.vtrack(experiment=…)"
            )

    def _added_scorers(self, node: pytest.Item) -> Iterable[Any]:
        """Return what hooks add to a test; asked here, so that a wrong one costs no call of the app."""
        answers = node.ihook.pytest_vtrack_scorers(config=self._config, item=node)
        return itertools.chain.from_iterable(answer or () for answer in answers)

    def _parametrize(self, metafunc: pytest.Metafunc, test: TrackedTest) -> None:
        from inspect import signature

        from pytest_vtrack.plugin.alone import is_overridden
        from pytest_vtrack.plugin.bulk_choice import handles_of, limit_of

        arguments = test.arguments
        repeat = self._settings.repeat or arguments.repeat
        if test.dataset is None and repeat == 1 and not (arguments.flags or arguments.versions):
            return
        limit = limit_of(arguments.bulk, self._settings.bulk)
        handles = handles_of(metafunc, test, repeat, limit)
        self._generated[test.id] = sum(handle.weight for handle in handles)
        if CASE_FIXTURE not in metafunc.fixturenames:
            metafunc.fixturenames.append(CASE_FIXTURE)
        ids = [handle.slot.id for handle in handles]
        if is_overridden(metafunc._arg2fixturedefs):  # noqa: SLF001  no public way to ask what a test needs
            metafunc.parametrize(CASE_FIXTURE, handles, ids=ids, indirect=True)
            return
        # Handing the handles out directly, not through the fixture, spares each item a fixture's set-up;
        # `request` is in the list only because the fixture, which is shadowed now, asks for it.
        if "request" in metafunc.fixturenames and "request" not in signature(metafunc.function).parameters:
            metafunc.fixturenames.remove("request")
        metafunc.parametrize(CASE_FIXTURE, handles, ids=ids)

    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Count the cases that the user deselected: a part of the cases is not a baseline."""
        if self._tests:
            for item in items:
                if not isinstance(item, pytest.Item):  # pytest-testmon's, for what it did not even collect
                    self._unseen = True
                elif handle := self.handle(item):
                    self._deselected[_of_version(handle.slot)] += handle.weight

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, object, object]:
        """Tell repetitions from cases, and skip tests that belong to other versions."""
        if self._tests and waits_for_all(self._config):
            self._collected = list(items)  # not every plugin tells what it takes away
        result = yield
        if self._tests and hasattr(self._config.option, "repeat_scope"):
            from pytest_vtrack.plugin.repetitions import number_trials

            number_trials(items)
        if self._version_marked:
            from pytest_vtrack.plugin.markers import version_marks
            from pytest_vtrack.plugin.versions import skip_others

            for item in items:
                for spec in version_marks(item):
                    skip_others(self._config, item, spec)
        return result

    def count(self, items: list[pytest.Item]) -> bool:
        """Plan what is expected of the selected items, and tell whether any of them is a case."""
        if not self._tests and not self._settings.all_tests and not _foreign_marked(items):
            return False
        from pytest_vtrack.plugin.chunks import extent_of
        from pytest_vtrack.plugin.handles import CaseHandle
        from pytest_vtrack.plugin.locations import Locations

        expected: dict[RunKey, list[str]] = {}
        chunks: dict[RunKey, list[Extent]] = {}
        tests: dict[RunKey, dict[str, TrackedTest]] = {}
        counted: Counter[tuple[str, str | None]] = Counter()
        locations = Locations()
        for item in items:
            if handle := self.handle(item):
                locations.share(item)
                slot = handle.slot
                counted[_of_version(slot)] += handle.weight
                of_run = expected.setdefault(run_key(slot), [])
                if isinstance(handle, CaseHandle):
                    of_run.append(nodeid_of(item))
                else:
                    chunks.setdefault(run_key(slot), []).append(extent_of(handle, nodeid_of(item)))
                tests.setdefault(run_key(slot), {})[slot.test.id] = slot.test
        self.chosen = frozenset(test for test, _ in counted)
        left = self._left_to_others(items, expected)
        tests |= left
        expected |= {key: [] for key in left}
        for key in expected.keys() - left:  # each is one or more cases that are missing
            expected[key] += self._broken
        params = {key: params_of(of_run.values()) for key, of_run in tests.items()}
        partial = self._why_partial(counted)
        whole = [key for key in expected if partial and key[1] and self._is_whole(key, counted)]
        self.plan = Plan(expected, params, partial, frozenset(whole), chunks)
        return bool(expected)

    def _left_to_others(
        self, items: list[pytest.Item], selected: Container[RunKey]
    ) -> dict[RunKey, dict[str, TrackedTest]]:
        """Return the tests of the runs of which this shard has no case: the others wait for its word."""
        left: dict[RunKey, dict[str, TrackedTest]] = {}
        for item in left_out(self._collected, items):
            slot = self.slot(item)
            if slot and run_key(slot) not in selected:
                self.deselected = self.deselected or item
                left.setdefault(run_key(slot), {})[slot.test.id] = slot.test
        self._collected = []
        return left

    def _is_whole(self, run: RunKey, counted: Mapping[tuple[str, str | None], int]) -> bool:
        """Tell whether all collected cases of a listed version were selected."""
        experiment, version, env = run
        tests = [test for test in self.tests if version in test.arguments.versions]
        own = [test for test in tests if (test.arguments.experiment, test.arguments.env) == (experiment, env)]
        return not self._leaves_out_unseen and all(
            counted[test.id, version] * len(test.arguments.versions) >= self._generated[test.id]
            and not self._deselected[test.id, version]
            for test in own
        )

    @property
    def _leaves_out_unseen(self) -> bool:
        return self._unseen or bool(self._broken) or leaves_out_unseen(self._config)

    @property
    def cases(self) -> int:
        """How many items the selected cases of datasets give."""
        return self._generated.total() - self._deselected.total()

    @property
    def tests(self) -> list[TrackedTest]:
        """The marked tests that were collected."""
        return list(self._tests.values())

    def handle(self, item: pytest.Item) -> CaseHandle | Chunk | None:
        """Return the handle of the case or cases that an item runs, ``None`` when it is none of ours."""
        callspec = getattr(item, "callspec", None)
        if callspec is not None and (handle := callspec.params.get(CASE_FIXTURE)) is not None:
            return handle  # type: ignore[no-any-return]
        test = self._tests.get(_test_id(item))
        if test is None and (self._settings.all_tests or item.get_closest_marker("vtrack")):
            test = self._foreign_test(item)
        return _whole_test(test, item) if test else None

    def slot(self, item: pytest.Item) -> CaseSlot | None:
        """Return what case an item runs, or ``None`` when it is none of ours."""
        handle = self.handle(item)
        return handle.slot if handle else None

    def _foreign_test(self, item: pytest.Item) -> TrackedTest:
        """Track an item that pytest does not parametrize (unittest, doctest, another plugin's)."""
        from pytest_vtrack.plugin.markers import MarkerArguments
        from pytest_vtrack.plugin.slots import TrackedTest

        return self._tests.setdefault(
            _test_id(item), TrackedTest(_test_id(item), MarkerArguments(), marked=False)
        )

    def _why_partial(self, counted: Counter[tuple[str, str | None]]) -> str | None:
        """Say why cases were collected that will not run; ``None`` when all will."""
        of_test: Counter[str] = Counter()
        for (test, _), count in counted.items():
            of_test[test] += count
        missing = sum(max(0, count - of_test[test]) for test, count in self._generated.items())
        missing = max(missing, self._deselected.total())
        if missing:
            selected = counted.total()
            return f"{selection_in_words(self._config)}: {selected} of {selected + missing} cases"
        if self._broken:
            return ", ".join(self._broken)
        return selection_in_words(self._config) if self._leaves_out_unseen else None


def _of_version(slot: CaseSlot) -> tuple[str, str | None]:
    return slot.test.id, slot.version


def _whole_test(test: TrackedTest, item: pytest.Item) -> CaseHandle:
    from pytest_vtrack.plugin.handles import CaseHandle
    from pytest_vtrack.plugin.repetitions import repetition
    from pytest_vtrack.plugin.slots import CaseSlot

    step, _ = repetition(item) or (0, 1)
    return CaseHandle(CaseSlot(test, trial=step))


def _foreign_marked(items: list[pytest.Item]) -> bool:
    """Tell whether a marked test is of a kind that ``pytest_generate_tests`` never sees."""
    return any(type(item) is not pytest.Function and item.get_closest_marker("vtrack") for item in items)


def _test_id(node: pytest.Item) -> str:
    parent = node.parent.nodeid if node.parent else ""
    return f"{parent}::{getattr(node, 'originalname', None) or node.name}"
