"""Text of others in Markdown, as a real renderer with the extensions of forges shows it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pytest_vtrack.report import untrusted
from pytest_vtrack.report.markdown_text import cell, cell_words, code, words

RENDER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
ALIVE = re.compile(
    r"""@\w | \#\w | (?<!\w)!\d | gh-\d | ://|\bwww\. | \b[0-9a-f]{7,}\b | :\w+: | [<>&~^$\[\]{}|*_`\\]""",
    re.VERBOSE | re.IGNORECASE,
)
"""What a forge would look for in text that is not code: mentions, references, addresses, commits, emoji."""
TABLE = ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
HOSTILE = [
    "@octocat please",
    "see #1, !2, $3, ~bug, &4 and owner/repo#5",
    "GH-12 PROJ-7 gh-9.",
    "https://evil.example/?a=1 http://x www.evil.example ftp://x mail me@evil.example mailto:me",
    "![image](https://evil.example/x.png) [link](javascript:alert(1)) [ref]: /url",
    "<img src=x onerror=alert(1)><script>alert(1)</script> <!-- --> </details>",
    "**bold** _em_ ~~gone~~ `code` ``two`` ```three``` " + "`" * 90,
    "a | b || c \\| d \\\\| e |",
    "# heading",
    "- item",
    "1. item",
    "1) item",
    "> quote",
    "/close",
    "--- | ---",
    "===",
    "line\n\n# heading\n\n| a |\n|---|",
    "ends with a backslash \\",
    "`starts and ends`",
    " ` ",
    "",
    "   ",
    ":tada: $$x^2$$ $a$ {{7*7}} ${x} %milestone &amp; &#64;octocat &lt;b&gt;",
    "9c1e5a7700 deadbeefdeadbeefdeadbeefdeadbeefdeadbeef 1234567",
    "\x1b[31mred\x1b[0m \u202eevil\u202c a\u200bb \x00 \ud800 \u2028 日本 e\u0301 ＠octocat",
    "evil.example evil.example/path sub.evil.example:8080",
    "[^1] [x] - [ ] task \\@octocat",
]


class Seen(HTMLParser):
    """The tags of a page, and its texts inside and outside of code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.code: list[str] = []
        self.text = ""
        self._in_code = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = [("style", f"text-align:{side}") for side in ("left", "right", "center")]
        assert all(each in allowed for each in attrs), (tag, attrs)
        self.tags.append(tag)
        if tag == "code":
            self._in_code = True
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code[-1] += data
        else:
            self.text += data


def shown(text: str) -> str:
    """Return what a reader shall see of a text."""
    line = untrusted.one_line(text, 1000)
    return re.sub("`{4,}", "```…", line) or "(blank)"


def unescaped_pipes(text: str) -> str:
    return re.sub(r"(?<=\\)\|+", lambda run: "∣" * len(run[0]), text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    page_is_inert(text)


@given(st.text(max_size=200) | st.text("|\\`<>@#*_[]()!:/ ~$&-+=.1aw\n", max_size=60))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    page_is_inert(text)


def page_is_inert(text: str) -> None:
    seen = Seen(RENDER.render(code(text, 1000)))
    assert (seen.tags, seen.code, seen.text.strip()) == (["p", "code"], [shown(text)], "")
    table = f"| a | b |\n|---|---|\n| {cell(text, 1000)} | {cell_words(text, 1000)} |"
    seen = Seen(RENDER.render(table))
    assert [tag for tag in seen.tags if tag != "code"] == TABLE
    assert seen.code[0] == unescaped_pipes(shown(text))
    assert not ALIVE.search(seen.text)
    sentence = words(text)
    seen = Seen(RENDER.render(sentence))
    assert set(seen.tags) <= {"p", "code"}
    assert seen.tags.count("p") <= 1
    assert not ALIVE.search(seen.text)
    assert not (sentence and sentence[0] in "/#>-+*|=")


@pytest.mark.parametrize(
    "sentence",
    [
        "14 cases that were right are now wrong; 2 got fixed.",
        "This is more than chance would explain, and more than the 2.5 points you allow (+0.8 to -3 %).",
        'Gate: passed, because the policy is "regress" ("strict" would fail, code 11)',
        "Flags differ: ranker=on (v1.2: none).",
        "To find out: about 1,200 cases would settle it. It's v1.3's turn, 12.5 % more…",
        "Réponse fausse: 日本, über 5/8.",
    ],
)
def test_plain_sentences_stay_plain(sentence: str) -> None:
    assert words(sentence) == sentence


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("worse in v1@octocat now", "worse in `v1@octocat` now"),
        ("a b_c d_e f", "a `b_c d_e` f"),
        ("look at qa.jsonl first", "look at `qa.jsonl` first"),
        ("the run (run_1), then: a_b.", "the run (`run_1`), then: `a_b`."),
        ("ends with @octocat.", "ends with `@octocat`."),
        ("from 1 -> 2", "from 1 → 2"),
        ("- not a list", "`-` not a list"),
        ("1. not a list", "`1`. not a list"),
        ("run 9c1e5a77 of it", "run `9c1e5a77` of it"),
        ("tick ` here", "tick `` ` `` here"),
        ("", ""),
    ],
)
def test_words_that_may_mean_something_else_become_code(sentence: str, expected: str) -> None:
    assert words(sentence) == expected


def test_text_is_cut() -> None:
    assert code("x" * 500, 10) == f"`{'x' * 9}…`"
    assert len(words("word " * 5000)) <= 1000
