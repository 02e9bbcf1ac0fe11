"""The JSON report: every one is valid by the published schema, and its numbers are finite."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.comparison import Comparison, SideCounts
from pytest_vtrack.report.as_json import report_json, report_text
from pytest_vtrack.report.json_schema import PUBLISHED, report_schema
from pytest_vtrack.report.summary import Compared, Missing, Recorded, Summary

Build = SimpleNamespace
EXIT_CODES = {"regressed": 10, "no_baseline": 12}
CORRECT = SideCounts(MetricSpec("correct", "f1"), cases=5, bools=5, mean=0.2)
NOT_THERE = Missing("v9", "'v9' is not in the store", "Create it: git checkout v9")


def summary_of(*comparisons: Comparison, **more: Any) -> Summary:
    compared = tuple(Compared(each, EXIT_CODES.get(each.verdict, 0)) for each in comparisons)
    codes = [each.exit_code for each in compared]
    return Summary("support-bot", exit_code=max(codes, default=0), comparisons=compared, **more)


def validated(summary: Summary) -> dict[str, Any]:
    """Return the report as a reader gets it, after a look at the schema."""
    report: dict[str, Any] = json.loads(report_text(summary).encode("utf-8"), parse_constant=pytest.fail)
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    return report


def test_the_published_schema_is_that_of_the_models() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == report_schema(), (
        "write it again: python -m pytest_vtrack.report.json_schema"
    )
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_names_that_were_published_stay() -> None:
    shapes = report_schema()["$defs"]
    for shape, names in PUBLISHED_NAMES.items():
        assert set(names.split()) - set(shapes[shape]["required"]) == set(), shape


PUBLISHED_NAMES = {
    "Report": "schema verdict changed exit_code experiment rule gate current baseline metrics slices flags "
    "cases worst_cases must_pass_failures warnings others",
    "RunPart": "version run env commit flags complete status reason",
    "MetricPart": "name kind direction baseline current effect low high ratio tolerance tolerance_assumed "
    "verdict reason gate pairs worse better errors unpaired needed_cases detectable",
    "SlicePart": "tag value cases worse better metric",
    "CasesPart": "total shared new gone edited errors worse better",
    "CasePart": "id test dataset verdict confirmed must_pass tags error metrics",
    "ValuePart": "name baseline current rationale",
}


def test_every_comparison_is_valid_by_the_schema(comparison: Comparison) -> None:
    report = validated(summary_of(comparison))
    assert report["verdict"] == comparison.verdict
    assert len(report["metrics"]) == len(comparison.metrics)


def test_what_was_compared_is_told(build: Build) -> None:
    report = validated(summary_of(build.regressed()))
    assert (report["schema"], report["verdict"], report["exit_code"]) == ("vtrack.report/1", "regressed", 10)
    assert report["changed"] is True
    assert (report["baseline"]["version"], report["current"]["version"]) == ("v1.2", "v1.3")
    correct = next(each for each in report["metrics"] if each["name"] == "correct")
    assert (correct["effect"], correct["verdict"], correct["pairs"]) == (-0.1, "worse", 120)
    assert report["worst_cases"][0]["id"] == "refund-017"
    assert report["worst_cases"][0]["metrics"] == [
        {"name": "correct", "baseline": True, "current": False, "rationale": "gave 14 days, policy says 30"}
    ]


@pytest.mark.parametrize(
    ("summary", "exit_code", "current"),
    [
        (Summary("bot"), 0, None),
        (Summary("bot", exit_code=12, missing=(NOT_THERE,)), 12, None),
        (Summary("bot", gate="warn", missing=(NOT_THERE,)), 0, None),
    ],
    ids=["no case ran", "the baseline is not there", "and that is only told"],
)
def test_without_any_run(summary: Summary, exit_code: int, current: None) -> None:
    report = validated(summary)
    assert (report["verdict"], report["exit_code"]) == ("no_baseline", exit_code)
    assert (report["current"], report["baseline"], report["metrics"]) == (current, None, [])
    assert report["warnings"] == [each.why for each in summary.missing]


def test_a_first_version_has_values_and_no_baseline(build: Build) -> None:
    recorded = Recorded(build.make_run("v1.0"), (CORRECT, replace(CORRECT, mean=None, cases=0, errors=5)))
    report = validated(Summary("support-bot", recorded=(recorded,)))
    assert (report["verdict"], report["exit_code"], report["baseline"]) == ("no_baseline", 0, None)
    assert (report["current"]["version"], report["cases"]["total"]) == ("v1.0", 120)
    first, second = report["metrics"]
    assert (first["current"], first["verdict"], first["reason"]) == (0.2, "not_comparable", "no_baseline")
    assert (second["current"], second["errors"]) == (None, 5)


def test_cases_are_counted_not_their_trials(build: Build) -> None:
    recorded = Recorded(build.make_run("v1.0"), (CORRECT,), cases=40)
    assert validated(Summary("support-bot", recorded=(recorded,)))["cases"]["total"] == 40


def test_of_several_comparisons_the_one_that_decides_is_at_the_top(build: Build) -> None:
    report = validated(summary_of(build.ok(), build.regressed(), notices=("a file is old",)))
    assert (report["verdict"], report["exit_code"], report["warnings"]) == (
        "regressed",
        10,
        ["a file is old"],
    )
    (other,) = report["others"]
    assert (other["verdict"], other["exit_code"], other["others"]) == ("ok", 0, [])


def test_a_missing_anchor_is_graver_than_ok_and_not_than_regressed(build: Build) -> None:
    tops = [
        validated(summary_of(each, missing=(NOT_THERE,)))["verdict"]
        for each in (build.ok(), build.regressed())
    ]
    assert tops == ["no_baseline", "regressed"]


def test_a_few_cases_stand_for_many(build: Build) -> None:
    many = replace(build.regressed(), worst_cases=tuple(build.case(f"case-{n}") for n in range(1000)))
    assert len(validated(summary_of(many))["worst_cases"]) == 20


def test_nothing_changed_says_so(build: Build) -> None:
    same = replace(build.ok(), cases=replace(build.ok().cases, worse=0, better=0))
    assert validated(summary_of(same))["changed"] is False


def test_other_labels_are_a_change(build: Build) -> None:
    label = build.metric("tone", "not_sure", kind="category", reason="labels_changed", gate=False)
    same = replace(build.ok(), cases=replace(build.ok().cases, worse=0, better=0))
    labelled = replace(same, metrics=(*same.metrics, label))
    assert validated(summary_of(labelled))["changed"] is True


def test_order_does_not_depend_on_how_things_were_found(build: Build) -> None:
    found = build.regressed()
    turned = replace(found, metrics=found.metrics[::-1], slices=found.slices[::-1])
    assert report_text(summary_of(found)) == report_text(summary_of(turned))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_never_leaves(build: Build, number: float) -> None:
    broken = build.compared("ok", build.metric(effect=number))
    with pytest.raises(ValidationError, match="finite"):
        report_json(summary_of(broken))


def test_half_a_surrogate_pair_is_replaced(build: Build) -> None:
    change = build.case("a\ud800b", "😀 whole")
    report = validated(summary_of(replace(build.regressed(), worst_cases=(change,))))
    (case,) = report["worst_cases"]
    assert (case["id"], case["metrics"][0]["rationale"]) == ("a\ufffdb", "😀 whole")


def test_the_schema_refuses_what_is_not_a_report(build: Build) -> None:
    report = validated(summary_of(build.ok()))
    del report["verdict"]
    with pytest.raises(jsonschema.ValidationError, match="'verdict' is a required property"):
        jsonschema.validate(report, report_schema())
