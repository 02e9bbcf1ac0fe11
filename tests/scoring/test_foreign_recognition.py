"""Recognition by the names of classes: no library is needed, look-alikes stand for the real ones."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.foreign.adoption import from_library
from pytest_vtrack.scoring.foreign.recognition import origin_of
from pytest_vtrack.scoring.protocol import as_scorer, scorer
from pytest_vtrack.scoring.runner import ScoringContext, run_scorers


def class_of(module: str, name: str, *bases: type, **members: Any) -> type:
    return type(name, bases, {**members, "__module__": module})


AUTOEVALS = class_of(
    "autoevals.score",
    "Scorer",
    eval=lambda self, output, expected=None, **rest: self.judge(output, expected, **rest),
    eval_async=None,
    _name=lambda self: type(self).__name__,
)


class Same(AUTOEVALS):
    """Somebody's own scorer, on top of the library's class."""

    def __init__(self, least: int = 0) -> None:
        self.least = least

    def judge(self, output, expected, **rest):
        metadata = {"rationale": rest["input"]}
        return SimpleNamespace(score=float(output == expected), metadata=metadata, error=None)


BASES = [
    ("autoevals.score", "Scorer", "autoevals"),
    ("deepeval.metrics.base_metric", "BaseMetric", "deepeval"),
    ("langchain.evaluation.schema", "StringEvaluator", "langchain"),
    ("langchain_classic.evaluation.schema", "StringEvaluator", "langchain"),
    ("mlflow.genai.scorers.base", "Scorer", "mlflow"),
    ("phoenix.evals.evaluators", "Evaluator", "phoenix"),
    ("pydantic_evals.evaluators.evaluator", "Evaluator", "pydantic_evals"),
    ("ragas.metrics.base", "SimpleBaseMetric", "ragas"),
    ("ragas.metrics.base", "SingleTurnMetric", "ragas"),
]


def evaluator_function(module: str) -> Any:
    def judge(*, outputs, reference_outputs):
        return {"key": "judge", "score": outputs == reference_outputs, "comment": None}

    judge.__module__, judge.__qualname__ = module, "same"
    return judge


@pytest.mark.parametrize(("module", "name", "library"), BASES, ids=[f"{m}:{n}" for m, n, _ in BASES])
def test_a_class_below_a_library_s_own_is_recognised(module, name, library):
    below = class_of("tests.mine", "Mine", class_of(module, name))
    origin = origin_of(below(), where="")
    assert origin is not None
    assert (origin.library, origin.base.__name__) == (library, name)
    assert origin_of(below, where="") == origin


@pytest.mark.parametrize(
    "obj",
    [
        class_of("my.deepeval", "BaseMetric")(),
        class_of("deepeval_extras", "BaseMetric")(),
        class_of("deepeval.models", "DeepEvalBaseLLM")(),
        class_of("mlflow.entities", "Feedback")(),
        lambda outputs: outputs,
        3,
    ],
    ids=["inner package", "longer name", "model", "value", "function", "number"],
)
def test_names_alone_are_no_reason(obj):
    assert origin_of(obj, where="") is None


@pytest.mark.parametrize(("module", "name", "library"), BASES, ids=[f"{m}:{n}" for m, n, _ in BASES])
def test_a_look_alike_without_the_methods_is_refused(module, name, library):
    with pytest.raises(
        ScorerError,
        match=rf"here: Mine of {library.replace('_', '.')}.* has no '\w+', so it cannot be called",
    ):
        as_scorer(class_of("mine", "Mine", class_of(module, name))(), where="here")


@pytest.mark.parametrize(
    ("module", "name", "what"),
    [
        ("deepeval.metrics.base_metric", "BaseConversationalMetric", "judges a whole conversation"),
        ("deepeval.metrics.base_metric", "BaseArenaMetric", "compares several outputs"),
        ("langchain_classic.evaluation.schema", "PairwiseStringEvaluator", "compares two outputs"),
        ("pydantic_evals.evaluators.report_evaluator", "ReportEvaluator", "judges a whole report"),
        ("ragas.metrics.base", "Metric", "judges a whole conversation"),
    ],
)
def test_what_scores_more_than_a_case_is_refused(module, name, what):
    with pytest.raises(ScorerError, match=f"here: Mine of .* {what}; a scorer is given one case"):
        as_scorer(class_of("mine", "Mine", class_of(module, name))(), where="here")


def test_a_class_is_refused_with_what_to_write():
    metric = class_of("mine", "Polite", class_of("deepeval.metrics.base_metric", "BaseMetric"))
    with pytest.raises(ScorerError, match=r"here: Polite is a class; give an instance of it: Polite\(…\)"):
        as_scorer(metric, where="here")


def test_a_class_of_autoevals_is_one_without_settings():
    assert as_scorer(Same, where="").fingerprint == as_scorer(Same(), where="").fingerprint
    needs = class_of("mine", "Needs", Same, __init__=lambda self, schema: None)
    with pytest.raises(ScorerError, match=r"here: Needs is a class; give an instance of it"):
        as_scorer(needs, where="here")


def test_a_session_of_mlflow_is_refused():
    calm = class_of(
        "mlflow.genai.scorers.base",
        "Scorer",
        run=None,
        is_session_level_scorer=True,
        kind=Enum("Kind", "CLASS").CLASS,
    )
    named = calm()
    named.name = "calm"
    with pytest.raises(ScorerError, match="here: 'calm' of mlflow judges a whole session"):
        as_scorer(named, where="here")


@pytest.mark.parametrize(
    ("passes", "better"),
    [
        (lambda self: self.score >= self.threshold, "higher"),
        (lambda self: self.score <= self.threshold, "lower"),
        (lambda self: self.success, "higher"),
        (lambda self: self.found["score"] <= 1, "higher"),
    ],
    ids=["at least", "at most", "remembered", "measured first"],
)
def test_a_metric_of_deepeval_says_which_direction_is_good(passes, better):
    members = {"measure": None, "a_measure": None, "is_successful": passes}
    metric = class_of("deepeval.metrics.base_metric", "BaseMetric", **members)()
    assert as_scorer(metric, where="").spec.better == better
    assert vars(metric) == {}  # it was asked on a copy


def judged(*scorers: Any, **context: Any) -> list[Any]:
    scored = [as_scorer(each, where="") for each in scorers]
    return run_scorers(scored, ScoringContext(**context), await_=None)


CONTEXT = {"inputs": {"question": "?"}, "outputs": "Paris", "expectations": {"answer": "Paris"}}


def test_an_object_scores_like_a_scorer_of_ours():
    (said,) = judged(Same(), **CONTEXT)
    assert (said.metric.name, said.value, said.rationale) == ("Same", 1.0, "?")
    assert said.metric.bounds == (0.0, 1.0)


def test_a_function_of_openevals_scores():
    (said,) = judged(evaluator_function("openevals.exact"), **CONTEXT)
    assert (said.metric.name, said.value) == ("same", True)


def own_evaluator(returned: Any) -> Any:
    def right(outputs: str, reference_outputs: str) -> Any:
        return returned

    return right


@pytest.mark.parametrize(
    ("returned", "values"),
    [
        (True, {"right": True}),
        (0.5, {"right": 0.5}),
        ({"key": "x", "score": 0.5, "comment": "half"}, {"right": 0.5}),
        ({"key": "x", "score": None, "value": "warm"}, {"right": "warm"}),
        ({"results": [{"key": "a", "score": 1.0}, {"key": "b", "score": False}]}, {"a": 1.0, "b": False}),
        (None, {"right": None}),
    ],
    ids=["bool", "number", "score", "value", "several", "nothing"],
)
def test_a_function_of_ones_own_that_openevals_would_call_scores(returned, values):
    assert {each.metric.name: each.value for each in judged(own_evaluator(returned), **CONTEXT)} == values


def test_a_function_of_ones_own_is_given_what_is_expected():
    def right(inputs, outputs, reference_outputs=None):
        return f"{inputs['question']} {outputs} {reference_outputs}"

    (said,) = judged(right, **CONTEXT)
    assert said.value == "? Paris Paris"
    assert said.metric.fingerprint.startswith("openevals:function/own:")


def test_a_function_of_ones_own_is_given_what_else_it_names():
    def right(outputs, reference_outputs, question, strict=False):
        return f"{question} {strict}"

    (said,) = judged(right, **CONTEXT)
    assert said.value == "? False"
    (said,) = judged(right, **{**CONTEXT, "inputs": {}})
    assert said.error.startswith("ScorerError: right needs 'question', and nothing of this case is it")


def test_a_result_without_a_value_is_an_error():
    (said,) = judged(own_evaluator({"key": "x"}), **CONTEXT)
    assert said.error == (
        "ScorerError: returned {'key': 'x'}; a result of openevals has a 'score' or a 'value'"
    )


def test_what_is_missing_is_an_error_of_the_case():
    (said,) = judged(evaluator_function("openevals.exact"), outputs="Paris")
    assert said.value is None
    assert said.error == (
        "ScorerError: same of openevals needs 'reference_outputs', and nothing of this case is it: say where "
        "it is with from_library(…, reads={'reference_outputs': 'expectations.…'})"
    )


def test_more_can_be_declared_about_one():
    declared = scorer(Same(), name="exact", tolerance=0.1, better="lower", paid=True)
    assert (declared.name, declared.spec.tolerance, declared.spec.better) == ("exact", 0.1, "lower")
    assert (declared.paid, as_scorer(Same(), where="").paid) == (True, False)
    assert scorer(Same(), version=3).fingerprint == "version:3"


def test_module_and_name_find_one(monkeypatch):
    monkeypatch.setitem(sys.modules, "my_metrics", SimpleNamespace(same=Same()))
    assert as_scorer("my_metrics:same", where="").name == "Same"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("expectations.city.name", 1.0),
        ("tags.city", 0.0),
        (lambda expectations, tags: expectations["city"]["name"] if tags else None, 1.0),
    ],
    ids=["place", "other place", "function"],
)
def test_what_it_reads_can_be_said(place, value):
    expectations = {"answer": "?", "city": {"name": "Paris"}}
    context = {**CONTEXT, "expectations": expectations, "tags": {"city": "Lima"}}
    (said,) = judged(from_library(Same(), reads={"expected": place}), **context)
    assert said.value == value


def test_a_place_that_a_case_has_not_is_its_error():
    (said,) = judged(from_library(Same(), reads={"expected": "expectations.city.name"}), **CONTEXT)
    assert said.error == "ScorerError: expectations.city.name: there is no 'city' in 'answer'"
    (said,) = judged(from_library(Same(), reads={"expected": "outputs.city"}), **CONTEXT)
    assert said.error == "ScorerError: outputs.city: there is no 'city' in a str"


@pytest.mark.parametrize(
    ("reads", "message"),
    [
        (
            {"expected": "output.city"},
            r"reads=\{'expected': …\}: 'output.city' is no place; .*'outputs.answer'",
        ),
        ({"expected": "outputs."}, "'outputs.' is no place"),
        ({"expected": 3}, "3 is no place; give a function, or one of inputs, outputs"),
        ({"expected": lambda answer: answer}, "takes 'answer', which no scorer is given"),
    ],
    ids=["part", "empty name", "number", "parameter"],
)
def test_a_place_that_is_none_is_refused(reads, message):
    with pytest.raises(ScorerError, match=message):
        from_library(Same(), reads=reads)


def test_what_is_no_library_s_is_refused():
    with pytest.raises(
        ScorerError, match=r"from_library: 3 is no scorer of a known library \(MLflow, DeepEval"
    ):
        from_library(3)


def test_a_name_that_is_not_asked_for_is_refused():
    metric = class_of(
        "deepeval.metrics.base_metric",
        "BaseMetric",
        measure=None,
        a_measure=None,
        is_successful=lambda self: self.score >= self.threshold,
    )
    with pytest.raises(ScorerError, match="asks for no 'actual_outputs'; nearest: actual_output"):
        from_library(metric(), reads={"actual_outputs": "outputs"})


def test_nothing_of_a_library_is_imported_when_none_is_used():
    code = (
        "import sys\n"
        "from pytest_vtrack.scoring.protocol import as_scorer\n"
        "as_scorer('exact_match', where='')\n"
        "print([each for each in sys.modules if '.foreign.' in each])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {each.rpartition(".")[2] for each in eval(done.stdout)}
    assert loaded == {"adoption", "given", "library_scorer", "recognition"}  # no adapter
