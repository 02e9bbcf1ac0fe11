"""The JSON report: its shape is validated, and its numbers survive a round trip."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from pydantic import ValidationError

from pytest_vtrack.model.comparison import CaseChange, Comparison, MetricResult, SliceResult, ValueChange
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.as_json import Report, report_json

CORRECT = MetricResult(
    "correct", "bool", "higher", True, "worse", "dropped", 0.9, 0.8, -0.1, -0.16, -0.03, pairs=120, worse=14
)
CASE = CaseChange(
    "refund-017", "test_qa.py::test_answers", "qa", "regressed", (ValueChange("correct", True, False),)
)
COMPARISON = Comparison(
    current=Run("b" * 32, "bot", AppVersion("v1.3", commit="abc"), status="complete"),
    baseline=Run("a" * 32, "bot", AppVersion("v1.2"), status="complete"),
    policy=Policy(),
    verdict="regressed",
    metrics=(CORRECT,),
    slices=(SliceResult("topic", "refund", 38, 11, 0, CORRECT),),
    worst_cases=(CASE,) * 30,
    rule="plus-two/1",
)


def test_the_report_is_plain_json_with_the_names_of_the_surface():
    report = json.loads(json.dumps(report_json(COMPARISON, exit_code=10), allow_nan=False))
    assert (report["schema"], report["verdict"], report["exit_code"]) == ("vtrack.report/1", "regressed", 10)
    assert report["changed"] is True
    assert report["current"]["version"] == "v1.3"
    assert report["current"]["commit"] == "abc"
    assert report["metrics"][0]["effect"] == -0.1
    assert report["slices"][0]["metric"]["name"] == "correct"
    assert report["worst_cases"][0]["id"] == "refund-017"
    assert report["worst_cases"][0]["metrics"][0] == {
        "name": "correct",
        "baseline": True,
        "current": False,
        "rationale": None,
    }


def test_a_few_cases_stand_for_many():
    assert len(report_json(COMPARISON, exit_code=10)["worst_cases"]) == 20


def test_nothing_changed_says_so():
    same = dataclasses.replace(COMPARISON, verdict="ok", worst_cases=())
    assert report_json(same, exit_code=0)["changed"] is False


def test_a_number_that_is_not_finite_never_leaves():
    broken = dataclasses.replace(CORRECT, effect=math.nan)
    with pytest.raises(ValidationError, match="finite"):
        report_json(dataclasses.replace(COMPARISON, metrics=(broken,)), exit_code=0)


def test_every_field_of_the_report_has_a_schema():
    names = set(Report.model_json_schema(by_alias=True, mode="serialization")["properties"])
    assert names == set(report_json(COMPARISON, exit_code=0))
