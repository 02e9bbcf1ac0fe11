from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.report.untrusted import display_width, one_line, shorten, shorten_middle, visible

ANY_TEXT = st.text(st.characters(), max_size=200)  # surrogates included
WIDTHS = st.integers(min_value=0, max_value=60)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain text", "plain text", id="ascii stays"),
        pytest.param("\x1b[31m", "\\x1b[31m", id="escape sequence"),
        pytest.param("\x07\x7f", "\\x07\\x7f", id="bell and delete"),
        pytest.param("\x9b2J", "\\x9b2J", id="C1 control"),
        pytest.param("\u202eevil\u202c", "\\u202eevil\\u202c", id="bidi override"),
        pytest.param("\u2066a\u2069", "\\u2066a\\u2069", id="bidi isolate"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="zero width"),
        pytest.param("a\u2028b", "a\\u2028b", id="line separator"),
        pytest.param("\ud800", "\\ud800", id="lone surrogate"),
        pytest.param("\u3164", "\\u3164", id="invisible letter"),
        pytest.param("\U000e0041\U000e0100", "\\U000e0041\\U000e0100", id="tags and variation supplements"),
        pytest.param("a\r\nb\tc", "a  b c", id="breaks become spaces"),
        pytest.param("é 日本 🙂", "é 日本 🙂", id="letters of others stay"),
        pytest.param("a" + "\u0301" * 6, "a" + "\u0301" * 4 + "\\u0301" * 2, id="marks piled up"),
    ],
)
def test_what_acts_on_a_terminal_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_ascii_only_escapes_every_other_character() -> None:
    assert visible("é 日 🙂", ascii_only=True) == "\\xe9 \\u65e5 \\U0001f642"


@given(ANY_TEXT, st.booleans())
def test_visible_text_has_no_control_characters_and_stays_as_it_is(text: str, ascii_only: bool) -> None:
    shown = visible(text, ascii_only=ascii_only)
    assert not any(unicodedata.category(character)[0] == "C" for character in shown)
    assert not set(shown) & set("\n\r\t\u2028\u2029")
    assert shown.isascii() or not ascii_only
    assert visible(shown, ascii_only=ascii_only) == shown


@pytest.mark.parametrize(
    ("text", "width"),
    [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🙂", 2), ("", 0)],
    ids=["ascii", "wide", "combining", "emoji", "empty"],
)
def test_display_width_counts_columns(text: str, width: int) -> None:
    assert display_width(text) == width


@given(ANY_TEXT, WIDTHS, st.sampled_from(["…", "..."]))
def test_shortened_text_never_exceeds_the_width(text: str, width: int, ellipsis: str) -> None:
    assert display_width(shorten(text, width, ellipsis=ellipsis)) <= width
    assert display_width(shorten_middle(text, width, ellipsis=ellipsis)) <= width
    assert display_width(one_line(text, width, ellipsis=ellipsis)) <= width


@given(ANY_TEXT)
def test_text_that_fits_is_not_shortened(text: str) -> None:
    assert shorten(text, display_width(text)) == text
    assert shorten_middle(text, display_width(text)) == text


def test_a_cut_says_that_something_is_missing() -> None:
    assert shorten("refund-0017", 8) == "refund-…"
    assert shorten_middle("v1.2-14-g3f2a1b0-dirty", 12) == "v1.2-1…dirty"
    assert shorten("日本語", 4) == "日…"


def test_one_line_collapses_space_and_reads_no_further_than_it_shows() -> None:
    assert one_line("  a \n\n b\t", 10) == "a b"
    assert one_line("x" * 5_000_000, 5) == "xxxx…"
