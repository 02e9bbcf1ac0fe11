"""Conditions of queries for traces as SQL, with every value as a bound parameter.

Each is true or false for every trace, never unknown, so that ``not`` turns it round. Most look at the narrow
``trace`` table alone, or compare a number in it with a small set of numbers.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Any, assert_never

import sqlalchemy as sa

from pytest_vtrack.model.query import AllOf, AnyOf, Compare, Condition, Field, IsNull, Not, Operator, Value
from pytest_vtrack.store import schema
from pytest_vtrack.store.cells import cell
from pytest_vtrack.store.sides import NUMERIC, VALUED
from pytest_vtrack.store.texts import TEXT

Clause = sa.ColumnElement[bool]

_OF_RUNS = ("version", "env", "run")
_t, _run = schema.trace.c, schema.run.c
_OPERATORS: dict[Operator, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "~": lambda column, value: column.icontains(value, autoescape=True),
}


def clause_of(connection: sa.Connection, condition: Condition) -> Clause:
    """Return a condition on the rows of ``trace``.

    :param connection: to look up what runs and cases have as JSON: their tags and flags.
    """
    match condition:
        case AllOf(conditions):
            return sa.and_(*(clause_of(connection, each) for each in conditions))
        case AnyOf(conditions):
            return sa.or_(*(clause_of(connection, each) for each in conditions))
        case Not(inner):
            return sa.not_(clause_of(connection, inner))
        case IsNull(field):
            return sa.not_(_present(connection, field))
        case Compare(field, how, value):
            return _compared(connection, field, how, value)
        case _:
            assert_never(condition)


def split(condition: Condition | None) -> tuple[list[Clause], list[Condition]]:
    """Return what a condition demands of runs, as conditions on ``run``, and all else that it demands."""
    parts = condition.conditions if isinstance(condition, AllOf) else (condition,)
    of_runs, others = [], []
    for part in parts:
        if isinstance(part, Compare) and part.field.kind in _OF_RUNS:
            of_runs.append(_of_run(part.field, part.operator, part.value))
        elif part is not None:
            others.append(part)
    return of_runs, others


def _of_run(field: Field, how: Operator, value: Value) -> Clause:
    if field.kind != "run":
        return _OPERATORS[how](_run[field.kind], value)  # type: ignore[no-any-return]
    named = _run.key.startswith(str(value), autoescape=True)
    return named if how == "=" else sa.not_(named)


def _compared(connection: sa.Connection, field: Field, how: Operator, value: Value) -> Clause:
    compare = _OPERATORS[how]
    match field.kind:
        case "version" | "env" | "run":
            # Not the column itself: by that the rows of the runs in question are found, and no others.
            return (_t.run_id + 0).in_(sa.select(_run.id).where(_of_run(field, how, value)))
        case "status":
            return _status(str(value)) if how == "=" else sa.not_(_status(str(value)))
        case "duration":
            return compare(_t.duration_s, value)  # type: ignore[no-any-return]
        case "time":
            return compare(_t.started_at, value)  # type: ignore[no-any-return]
        case "tags" | "flags":
            return _labelled(connection, field, lambda column: compare(column, value), _in_python(how, value))
        case "metric":
            return _measured(field.name, _value_clause(how, value))
        case "span.name" | "span.kind":
            return _step(field, how, str(value))
        case "text":
            return _text(connection, str(value))
        case _:
            assert_never(field.kind)


def _present(connection: sa.Connection, field: Field) -> Clause:
    match field.kind:
        case "tags" | "flags":
            return _labelled(connection, field, lambda _: sa.true(), lambda _: True)
        case "metric":
            return _measured(field.name, schema.assessment.c.status.in_(VALUED))
        case "span.name" | "span.kind":
            return _in_stepsets(sa.true())
        case _:
            return sa.true()


def _status(value: str) -> Clause:
    if value in ("ok", "error"):
        return _t.errored == int(value == "error")
    return _t.outcome == value


def _step(field: Field, how: Operator, value: str) -> Clause:
    column = schema.stepset_step.c[field.kind.removeprefix("span.")]
    if how != "!=":
        return _in_stepsets(_OPERATORS[how](column, value))
    return sa.and_(_in_stepsets(sa.true()), sa.not_(_in_stepsets(column == value)))


def _in_stepsets(where: Any) -> Clause:
    numbers = sa.select(schema.stepset_step.c.stepset_id).where(where)
    return sa.and_(_t.stepset_id.is_not(None), _t.stepset_id.in_(numbers))


def _value_clause(how: Operator, value: Value) -> Clause:
    a, label = schema.assessment.c, schema.label.c
    if isinstance(value, bool):
        return sa.and_(a.status == schema.BOOL, _OPERATORS[how](a.value, float(value)))
    if isinstance(value, float):
        return sa.and_(a.status.in_(NUMERIC), _OPERATORS[how](a.value, value))
    texts = sa.select(label.id).where(_OPERATORS[how](label.text, value))
    return sa.and_(a.status == schema.LABEL, sa.cast(a.value, sa.Integer).in_(texts))


def _measured(metric: str, where: Clause) -> Clause:
    """Return the condition that one value of a metric is such; they are in the order of the traces."""
    a, s, scorer = schema.assessment, schema.series, schema.scorer.c
    of_metric = s.c.scorer_id.in_(sa.select(scorer.id).where(scorer.metric == metric))
    place = sa.and_(a.c.cell == cell(s.c.id, _t.case_id), a.c.trial == _t.trial)
    values = sa.select(1).select_from(s.join(a, place)).where(s.c.run_id == _t.run_id, of_metric, where)
    return sa.exists(values.correlate(schema.trace))


def _labelled(
    connection: sa.Connection,
    field: Field,
    in_sql: Callable[[Any], Any],
    in_python: Callable[[str], bool],
) -> Clause:
    """Return the condition that a tag or flag is such; where a trace has none of its own, that of its run."""
    of_runs = _of_runs(connection, field, in_python)
    own = _own_tag if field.kind == "tags" else _own_flag
    such = own(connection, field.name, in_sql, in_python)
    if not of_runs:
        return such
    anything = own(connection, field.name, lambda _: sa.true(), lambda _: True)
    # As numbers in the text: a store may have more runs than a statement may have parameters.
    numbers: Any = sa.bindparam(None, of_runs, expanding=True, literal_execute=True)
    return sa.or_(such, sa.and_(_t.run_id.in_(numbers), sa.not_(anything)))


def _of_runs(connection: sa.Connection, field: Field, in_python: Callable[[str], bool]) -> list[int]:
    rows = connection.execute(sa.select(_run.id, _run[field.kind]).where(_run[field.kind] != "{}"))
    return [number for number, text in rows if _has(text, field.name, in_python)]


def _own_tag(_: sa.Connection, name: str, in_sql: Callable[[Any], Any], __: object) -> Clause:
    value = schema.tagset_value.c
    numbers = sa.select(value.tagset_id).where(value.tag == name, in_sql(value.value))
    return sa.and_(_t.tagset_id.is_not(None), _t.tagset_id.in_(numbers))


def _own_flag(connection: sa.Connection, name: str, _: object, in_python: Callable[[str], bool]) -> Clause:
    case = schema.case_.c
    states = connection.scalars(sa.select(case.flags).where(case.flags != "").distinct())
    such = [text for text in states if _has(text, name, in_python)]
    numbers = sa.select(case.id).where(case.flags != "", case.flags.in_(such))
    return _t.case_id.in_(numbers) if such else sa.false()


def _has(text: str, name: str, such: Callable[[str], bool]) -> bool:
    values: Mapping[str, Any] = json.loads(text)
    return name in values and such(str(values[name]))


def _in_python(how: Operator, value: Value) -> Callable[[str], bool]:
    wanted = str(value)
    if how == "~":
        return lambda text: wanted.lower() in text.lower()
    return lambda text: bool(_OPERATORS[how](text, wanted))


def _text(connection: sa.Connection, value: str) -> Clause:
    """Return the condition that inputs or outputs contain a text, as JSON writes it."""
    x, c, p = schema.trace_text, schema.case_, schema.payload.c
    forms = {json.dumps(value, ensure_ascii=escaped)[1:-1] for escaped in (False, True)}

    def contains(column: Any) -> Clause:
        return sa.or_(*(column.icontains(form, autoescape=True) for form in sorted(forms)))

    large = sa.select(p.id).where(contains(_plain(connection, p)))
    own = [x.c[name] == schema.trace.c[name] for name in ("run_id", "case_id", "trial", "attempt")]
    shared = sa.and_(x.c.inputs.is_(None), x.c.inputs_payload_id.is_(None))
    found = sa.or_(
        contains(sa.func.coalesce(x.c.outputs, "")),
        contains(sa.func.coalesce(x.c.inputs, "")),
        sa.and_(shared, contains(c.c.inputs)),
        _among(x.c.payload_id, large),
        _among(x.c.inputs_payload_id, large),
        sa.and_(shared, _among(c.c.payload_id, large)),
    )
    both = x.join(c, c.c.id == x.c.case_id)
    return sa.exists(sa.select(1).select_from(both).where(*own, found).correlate(schema.trace))


def _plain(connection: sa.Connection, payload: Any) -> Any:
    """Return the text of a payload: compressed by ourselves in a file, by the database elsewhere."""
    if connection.dialect.name == "sqlite":
        return sa.func.vtrack_unpacked(payload.compressed, payload.body)
    return sa.func.convert_from(payload.body, sa.literal("UTF8"), type_=TEXT)


def _among(number: Any, numbers: sa.Select[Any]) -> Clause:
    return sa.and_(number.is_not(None), number.in_(numbers))
