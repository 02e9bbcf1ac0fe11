from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_vtrack.model.assessment import MetricSpec
from pytest_vtrack.model.policy import Policy
from pytest_vtrack.workflow.comparing import compare

LENIENT = MetricSpec("right", "right/1", tolerance=0.2)
PARTS = 21


@pytest.fixture
def compared(store, record):
    """Compare two runs of 441 cases, the second wrong in the 21 that are critical and of customer k00."""

    def compared(*slices, cluster=None):
        runs = []
        for version, wrong in (("v1", 0), ("v2", PARTS)):
            run = record(version, {f"{n:03}": n >= wrong for n in range(PARTS * PARTS)}, spec=LENIENT)
            tagged = [replace(each, attempt=1, tags=_tags(each)) for each in store.results(run.id)]
            store.add(run.id, tagged)
            runs.append(run)
        return compare(store, *runs, Policy(gating_slices=frozenset(slices), cluster=cluster))

    return compared


def _tags(result):
    number = int(result.key.case_id)
    return {
        "customer": f"k{number // PARTS:02}",
        "number": f"n{number}",
        **({"critical": "yes"} if number < PARTS else {}),
    }


@pytest.mark.parametrize("chosen", ["critical", "critical=yes", "customer", "customer=k00"])
def test_a_chosen_slice_decides_however_many_values_its_tag_has(compared, chosen):
    found = compared(chosen)
    assert found.verdict == "regressed"
    (worse,) = [each for each in found.slices if each.result.gate and each.result.verdict == "worse"]
    assert (f"{worse.tag}={worse.value}", worse.cases) in (("critical=yes", PARTS), ("customer=k00", PARTS))
    assert found.warnings == ()


def test_of_many_values_only_the_chosen_one_is_listed(compared):
    assert {(each.tag, each.value) for each in compared("customer=k07").slices} == {("customer", "k07")}


@pytest.mark.parametrize("chosen", ["critcal", "customer=k99"])
def test_a_chosen_slice_without_cases_is_said(compared, chosen):
    found = compared(chosen)
    assert found.verdict == "ok"
    (warning,) = found.warnings
    assert warning == f"the slice {chosen!r} was chosen to decide, but decides nothing: v2 has no such case"


@pytest.mark.parametrize(
    ("tag", "warned"),
    [("customer", False), ("customr", True), ("number", True)],
    ids=["groups", "no such tag", "one case a value"],
)
def test_groups_that_hold_one_case_each_are_said(compared, tag, warned):
    told = (
        f"cases were to be grouped by {tag!r}, but no two cases of v2 have one value of that tag, so that "
        "each is taken for itself"
    )
    assert compared(cluster=tag).warnings == ((told,) if warned else ())
