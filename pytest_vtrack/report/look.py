"""How verdicts look: a word, a symbol and a tone, so that none speaks by colour alone."""

from __future__ import annotations

from typing import Literal, NamedTuple

from pytest_vtrack.model.comparison import MetricResult, MetricVerdict, OverallVerdict

Tone = Literal["plain", "worse", "better", "not_sure", "ok", "muted", "bold"]
"""What colour is chosen by: blue for better and orange for worse stay apart for every eye."""


class Look(NamedTuple):
    """How one verdict is shown."""

    word: str
    symbol: str
    tone: Tone


OVERALL: dict[OverallVerdict, Look] = {
    "regressed": Look("REGRESSED", "✗", "worse"),
    "not_sure": Look("NOT SURE", "?", "not_sure"),
    "improved": Look("IMPROVED", "▲", "better"),
    "ok": Look("OK", "✓", "ok"),
    "no_baseline": Look("NO BASELINE", "!", "not_sure"),
}

_METRIC: dict[MetricVerdict, Look] = {
    "worse": Look("worse", "▼", "worse"),
    "not_sure": Look("not sure", "?", "not_sure"),
    "better": Look("better", "▲", "better"),
    "ok": Look("ok", "✓", "ok"),
    "not_comparable": Look("not comparable", "!", "not_sure"),
}
_ONE_SIDED = {
    "new_metric": Look("new", "!", "muted"),
    "gone_metric": Look("gone", "!", "muted"),
}
_ORDER = ["worse", "not sure", "better", "ok", "not comparable", "new", "gone"]


def metric_look(result: MetricResult) -> Look:
    """Return how one metric's verdict is shown."""
    return _ONE_SIDED.get(result.reason) or _METRIC[result.verdict]


def rank(result: MetricResult) -> int:
    """Return where a metric stands in every table: what needs attention comes first."""
    return _ORDER.index(metric_look(result).word)
