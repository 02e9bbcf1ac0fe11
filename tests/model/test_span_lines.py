"""Spans as the text of a list, one on each line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.model import payload
from pytest_vtrack.model.span_lines import bounds, in_lines, joined, lines

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
SPANS = st.lists(st.fixed_dictionaries({"name": st.text(), "inputs": ANYTHING}))


@given(SPANS)
def test_every_span_has_a_line_whatever_it_holds(spans):
    each = [payload.encode(span, "span").text for span in spans]
    text = joined(each)
    assert json.loads(text) == spans
    assert in_lines(text) == text
    assert [text[start:end] for start, end in bounds(text)] == lines(text) == each


@given(SPANS, st.sampled_from([None, 0, 2]))
def test_the_text_of_another_writer_is_brought_into_lines(spans, indent):
    text = json.dumps(spans, indent=indent)
    assert [json.loads(line) for line in lines(text)] == spans


@pytest.mark.parametrize("text", ["[]", "[\n]", "[\n\n]", "[ ]"])
def test_a_list_without_spans_has_no_lines(text):
    assert (lines(text), in_lines(text)) == ([], "[]")
