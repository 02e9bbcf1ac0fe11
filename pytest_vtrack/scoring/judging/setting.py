"""How a judge's model is asked, checked before the first case."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.scoring.judging.answers import Form
from pytest_vtrack.scoring.judging.asking import Panel
from pytest_vtrack.scoring.judging.cache import DEFAULT_FOLDER, AnswerCache
from pytest_vtrack.scoring.judging.endpoint import endpoint_of
from pytest_vtrack.scoring.judging.spent import checked_price
from pytest_vtrack.scoring.judging.turns import Turns

_OURS = ("model", "messages", "response_format", "stream", "n")


def panel_of(
    where: str,
    form: Form,
    *,
    model: object,
    votes: object,
    options: Mapping[str, Any] | None,
    temperature: object,
    endpoint: tuple[object, object, object],
    retries: object,
    concurrency: object,
    cache: object,
    price: object,
) -> Panel:
    """Return a model that can be asked.

    :param endpoint: address, key and seconds for one request.
    :raises ScorerError: a value cannot be used.
    """
    if not isinstance(model, str) or not model.strip():
        raise ScorerError(f"{where}: model={model!r} must be the name that the endpoint has for it")
    asked = {**(options or {}), **({} if temperature is None else {"temperature": temperature})}
    _check_options(asked, where)
    return Panel(
        endpoint_of(*endpoint, where),
        model,
        form,
        asked,
        _whole(retries, "retries", 0, where),
        Turns(_whole(concurrency, "concurrency", 1, where)),
        _cache(cache, where),
        checked_price(price, where),
        _whole(votes, "votes", 1, where),
    )


def _check_options(options: Mapping[str, Any], where: str) -> None:
    for name in _OURS:
        if name in options:
            raise ScorerError(
                f"{where}: options={dict(options)!r} may not set {name!r}, which the judge sets"
            )
    heat = options.get("temperature", 0)
    if isinstance(heat, bool) or not isinstance(heat, (int, float)) or not (isfinite(heat) and heat >= 0):
        raise ScorerError(f"{where}: temperature={heat!r} must be a number from 0 up")


def _whole(value: object, what: str, least: int, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ScorerError(f"{where}: {what}={value!r} must be a whole number from {least} up")
    return value


def _cache(cache: object, where: str) -> AnswerCache | None:
    if cache is False:
        return None
    if cache is True:
        return AnswerCache(DEFAULT_FOLDER)
    if isinstance(cache, (str, Path)) and str(cache):
        return AnswerCache(Path(cache))
    raise ScorerError(f"{where}: cache={cache!r} must be True, False or a folder")
