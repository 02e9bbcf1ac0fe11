from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import Result

from pytest_vtrack.model.run import CaseResult, Run
from pytest_vtrack.report.json_schema import PUBLISHED
from pytest_vtrack.store import Store

Vtrack = Callable[..., Result]


def test_a_regression_is_shown_and_sets_the_exit_code(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    lines = vtrack("compare", "v1.2", "v1.3", code=10).stdout.splitlines()
    assert lines[0] == " vtrack: v1.3 vs v1.2 ".center(80, "=")
    assert lines[1].split() == ["✗", "REGRESSED", "bot", "40", "cases", "compared", "environment", "dev"]
    assert lines[-1] == "Gate: failed (exit code 10)"


@pytest.mark.parametrize(
    ("gate", "code"), [("off", 0), ("warn", 0), ("regress", 10), ("strict", 10)], ids=str
)
def test_the_gate_decides_the_exit_code(vtrack: Vtrack, stored: dict[str, Run], gate: str, code: int) -> None:
    vtrack("compare", "v1.2", "v1.3", "--gate", gate, code=code)


def test_not_sure_fails_only_a_strict_gate(vtrack: Vtrack, record: Callable[..., Run]) -> None:
    record("v1.2", wrong=2)
    record("v1.3", wrong=4)
    assert "? NOT SURE" in vtrack("compare", "v1.2", "v1.3").stdout
    vtrack("compare", "v1.2", "v1.3", "--gate", "strict", code=11)


@pytest.mark.parametrize(
    ("gate", "code"), [("off", 0), ("warn", 0), ("regress", 12), ("strict", 12)], ids=str
)
def test_an_unknown_baseline_has_its_own_exit_code(
    vtrack: Vtrack, stored: dict[str, Run], gate: str, code: int
) -> None:
    result = vtrack("compare", "v1.1", "v1.3", "--gate", gate, code=code)
    assert result.stderr.startswith("vtrack: NO BASELINE: 'v1.1' is not in ")
    assert result.stdout == ""


def test_an_unknown_baseline_as_json_is_a_report(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    report = json.loads(vtrack("compare", "v1.1", "v1.3", "--json", code=12).stdout)
    assert (report["verdict"], report["exit_code"]) == ("no_baseline", 12)
    assert "Known: v1.3, v1.2" in report["warnings"][0]


def test_an_unknown_current_run_is_wrong_usage(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "'v1.4' is not in" in vtrack("compare", "v1.2", "v1.4", code=2).stderr


def test_the_report_as_json_has_both_sides(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    report = json.loads(vtrack("compare", "v1.2", "v1.3", "--json", code=10).stdout)
    assert report["schema"] == "vtrack.report/1"
    assert (report["verdict"], report["exit_code"]) == ("regressed", 10)
    assert (report["baseline"]["version"], report["current"]["version"]) == ("v1.2", "v1.3")
    assert report["cases"]["worse"] == 12


def test_looking_changes_no_verdict_that_is_stored(
    vtrack: Vtrack, stored: dict[str, Run], opened: Store
) -> None:
    vtrack("compare", "v1.2", "v1.3", code=10)
    assert opened.verdict_of(stored["v1.3"].id) is None


def test_one_version_twice_compares_its_two_newest_runs(vtrack: Vtrack, record: Callable[..., Run]) -> None:
    record("v1.2", wrong=9)
    record("v1.2", wrong=2)
    record("v1.2", wrong=3)
    text = vtrack("compare", "v1.2", "v1.2").stdout
    assert "vtrack: v1.2 (run 03030303) vs v1.2 (run 02020202)" in text
    assert "Both runs are of v1.2, so what differs is noise. Noise floor: the smallest loss" in text


def test_one_version_with_one_run_is_compared_with_itself_and_that_is_said(
    vtrack: Vtrack, stored: dict[str, Run]
) -> None:
    text = vtrack("compare", "v1.2", "v1.2").stdout
    assert "Note: a run is compared with itself." in text
    assert "noise" not in text


def test_an_anchor_is_compared_too_and_the_gravest_verdict_decides(
    vtrack: Vtrack, stored: dict[str, Run], record: Callable[..., Run]
) -> None:
    record("v1.4", wrong=14)
    text = vtrack("compare", "v1.3", "v1.4", "--anchor", "v1.2", code=10).stdout
    assert "✓ OK" in text
    assert "✗ REGRESSED" in text
    report = json.loads(vtrack("compare", "v1.3", "v1.4", "--anchor", "v1.2", "--json", code=10).stdout)
    assert (report["verdict"], report["others"][0]["verdict"]) == ("regressed", "ok")
    assert report["exit_code"] == 10


def test_a_missing_anchor_fails_the_gate(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    result = vtrack("compare", "v1.2", "v1.2", "--anchor", "v0.9", code=12)
    assert "NO BASELINE: 'v0.9' is not in" in result.stderr


def test_a_tolerance_may_be_given(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "REGRESSED" not in vtrack("compare", "v1.2", "v1.3", "--tolerance", "correct=60pt").stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--tolerance", "correct"], "--tolerance: 'correct' is not a tolerance; write `metric = amount`"),
        (["--alpha", "0.9"], "--alpha: '0.9' is not a number between 0 and 0.5; usual is 0.05"),
        (["--alpha", "nan"], "--alpha: 'nan' is not a number between 0 and 0.5; usual is 0.05"),
        (["--gate", "soft"], "'soft' is not one of 'off', 'warn', 'regress', 'strict'"),
        (["--anchor", ""], "REF"),
    ],
    ids=["tolerance", "alpha", "alpha that is no number", "gate", "anchor"],
)
def test_wrong_values_are_wrong_usage(
    vtrack: Vtrack, stored: dict[str, Run], words: list[str], message: str
) -> None:
    assert message in vtrack("compare", "v1.2", "v1.3", *words, code=2).stderr


def test_a_stricter_alpha_asks_for_more_evidence(vtrack: Vtrack, record: Callable[..., Run]) -> None:
    record("v1.2", wrong=2)
    record("v1.3", wrong=10)
    vtrack("compare", "v1.2", "v1.3", code=10)
    assert "NOT SURE" in vtrack("compare", "v1.2", "v1.3", "--alpha", "0.0001").stdout


def test_the_ini_file_says_gate_and_tolerance(vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nvtrack_gate = warn\nvtrack_experiment = bot\n")
    assert 'the policy is "warn"' in vtrack("compare", "v1.2", "v1.3").stdout
    vtrack("compare", "v1.2", "v1.3", "--gate", "regress", code=10)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nvtrack_experiment = bot\nvtrack_tolerance =\n    latency = 25%\n    correct = 60pt\n"
    )
    assert "REGRESSED" not in vtrack("compare", "v1.2", "v1.3").stdout


def test_a_wrong_ini_value_names_the_key(vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nvtrack_gate = soft\n")
    error = vtrack("compare", "v1.2", "v1.3", code=2).stderr
    assert "vtrack_gate: 'soft' is not one of off, warn, regress, strict" in error


def test_a_slice_may_decide(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    report: dict[str, Any] = json.loads(
        vtrack("compare", "v1.2", "v1.3", "--slice", "topic=other", "--json", code=10).stdout
    )
    gating = {f"{each['tag']}={each['value']}" for each in report["slices"] if each["metric"]["gate"]}
    assert gating == {"topic=other"}


def test_groups_of_like_cases_need_more_evidence(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    assert "group" in vtrack("compare", "v1.2", "v1.3", "--cluster", "topic").stdout


def test_more_is_said_when_asked(vtrack: Vtrack, stored: dict[str, Run]) -> None:
    lengths = [
        len(vtrack("compare", "v1.2", "v1.3", *more, code=10).stdout) for more in ([], ["-v"], ["-vv"])
    ]
    assert lengths == sorted(set(lengths))


def test_a_partial_run_can_be_looked_at_by_its_id(
    vtrack: Vtrack, stored: dict[str, Run], record: Callable[..., Run]
) -> None:
    partial = record("v1.4", status="partial", cases=12)
    text = vtrack("compare", "v1.2", f"run:{partial.short_id}").stdout
    assert "PARTIAL RUN" in text


def test_markdown_and_json_say_the_same(vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path) -> None:
    words = ["compare", "v1.2", "v1.3", "--md", "out/report.md", "--json"]
    report = json.loads(vtrack(*words, code=10).stdout)
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    text = (tmp_path / "out/report.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- vtrack:bot -->\n### ❌ vtrack: v1.3 is worse than v1.2")
    assert (report["verdict"], report["cases"]["worse"]) == ("regressed", 12)
    missing = json.loads(vtrack("compare", "v9", "v1.3", "--md", "out/report.md", "--json", code=12).stdout)
    jsonschema.validate(missing, schema)
    assert (missing["verdict"], missing["current"]["version"]) == ("no_baseline", "v1.3")
    assert "no baseline `v9`" in (tmp_path / "out/report.md").read_text(encoding="utf-8")


def test_markdown_that_cannot_be_written_is_wrong_usage(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path
) -> None:
    result = vtrack("compare", "v1.2", "v1.3", "--md", ".", code=2)
    assert "--md: . is a folder; name a file in it" in result.stderr
    assert result.stdout == ""


def test_html_is_written_whatever_the_verdict(vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path) -> None:
    vtrack("compare", "v1.2", "v1.3", "--html", "out/report.html", code=10)
    text = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "<title>✗ REGRESSED: v1.3 vs v1.2 · bot</title>" in text
    vtrack("compare", "v9", "v1.3", "--html", "out/report.html", code=12)
    assert "NO BASELINE" in (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "--html: . is a folder" in vtrack("compare", "v1.2", "v1.3", "--html", ".", code=2).stderr


def test_html_has_the_same_bytes_under_source_date_epoch(
    vtrack: Vtrack, stored: dict[str, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a.html", "b.html"):
        vtrack("compare", "v1.2", "v1.3", "--html", name, code=10)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert b"2023-11-14 22:13 UTC" in (tmp_path / "a.html").read_bytes()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 10),
        (("--soft", "correct"), 0),
        (("--tolerance", "correct=60pt"), 0),
        (("--tolerance", "correct=60pt", "--must-pass", "correct"), 10),
        (("--soft", "correct", "--must-pass", "correct"), 10),
        (("--soft", "correct", "--must-pass", "correct", "--gate", "warn"), 0),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else str(each),
)
def test_what_decides_can_be_changed_for_stored_runs(
    vtrack: Vtrack, stored: dict[str, Run], options: tuple[str, ...], code: int
) -> None:
    vtrack("compare", "v1.2", "v1.3", *options, code=code)


def test_a_soft_metric_can_be_made_to_decide(
    vtrack: Vtrack, record: Callable[..., Run], opened: Store
) -> None:
    record("v1.2")
    slower = record("v1.3")
    opened.add(slower.id, [told(each, "latency", 9.0) for each in opened.results(slower.id)])
    vtrack("compare", "v1.2", "v1.3")
    vtrack("compare", "v1.2", "v1.3", "--gating", "latency", code=10)
    vtrack("compare", "v1.2", "v1.3", "--gating", "latency", "--tolerance", "latency=10000%", code=0)


def test_no_case_must_pass_where_the_command_says_so(
    vtrack: Vtrack, record: Callable[..., Run], opened: Store
) -> None:
    record("v1.2")
    broken = record("v1.3")
    first = next(opened.results(broken.id))
    opened.add(broken.id, [replace(told(first, "correct", False), tags={"must_pass": "yes"})])
    vtrack("compare", "v1.2", "v1.3", code=10)
    vtrack("compare", "v1.2", "v1.3", "--may-fail", "correct")


def told(result: CaseResult, metric: str, value: Any) -> CaseResult:
    """Return a result in which a metric has another value."""
    changed = [replace(a, value=value) if a.metric.name == metric else a for a in result.assessments]
    return replace(result, assessments=tuple(changed))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--tolerance", "corect=5pt"), "--tolerance: v1.3 has no metric 'corect'; nearest: correct"),
        (("--must-pass", "tone"), "--must-pass: v1.3 has no metric 'tone'; nearest: "),
        (("--gating", "correct", "--soft", "correct"), "--gating and --soft both name 'correct'"),
        (("--soft", "completed"), "--soft: 'completed' always decides"),
        (("--slice", "topc"), "--slice: no case of v1.3 has 'topc'; nearest: topic"),
        (("--slice", "topic=refunds"), "--slice: no case of v1.3 has 'topic=refunds'; nearest: topic=refund"),
    ],
    ids=["tolerance", "unknown", "both", "completed", "tag", "tag value"],
)
def test_a_slip_in_what_decides_is_refused(
    vtrack: Vtrack, stored: dict[str, Run], options: tuple[str, ...], message: str
) -> None:
    assert message in vtrack("compare", "v1.2", "v1.3", *options, code=2).stderr
