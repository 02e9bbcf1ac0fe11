"""Queries for traces: what each means, and where each mistake is."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.errors import QueryError
from pytest_vtrack.model.query import AllOf, AnyOf, Compare, Field, IsNull, Not
from pytest_vtrack.workflow.query_parsing import parse_query

METRICS = ["correct", "latency", "judge says"]
DAY = 1_793_577_600.0


def parsed(text, zone=UTC):
    return parse_query(text, metrics=METRICS, zone=zone)


def env(value, operator="="):
    return Compare(Field("env"), operator, value)


A, B, C = env("a"), env("b"), env("c")


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("env = a", A),
        ("ENV=a", A),
        ("(((env = a)))", A),
        ("env = a and env = b or env = c", AnyOf((AllOf((A, B)), C))),
        ("env = a AND (env = b Or env = c)", AllOf((A, AnyOf((B, C))))),
        ("not env = a and env = b", AllOf((Not(A), B))),
        ("not (env = a or not env = b)", Not(AnyOf((A, Not(B))))),
        ("env in (a, 'b')", AnyOf((A, B))),
        ("env not in (a)", Not(AnyOf((A,)))),
        (
            "tags.x not in (a)",
            AllOf((Not(AnyOf((Compare(Field("tags", "x"), "=", "a"),))), Not(IsNull(Field("tags", "x"))))),
        ),
        ("env = and", env("and")),
        ("env = 'a \\' (b)'", env("a ' (b)")),
        ('env = "a \\\\ é"', env("a \\ é")),
        ("env ~ in", env("in", "~")),
        ("env\n!=\ta", env("a", "!=")),
        ("tags.topic = billing", Compare(Field("tags", "topic"), "=", "billing")),
        ("tags.a.b-c = 3", Compare(Field("tags", "a.b-c"), "=", "3")),
        ("tags.'a b' is null", IsNull(Field("tags", "a b"))),
        ("flags.tone is not null", Not(IsNull(Field("flags", "tone")))),
        ("duration > 250ms", Compare(Field("duration"), ">", 0.25)),
        ("duration >= '1.5 min'", Compare(Field("duration"), ">=", 90.0)),
        ("duration < 2", Compare(Field("duration"), "<", 2.0)),
        ("span.kind = tool", Compare(Field("span.kind"), "=", "TOOL")),
        ("span.name ~ search", Compare(Field("span.name"), "~", "search")),
        ("text ~ 'no refund'", Compare(Field("text"), "~", "no refund")),
        ("status = error", Compare(Field("status"), "=", "error")),
        ("run = 7F3A", Compare(Field("run"), "=", "7f3a")),
        ("correct = false", Compare(Field("metric", "correct"), "=", False)),
        ("correct = 'false'", Compare(Field("metric", "correct"), "=", "false")),
        ("latency > 2s", Compare(Field("metric", "latency"), ">", 2.0)),
        ("'judge says' != warm", Compare(Field("metric", "judge says"), "!=", "warm")),
        ("correct is null", IsNull(Field("metric", "correct"))),
        (
            "time = 2026-11-02",
            AllOf(
                (
                    Compare(Field("time"), ">=", DAY),
                    Compare(Field("time"), "<", DAY + 86400),
                )
            ),
        ),
        ("time > 2026-11-02", Compare(Field("time"), ">=", DAY + 86400)),
        ("time >= 2026-11-02", Compare(Field("time"), ">=", DAY)),
        ("time <= 2026-11-02", Compare(Field("time"), "<", DAY + 86400)),
        ("time < 2026-11-02T01:00+01:00", Compare(Field("time"), "<", DAY)),
        ("time < '2026-11-02 00:00:01'", Compare(Field("time"), "<", DAY + 1)),
    ],
)
def test_a_query_means_what_it_says(text, meaning):
    assert parsed(text) == meaning


def test_dates_are_of_the_zone_that_is_asked_in():
    two_hours_east = timezone(timedelta(hours=2))
    assert parsed("time >= 2026-11-02", two_hours_east).value == DAY - 7200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("durration > 2", "column 1: there is no field 'durration'; nearest: duration"),
        ("env = a and corect = true", "column 13: there is no field 'corect'; nearest: correct"),
        ("tags. = 3", "column 1: there is no field 'tags.'; nearest: tags.NAME"),
        ("env = ", "column 6: expected a value"),
        ("env prod", "column 5: expected = != < <= > >= ~, not, in or is"),
        ("env == a", "column 6: expected a value"),
        ("not (env = 1", "column 13: expected )"),
        ("env = a)", "column 8: expected "),
        ("env = a env = b", "column 9: expected "),
        ("env in (a b)", "column 11: expected ) or ,"),
        ("env in ()", "column 9: expected a value"),
        ("env is a", "column 8: expected not or null"),
        ("", "column 1: expected a field, ( or not"),
        ("env = 'a", "column 7: expected a value"),
        ("duration ~ 3", "column 10: duration takes = != < <= > >=, not ~"),
        ("text = a", "column 6: text takes ~, not ="),
        ("tags.x > 3", "column 8: tags takes = != ~, not >"),
        ("duration > fast", "column 12: expected a duration like 250ms, 2s or 1.5m, found 'fast'"),
        ("duration > 2 days", "column 14: expected "),
        ("correct < warm", "column 11: expected a number after <, found 'warm'"),
        ("span.kind = TOL", "column 13: there is no span kind 'TOL'; known: CHAT_MODEL, TOOL"),
        ("status = bad", "column 10: there is no status 'bad'; known: ok, error, passed, failed, skipped"),
        ("time > yesterday", "column 8: expected a date like 2026-11-23 or 2026-11-23T14:30, found 'yest"),
        ("time > 2026-13-01", "column 8: expected a date"),
        ("version is null", "column 1: every trace has version, so it is never null"),
        ("(" * 150 + "env = a" + ")" * 150, "nested deeper than"),
        ("not " * 300 + "env = a", "nested deeper than"),
    ],
)
def test_a_mistake_is_pointed_at(text, message):
    with pytest.raises(QueryError) as caught:
        parsed(text)
    assert message in str(caught.value)
    if "column" in message:
        first, line, caret = str(caught.value).splitlines()
        assert line == f"  {text}"
        assert f"column {len(caret) - 2}: " in first
        assert caret.strip() == "^"


def test_the_line_of_the_mistake_is_shown():
    with pytest.raises(QueryError) as caught:
        parsed("env = a\n  and envv = b")
    assert str(caught.value).splitlines()[1:] == ["    and envv = b", "        ^"]


@given(st.text(alphabet="env=a()<>~!'\"\\ ,.andortixsul\n") | st.text())
def test_every_text_is_a_query_or_refused(text):
    with suppress(QueryError):  # and no other exception
        assert parsed(text)
