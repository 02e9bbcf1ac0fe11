"""What keeps texts of others from acting: our own files, the policy in the page, and the colours."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from itertools import product
from types import SimpleNamespace

import pytest

from pytest_vtrack.report.html.material import Material
from pytest_vtrack.report.html.page import render, script
from pytest_vtrack.report.view import report_view

TEMPLATES = files("pytest_vtrack.templates") / "report"
SCRIPT = script()
STYLE = TEMPLATES.joinpath("style.css").read_text(encoding="utf-8")
MARKUP = {
    one.name: one.read_text(encoding="utf-8")
    for folder in (TEMPLATES, TEMPLATES / "pages")
    for one in folder.iterdir()
    if one.name.endswith(".j2")
}


@pytest.mark.parametrize(
    "forbidden",
    [
        r"innerHTML",
        r"outerHTML",
        r"insertAdjacentHTML",
        r"document\.write",
        r"createContextualFragment",
        r"DOMParser",
        r"srcdoc",
        r"\beval\b",
        r"\bFunction\s*\(",
        r"set(?:Timeout|Interval)\(\s*[\"'`]",
        r"\.on[a-z]+\s*=",
        r"setAttribute\(\s*[\"']on",
        r"\.style\b",
        r"\bfetch\(",
        r"XMLHttpRequest",
        r"WebSocket",
        r"\bimport\b",
        r"javascript:",
        r"\.src\b",
    ],
)
def test_script_never_makes_markup_or_code_of_a_text_nor_talks_to_anybody(forbidden: str) -> None:
    assert not re.findall(forbidden, SCRIPT)


def test_addresses_are_made_of_numbers_and_state_only() -> None:
    assert set(re.findall(r"\.href = (\w+)", SCRIPT)) == {"target"}
    targets = re.findall(r'link\(\s*("[^"]*"|\w+\()', SCRIPT)
    assert set(targets) == {'"#case-"', "hashOf("}


@pytest.mark.parametrize("name", sorted(MARKUP))
def test_templates_have_no_inline_code_or_style_and_trust_nothing(name: str) -> None:
    text = MARKUP[name]
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"<[^>]*\s(?:style|on[a-z]+)\s*=", text)
    assert not re.search(r"(?:src|action|formaction)\s*=", text)


ALLOWED_IN_ATTRIBUTES = re.compile(
    r"(?:look|view\.look|card\.look|row\.look|one|row)\.tone|tone|css_hash|js_hash|loop\.index|one\.number"
    r"|(?:row|version|dot|drawing|one|card)\.[\w.\[\]]+(?:\s*[/+-]\s*\d+)?"
    r"|\(.*\) \| round\(1\)|fills\[tone\]|x|width|height"
    r"|'[^']*' if .*|' newest' if .*|\d.*"
)


@pytest.mark.parametrize("name", sorted(MARKUP))
def test_attributes_hold_numbers_and_our_own_words(name: str) -> None:
    found = re.findall(r"""[\w-]+="([^"]*\{\{.*?\}\}[^"]*)\"""", MARKUP[name])
    expressions = [one.strip() for text in found for one in re.findall(r"\{\{(.*?)\}\}", text)]
    assert not [one for one in expressions if not ALLOWED_IN_ATTRIBUTES.fullmatch(one)]
    names = ("name", "label", "version", "id", "why", "baseline", "current", "text", "value", "url")
    assert not [one for one in expressions if one.rpartition(".")[2] in names]


def test_policy_allows_our_own_script_and_style_and_nothing_else(page_of_regression: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page_of_regression)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#39;", "'").split(";"))
    assert rules.pop("default-src") == "'none'"
    assert rules.pop("script-src") == f"'{_hash(_inside(page_of_regression, 'script'))}'"
    assert rules.pop("style-src") == f"'{_hash(_inside(page_of_regression, 'style'))}'"
    assert rules == {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}


def _inside(page: str, tag: str) -> str:
    (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL)
    return text


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _palettes() -> dict[str, dict[str, str]]:
    light = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", STYLE[: STYLE.index("@media")]))
    by_system, by_hand = re.findall(
        r'(?:not\(\[data-theme="light"\]\)|\[data-theme="dark"\]) \{(.*?)\}', STYLE, re.S
    )[:2]
    dark, other = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", text)) for text in (by_system, by_hand))
    assert dark == other, "the dark theme is the same, whether the system or the reader asks for it"
    return {"light": light, "dark": dark}


TEXT_ON = [
    *product(("text", "muted", "worse", "better", "not-sure"), ("paper", "card")),
    ("text", "worse-tint"),
    ("text", "better-tint"),
    ("text", "not-sure-tint"),
    ("muted", "worse-tint"),
    ("muted", "better-tint"),
    ("muted", "not-sure-tint"),
    ("worse", "worse-tint"),
    ("better", "better-tint"),
    ("not-sure", "not-sure-tint"),
    ("text", "removed"),
    ("text", "added"),
    ("paper", "text"),
]
GRAPHICS_ON = [*product(("worse", "better", "control", "focus"), ("paper",))]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_palette_has_enough_contrast(theme: str) -> None:
    palette = _palettes()[theme]
    weak = [pair for pair in TEXT_ON if _contrast(palette[pair[0]], palette[pair[1]]) < 4.5]
    weak += [pair for pair in GRAPHICS_ON if _contrast(palette[pair[0]], palette[pair[1]]) < 3]
    assert not weak


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.fixture
def page_of_regression(build: SimpleNamespace) -> str:
    comparison = build.regressed()
    return render(
        Material(comparison.current, comparison.baseline, report_view(comparison, exit_code=10), (), (), ())
    ).text
