"""Whether the output is the JSON that is expected: equal, of a schema, equal at one place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.check import Check
from pytest_vtrack.scoring.configured import check, library, require
from pytest_vtrack.scoring.likeness import same_value
from pytest_vtrack.scoring.measures import YES_NO

_STEP = re.compile(r"""\.([^\W\d][\w-]*)|\[(-?\d+)\]|\[(?:"([^"]*)"|'([^']*)')\]""")


def json_equal(*, key: str | None = None, output: str | None = None, name: str | None = None) -> Check:
    """Say whether output and expectation are the same JSON value. Bool; higher is better.

    Texts are parsed first; an output that is not JSON is not equal. The order of keys is no difference,
    nor is ``1`` against ``1.0``; ``1`` against ``true`` is. Outputs that are a mapping without the
    expectation's name are compared whole.
    """

    def compare(got: Any, expected: Any) -> bool:
        try:
            got = _parsed(got)
        except ValueError:
            return False
        return same_value(got, _expected(expected))

    return check("json_equal", compare, key, output, name, {}, whole=True)


def json_schema(
    schema: Mapping[str, Any] | None = None,
    *,
    key: str | None = None,
    output: str | None = None,
    name: str | None = None,
) -> Check:
    """Say whether the output is valid by a JSON Schema. Bool; higher is better.

    A text is parsed first; one that is not JSON is not valid. Outputs that are a mapping are checked
    whole, unless ``output`` names a part. References lead nowhere but into the schema itself.

    :param schema: for every case; default: the case's expectation is the schema.
    :raises ScorerError: the schema is not one, or jsonschema is not installed.
    """
    require("jsonschema", kind="json_schema", package="jsonschema", extra="json")
    if schema is not None:
        _validator(schema)

    def compare(got: Any, expected: Any) -> bool:
        validator = _validator(expected)
        try:
            return bool(validator.is_valid(_parsed(got)))
        except ValueError:
            return False
        except library("referencing").exceptions.Unresolvable as error:
            raise ScorerError(
                f"json_schema: a reference of the schema leads outside of it: {error}"
            ) from None

    settings = {"schema": schema}
    return check(
        "json_schema", compare, key, output, name, settings, fixed=schema, entire=True, measures=YES_NO
    )


def json_path(
    path: str, *, key: str | None = None, output: str | None = None, name: str | None = None
) -> Check:
    """Say whether one place of the output has the expected JSON value. Bool; higher is better.

    A text is parsed first. Where the output is not JSON or has no such place, it is not equal.

    :param path: ``$.order.items[0]["unit price"]``: names and positions, ``[-1]`` is the last.
    :raises ScorerError: ``path`` is not such a path.
    """
    steps = _steps(path)

    def compare(got: Any, expected: Any) -> bool:
        try:
            found = _at(_parsed(got), steps)
        except (ValueError, LookupError):
            return False
        return same_value(found, expected)

    settings = {"path": path}
    return check("json_path", compare, key, output, name, settings, entire=True, measures=YES_NO)


def _parsed(got: Any) -> Any:
    return json.loads(got) if isinstance(got, str) else got


def _expected(expected: Any) -> Any:
    if isinstance(expected, str):
        with suppress(ValueError):  # an expected text that is no JSON stands for itself
            return json.loads(expected)
    return expected


def _validator(schema: Any) -> Any:
    jsonschema = library("jsonschema")
    if not isinstance(schema, Mapping):
        raise ScorerError(f"json_schema: {schema!r} is not a JSON Schema: it must be an object")
    plain = dict(schema)
    kind = jsonschema.validators.validator_for(plain, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(plain)
    except jsonschema.SchemaError as error:
        raise ScorerError(f"json_schema: not a JSON Schema: {error.json_path}: {error.message}") from None
    # A registry of its own keeps references from being fetched over the network.
    return kind(plain, registry=library("referencing").Registry())


def _steps(path: object) -> Sequence[str | int]:
    if not isinstance(path, str) or not path.startswith("$"):
        raise ScorerError(f"json_path: path={path!r} must be a text that begins with '$', like '$.order.id'")
    steps: list[str | int] = []
    place = 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise ScorerError(
                f"json_path: path={path!r} cannot be read from {path[place:]!r} on; it is made of .name, "
                '["any name"] and [0]'
            )
        member, position, *quoted = found.groups()
        steps.append(int(position) if position else member or quoted[0] or quoted[1] or "")
        place = found.end()
    return steps


def _at(value: Any, steps: Sequence[str | int]) -> Any:
    """Return what stands at a place.

    :raises LookupError: there is no such place.
    """
    for step in steps:
        if not isinstance(value, (list, tuple) if isinstance(step, int) else Mapping):
            raise LookupError(step)
        value = cast("Any", value)[step]
    return value
