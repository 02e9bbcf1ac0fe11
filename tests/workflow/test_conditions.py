from __future__ import annotations

import json

import pytest

from pytest_vtrack.errors import ReferenceInvalid
from pytest_vtrack.model.assessment import Assessment, MetricSpec
from pytest_vtrack.model.run import CaseKey, CaseResult, Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.workflow.conditions import environment_difference, feature_flag_effect

RIGHT = MetricSpec("right", "right/1", tolerance=0.02)
UNCHANGED = MetricSpec("unchanged", "builtin:unchanged/1:a", kind="bool")


@pytest.fixture
def ran(store):
    """Store a run: ``ran({"q0": True}, flags=…)``, or ``{("q0", state): True}`` for cases with flags."""
    count = iter(range(1, 100))

    def ran(values, *, version="v1", env="dev", flags=None, commit=None, experiment="bot", spec=RIGHT):
        number = next(count)
        app = AppVersion(version, commit=commit, dirty=False if commit else None)
        run = Run(f"{number:032x}", experiment, app, env, flags or {}, started_at=float(number))
        store.begin(run)
        store.add(run.id, [result(case, value, spec) for case, value in values.items()])
        return store.finish(
            run.id, status="complete", reason=None, ended_at=number + 0.5, expected=len(values)
        )

    return ran


def result(case, value, spec):
    name, flags = case if isinstance(case, tuple) else (case, {})
    flags = json.dumps(dict(flags), sort_keys=True) if flags else ""
    key = CaseKey("test_app.py::test", "qa", name, "d", flags)
    return CaseResult(key, f"test_app.py::test[{name}]", "passed", assessments=(Assessment(spec, value),))


def cases(count, wrong=0, **flags):
    return {(f"q{n}", tuple(flags.items())): n >= wrong for n in range(count)}


def only(found):
    (metric,) = found.metrics
    return metric


def test_a_flags_effect_is_found_inside_one_run(store, ran):
    run = ran({**cases(40, search="False"), **cases(40, wrong=20, search="True")})
    found = feature_flag_effect(store, "search", [run])
    assert (found.first, found.second) == ("search=False", "search=True")
    assert (only(found).verdict, only(found).pairs, only(found).effect) == ("worse", 40, pytest.approx(-0.5))
    assert found.equivalences == {"right": "differs"}


def test_a_flags_effect_is_found_between_two_runs(store, ran):
    off = ran(cases(40, wrong=20), flags={"search": "off", "tone": "warm"})
    on = ran(cases(40), flags={"search": "on", "tone": "warm"})
    found = feature_flag_effect(store, "search", [on, off])
    assert (found.first, found.second) == ("search=off", "search=on")
    assert only(found).verdict == "better"


def test_cases_pair_where_every_other_flag_is_the_same(store, ran):
    warm = {**cases(30, search="off", tone="warm"), **cases(30, search="on", tone="warm")}
    cold = {**cases(30, wrong=30, search="off", tone="cold"), **cases(30, wrong=30, search="on", tone="cold")}
    found = only(feature_flag_effect(store, "search", [ran({**warm, **cold})]))
    assert (found.pairs, found.effect, found.verdict) == (60, 0.0, "ok")


def test_cases_without_the_flag_are_left_out(store, ran):
    run = ran({**cases(20, search="off"), **cases(20, search="on"), **cases(20)})
    assert only(feature_flag_effect(store, "search", [run])).pairs == 20


def test_states_can_be_named(store, ran):
    run = ran({**cases(20, model="a"), **cases(20, model="b"), **cases(20, wrong=20, model="c")})
    assert only(feature_flag_effect(store, "model", [run], off="a", on="c")).verdict == "worse"
    assert only(feature_flag_effect(store, "model", [run], off="a", on="b")).verdict == "ok"


def test_runs_of_one_state_are_its_trials(store, ran):
    runs = [ran(cases(20), flags={"search": state}) for state in ("off", "off", "on")]
    assert only(feature_flag_effect(store, "search", runs)).pairs == 20


@pytest.mark.parametrize(
    ("states", "given", "message"),
    [
        (["a", "b"], {}, "give off= and on=; the cases were run with states: 'a', 'b'"),
        (["on", "off", "auto"], {}, "states: 'auto', 'off', 'on'"),
        (["on"], {}, "states: 'on'"),
        ([], {}, "states: none"),
        (["on", "off"], {"off": "of"}, "no case was run with state 'of'; nearest: 'off'"),
        (["on", "off"], {"off": "on", "on": "on"}, "give off= and on="),
        (["a", "b", "c"], {"off": "a"}, "give off= and on="),
    ],
)
def test_states_that_are_not_clear_are_asked_for(store, ran, states, given, message):
    run = ran({key: value for state in states for key, value in cases(2, search=state).items()})
    with pytest.raises(ReferenceInvalid, match=r"^flag 'search': ") as refused:
        feature_flag_effect(store, "search", [run], **given)
    assert message in str(refused.value)


@pytest.mark.parametrize("given", [{"off": "a"}, {"on": "b"}, {"off": "a", "on": "b"}])
def test_of_two_states_one_is_enough(store, ran, given):
    run = ran({**cases(2, search="a"), **cases(2, search="b")})
    assert feature_flag_effect(store, "search", [run], **given).second == "search=b"


def test_no_runs_have_no_effect(store):
    with pytest.raises(ReferenceInvalid, match="no runs to look at"):
        feature_flag_effect(store, "search", [])


def test_one_version_is_compared_between_two_environments(store, ran):
    found = environment_difference(store, ran(cases(40), env="dev"), ran(cases(40, wrong=20), env="staging"))
    assert (found.first, found.second, only(found).verdict) == ("dev", "staging", "worse")
    same = environment_difference(store, ran(cases(40), env="dev"), ran(cases(40), env="prod"))
    assert same.equivalences == {"right": "equivalent"}


def test_metrics_that_compare_with_a_baseline_are_left_out(store, ran):
    one = ran(cases(5), env="dev", spec=UNCHANGED)
    other = ran(cases(5), env="prod", spec=UNCHANGED)
    assert environment_difference(store, one, other).metrics == ()


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({}, {}, "are both of environment 'dev'; name runs of two"),
        ({}, {"env": "prod", "version": "v2"}, "differ in version and state of the version, so"),
        ({"commit": "a" * 40}, {"env": "prod", "commit": "b" * 40}, "differ in state of the version, so"),
        (
            {},
            {"env": "prod", "flags": {"search": "on"}},
            "differ in flags, so a difference could not be told",
        ),
        ({}, {"env": "prod", "experiment": "other"}, "differ in experiment, so"),
    ],
)
def test_runs_that_differ_in_more_than_the_environment_are_refused(store, ran, first, second, message):
    with pytest.raises(ReferenceInvalid) as refused:
        environment_difference(store, ran(cases(2), **first), ran(cases(2), **second))
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"env": "prod"}, "differ in environment, so a difference could not be told to come from the flag"),
        ({"version": "v2"}, "differ in version"),
        ({"flags": {"search": "on", "tone": "cold"}}, "differ in flags"),
    ],
)
def test_runs_that_differ_in_more_than_the_flag_are_refused(store, ran, second, message):
    off = ran(cases(2), flags={"search": "off"})
    with pytest.raises(ReferenceInvalid) as refused:
        feature_flag_effect(store, "search", [off, ran(cases(2), **{"flags": {"search": "on"}, **second})])
    assert message in str(refused.value)
