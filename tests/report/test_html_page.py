"""The static part of the report, and the cases packed behind it."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.comparison import CaseChange, Comparison, SideCounts
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.report.html.chunks import TRIMMED, unpack
from pytest_vtrack.report.html.material import CasePair, CellChange, Material, PastRun
from pytest_vtrack.report.html.page import render, render_missing
from pytest_vtrack.report.summary import Missing
from pytest_vtrack.report.view import report_view

CORRECT = MetricSpec("correct", "c/1", kind="bool")


def result(name: str, value: bool = True, **changes: Any) -> CaseResult:
    found = CaseResult(
        key=CaseKey("test_bot.py::test_answers", "qa", name, "d"),
        nodeid=f"test_bot.py::test_answers[{name}]",
        outcome="passed",
        inputs=json.dumps({"question": f"what about {name}?"}),
        expectations='{"answer":"30 days"}',
        outputs=json.dumps(f"the answer to {name}"),
        assessments=(Assessment(CORRECT, value, f"because of {name}"),),
    )
    return replace(found, **changes)


def pair(name: str = "refund-017", *, status: str = "worse", **changes: Any) -> CasePair:
    before, now = result(name), result(name, status != "worse", **changes)
    judged = tuple({"correct": one.assessments} for one in (before, now))
    cells = {"correct": CellChange("worse", 33.0)} if status == "worse" else {}
    return CasePair(now.key, (before,), (now,), status, judged, 33.0 if cells else 0.0, cells)  # type: ignore[arg-type]


def material(comparison: Comparison, *pairs: CasePair, **changes: Any) -> Material:
    sides = [SideCounts(CORRECT, 120, 120, mean=mean, minimum=0.0, maximum=1.0) for mean in (0.925, 0.825)]
    found = Material(
        run=comparison.current,
        baseline=comparison.baseline,
        view=report_view(comparison, exit_code=10),
        metrics=sides[1:],
        baseline_metrics=sides[:1],
        pairs=pairs,
        past=[PastRun(comparison.baseline, sides[:1]), PastRun(comparison.current, sides[1:], "regressed")],
        made_at=1_795_000_000.0,
    )
    return replace(found, **changes)


class Outline(HTMLParser):
    """Collects what an HTML file says and which elements and attributes it has."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._silent = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._silent = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._silent else data


def packed(page: str, name: str) -> Any:
    (text,) = re.findall(rf'<script type="application/octet-stream" id="{name}">([^<]*)</script>', page)
    return unpack(text)


def test_page_says_without_scripts_what_was_found(build: SimpleNamespace) -> None:
    outline = Outline(render(material(build.regressed(), pair())).text)
    for said in (
        "REGRESSED",
        "14 cases that were right are now wrong; 2 got fixed.",
        "Gate: failed (exit code 10)",
        "92.5 %",
        "−10.0 pt",
        "worst cases",
        "gave 14 days, policy says 30",
        "topic=refund",
        "vtrack baseline set main --version v1.3",
    ):
        assert said.lower() in outline.text.lower(), said
    assert outline.tags.count("h1") == 1


def test_every_comparison_makes_a_page(comparison: Comparison) -> None:
    page = render(material(comparison, pair())).text
    assert Outline(page).tags.count("h1") == 1
    assert packed(page, "index")["ids"] == ["refund-017"]


def test_hostile_texts_make_no_element_and_no_attribute(build: SimpleNamespace) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><b>{{7*7}}\u202e\x00\ud800"
    plain = Outline(render(material(build.hostile(), pair("x"))).text)
    told: dict[str, Any] = {
        "error": attack,
        "tags": {attack: attack},
        "nodeid": attack,
        "outputs": json.dumps(attack),
    }
    comparison = replace(build.hostile(), warnings=(attack,))
    attacked = Outline(render(material(comparison, pair("x", **told))).text)
    assert attacked.tags.count("script") == plain.tags.count("script")
    assert set(attacked.tags) == set(plain.tags)
    assert {name for name, _ in attacked.attributes} == {name for name, _ in plain.attributes}
    assert attack.partition("\u202e")[0] in attacked.text
    assert "\\u202e\\x00\\ud800" in attacked.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", attacked.text)


def test_same_material_gives_the_same_bytes(build: SimpleNamespace) -> None:
    pairs = [pair(f"case-{number}") for number in range(250)]
    first, second = (render(material(build.regressed(), *pairs)).text for _ in range(2))
    assert first == second


def test_cases_stand_in_chunks_of_a_hundred_in_their_order(build: SimpleNamespace) -> None:
    page = render(material(build.regressed(), *[pair(f"case-{number:03}") for number in range(250)])).text
    assert packed(page, "index")["starts"] == [0, 100, 200]
    third = packed(page, "chunk-2")
    assert len(third) == 50
    assert third[0]["i"] == [["question", "what about case-200?"]]


def test_large_cases_stand_in_small_chunks(build: SimpleNamespace) -> None:
    large = [pair(f"case-{number}", outputs=json.dumps("word " * 15_000)) for number in range(20)]
    starts = packed(render(material(build.regressed(), *large)).text, "index")["starts"]
    assert starts == [0, 7, 14]


def test_worst_case_leads_to_its_page(build: SimpleNamespace) -> None:
    worst = pair()
    comparison = build.regressed()
    first = replace(comparison.worst_cases[0], key=worst.key)
    page = render(material(replace(comparison, worst_cases=(first,)), pair("other"), worst)).text
    assert '<a class="case-link" href="#case-1"><bdi>refund-017</bdi></a>' in page
    assert "what about refund-017?" in Outline(page).text


def test_too_much_is_left_out_in_the_stated_order_and_said(build: SimpleNamespace) -> None:
    rng = random.Random(1)
    noise = [rng.randbytes(300).hex() for _ in range(3)]
    spans = json.dumps([{"name": "llm", "inputs": noise[0], "attributes": {"a": noise[0]}}])
    told: dict[str, Any] = {"spans": spans, "assessments": (Assessment(CORRECT, True, noise[1]),)}
    pairs = [
        pair(f"case-{n}", status=status, outputs=json.dumps(f"{n} {noise[2]}"), **told)
        for n, status in enumerate(["same", "worse"] * 60)
    ]
    page = render(material(build.regressed(), *pairs))
    assert page.trimmed == ()
    for level in (1, 2, 3):
        page = render(material(build.regressed(), *pairs), most_bytes=_size_of_chunks(page.text) - 1)
        assert page.trimmed == TRIMMED[:level]
        unchanged, changed = packed(page.text, "chunk-0")[:2]
        assert unchanged["c"][0]["o"] == 0
        assert changed["c"][0]["o"] == [["", f"1 {noise[2]}"]]
        assert unchanged["c"][0]["v"][0][0] == "1", "values are never left out"
        assert (unchanged["c"][0]["v"][0][1:] == []) == (level >= 2)
        assert changed["c"][0]["v"][0][1:] == [noise[1]]
        assert ("inputs" in changed["p"][1][0][0]) == (level < 3)
        assert f"Left out to keep this file small: {TRIMMED[0]}" in Outline(page.text).text


def _size_of_chunks(page: str) -> int:
    return sum(map(len, re.findall(r'id="chunk-\d+">([^<]*)<', page)))


def test_a_text_of_a_megabyte_is_cut_and_says_so(build: SimpleNamespace) -> None:
    page = render(material(build.regressed(), pair(outputs=json.dumps("x" * 1_000_000)))).text
    ((_, text),) = packed(page, "chunk-0")[0]["c"][0]["o"]
    assert text.endswith("x\n… 900,000 more characters are in the store")


def test_trials_are_one_row_with_their_counts(build: SimpleNamespace) -> None:
    trials = [result("t", value, trial=trial) for trial, value in enumerate([True, False, True, True])]
    both = {"correct": [one.assessments[0] for one in trials]}
    many = CasePair(trials[0].key, trials, trials, "same", (both, both))
    index = packed(render(material(build.regressed(), many)).text, "index")
    (metric,) = [one for one in index["metrics"] if one["name"] == "correct"]
    assert metric["b"]["words"] == metric["c"]["words"] == ["3/4"]


def test_a_case_without_outputs_says_nothing_instead_of_something_wrong(build: SimpleNamespace) -> None:
    page = render(material(build.regressed(), pair(outputs=None, inputs="{}", expectations="{}"))).text
    (one,) = packed(page, "chunk-0")
    assert (one["i"], one["e"], one["c"][0]["o"]) == ([], [], [])


@pytest.mark.parametrize(
    ("outputs", "shown"),
    [
        ('"text"', [["", "text"]]),
        ("12.5", [["", "12.5"]]),
        ("null", [["", "null"]]),
        ('{"a":"x","b":[1,2]}', [["a", "x"], ["b", "[1, 2]"]]),
        ('[{"a":1}]', [["", '[\n  {\n    "a": 1\n  }\n]']]),
        ('"\\ud800 \\u0000"', [["", "\ud800 \x00"]]),
    ],
)
def test_outputs_are_shown_as_a_reader_wants_them(build: SimpleNamespace, outputs: str, shown: Any) -> None:
    page = render(material(build.regressed(), pair(outputs=outputs))).text
    assert packed(page, "chunk-0")[0]["c"][0]["o"] == shown


def test_run_without_a_baseline(build: SimpleNamespace) -> None:
    whole = material(build.ok(), replace(pair(status="new"), baseline=()))
    page = render(replace(whole, baseline=None, view=None, baseline_metrics=(), past=whole.past[:1])).text
    text = Outline(page).text
    assert "FIRST VERSION" in text
    assert "pytest --vtrack-baseline=v1.3" in text
    assert packed(page, "index")["compared"] is False


def test_baseline_that_is_missing_has_a_page() -> None:
    page = render_missing(
        Missing("v9<b>", "'v9' is not stored", "Create it: git checkout v9"), "bot", made_at=0.0
    )
    text = Outline(page.text).text
    assert "NO BASELINE" in text
    assert "v9<b> is not there" in text
    assert "Create it: git checkout v9" in text


def test_secrets_that_were_masked_are_named(build: SimpleNamespace) -> None:
    comparison = build.regressed()
    run = replace(comparison.current, flags={"api_key": "***", "ranker": "on"})
    text = Outline(render(material(comparison, pair(), run=run)).text).text
    assert "Masked here: api_key." in text


def test_case_changes_of_the_comparison_may_be_unknown_to_the_page(build: SimpleNamespace) -> None:
    comparison: Comparison = build.regressed()
    strange: CaseChange = replace(comparison.worst_cases[0], key=None)
    page = render(material(replace(comparison, worst_cases=(strange,)))).text
    assert '<th scope="row"><bdi>refund-017</bdi>' in page
