from __future__ import annotations

import functools
import operator
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pydantic
import pytest

from pytest_vtrack.scoring.fingerprint import fingerprint_of
from pytest_vtrack.scoring.protocol import scorer

Load = Callable[..., Any]


@pytest.fixture
def load(tmp_path) -> Load:
    """Run source text from a file and return one of its names."""

    def load(source: str, name: str = "f", file: str = "scorers.py") -> Any:
        path = tmp_path / file
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        namespace: dict[str, Any] = {}
        exec(compile(path.read_text("utf-8"), str(path), "exec"), namespace)
        return namespace[name]

    return load


PLAIN = """
    def f(outputs, expectations):
        answer = expectations["answer"]
        if answer:
            return answer in outputs
        return None
"""

SAME = {
    "comments and blank lines": """
        # About it.
        def f(outputs, expectations):  # to the right

            answer = expectations["answer"]
            # inside
            if answer:

                return answer in outputs
            return None
    """,
    "another name": PLAIN.replace("def f", "def g"),
    "a docstring": PLAIN.replace("answer = exp", '"""Say\n        something."""\n        answer = exp', 1),
    "inside of a class": """
        class Holder:
            @staticmethod
            def f(outputs, expectations):
                answer = expectations["answer"]
                if answer:
                    return answer in outputs
                return None
        f = Holder.f
    """,
    "inside of a function": """
        def make():
                def f(outputs, expectations):
                        answer = expectations["answer"]
                        if answer:
                                return answer in outputs
                        return None
                return f
        f = make()
    """,
    "moved down, after others": "x = 1\n\n\ndef g(): return 2\n\n\n" + textwrap.dedent(PLAIN),
    "a text with other letters before": "é = 'Ünïcödé \U0001f600'\n" + textwrap.dedent(PLAIN),
}


@pytest.mark.parametrize("source", SAME.values(), ids=SAME.keys())
def test_layout_and_place_do_not_count(load, source):
    name = "g" if "def g(outputs" in source else "f"
    assert fingerprint_of(load(source, name, "elsewhere.py")) == fingerprint_of(load(PLAIN))


def test_wrapped_lines_do_not_count(load):
    one = load("def f(outputs):\n    return [outputs, 1, {'a': 2}]\n")
    two = load("def f(outputs):\n      return [\n  outputs, 1,  # one\n\n {'a':2}]", file="two.py")
    assert fingerprint_of(one) == fingerprint_of(two)


@pytest.mark.parametrize(
    "source",
    [
        PLAIN.replace("answer in", "answer not in"),
        PLAIN.replace("return None", "return False"),
        PLAIN.replace("outputs, expectations", "outputs, expectations, trace"),
        PLAIN.replace('["answer"]', '["Answer"]'),
        PLAIN.replace("            return answer", "            pass\n        return answer"),
    ],
    ids=["operator", "value", "parameter", "text", "block"],
)
def test_the_body_counts(load, source):
    assert fingerprint_of(load(source, file="other.py")) != fingerprint_of(load(PLAIN))


def test_an_edited_file_is_read_again(load):
    before = fingerprint_of(load(PLAIN))
    after = fingerprint_of(load(PLAIN.replace("return None", "return False # longer")))
    assert before != after


DECORATED = """
    from pytest_vtrack import scorer

    @scorer({})
    def f(outputs):
        return len(outputs) > 3
"""


def test_what_the_decorator_declares_does_not_count(load):
    plain = load(DECORATED.replace("({})", ""))
    strict = load(DECORATED.format("tolerance=0.1,\n    gate=False, name='long'"), file="b.py")
    assert plain.fingerprint == strict.fingerprint
    assert plain.fingerprint == fingerprint_of(plain.function)


def test_an_explicit_version_wins(load):
    f = load(PLAIN)
    assert (
        scorer(f, version=2).fingerprint
        == scorer(load(PLAIN.replace("in", "not in")), version="2").fingerprint
    )
    assert scorer(f, version=2).fingerprint == "version:2"


def test_lambdas_are_told_apart_on_one_line(load):
    both = load("f = [lambda outputs: outputs > 3, lambda outputs: outputs > 4]\n")
    alone = load("f = (lambda outputs:\n   outputs   # wrapped\n   > 3)\n", file="b.py")
    assert fingerprint_of(both[0]) == fingerprint_of(alone)
    assert fingerprint_of(both[0]) != fingerprint_of(both[1])


@pytest.mark.parametrize(
    "body", ["x", "x and not x", "'é' + x", "x if x else 1", "(lambda y: y)", "{}", "f'{x}'", "1", "(None)"]
)
def test_a_lambda_is_found_beside_another(load, body):
    first, second = load(f"é = 1; f = (lambda x: {body}, lambda x: [{body}])\n")
    alone = load(f"f = lambda x: {body}\n", file="b.py")
    assert fingerprint_of(first) == fingerprint_of(alone) != fingerprint_of(second)


def test_constant_lambdas_on_one_line_are_told_apart(load):
    constants = load("f = (lambda x: 1, lambda x: None, lambda x: True, lambda x: 'a', lambda x: 1.0)\n")
    alone = [load(f"f = lambda x: {each(0)!r}\n", file=f"{n}.py") for n, each in enumerate(constants)]
    assert [*map(fingerprint_of, constants)] == [*map(fingerprint_of, alone)]


def test_lambdas_inside_of_one_another_are_told_apart(load):
    first, second = load("f = (lambda x: lambda y: lambda: 1), (lambda x: lambda y: lambda: 2)\n")
    found = [first, first(0), first(0)(0), second, second(0), second(0)(0)]
    assert len({fingerprint_of(each) for each in found}) == 6
    assert fingerprint_of(first(0)(0)) == fingerprint_of(load("f = lambda: 1\n", file="b.py"))


def test_declaring_a_lambda_otherwise_does_not_count(load):
    source = (
        "from pytest_vtrack import scorer\nf = scorer(lambda outputs: outputs > 3, name='a', tolerance={})\n"
    )
    assert load(source.format(0.1)).fingerprint == load(source.format(0.2), file="b.py").fingerprint


def test_defaults_count_by_value(load):
    source = "LIMIT = {}\ndef f(outputs, limit=LIMIT, *, low=LIMIT): return outputs > limit"
    three, four = load(source.format(3)), load(source.format(4), file="b.py")
    assert fingerprint_of(three) != fingerprint_of(four)
    assert fingerprint_of(three) == fingerprint_of(load(source.format(3), file="c.py"))


def over(limit):
    def scored(outputs):
        return outputs > limit

    return scored


class Colour(Enum):
    RED = 1
    BLUE = 2


@dataclass
class Config:
    limit: int = 3


class Lax(Enum):
    LIMIT = 5


class Strict(Enum):
    LIMIT = 3


class Settings(pydantic.BaseModel):
    limit: int
    api_key: str = ""


class Client:
    def __init__(self) -> None:
        self.requests = 0


class Slotted:
    __slots__ = ("limit",)

    def __init__(self, limit):
        self.limit = limit

    def __call__(self, outputs):
        return outputs > self.limit


class Judge(Client):
    def __init__(self, model):
        self.model = model

    def __call__(self, outputs):
        return outputs > self.model

    def brief(self, outputs):
        return outputs


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (3, 4),
        (1, True),
        (1, 1.0),
        ("a", "b"),
        (None, "None"),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        (re.compile("a"), re.compile("a", re.IGNORECASE)),
        (Colour.RED, Colour.BLUE),
        (Config(3), Config(4)),
        (Client(), Config()),
        (len, sum),
        (int, float),
        (over(1), over(2)),
        (Judge("a"), Judge("b")),
        (Judge("a").brief, Judge("b").brief),
        (Judge("a").brief, Judge("a")),
        (Slotted(1), Slotted(2)),
        (functools.partial(over, 1), functools.partial(over, 2)),
        (functools.partial(over, limit=1), functools.partial(over, 1)),
        (1 + 2j, 1 + 3j),
        (Path("a/b"), Path("a/c")),
        (functools.lru_cache(over(1)), functools.lru_cache(over(2))),
        (functools.lru_cache(len), functools.lru_cache(sum)),
        (SimpleNamespace(limit=1), SimpleNamespace(limit=2)),
        (Settings(limit=1), Settings(limit=2)),
        (Lax.LIMIT, Strict.LIMIT),
        (date(2026, 1, 1), date(2026, 1, 2)),
        (timedelta(hours=1), timedelta(hours=2)),
        (numpy.array([1, 2]), numpy.array([1, 3])),
        (operator.itemgetter("a"), operator.itemgetter("b")),
        (SimpleNamespace(secret_words=["key"]), SimpleNamespace(secret_words=["key", "token"])),
        (SimpleNamespace(finds_passwords=False), SimpleNamespace(finds_passwords=True)),
    ],
    ids=lambda value: f"{type(value).__name__} {value}"[:30],
)
def test_closed_over_values_count(value, other):
    assert fingerprint_of(over(value)) != fingerprint_of(over(other))


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"x", "y", "z"}, {"z", "y", "x"}),
        (Config(3), Config(3)),
        (Client(), Client()),
        (object(), object()),
        (Judge("a"), Judge("a")),
        (Path("/home/one/prompt.txt"), Path("/srv/two/prompt.txt")),
        (functools.lru_cache(over(1)), functools.lru_cache(over(1))),
        (Slotted(1), Slotted(1)),
        (Settings(limit=1), Settings(limit=1)),
        (Settings(limit=1, api_key="of a laptop"), Settings(limit=1, api_key="of CI")),
        ({Client(): 1}, {Client(): 1}),
        ({(Client(), 1): 1}, {(Client(), 1): 1}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_addresses_order_and_absolute_paths_do_not_count(value, same):
    assert fingerprint_of(over(value)) == fingerprint_of(over(same))


def test_what_a_client_did_meanwhile_does_not_count():
    client = Client()
    before = fingerprint_of(over(client))
    client.requests = 7
    assert fingerprint_of(over(client)) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Judge("a"), Judge("b")),
        (Judge("a").brief, Judge("b").brief),
        (functools.partial(over(1), 1), functools.partial(over(1), 2)),
    ],
    ids=["instance", "method", "partial"],
)
def test_configured_callables_are_told_apart(one, other):
    assert fingerprint_of(one) != fingerprint_of(other)


def test_what_is_written_in_its_class_configures_an_object(load):
    source = """
        class Short:
            limit = {}
            def __call__(self, outputs):
                return len(outputs) < self.limit
        class Shorter(Short):
            pass
        f = Shorter()
    """
    assert fingerprint_of(load(source.format(1))) != fingerprint_of(load(source.format(2), file="b.py"))
    assert fingerprint_of(load(source.format(1))) == fingerprint_of(load(source.format(1), file="c.py"))


def test_a_wrapper_counts_and_so_does_what_it_wraps(load):
    source = """
        import functools
        def twice(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper
        @twice
        def f(outputs):
            return outputs > {}
    """
    assert fingerprint_of(load(source.format(1))) != fingerprint_of(load(source.format(2), file="b.py"))
    assert fingerprint_of(load(source.format(1))) == fingerprint_of(load(source.format(1), file="c.py"))


def test_an_object_may_speak_for_itself():
    class Own:
        fingerprint = "judge:7"

        def __call__(self, outputs):
            return True

    assert fingerprint_of(Own()) == "judge:7"


def test_a_function_that_refers_to_itself_has_a_fingerprint():
    def count(outputs):
        return count(outputs[1:]) if outputs else 0

    assert fingerprint_of(count) == fingerprint_of(count)


def test_a_value_that_holds_itself_has_a_fingerprint():
    values: list[object] = [1]
    values.append(values)
    assert fingerprint_of(over(values)) != fingerprint_of(over([1]))


def without_source(text):
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    return namespace["f"]


def test_code_stands_in_where_there_is_no_source():
    one = without_source("def f(outputs): return [x > 1 for x in outputs]")
    moved = without_source("\n\n\ndef f(outputs): return [x > 1 for x in outputs]")
    other = without_source("def f(outputs): return [x > 2 for x in outputs]")
    named = without_source("def f(outputs): return [x.a for x in outputs]")
    renamed = without_source("def f(outputs): return [x.b for x in outputs]")
    assert fingerprint_of(one) == fingerprint_of(moved)
    assert len({fingerprint_of(each) for each in (one, other, named, renamed)}) == 4


def test_another_file_in_place_of_the_source_is_not_read_as_it(load, tmp_path):
    f = load(PLAIN)
    before = fingerprint_of(f)
    (tmp_path / "scorers.py").write_text("this is not Python (")
    assert fingerprint_of(f) != before


def test_interpolated_texts_count_as_they_are_written(load):
    source = "def f(outputs):\n    return f'{{outputs!r:>{{10}}}} {} {{ outputs  +  1 }}'\n"
    assert fingerprint_of(load(source.format("a"))) != fingerprint_of(load(source.format("b"), file="b.py"))
    multi = 'def f(outputs):\n    return f"""{{outputs}}\n  {}\n"""\n'
    assert fingerprint_of(load(multi.format("a"))) != fingerprint_of(load(multi.format(" a"), file="b.py"))


def test_the_text_is_the_same_in_every_python(load):
    """Written down once: a change here makes all stored values of all scorers incomparable."""
    f = load(
        """
        def f(outputs, expectations, *, low=0.5, names=("a", None)):
            '''Docstring.'''
            score = sum(1 for each in outputs if each)  # a comment
            if not score:
                return f"{score:.2f} of { len(outputs) }"
            return score >= low and {**expectations}.get('ä') is not None
        """
    )
    assert fingerprint_of(f) == "source:df55c7d4c687f4fc"
