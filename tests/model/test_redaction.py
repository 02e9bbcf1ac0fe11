from __future__ import annotations

import json

import pytest

from pytest_vtrack.model.redaction import Redaction

MASKED = {
    "by name": ({"api_key": "s", "other": "kept"}, {"api_key": "***", "other": "kept"}),
    "numbers stay": ({"input_tokens": 12}, {"input_tokens": 12}),
    "deep": ([{"a": [{"Token": "s"}]}], [{"a": [{"Token": "***"}]}]),
    "headers are lists": (
        {"http.request.header.authorization": ["s", "t"]},
        {"http.request.header.authorization": ["***", "***"]},
    ),
    "other lists stay": ({"keywords": ["a", "b"]}, {"keywords": ["a", "b"]}),
    "other headers stay": ({"http.request.header.accept": ["a"]}, {"http.request.header.accept": ["a"]}),
    "inside text that is JSON": (
        {"parameters": '{"api_key": "s", "n": [1]}'},
        {"parameters": '{"api_key":"***","n":[1]}'},
    ),
    "inside JSON inside JSON": (
        {"a": json.dumps([json.dumps({"password": "s"})])},
        {"a": '["{\\"password\\":\\"***\\"}"]'},
    ),
    "text that only looks like it": ({"a": '{"api_key": s'}, {"a": '{"api_key": s'}),
    "text in a sentence": ({"a": 'say "api_key": "s"'}, {"a": 'say "api_key": "s"'}),
}


@pytest.mark.parametrize(("value", "expected"), MASKED.values(), ids=MASKED)
def test_values_of_secret_names_are_masked(value, expected):
    assert json.loads(Redaction().text(json.dumps(value))) == expected
