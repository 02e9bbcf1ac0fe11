"""Datasets in YAML: a list of records, or an object with the list as ``cases`` or ``records``.

Values are read as JSON knows them, so that a record means the same in every format: dates and times are
texts, ``yes`` and ``no`` as well, and so is ``007``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from pytest_vtrack.errors import DatasetError
from pytest_vtrack.interop.json_files import LISTS
from pytest_vtrack.interop.remote_file import DataFile
from pytest_vtrack.interop.text_file import read_text

_PLAIN = {
    "null": (r"(?:~|null|Null|NULL|)", "~nN"),
    "bool": (r"(?:true|True|TRUE|false|False|FALSE)", "tTfF"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
    "merge": (r"<<", "<"),
}


def yaml_list(path: DataFile) -> Iterator[tuple[str, object]]:
    """Yield the records of a YAML file with their lines.

    :raises DatasetError: PyYAML is not installed, the file cannot be read, is not YAML, or holds something
        else.
    """
    try:
        yaml = import_module("yaml")
    except ImportError:
        raise DatasetError(
            f"{path}: reading it needs PyYAML, which is not installed: pip install 'pytest-vtrack[data]'"
        ) from None
    try:
        loader = _loader()(read_text(path))
        node = loader.get_single_node()
        for item in _items(yaml, loader, node, path) if node else ():
            yield f"line {item.start_mark.line + 1}", loader.construct_document(item)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise DatasetError(f"{path}:{mark.line + 1}:{mark.column + 1}: not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: not YAML: {error}") from None


def _items(yaml: Any, loader: Any, node: Any, path: DataFile) -> Any:
    if isinstance(node, yaml.MappingNode):
        names = [key.value for key, _ in node.value]
        if len(names) != 1 or names[0] not in LISTS:
            raise DatasetError(
                f"{path}: expected a list of records, or an object with nothing but 'cases' or 'records'; "
                f"found an object with {', '.join(map(repr, names)) or 'no keys'}"
            )
        node = node.value[0][1]
    if isinstance(node, yaml.SequenceNode):
        return node.value
    found = type(loader.construct_document(node)).__name__
    raise DatasetError(f"{path}: expected a list of records, found {found}")


@cache
def _loader() -> Any:
    """Return a loader class that reads plain values as JSON does, and takes no key twice."""
    yaml = import_module("yaml")
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  PyYAML fills the one of the class

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                    problem = "a key must be a text"
                    if isinstance(key, yaml.ScalarNode):
                        problem = f"the key {key.value!r} stands twice in one object"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
            return super().construct_mapping(node, deep=deep)

    for name, (pattern, first) in _PLAIN.items():
        letters = [*first, *([""] if name == "null" else [])]
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"^{pattern}$"), letters)
    return Loader
