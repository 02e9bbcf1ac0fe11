"""Stored spans: which are the application's, which are a scorer's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.model.scorer_spans import SCORER, application_text, judged_again, of_metric
from pytest_vtrack.model.spans import decode, decode_all, decode_scorers, encode
from pytest_vtrack.model.stored_trace import trace_of
from pytest_vtrack.model.trace import Span

KINDS = ("EVALUATOR", "CHAT_MODEL", "UNKNOWN")
OWN = (
    Span("plan", "EVALUATOR", 1.0, 1.0, "a", attributes={"gen_ai.usage.cost": 1.0}),
    Span("ask \ud800", "CHAT_MODEL", 1.2, 0.5, "b", "a"),
)
KIND = of_metric(
    [Span("kind", "EVALUATOR", 4.0, 1.0, "k"), Span("chat", "CHAT_MODEL", 4.1, 0.5, "l", "k")], "kind"
)
RIGHT = of_metric([Span("right", "EVALUATOR", 3.0, 1.0, "r")], "right")


def text_of(*spans):
    return encode(spans).text if spans else None


def test_a_trace_that_scorers_see_has_only_the_spans_of_the_application():
    result = CaseResult(CaseKey("t", "qa", "c1"), "t[c1]", "passed", spans=text_of(*OWN[:1], *RIGHT))
    assert trace_of(result).spans == OWN[:1]
    assert trace_of(replace(result, spans=text_of(*RIGHT))).spans == ()


def test_scorers_spans_come_in_the_order_in_which_they_started():
    assert decode_scorers(text_of(*KIND, *OWN, *RIGHT)) == (*RIGHT, *KIND)


def test_the_text_without_scorers_is_the_text_itself_where_there_are_none():
    text = text_of(*OWN)
    assert application_text(text) is text
    assert application_text(None) is None
    assert application_text(text_of(*RIGHT)) is None
    assert application_text(text_of(*RIGHT, *OWN)) == text


def test_an_application_may_use_the_name_of_the_attribute_in_a_text():
    span = Span("ask", attributes={"note": SCORER}, span_id="a")
    assert decode(text_of(span, *RIGHT)) == (span,)
    assert application_text(text_of(span, *RIGHT)) == text_of(span)


@pytest.mark.parametrize(
    ("stored", "metrics", "new", "found"),
    [
        (OWN, {"right"}, RIGHT, (*OWN, *RIGHT)),
        ((), {"right"}, RIGHT, RIGHT),
        ((*OWN, *KIND), {"right"}, RIGHT, (*OWN, *RIGHT, *KIND)),
        ((*OWN, *RIGHT, *KIND), {"kind"}, (), (*OWN, *RIGHT)),
        ((*OWN, *KIND), {"kind"}, of_metric(RIGHT, "kind"), (*OWN, *of_metric(RIGHT, "kind"))),
        (KIND, {"kind"}, (), ()),
        (OWN, {"kind"}, (), OWN),
        ((), {"kind"}, (), ()),
    ],
    ids=[
        "new",
        "no spans before",
        "beside another's",
        "no longer any",
        "in place of old ones",
        "nothing left",
        "no judge",
        "nothing",
    ],
)
def test_new_judgements_take_the_place_of_those_of_their_metrics(stored, metrics, new, found):
    assert judged_again(text_of(*stored), metrics, text_of(*new)) == text_of(*found)


spans = st.builds(
    Span,
    name=st.text(),
    kind=st.sampled_from(KINDS),
    started_at=st.floats(0, 10),
    span_id=st.text("abcdef0123456789", min_size=16, max_size=16),
    attributes=st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.none(), max_size=2),
)
scorers = st.tuples(spans, st.text(min_size=1)).map(lambda each: of_metric([each[0]], each[1])[0])


@given(st.lists(spans | scorers))
def test_every_span_is_either_the_applications_or_a_scorers(every):
    text = encode(every).text
    own, others = decode(text), decode_scorers(text)
    assert len(own) + len(others) == len(every)
    assert all(SCORER in span.attributes for span in others)
    assert not any(SCORER in span.attributes for span in own)
    assert [span for span in decode_all(text) if span in own] == list(own)
    assert json.loads(application_text(text) or "[]") == json.loads(encode(own).text)
