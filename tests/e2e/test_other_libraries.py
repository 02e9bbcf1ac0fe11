"""Scorers of other libraries, used as they are: the real packages, in an environment of their own.

Their tests stand in ``other_libraries`` and are run there by one session; here is what it stored.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pytest_vtrack.model import spans
from pytest_vtrack.store import open_store

VARIABLE = "VTRACK_TEST_SCORERS_PYTHON"
PYTHON = os.environ.get(VARIABLE)
IN_CI = bool(os.environ.get("CI"))
PROJECT = Path(__file__).with_name("other_libraries")
LIBRARIES = sorted(path.stem.removeprefix("for_") for path in PROJECT.glob("for_*.py"))
PACKAGES = {"langchain": "langchain_classic"}
QUIET = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "YES",
    "LANGSMITH_TRACING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAGAS_DO_NOT_TRACK": "true",
}
TRACKED = {"passed", "completed", "latency"}

# What the metrics of each library said of the case that is right, and of the one that is not.
VALUES: dict[str, dict[str, tuple[Any, Any]]] = {
    "autoevals": {
        "ExactMatch": (1.0, 0.0),
        "JSONDiff": (1.0, 0.0),
        "Levenshtein": (1.0, 0.0),
        "NumericDiff": (None, None),
        "Skipped": (None, None),
        "ValidJSON": (0.0, 0.0),
        "Words": (1.0, 1.0),
    },
    "deepeval": {
        "Broken": (None, None),
        "Context": (1.0, 1.0),
        "Exact Match": (1.0, 0.0),
        "Helpful [GEval]": (1.0, 1.0),
        "Letters": (5.0, 5.0),
        "Pattern Match": (1.0, 1.0),
    },
    "langchain": {
        "exact_match": (1.0, 0.0),
        "json_validity": (0.0, 0.0),
        "levenshtein_distance": (0.0, 1.0),
    },
    "mlflow": {
        "at_least": (True, True),
        "both": (5.0, 5.0),
        "broken": (None, None),
        "failed": (None, None),
        "letters": (5.0, 5.0),
        "polite": (True, True),
        "regex_match": (True, True),
        "response_length": (False, False),
        "same": (True, False),
        "stars": (4.5, 4.5),
        "steps": (2.0, 2.0),
    },
    "openevals": {
        "exact_match": (True, False),
        "json_match:city": (1.0, 0.0),
        "json_match:land": (1.0, 1.0),
        "judged": (None, None),
        "later": (1.0, 0.0),
        "levenshtein_distance": (1.0, 0.0),
    },
    "phoenix": {
        "exact_match": (1.0, 0.0),
        "f1": (1.0, 0.0),
        "found": (1.0, 1.0),
        "letters": (2.0, 2.0),
        "matches_regex": (1.0, 1.0),
        "precision": (1.0, 0.0),
        "recall": (1.0, 0.0),
        "tone": ("plain", "plain"),
        "unknown": (None, None),
    },
    "pydantic_evals": {
        "Broken": (None, None),
        "Contains": (True, True),
        "EqualsExpected": (True, False),
        "IsInstance": (True, True),
        "LLMJudge": (True, True),
        "MaxDuration": (True, True),
        "long_enough": (True, True),
        "looked_up": (True, True),
        "tone": ("plain", "plain"),
    },
    "ragas": {
        "bleu_score": (0.0, 0.0),
        "broken": (None, None),
        "exact_match": (1.0, 0.0),
        "letters": (10.0, 9.0),
        "non_llm_context_recall": (1.0, 1.0),
        "non_llm_string_similarity": (1.0, 0.0),
        "polite": (True, True),
        "string_present": (1.0, 0.0),
    },
}

ERRORS = {
    ("autoevals", "NumericDiff"): "TypeError: unsupported operand",
    ("deepeval", "Broken"): "RuntimeError: no verdict (for_deepeval.py:",
    ("mlflow", "broken"): "KeyError: 'What is the capital of France?' (for_mlflow.py:",
    ("mlflow", "failed"): "ValueError: the judge had no answer",
    ("openevals", "judged"): "ValueError: Unable to infer model provider",
    ("phoenix", "unknown"): "ScorerError: unknown of phoenix needs 'nothing_like_it'",
    ("pydantic_evals", "Broken"): "RuntimeError: right (for_pydantic_evals.py:",
    ("ragas", "broken"): "Error executing metric broken: no verdict",
}

RATIONALES = {
    ("autoevals", "Words"): "What is the capital of France?",
    ("deepeval", "Context"): "['Paris is the capital of France.'] [('lookup', {'place': 'France'})]",
    ("deepeval", "Letters"): "Paris for What is the capital of France?",
    ("mlflow", "polite"): "says please",
    ("mlflow", "steps"): "['search in right', 'lookup in right']: {'place': 'France'} -> Paris",
    ("phoenix", "found"): "['Paris is the capital of France.']",
    ("pydantic_evals", "long_enough"): "right What is the capital of France? europe",
}

METADATA = {
    ("deepeval", "Exact Match"): {"threshold": 1, "passed": True},
    ("deepeval", "Letters"): {"threshold": 4, "passed": False},
    ("mlflow", "letters"): {"passed": True},
    ("mlflow", "polite"): {"answer": "yes"},
    ("mlflow", "stars"): {"scale": "5"},
    ("phoenix", "found"): {"label": "found"},
}

LOWER = {("deepeval", "Letters"), ("langchain", "levenshtein_distance"), ("phoenix", "letters")}
JUDGED = {("deepeval", "Helpful [GEval]"), ("mlflow", "polite"), ("openevals", "judged")} | {
    ("pydantic_evals", "LLMJudge")
}


def python(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the Python that has the libraries, in a folder that is its home as well."""
    environ = {**os.environ, **QUIET, "HOME": str(folder), "PYTHONWARNINGS": "ignore"}
    command = [str(PYTHON), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=900, check=False
    )


@pytest.fixture(scope="module")
def libraries() -> None:
    if not PYTHON:
        assert not IN_CI, f"{VARIABLE} names no Python that has the libraries, which CI has to have"
        pytest.skip(f"{VARIABLE} names no Python that has the libraries and this package")


@pytest.fixture(scope="module")
def stored(libraries: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What a session with all of them stored: the results of the cases by library and case."""
    folder = tmp_path_factory.mktemp("scorers") / "project"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pytest.ini").write_text("[pytest]\npython_files = for_*.py\n")
    done = python("-m", "pytest", "-q", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    store = open_store(str(folder / ".vtrack" / "vtrack.db"), read_only=True)
    try:
        return {
            str(run.experiment): {each.key.case_id: each for each in store.results(run.id)}
            for run in store.runs()
        }
    finally:
        store.close()


def said(stored: dict[str, Any], library: str, case: str = "right") -> dict[str, Any]:
    """Return the assessments of a case by metric, but those that are measured of every case."""
    return {
        each.metric.name: each
        for each in stored[library][case].assessments
        if each.metric.name not in TRACKED
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_values_are_those_of_the_library(stored, library):
    right, wrong = said(stored, library), said(stored, library, "wrong")
    assert {name: (right[name].value, wrong[name].value) for name in right} == VALUES[library]


def test_errors_are_data(stored):
    found = {
        (library, name): each.error
        for library in LIBRARIES
        for name, each in said(stored, library).items()
        if each.error is not None
    }
    assert found.keys() == ERRORS.keys()
    assert all(found[each].startswith(text) for each, text in ERRORS.items())


def test_reasons_and_what_they_were_given_are_kept(stored):
    found = {each: said(stored, each[0])[each[1]].rationale for each in RATIONALES}
    assert found == RATIONALES


def test_their_own_verdicts_and_labels_are_metadata(stored):
    found = {each: dict(said(stored, each[0])[each[1]].metadata) for each in METADATA}
    assert found == METADATA


def test_less_is_better_where_the_library_says_so(stored):
    everything = [(library, each) for library in LIBRARIES for each in said(stored, library).values()]
    assert {
        (library, each.metric.name) for library, each in everything if each.metric.better == "lower"
    } == LOWER
    assert {(library, each.metric.name) for library, each in everything if not each.metric.gate} == {
        ("phoenix", "tone")
    }


def test_models_judge_as_judges(stored):
    everything = [(library, each) for library in LIBRARIES for each in said(stored, library).values()]
    judged = {(library, each.metric.name) for library, each in everything if each.source == "llm_judge"}
    assert judged == JUDGED - {("openevals", "judged")}  # it never answered


def test_what_is_declared_about_one_goes_first(stored):
    assert said(stored, "openevals")["later"].metric.tolerance == 0.05


def test_scoring_leaves_no_spans_in_the_trace(stored):
    for library in LIBRARIES:
        assert [span.name for span in spans.decode(stored[library]["right"].spans)] == ["search", "lookup"], (
            library
        )


def test_no_library_is_imported_for_another(libraries, tmp_path):
    names = [PACKAGES.get(each, each) for each in LIBRARIES]
    code = f"""
import sys
from pytest_vtrack.scoring.protocol import as_scorer
as_scorer("exact_match", where="")
assert not {set(names)} & set(sys.modules), sorted({set(names)} & set(sys.modules))
from pydantic_evals.evaluators import EqualsExpected
as_scorer(EqualsExpected(), where="")
print(sorted({set(names)} & set(sys.modules)))
"""
    done = python("-c", code, folder=tmp_path)
    assert done.stdout.strip() == "['pydantic_evals']", done.stderr
