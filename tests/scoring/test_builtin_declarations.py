"""What every built-in scorer has in common: its name, what it declares, how it is refused."""

from __future__ import annotations

import inspect
import sys

import pytest

import pytest_vtrack
from pytest_vtrack import scorer
from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.builtin import BUILTINS, NEEDS_SETTINGS
from pytest_vtrack.scoring.protocol import as_scorer

RANGES = {
    "bool": "Bool;",
    "score": "0 to 1;",
    "bounded": "-1 to 1;",
    "latency": "Above 0;",
    "number": "From 0 up;",
    None: "Bool;",  # the first ones, whose stored values were read as they are
}


def configured(name):
    settings = {"json_path": ["$.a"], "embedding_similarity": [lambda text: [len(text)]]}
    return BUILTINS[name](*settings.get(name, ()))


@pytest.mark.parametrize("name", BUILTINS)
def test_the_docstring_says_the_range_and_direction_that_are_declared(name):
    spec = as_scorer(configured(name), where="").spec
    summary = BUILTINS[name].__doc__.split("\n\n")[0]
    assert summary.endswith(f"{RANGES[spec.kind]} {spec.better} is better.")
    bounds = {"score": (0.0, 1.0), "bounded": (-1.0, 1.0)}
    assert spec.bounds == bounds.get(spec.kind)


@pytest.mark.parametrize("name", BUILTINS)
def test_every_built_in_is_a_public_name(name):
    assert getattr(pytest_vtrack, name) is BUILTINS[name]
    assert name in pytest_vtrack.__all__


@pytest.mark.parametrize("name", [name for name in BUILTINS if name not in NEEDS_SETTINGS])
def test_every_built_in_can_be_given_by_its_name_and_as_it_is(name):
    by_name, as_it_is = as_scorer(name, where=""), as_scorer(BUILTINS[name], where="")
    assert by_name.spec == as_it_is.spec
    ranked = {"hit_at_k": "hit@10", "recall_at_k": "recall@10", "ndcg_at_k": "ndcg@10"}
    assert by_name.name == ranked.get(name, name)


@pytest.mark.parametrize("name", NEEDS_SETTINGS)
def test_what_needs_settings_says_what_to_write(name):
    with pytest.raises(ScorerError, match=f"here: {name} cannot be used as it is; write {name}"):
        as_scorer(name, where="here")


def test_what_a_built_in_declares_gives_way_to_what_the_user_declares():
    spec = scorer(pytest_vtrack.looks_like_refusal(), name="refuses", better="higher", tolerance=0.1).spec
    assert (spec.kind, spec.better, spec.tolerance, spec.name) == ("bool", "higher", 0.1, "refuses")


def test_latency_length_and_sameness_decide_only_where_they_are_named():
    soft = {name for name in BUILTINS if not as_scorer(configured(name), where="").spec.gate}
    assert soft == {"span_latency", "output_length", "unchanged"}


def test_all_fingerprints_differ():
    fingerprints = {as_scorer(configured(name), where="").fingerprint for name in BUILTINS}
    assert len(fingerprints) == len(BUILTINS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pytest_vtrack.not_contains("a"), pytest_vtrack.not_contains("a", ignore_case=True)),
        (pytest_vtrack.json_schema({}), pytest_vtrack.json_schema({"type": "object"})),
        (pytest_vtrack.json_path("$.a"), pytest_vtrack.json_path("$.b")),
        (pytest_vtrack.set_f1(), pytest_vtrack.set_f1(repeats=True)),
        (pytest_vtrack.set_f1(), pytest_vtrack.set_f1(ignore_case=True)),
        (pytest_vtrack.bleu(), pytest_vtrack.bleu(tokenize="zh")),
        (pytest_vtrack.chrf(), pytest_vtrack.chrf(word_order=2)),
        (pytest_vtrack.edit_similarity(), pytest_vtrack.edit_similarity(ignore_case=True)),
        (pytest_vtrack.embedding_similarity(list), pytest_vtrack.embedding_similarity(lambda text: [1])),
        (pytest_vtrack.mrr(), pytest_vtrack.mrr(5)),
        (pytest_vtrack.mrr(), pytest_vtrack.mrr(span="rerank")),
        (pytest_vtrack.mrr(), pytest_vtrack.mrr(id_name="path")),
        (pytest_vtrack.tool_set(), pytest_vtrack.tool_set(key="calls")),
        (pytest_vtrack.span_latency(), pytest_vtrack.span_latency("llm")),
        (pytest_vtrack.output_length(), pytest_vtrack.output_length(unit="words")),
        (pytest_vtrack.output_length(), pytest_vtrack.output_length(output="text")),
        (pytest_vtrack.looks_toxic(), pytest_vtrack.looks_toxic(["darn"])),
        (pytest_vtrack.looks_like_script(), pytest_vtrack.looks_like_script("GREEK")),
    ],
    ids=lambda value: value.name,
)
def test_every_setting_is_in_the_fingerprint(one, other):
    assert one.fingerprint != other.fingerprint


def test_the_order_of_words_and_the_case_of_a_script_are_no_other_configuration():
    assert (
        pytest_vtrack.looks_toxic(["a", "b"]).fingerprint == pytest_vtrack.looks_toxic(("b", "a")).fingerprint
    )
    one, other = pytest_vtrack.looks_like_script("greek"), pytest_vtrack.looks_like_script("GREEK")
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    ("configure", "message"),
    [
        (lambda: pytest_vtrack.not_contains(""), "not_contains: text='' is in every output"),
        (lambda: pytest_vtrack.json_schema({"type": "objekt"}), r"json_schema: not a JSON Schema: \$\.type"),
        (lambda: pytest_vtrack.json_schema([]), r"json_schema: \[\] is not a JSON Schema: it must be"),
        (lambda: pytest_vtrack.json_schema(False), "json_schema: False is not a JSON Schema: it must be"),
        (lambda: pytest_vtrack.json_path("a.b"), r"path='a\.b' must be a text that begins with '\$'"),
        (lambda: pytest_vtrack.json_path("$.a[*]"), r"path='\$\.a\[\*\]' cannot be read from '\[\*\]' on"),
        (lambda: pytest_vtrack.bleu(tokenize="ja"), "bleu: tokenize='ja' must be one of '13a', 'char'"),
        (lambda: pytest_vtrack.chrf(word_order=-1), "chrf: word_order=-1 must be a whole number from 0 up"),
        (lambda: pytest_vtrack.embedding_similarity("ada"), "embed='ada' must take a text and return a vec"),
        (lambda: pytest_vtrack.hit_at_k(0), "hit_at_k: k=0 must be a whole number from 1 up"),
        (lambda: pytest_vtrack.mrr(True), "mrr: k=True must be a whole number from 1 up"),
        (lambda: pytest_vtrack.ndcg_at_k(2.5), r"ndcg_at_k: k=2\.5 must be"),
        (lambda: pytest_vtrack.mrr(span=3), "mrr: span=3 must be a name, as text"),
        (lambda: pytest_vtrack.span_latency(3), "span_latency: span=3 must be a name, as text"),
        (lambda: pytest_vtrack.output_length(unit="tokens"), "unit='tokens' must be one of 'characters', 'w"),
        (lambda: pytest_vtrack.looks_toxic([]), r"looks_toxic: words=\[\] must be words, none of them empty"),
        (lambda: pytest_vtrack.looks_toxic(["a", " "]), "must be words, none of them empty"),
        (lambda: pytest_vtrack.looks_like_script("pt-BR"), "script='pt-BR' must be a word like 'LATIN'"),
    ],
)
def test_wrong_configurations_are_refused_when_declared(configure, message):
    with pytest.raises(ScorerError, match=message):
        configure()


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("json_schema", "jsonschema", "json"),
        ("bleu", "sacrebleu", "text"),
        ("chrf", "sacrebleu", "text"),
        ("edit_similarity", "rapidfuzz", "text"),
    ],
)
def test_a_library_that_is_missing_is_named_with_its_extra_before_the_first_case(
    monkeypatch, name, module, extra
):
    monkeypatch.setattr(sys, "path", [])
    for loaded in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, loaded)
    with pytest.raises(ScorerError) as caught:
        as_scorer(name, where="test_bot.py")
    assert str(caught.value) == (
        f"test_bot.py: {name}: needs {module}, which is not installed: pip install 'pytest-vtrack[{extra}]'"
    )


def test_all_settings_but_the_first_are_given_by_name():
    for factory in BUILTINS.values():
        by_position = [
            each
            for each in inspect.signature(factory).parameters.values()
            if each.kind is each.POSITIONAL_OR_KEYWORD
        ]
        assert len(by_position) <= 1
