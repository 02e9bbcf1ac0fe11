"""Text of others in Markdown: it stays text, whatever a forge makes of links, mentions and markup.

What may be more than plain words stands in code spans: no renderer looks for markup, mentions, references
or addresses inside them. Escaping by backslash would not do, because forges search the rendered text.
"""

from __future__ import annotations

import re

from pytest_vtrack.report import untrusted

_BEFORE, _INSIDE, _AFTER = "\"'(+-−", ".,/=+'’–−-", ".,:;!?)\"'%…"
"""Punctuation that is only that before, inside and after a plain word."""
_ENDS = ".,:;)"
_SPECIAL = re.compile(
    r"""\.[^\W\d_]{2}                           # an address: some forges link example.org
    | [a-z]-\d                                  # a ticket: GH-1
    | (?<![0-9a-z]) [0-9a-f]{7,} (?![0-9a-z])   # a commit
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"\d+[.)]")
_BACKTICKS = re.compile("`+")
_MOST_BACKTICKS = 3
_PIPES_AFTER_BACKSLASHES = re.compile(r"(?<=\\)\|+")
_NOTHING = "(blank)"


def code(text: str, most: int = 200) -> str:
    """Return text as a code span on one line, cut to ``most`` columns."""
    return _span(untrusted.one_line(text, most))


def cell(text: str, most: int = 200) -> str:
    """Return text as a code span that may stand in a table."""
    return _in_table(code(text, most))


def words(text: str, most: int = 1000) -> str:
    """Return a sentence with what is not a plain word in code spans, cut to ``most`` columns."""
    parts: list[str] = []
    foreign: list[str] = []
    for word in untrusted.one_line(text, most).replace(" -> ", " → ").split():
        if _is_plain(word, first=not parts and not foreign):
            parts += _ended(foreign)
            parts.append(word)
        else:
            foreign.append(word)
    return " ".join([*parts, *_ended(foreign)])


def cell_words(text: str, most: int = 60) -> str:
    """Return words that may stand in a table."""
    return _in_table(words(text, most))


def _is_plain(word: str, *, first: bool) -> bool:
    if first and not (word.lstrip("\"'(")[:1].isalnum() and not _LIST_ITEM.match(word)):
        return False  # a list, a heading or a command of the forge begins with it
    core = word.lstrip(_BEFORE).rstrip(_AFTER)
    letters = all(each.isalnum() or each in _INSIDE for each in core)
    return (letters or word == "→") and not _SPECIAL.search(core)


def _ended(foreign: list[str]) -> list[str]:
    """Return the words gathered so far as one code span, and forget them."""
    text = " ".join(foreign)
    foreign.clear()
    if not text:
        return []
    inside = text.rstrip(_ENDS).lstrip("(")  # the marks of the sentence are not a part of what it speaks of
    if not inside:
        return [_span(text)]
    before, _, after = text.partition(inside)
    return [before + _span(inside) + after]


def _span(line: str) -> str:
    """Return a code span; its fence is longer than any run of backticks inside."""
    if not line.strip():
        return f"`{_NOTHING}`"
    short = _BACKTICKS.sub(lambda run: run[0] if len(run[0]) <= _MOST_BACKTICKS else "```…", line)
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(short)), default=0) + 1)
    space = " " if short[0] in "` " or short[-1] in "` " else ""
    return f"{fence}{space}{short}{space}{fence}"


def _in_table(markdown: str) -> str:
    """Escape pipes; renderers disagree about one after a backslash, so another sign stands for it."""
    alike = _PIPES_AFTER_BACKSLASHES.sub(lambda pipes: "∣" * len(pipes[0]), markdown)
    return alike.replace("|", r"\|")
