from __future__ import annotations

import functools
import sys
from types import SimpleNamespace

import pytest

from pytest_vtrack import exact_match, numeric_close, scorer
from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.scoring.parameters import PARAMETERS
from pytest_vtrack.scoring.protocol import Scorer, as_scorer


def correct(outputs, expectations):
    """Say whether it is right."""
    return outputs == expectations["answer"]


class Judge:
    def __init__(self, model="small"):
        self.model = model

    def __call__(self, outputs, trace):
        return self.model

    def brief(self, outputs):
        return len(outputs) < 10


class Strict(Judge):
    def __init__(self, model):
        super().__init__(model)


def test_bare_decorator_declares_the_defaults():
    declared = scorer(correct)
    assert isinstance(declared, Scorer)
    assert declared.spec == MetricSpec("correct", declared.fingerprint)
    assert declared.fingerprint.startswith("source:")


def test_keywords_are_declared():
    @scorer(
        better="lower",
        tolerance=2,
        bounds=(0, 10),
        kind="bounded",
        gate=False,
        must_pass=True,
        name="w",
        version=3,
    )
    def words(outputs):
        return len(outputs.split())

    assert words.spec == MetricSpec(
        "w", "version:3", "lower", 2.0, (0.0, 10.0), "bounded", gate=False, must_pass=True
    )


def test_a_scorer_is_still_called_and_described_like_its_function():
    declared = scorer(correct)
    assert declared("Rome", {"answer": "Rome"}) is True
    assert declared(outputs="Rome", expectations={"answer": "Bern"}) is False
    assert declared.__doc__ == "Say whether it is right."
    assert (declared.__name__, declared.__module__) == ("correct", correct.__module__)
    assert declared.__wrapped__ is correct


def test_a_scorer_is_frozen():
    with pytest.raises(AttributeError):
        scorer(correct).spec = None


@pytest.mark.parametrize(
    ("function", "name", "parameters"),
    [
        pytest.param(correct, "correct", ("outputs", "expectations"), id="function"),
        pytest.param(Judge(), "Judge", ("outputs", "trace"), id="callable instance"),
        pytest.param(Judge().brief, "brief", ("outputs",), id="bound method"),
        pytest.param(
            functools.partial(correct, outputs="x"), "correct", ("outputs", "expectations"), id="partial"
        ),
        pytest.param(lambda **all_of_it: None, "all", PARAMETERS, id="keywords take all"),
        pytest.param(lambda *, case, tags: None, "only", ("tags", "case"), id="keyword-only"),
        pytest.param(lambda outputs, limit=3: None, "lim", ("outputs",), id="configuration by default"),
        pytest.param(lambda *rest: None, "none", (), id="positional rest"),
        pytest.param(lambda: None, "nothing", (), id="no parameter"),
    ],
)
def test_parameters_are_those_taken_by_name(function, name, parameters):
    named = {} if name in ("correct", "Judge", "brief") else {"name": name}
    declared = scorer(function, **named)
    assert (declared.name, declared.parameters) == (name, parameters)
    assert declared.needs_baseline == ("baseline" in parameters)


def test_a_class_stands_for_an_object_without_settings():
    declared = scorer(Judge)
    assert (declared.name, declared.parameters) == ("Judge", ("outputs", "trace"))
    assert declared(outputs="x", trace=None) == "small"
    assert declared.fingerprint == scorer(Judge()).fingerprint == as_scorer(Judge, where="").fingerprint
    assert declared.fingerprint != scorer(Judge("large")).fingerprint


def test_a_class_can_be_decorated():
    @scorer(better="lower", name="w")
    class Words:
        def __call__(self, outputs):
            return len(outputs.split())

    assert (Words.name, Words.spec.better, Words(outputs="a b")) == ("w", "lower", 2)


def test_async_functions_can_be_scorers():
    @scorer
    async def judged(outputs, baseline):
        return True

    assert judged.parameters == ("outputs", "baseline")
    assert judged.needs_baseline


@pytest.mark.parametrize("kind", ["latency", "cost", "tokens"])
def test_lower_is_better_for_ratio_kinds_unless_declared(kind):
    assert scorer(correct, kind=kind).spec.better == "lower"
    assert scorer(correct, kind=kind, better="higher").spec.better == "higher"


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"better": "more"}, "better='more' must be one of 'higher', 'lower'"),
        ({"better": True}, "better=True must be one of"),
        ({"kind": "percent"}, "kind='percent' must be one of 'bool', 'score', 'bounded'"),
        ({"kind": ["bool"]}, r"kind=\['bool'\] must be one of"),
        ({"tolerance": -0.1}, r"tolerance=-0.1 must be a finite number from 0 up"),
        ({"tolerance": float("nan")}, "tolerance=nan must be a finite number"),
        ({"tolerance": float("inf")}, "tolerance=inf must be a finite number"),
        ({"tolerance": "2pt"}, "tolerance='2pt' must be a finite number"),
        ({"tolerance": True}, "tolerance=True must be a finite number"),
        ({"bounds": (1, 0)}, r"bounds=\(1, 0\) must be two finite numbers, the lowest value first"),
        ({"bounds": (1, 1)}, r"bounds=\(1, 1\) must be two"),
        ({"bounds": (0,)}, r"bounds=\(0,\) must be two"),
        ({"bounds": (0, float("inf"))}, "must be two finite numbers"),
        ({"bounds": 5}, "bounds=5 must be two"),
        ({"gate": "no"}, "gate='no' must be True or False"),
        ({"must_pass": 1}, "must_pass=1 must be True or False"),
        ({"version": 1.5}, "version=1.5 must be a text or a whole number"),
        ({"version": True}, "version=True must be a text or a whole number"),
        ({"name": ""}, "name='' cannot name a metric; give printable text"),
        ({"name": " a"}, "name=' a' cannot name a metric"),
        ({"name": "a\nb"}, r"name='a\\nb' cannot name a metric"),
        ({"name": 3}, "name=3 cannot name a metric"),
        ({"name": "a = b"}, "name='a = b' cannot name a metric: it may not contain '='"),
        ({"name": "latency"}, "the name 'latency' is taken: completed, latency, passed are measured without"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_wrong_declarations_are_refused_with_value_and_allowed_values(declared, message):
    with pytest.raises(ScorerError, match=message) as caught:
        scorer(correct, **declared)
    assert str(caught.value).startswith("test_protocol.py:")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda output: 1,
            "takes 'output', which no scorer is given .did you mean 'outputs'..; a scorer takes any",
        ),
        (lambda expectation=None: 1, "takes 'expectation', .*did you mean 'expectations'"),
        (
            lambda outputs, reference: 1,
            "takes 'reference', which no scorer is given; a scorer takes any of inputs,",
        ),
        (lambda outputs, /: 1, "'outputs' can be given by position only"),
        (Judge.brief, r"takes 'self', .*scorer\(instance.method\)"),
        (
            Strict,
            r"Strict is a class, .* without settings .TypeError: .*'model'.; give an instance: Strict\(",
        ),
        (SimpleNamespace, "objects of class SimpleNamespace cannot be called; give it a __call__"),
        (dict.fromkeys, "by position only|parameters cannot be read"),
        (3, "3 cannot be called; a scorer is a function"),
    ],
    ids=[
        "slip",
        "slip with default",
        "unknown",
        "positional",
        "self",
        "class",
        "no call",
        "builtin",
        "number",
    ],
)
def test_what_cannot_be_called_by_name_is_refused_before_the_first_call(function, message):
    with pytest.raises(ScorerError, match=message):
        scorer(function, name="x")


def test_parameters_that_cannot_be_read_are_refused():
    class Hidden:
        __signature__ = "none of these"

        def __call__(self, outputs):
            return True

    with pytest.raises(ScorerError, match=r"the parameters cannot be read .*; wrap it in a function"):
        scorer(Hidden())


def test_a_lambda_needs_a_name():
    with pytest.raises(ScorerError, match="a lambda has no name; give it one"):
        scorer(lambda outputs: True)


def test_a_scorer_is_declared_once():
    with pytest.raises(ScorerError, match="'correct' is a scorer already; declare everything in one @scorer"):
        scorer(scorer(correct), tolerance=0.1)


def test_as_scorer_keeps_a_scorer():
    declared = scorer(correct, tolerance=0.5)
    assert as_scorer(declared, where="here") is declared


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        (correct, "correct"),
        (exact_match, "exact_match"),
        ("exact_match", "exact_match"),
        (numeric_close(rel=0.1, name="near"), "near"),
        ("pytest_vtrack:numeric_close", "numeric_close"),
    ],
    ids=["function", "bare built-in", "built-in by name", "configured", "module:name of a built-in"],
)
def test_as_scorer_accepts(obj, name):
    assert as_scorer(obj, where="here").name == name


def test_a_built_in_by_name_is_the_bare_one():
    by_name, bare = as_scorer("exact_match", where=""), as_scorer(exact_match, where="")
    assert by_name.fingerprint == bare.fingerprint == as_scorer(exact_match(), where="").fingerprint


def test_a_built_in_can_be_declared():
    declared = scorer(exact_match(ignore_case=True), tolerance=0.02, name="same")
    assert (declared.name, declared.spec.tolerance) == ("same", 0.02)
    assert scorer(exact_match, gate=False).spec.gate is False


def test_module_and_name_are_imported(monkeypatch):
    monkeypatch.setitem(
        sys.modules, "my_scorers", SimpleNamespace(correct=correct, judges=SimpleNamespace(j=Judge()))
    )
    assert as_scorer("my_scorers:correct", where="").function is correct
    assert as_scorer("my_scorers:judges.j", where="").name == "Judge"


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (
            "exact_mach",
            "here: there is no built-in scorer 'exact_mach'; nearest: exact_match.* 'module:name'",
        ),
        (
            "no_such_module_at_all:f",
            "here: .*cannot import 'no_such_module_at_all': ModuleNotFoundError: .*sys.path",
        ),
        ("pytest_vtrack:exact", "here: .*'pytest_vtrack' has no 'exact'; nearest: exact_match"),
        (":f", "here: ':f': cannot import '': ValueError"),
        (
            3,
            "here: 3 is not a scorer; give a function, a built-in such as 'exact_match', or 'module:name'",
        ),
        (None, "here: None is not a scorer"),
        (lambda output: 1, "here: a lambda has no name"),
        (Strict, "here: Strict is a class"),
    ],
    ids=["unknown", "module", "name", "no module", "number", "none", "lambda", "class"],
)
def test_as_scorer_refuses_with_the_place(obj, message):
    with pytest.raises(ScorerError, match=message):
        as_scorer(obj, where="here")
