"""``--vtrack-all``: an existing suite, unchanged, compared with itself."""

from __future__ import annotations

import pytest

SUITE = """
    import doctest
    import unittest
    from pathlib import Path
    import pytest

    BROKEN = Path(__file__).with_name("broken.txt").read_text().split()

    def check(name):
        if name in BROKEN:
            raise ValueError(name)

    def test_function():
        check("function")

    def test_assertion():
        assert "assertion" not in BROKEN, "said no"

    class TestClass:
        def test_method(self):
            check("method")

    @pytest.mark.parametrize("n", [1, 2])
    def test_parametrized(n):
        check(f"parametrized{n}")

    class Old(unittest.TestCase):
        def setUp(self):
            check("setUp")

        def test_unittest(self):
            self.assertNotIn("unittest", BROKEN)

        def test_unittest_skips(self):
            self.skipTest("not today")

        def test_unittest_subtests(self):
            for n in range(2):
                with self.subTest(n=n):
                    check(f"subtest{n}")

        @unittest.expectedFailure
        def test_unittest_expected(self):
            check("always") or self.assertTrue("fixed" in BROKEN)

    def test_always_fails():
        assert False

    @pytest.mark.xfail(reason="known")
    def test_expected_to_fail():
        assert "xpass" in BROKEN

    @pytest.mark.xfail(strict=True, reason="must fail")
    def test_strictly_expected_to_fail():
        assert "xpass" in BROKEN

    @pytest.mark.skip(reason="later")
    def test_skipped():
        assert False

    @pytest.fixture
    def resource():
        check("fixture")
        yield
        check("teardown")

    def test_with_fixture(resource):
        pass

    def documented():
        '''
        >>> 1 + 1
        2
        '''
"""


@pytest.fixture
def suite(project):
    project.write(test_suite=SUITE, **{"broken.txt": "", "readme.txt": ">>> 2 + 2\n4\n"})
    return project


def run(project, broken="", *args):
    (project.path / "broken.txt").write_text(broken)
    return project.run("--doctest-modules", "--doctest-glob=readme.txt", *args)


def test_every_test_is_a_case_with_passed_and_latency(suite, mode):
    plain = run(suite, "", *mode)
    assert suite.runs() == [], "nothing is recorded unless it is asked for"
    done = run(suite, "", "--vtrack-all", *mode)
    counted = "1 failed, 10 passed, 2 skipped, 3 xfailed"
    assert plain.exit == done.exit == 1
    assert counted in plain.last_line
    assert counted in done.last_line
    passed = {name.rpartition("::")[2]: value for name, value in suite.said("passed").items()}
    assert passed == {
        "test_function": True,
        "test_assertion": True,
        "test_method": True,
        "test_parametrized[1]": True,
        "test_parametrized[2]": True,
        "test_unittest": True,
        "test_unittest_subtests": True,
        "test_unittest_expected": None,
        "test_always_fails": False,
        "test_expected_to_fail": None,
        "test_strictly_expected_to_fail": None,
        "test_with_fixture": True,
        "readme.txt": True,
        "test_suite.documented": True,
    }
    latency = {name.rpartition("::")[2] for name in suite.said("latency")}
    assert latency >= passed.keys() - {"test_always_fails"} - {name for name in passed if "expected" in name}
    outcomes = {each.key.case_id.rpartition("::")[2]: each.outcome for each in suite.results()}
    assert outcomes["test_skipped"] == outcomes["test_unittest_skips"] == "skipped"
    assert suite.last_run().stored == 16
    assert suite.last_run().complete


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        ("function", "test_suite.py::test_function"),
        ("assertion", "test_suite.py::test_assertion"),
        ("method", "test_suite.py::TestClass::test_method"),
        ("parametrized2", "test_suite.py::test_parametrized[2]"),
        ("unittest", "test_suite.py::Old::test_unittest"),
        ("subtest1", "test_suite.py::Old::test_unittest_subtests"),
        ("fixture", "test_suite.py::test_with_fixture"),
        ("teardown", "test_suite.py::test_with_fixture"),
    ],
)
def test_a_new_failure_is_named_and_fails_the_gate(suite, broken, name):
    run(suite, "", "--vtrack-all", "--vtrack-version=v1", "--deselect=test_suite.py::test_always_fails")
    assert suite.last_run().status == "partial", "so it is not what v1 means below"
    run(suite, "", "--vtrack-all", "--vtrack-version=v1")
    done = run(suite, broken, "--vtrack-all", "--vtrack-version=v2", "--vtrack-baseline=v1")
    assert done.exit == 1, "the tests' own failure stands"
    assert "✗ REGRESSED" in done.section
    section = " ".join(done.section.split())
    assert "Newly failing tests (1" in section
    assert name in section
    assert "test_always_fails" not in section.partition("Newly failing")[2].partition("Gate:")[0]


def test_failures_in_both_are_no_news_and_fixed_ones_are_named(suite):
    run(suite, "function method", "--vtrack-all", "--vtrack-version=v1")
    same = run(suite, "function method", "--vtrack-all", "--vtrack-version=v2", "--vtrack-baseline=v1")
    assert "✓ OK" in same.section
    assert "failing" not in same.section.replace("test_always_fails", "")
    fixed = run(suite, "method", "--vtrack-all", "--vtrack-version=v3", "--vtrack-baseline=v1")
    assert "Fixed tests (1" in fixed.section
    assert "test_suite.py::test_function" in fixed.section


def test_an_unexpected_pass_is_what_pytest_says_it_is(suite):
    run(suite, "xpass", "--vtrack-all")
    passed = {name.rpartition("::")[2]: value for name, value in suite.said("passed").items()}
    assert passed["test_expected_to_fail"] is True
    assert passed["test_strictly_expected_to_fail"] is False


def test_errors_are_told_from_failed_assertions(suite):
    run(suite, "function assertion unittest subtest0 fixture", "--vtrack-all")
    completed = {name.rpartition("::")[2]: value for name, value in suite.said("completed").items()}
    assert completed["test_function"] is False
    assert completed["test_with_fixture"] is False
    assert completed["test_assertion"] is True
    assert completed["test_unittest"] is True
    assert completed["test_always_fails"] is True


def test_the_experiment_of_a_fixture_holds_for_plain_tests_too(project):
    project.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session")
        def vtrack_experiment():
            return "of-fixture"
        """,
        test_suite="def test_one(): pass",
    )
    assert project.run("--vtrack-all").exit == 0
    assert project.last_run().experiment == "of-fixture"


def test_subtests_and_generators_of_other_plugins_keep_their_tests_whole(project):
    project.write(
        test_suite="""
        def test_subtests(subtests):
            for n in range(3):
                with subtests.test(n=n):
                    assert n != 1
        """
    )
    done = project.run("--vtrack-all")
    if "fixture 'subtests' not found" in done.screen:
        return  # of pytest 9
    assert done.exit == 1
    assert project.said("passed") == {"test_suite.py::test_subtests": False}
