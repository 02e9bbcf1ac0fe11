"""Which app versions a test belongs to: one name, or a range of versions (PEP 440)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pytest_vtrack.errors import SettingError

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_OPERATOR = re.compile(r"\s*(===|~=|==|!=|<=|>=|<|>)")
_DESCRIBED = re.compile(r"(?P<tag>.+?)(?:-(?P<ahead>\d+)-g(?P<commit>[0-9a-f]+))?(?:-dirty)?")


def check_specification(spec: str, *, where: str) -> None:
    """Refuse a specification that is neither a version name nor a PEP 440 range.

    :raises SettingError: it is empty, or starts like a range and does not parse.
    """
    if not spec.strip():
        raise SettingError(f"{where}: the version is empty; write 'v1.3' or a range like '>=1.2,<2'")
    if _OPERATOR.match(spec):
        _range(spec, where)


def why_outside(version: str, spec: str) -> str | None:
    """Return why an app version does not belong to a specification, or ``None`` when it does.

    A name from ``git describe`` counts as a post-release of its tag: ``v1.2-3-gabc1234`` is 1.2.post3.
    """
    parsed = _parsed(version)
    if not _OPERATOR.match(spec):
        wanted = _parsed(spec)
        same = version == spec or (parsed is not None and parsed == wanted)
        return None if same else f"version {version} is not {spec}"
    if parsed is None:
        return f"version {version} is not a PEP 440 version, so {spec} cannot be checked"
    inside = _range(spec, spec).contains(parsed, prereleases=True)
    return None if inside else f"version {version} is not {spec}"


def _range(spec: str, where: str) -> SpecifierSet:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(spec)
    except InvalidSpecifier:
        raise SettingError(
            f"{where}: {spec!r} is not a version range; write a name like 'v1.3' or a PEP 440 range like "
            "'>=1.2,<2'"
        ) from None


def _parsed(name: str) -> Version | None:
    from packaging.version import InvalidVersion, Version

    described = _DESCRIBED.fullmatch(name)
    if described is None:
        return None
    ahead = f".post{described['ahead']}" if described["ahead"] else ""
    try:
        return Version(f"{described['tag']}{ahead}")
    except InvalidVersion:
        return None
