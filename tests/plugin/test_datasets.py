"""Datasets in markers and fixtures: registered ones, chosen cases, typed ones, functions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_vtrack.model.dataset import Case
from pytest_vtrack.store import open_store

LINES = [
    {
        "id": "france",
        "inputs": {"question": "Capital of France?", "n": 1},
        "expectations": {"answer": "Paris"},
    },
    {"id": "japan", "inputs": {"question": "Capital of Japan?", "n": 2}, "tags": {"split": "test, dev"}},
]


@pytest.fixture
def project(pytester: pytest.Pytester) -> Path:
    """A project with ``qa.jsonl``, and an older content of it registered as ``qa@1``."""
    (pytester.path / "qa.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in LINES))
    store = open_store(str(pytester.path / ".vtrack/vtrack.db"))
    told = {"source": "qa.jsonl", "why": "", "who": "me", "at": 1.0}
    store.datasets.add(
        "qa", [Case({"question": "Capital of Italy?"}, {"answer": "Rome"}, id="italy")], **told
    )
    store.datasets.add("qa", [Case({"question": "Capital of Spain?"}, id="spain")], **told)
    store.close()
    return pytester.path


def test_registered_versions_stay_what_they_were(pytester: pytest.Pytester, project: Path) -> None:
    pytester.makepyfile(
        """
        import pytest
        from pytest_vtrack import Dataset

        @pytest.mark.vtrack(dataset="dataset:qa@1")
        def test_old(vtrack_case):
            assert vtrack_case.expectations == {"answer": "Rome"}

        @pytest.mark.vtrack(dataset="dataset:qa")
        def test_newest(vtrack_case):
            pass

        @pytest.mark.vtrack(dataset=lambda: "dataset:qa@1")
        def test_called(vtrack_case):
            assert vtrack_case.expectations == {"answer": "Rome"}

        @pytest.mark.vtrack(dataset=lambda: Dataset.read("qa.jsonl").where(split="dev"))
        def test_chosen(vtrack_case):
            assert vtrack_case.id == "japan"

        def test_fixture(vtrack_dataset):
            assert [case.id for case in vtrack_dataset("dataset:qa@1")] == ["italy"]
            assert [case.id for case in vtrack_dataset("qa.jsonl", split="dev")] == ["japan"]
        """
    )
    result = pytester.runpytest("-v", "-p", "no:randomly")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*test_old?italy? PASSED*", "*test_newest?spain? PASSED*"])
    store = open_store(str(project / ".vtrack/vtrack.db"))
    (run,) = store.runs()
    assert {each.key.dataset for each in store.results(run.id)} == {"qa"}
    store.close()


REFUSED = {
    "'dataset:qb'": "dataset='dataset:qb': there is no dataset 'qb' in*Registered: qa.*",
    "'dataset:qa@7'": "there is no version 7 of the dataset 'qa'*it has 1 to 2*",
    "'dataset:qa@'": "'' is no version; write qa@1, or qa for the newest*",
    "Dataset.read('qa.jsonl').where(split='train')": "no case has the tag split=train; values: test, dev*",
    "Dataset.read('qa.jsonl').where(spilt='test')": "no case has a tag 'spilt'; tags: split*",
    "Dataset.read('qa.jsonl', inputs=Question)": "qa.jsonl: line 1: inputs.lang: Field required (Question)*",
    "Dataset.read('dataset:qa', inputs=Question)": "dataset:qa@2: case spain: inputs.lang: Field required*",
    "Dataset.read('qa.jsonl', inputs=object())": "cannot type inputs or expectations; give a pydantic model*",
    "Dataset.read('dataset:qa', columns={'inputs.q': 'q'})": "columns= is for data in another shape*",
    "lambda folder: []": "a function that gives a dataset is called without arguments: *'folder'*",
    "lambda: 'qb.jsonl'": "no dataset 'qb.jsonl': looked for*",
    "3": "dataset=3 is not a dataset; give a path, dataset:NAME*",
}


def test_what_cannot_be_read_ends_before_the_first_test(pytester: pytest.Pytester, project: Path) -> None:
    for number, source in enumerate(REFUSED):
        (pytester.path / f"test_{number:02}.py").write_text(
            "import pydantic, pytest\n"
            "from pytest_vtrack import Dataset\n"
            "class Question(pydantic.BaseModel):\n"
            "    question: str\n"
            "    lang: str\n"
            f"@pytest.mark.vtrack(dataset={source})\n"
            "def test_it(vtrack_case): pass\n"
        )
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines([f"*{message}" for message in REFUSED.values()])


def test_a_registered_dataset_needs_a_store(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.vtrack(dataset="dataset:qa@1")
        def test_it(vtrack_case):
            pass
        """
    )
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*dataset='dataset:qa@1' is registered in the store, and that cannot be opened:*"]
    )


def test_typed_cases_give_instances_and_the_same_digests(pytester: pytest.Pytester, project: Path) -> None:
    pytester.makepyfile(
        """
        import dataclasses
        import pydantic
        import pytest
        from pytest_vtrack import Dataset, scorer

        class Question(pydantic.BaseModel):
            question: str
            n: float = 0

        @dataclasses.dataclass
        class Expected:
            answer: str = "unknown"

        typed = Dataset.read("qa.jsonl", inputs=Question, expectations=Expected)

        @scorer
        def knows(inputs, expectations):
            return inputs["question"].startswith("Capital") and isinstance(expectations, dict)

        @pytest.mark.vtrack(dataset=typed, scorers=[knows])
        def test_typed(vtrack_case):
            assert isinstance(vtrack_case.inputs, Question)
            assert vtrack_case.inputs is vtrack_case.inputs
            assert vtrack_case.expectations.answer in ("Paris", "unknown")
            vtrack_case.run(lambda question, n: f"{question} {n!r}")

        @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[knows])
        def test_plain(vtrack_case):
            vtrack_case.run(lambda question, n: f"{question} {n!r}")
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=4)
    store = open_store(str(project / ".vtrack/vtrack.db"))
    (run,) = store.runs()
    results = list(store.results(run.id))
    digests = {
        name: {each.key.digest for each in results if name in each.nodeid} for name in ("typed", "plain")
    }
    assert digests["typed"] == digests["plain"]
    assert {each.outputs for each in results if "france" in each.nodeid} == {
        '"Capital of France? 1.0"',
        '"Capital of France? 1"',
    }
    assert all(a.value is True for each in results for a in each.assessments if a.metric.name == "knows")
    store.close()


def test_a_function_gives_its_records_to_every_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def records():
            for n in range(3):
                yield {"id": f"c{n}", "inputs": {"n": n}}

        @pytest.mark.vtrack(dataset=records)
        def test_one(vtrack_case):
            pass

        @pytest.mark.vtrack(dataset=records)
        def test_other(vtrack_case):
            pass
        """
    )
    pytester.runpytest().assert_outcomes(passed=6)


NEEDS = """
    import pytest
    from pytest_vtrack import exact_match, scorer

    def helper(vtrack_case):
        vtrack_case.expect("answer", "x")

    @pytest.fixture
    def told(vtrack_case):
        vtrack_case.expect("answer", "x")

    NONE = [{"id": f"c{n}", "inputs": {"n": n}} for n in range(5)]
    SOME = [*NONE, {"id": "has", "inputs": {"n": 9}, "expectations": {"answer": "x"}}]

    @scorer
    def own(expectations):
        return "answer" in expectations
"""


@pytest.mark.parametrize("scorers", ["['exact_match']", "[own, exact_match(key='reply')]", "['recall_at_k']"])
def test_a_scorer_that_can_score_no_case_ends_the_session(pytester: pytest.Pytester, scorers: str) -> None:
    pytester.makepyfile(
        test_it=f"""{NEEDS}
    @pytest.mark.vtrack(dataset=NONE, scorers={scorers})
    def test_bare(vtrack_case):
        return "x"
    """
    )
    result = pytester.runpytest()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*test_it.py::test_bare: * can score no case of test_bare: *vtrack_case.expect*"]
    )


def test_what_a_test_adds_and_what_is_not_declared_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""{NEEDS}
    @pytest.mark.vtrack(dataset=NONE, scorers=["exact_match"])
    def test_itself(vtrack_case):
        vtrack_case.expect("answer", "x")
        return "x"

    @pytest.mark.vtrack(dataset=NONE, scorers=["exact_match"])
    def test_by_a_helper(vtrack_case):
        helper(vtrack_case)
        return "x"

    class TestBot:
        def tell(self, case):
            case.expect("answer", "x")

        @pytest.mark.vtrack(dataset=NONE, scorers=["exact_match"])
        def test_by_a_method(self, vtrack_case):
            self.tell(vtrack_case)
            return "x"

    @pytest.mark.vtrack(dataset=NONE, scorers=["exact_match"])
    def test_by_a_fixture(vtrack_case, told):
        return "x"

    @pytest.mark.vtrack(dataset=NONE, scorers=[own])
    def test_own(vtrack_case):
        return "x"
    """
    )
    result = pytester.runpytest()
    result.assert_outcomes(passed=25)
    result.stdout.no_fnmatch_line("*cannot score*")


def test_a_scorer_that_cannot_score_some_cases_is_noted_once(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it=f"""{NEEDS}
    @pytest.mark.vtrack(dataset=SOME, scorers=["exact_match"])
    def test_bare(vtrack_case):
        return "x"
    """
    )
    pytester.makeconftest("def pytest_vtrack_scorers(config, item): return ['token_f1']")
    result = pytester.runpytest("-n2")
    noted = [line for line in result.outlines if "cannot score" in line]
    assert len(noted) == 2
    assert noted[0].startswith("vtrack: test_it.py::test_bare: exact_match cannot score 5 of 6 cases")
    assert "c0, c1, c2, …. `vtrack dataset validate --scorers exact_match`" in noted[0]
