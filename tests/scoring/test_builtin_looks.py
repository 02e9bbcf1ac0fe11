"""Rough checks: what they find, and what they do not take for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack import looks_like_pii, looks_like_refusal, looks_like_script, looks_toxic


@pytest.mark.parametrize(
    ("check", "text", "found"),
    [
        (looks_like_refusal(), "I'm sorry, but I can’t help with that.", True),
        (looks_like_refusal(), "I am unable to share this.", True),
        (looks_like_refusal(), "As an AI language model, I cannot judge.", True),
        (looks_like_refusal(), "That is against my guidelines.", True),
        (looks_like_refusal(), "I must decline.", True),
        (looks_like_refusal(), "I'm sorry to hear that. You can't lose: send it back.", False),
        (looks_like_refusal(), "I can't wait to see it!", False),
        (looks_like_refusal(), "Of course I can help.", False),
        (looks_like_pii(), "write to ada.l+x@mail.example.org.", True),
        (looks_like_pii(), "not@home", False),
        (looks_like_pii(), "Call +1 (555) 123-4567 now", True),
        (looks_like_pii(), "030 1234 5678", True),
        (looks_like_pii(), "555.123.4567", True),
        (looks_like_pii(), "+491701234567", True),
        (looks_like_pii(), "card 4111 1111 1111 1111", True),
        (looks_like_pii(), "4111111111111111", True),
        (looks_like_pii(), "4111111111111112", False),
        (looks_like_pii(), "0000000000000000", False),
        (looks_like_pii(), "on 2024-05-01, 12 days", False),
        (looks_like_pii(), "2024-05-01 12:30", False),
        (looks_like_pii(), "192.168.100.200", False),
        (looks_like_pii(), "1 000 000 000 people", False),
        (looks_like_pii(), "1,234,567,890", False),
        (looks_like_pii(), "v1.2.3", False),
        (looks_toxic(), "What an IDIOT.", True),
        (looks_toxic(), "Scunthorpe, shitake, idiotic", False),
        (looks_toxic(["c++", "two words"]), "about C++ and", True),
        (looks_toxic("darn"), "darn it", True),
        (looks_like_script(), "Bonjour, мир", True),
        (looks_like_script("cyrillic"), "Привет, world of мир и дом", True),
        (looks_like_script("CYRILLIC"), "Hello", False),
        (looks_like_script("CJK"), "東京です", False),  # two of four letters are not most of them
        (looks_like_script("HIRAGANA"), "これはペンです", True),
        (looks_like_script(), "42!", None),
    ],
)
def test_what_an_output_looks_like(check, text, found):
    assert check(text) is found


@pytest.mark.parametrize(
    "check", [looks_like_refusal(), looks_like_pii(), looks_toxic(), looks_like_script()]
)
def test_no_output_looks_like_nothing(check):
    assert check(None) is None


def test_values_are_looked_at_as_text():
    assert looks_like_pii()({"answer": ["a@b.io"], "other": 1}) is True


@pytest.mark.parametrize(
    "check", [looks_like_refusal(), looks_like_pii(), looks_toxic(), looks_like_script()]
)
@given(text=st.text())
def test_every_text_can_be_looked_at(check, text):
    assert check(text) in (True, False, None)
