from __future__ import annotations

import json
import time

import pytest

from pytest_vtrack.model.redaction import Redaction

MASKED = {
    "by name": ({"api_key": "s", "other": "kept"}, {"api_key": "***", "other": "kept"}),
    "numbers of tokens stay": (
        {"input_tokens": 12, "max_tokens": 5, "llm.token_count.prompt": 3, "tokens_per_second": 1.5},
        {"input_tokens": 12, "max_tokens": 5, "llm.token_count.prompt": 3, "tokens_per_second": 1.5},
    ),
    "details of tokens stay": (
        {"prompt_tokens_details": {"cached_tokens": 0, "audio": [1, "s"], "none": None}},
        {"prompt_tokens_details": {"cached_tokens": 0, "audio": [1, "***"], "none": None}},
    ),
    "other numbers": (
        {"password": 1234, "token": 123456, "secret": True},
        dict.fromkeys(("password", "token", "secret"), "***"),
    ),
    "nothing stays to be seen": (
        {"api_key": None, "token": [None, "s"]},
        {"api_key": None, "token": [None, "***"]},
    ),
    "lists and objects": (
        {"api_keys": ["s", 1, ["t"]], "secrets": {"s": {"t": "u"}}, "client_secret": {"$bytes": "cw=="}},
        {"api_keys": ["***", "***", ["***"]], "secrets": "***", "client_secret": "***"},
    ),
    "deep": ([{"a": [{"Token": "s"}]}], [{"a": [{"Token": "***"}]}]),
    "headers are lists": (
        {"http.request.header.authorization": ["s", "t"]},
        {"http.request.header.authorization": ["***", "***"]},
    ),
    "other lists stay": ({"words": ["a", "b"]}, {"words": ["a", "b"]}),
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


IN_TEXTS = {
    "password in a URL": ("see https://ada:s3cret@example.org/a.", "see https://ada:***@example.org/a."),
    "password of a database": ("postgresql://u:p%40ss@db:5432/app", "postgresql://u:***@db:5432/app"),
    "no user": ("redis://:s3cret@cache", "redis://:***@cache"),
    "several": ("a://u:1@h b://v:2@i", "a://u:***@h b://v:***@i"),
    "parameter": ("https://example.org/?q=a&api_key=s3cret#x", "https://example.org/?q=a&api_key=***#x"),
    "bearer": ("Authorization: Bearer eyJhbGciOi.J9-_a1", "Authorization: Bearer ***"),
    "bearer in a sentence": ("sent bearer sk-1234567890abcdef!", "sent bearer ***!"),
    "basic": ("curl -H 'authorization: Basic dXNlcjpwYXNz'", "curl -H 'authorization: Basic ***'"),
    "private key": (
        "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nb",
        "a\n-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nb",
    ),
    "cut private key": ("-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----***"),
}
KEPT = (
    "https://example.org:8080/a?mail=me@example.org",
    "https://ada@example.org/a",
    "mail me@example.org: it works",
    "the bearer of good news in 2026",
    "bearer responsibilities-of-everyone",
    "Authorization: required for basic access",
    "basic dXNlcjpwYXNz",
    "https://example.org/?page=2&sort=a",
    "-----BEGIN PUBLIC KEY-----",
)


@pytest.mark.parametrize(("text", "expected"), IN_TEXTS.values(), ids=IN_TEXTS)
def test_secrets_in_texts_are_masked_where_their_form_leaves_no_doubt(text, expected):
    redaction = Redaction()
    assert redaction.plain(text) == redaction.tag("note", text) == expected
    assert json.loads(redaction.text(json.dumps({"a": [text]}))) == {"a": [expected]}
    assert redaction.plain(expected) == expected


@pytest.mark.parametrize("text", KEPT)
def test_other_texts_stay_as_they_are(text):
    assert Redaction().plain(text) == text
    assert Redaction().text(json.dumps({"a": text})) == json.dumps({"a": text})


@pytest.mark.parametrize("unit", ["a", "://a", "?a&", "bearer ", "://u:p", "-----BEGIN PRIVATE KEY-----"])
def test_long_texts_take_no_longer_than_their_length(unit):
    def took(length):
        text = unit * (length // len(unit))
        start = time.perf_counter()
        Redaction().plain(text)
        return time.perf_counter() - start

    assert took(2_000_000) < 2.0


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_nothing(value):
    assert Redaction().plain(value) == value


@pytest.mark.parametrize("name", ["SECRET", "\u017fecret", "kennwort", "KENNWORT", "schlüssel"], ids=ascii)
def test_names_of_secrets_are_found_in_whatever_case_and_script(name):
    text = json.dumps({name: "a", "fine": "b"}, ensure_ascii=False)
    masked = json.loads(Redaction(["Kennwort", "Schlüssel"]).text(text))
    assert masked == {name: "***", "fine": "b"}
