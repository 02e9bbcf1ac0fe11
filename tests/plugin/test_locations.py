"""Where items stand: as pytest itself finds it, looked up once a test."""

from __future__ import annotations

import json

TESTS = """
import pytest

tracked = pytest.mark.vtrack(dataset="cases.jsonl", repeat=2)

@tracked
@pytest.mark.parametrize("tone", ["kind", "curt"])
def test_alone(vtrack_case, tone):
    return "yes"

class TestIn:
    @tracked
    def test_alone(self, vtrack_case):
        return "yes"

    class TestDeeper:
        @tracked
        def test_alone(self, vtrack_case):
            return "yes"

@pytest.mark.vtrack
def test_without_cases():
    return "yes"

def test_of_nobody():
    pass
"""

COMPARING = """
import pytest

def pytest_runtest_logstart(nodeid, location):
    print("TOLD", nodeid, location)

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    found = type(session.items[0]).location
    for item in session.items:
        assert item.location == found.func(item), item.nodeid
    print("COMPARED", len(session.items))
"""

OWN_WAY = """
import pytest

class Named(pytest.Function):
    def reportinfo(self):
        return self.path, 7, f"<{self.name}>"

@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector, name, obj):
    made = yield
    for item in made or ():
        item.__class__ = Named
    return made

@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    print("LOCATIONS", [item.location[1:] for item in session.items])
"""


def project(pytester, conftest, tests):
    lines = (json.dumps({"id": f"c{number}", "inputs": {"q": number}}) for number in range(3))
    (pytester.path / "cases.jsonl").write_text("\n".join(lines))
    pytester.makeconftest(conftest)
    pytester.makepyfile(test_places=tests)


def test_every_item_stands_where_pytest_finds_it(pytester):
    project(pytester, COMPARING, TESTS)
    result = pytester.runpytest("-s", "-p", "no:randomly", "-p", "no:asyncio")
    result.stdout.fnmatch_lines(
        [
            "COMPARED 26",
            "*TOLD test_places.py::test_alone[[]c2-trial2-curt[]] ('test_places.py', 4, "
            "'test_alone[[]c2-trial2-curt[]]')*",
            "*TOLD test_places.py::TestIn::TestDeeper::test_alone[[]c1-trial1[]] ('test_places.py', *, "
            "'TestIn.TestDeeper.test_alone[[]c1-trial1[]]')*",
        ]
    )
    result.assert_outcomes(passed=26)


def test_items_with_a_way_of_their_own_keep_it(pytester):
    project(pytester, OWN_WAY, TESTS.partition("class TestIn")[0].replace("curt", "c"))
    result = pytester.runpytest("-s", "-p", "no:randomly", "-p", "no:asyncio")
    result.stdout.fnmatch_lines(
        ["LOCATIONS*(7, '<test_alone[[]c0-trial1-kind[]]>')*'<test_alone[[]c2-trial2-c[]]>'*"]
    )
    result.assert_outcomes(passed=12)
