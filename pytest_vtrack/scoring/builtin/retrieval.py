"""How well the documents that were retrieved are ranked, against those that are expected.

Documents are told apart by id, and each counts once, where it stands first. The expectation is the one
under ``key``, else the first of ``documents``, ``expected_documents``, ``expected_retrieved_context``. A
trace with spans of which none retrieves has retrieved nothing; one without spans is an error. Where no
document is expected there is nothing to say.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from pytest_vtrack.errors import ScorerError
from pytest_vtrack.model.assessment import Value
from pytest_vtrack.model.trace import Trace
from pytest_vtrack.scoring.check import TraceCheck
from pytest_vtrack.scoring.configured import fingerprint
from pytest_vtrack.scoring.documents import relevances, retrieved
from pytest_vtrack.scoring.measures import SHARE, YES_NO, Measures

USUAL_KEYS = ("documents", "expected_documents", "expected_retrieved_context")

_Score = Callable[[Sequence[str], Mapping[str, float]], Value]


def hit_at_k(
    k: int = 10,
    *,
    key: str | None = None,
    span: str | None = None,
    id_name: str | None = None,
    name: str | None = None,
) -> TraceCheck:
    """Say whether an expected document is among the first k. Bool; higher is better.

    :param span: the name of the spans that count; default: all of the kind RETRIEVER.
    :param id_name: what a document's id is called; default: found by the usual names.
    :raises ScorerError: ``k`` is no whole number from 1 up.
    """

    def score(ranked: Sequence[str], relevant: Mapping[str, float]) -> bool:
        return any(each in relevant for each in ranked[:k])

    return _ranking("hit_at_k", "hit", score, k, key, span, id_name, name, YES_NO)


def recall_at_k(
    k: int = 10,
    *,
    key: str | None = None,
    span: str | None = None,
    id_name: str | None = None,
    name: str | None = None,
) -> TraceCheck:
    """Return the share of the expected documents among the first k. 0 to 1; higher is better.

    ``|first k ∩ expected| / |expected|``

    :param span: the name of the spans that count; default: all of the kind RETRIEVER.
    :param id_name: what a document's id is called; default: found by the usual names.
    :raises ScorerError: ``k`` is no whole number from 1 up.
    """

    def score(ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
        return sum(each in relevant for each in ranked[:k]) / len(relevant)

    return _ranking("recall_at_k", "recall", score, k, key, span, id_name, name, SHARE)


def mrr(
    k: int | None = None,
    *,
    key: str | None = None,
    span: str | None = None,
    id_name: str | None = None,
    name: str | None = None,
) -> TraceCheck:
    """Return the reciprocal rank of the first expected document. 0 to 1; higher is better.

    ``1 / rank``, 0 where none was retrieved; the mean over cases is the MRR.

    :param k: count the first k only; default: all.
    :param span: the name of the spans that count; default: all of the kind RETRIEVER.
    :param id_name: what a document's id is called; default: found by the usual names.
    :raises ScorerError: ``k`` is no whole number from 1 up.
    """

    def score(ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
        ranks = (rank for rank, each in enumerate(ranked[:k], start=1) if each in relevant)
        return 1 / next(ranks, math.inf)

    return _ranking("mrr", "mrr", score, k, key, span, id_name, name, SHARE)


def ndcg_at_k(
    k: int = 10,
    *,
    key: str | None = None,
    span: str | None = None,
    id_name: str | None = None,
    name: str | None = None,
) -> TraceCheck:
    """Return the discounted gain of the first k, of the best possible. 0 to 1; higher is better.

    ``DCG / ideal DCG`` with ``DCG = Σ relevance / log2(rank + 1)``. Relevance is 1 for every expected
    document, or what the expectation says: ``{"doc-7": 3, "doc-9": 1}``.

    :param span: the name of the spans that count; default: all of the kind RETRIEVER.
    :param id_name: what a document's id is called; default: found by the usual names.
    :raises ScorerError: ``k`` is no whole number from 1 up.
    """

    def score(ranked: Sequence[str], relevant: Mapping[str, float]) -> float:
        best = sorted(relevant.values(), reverse=True)[:k]
        return min(_gain([relevant.get(each, 0.0) for each in ranked[:k]]) / _gain(best), 1.0)

    return _ranking("ndcg_at_k", "ndcg", score, k, key, span, id_name, name, SHARE)


def _gain(relevance: Sequence[float]) -> float:
    return math.fsum(each / math.log2(rank + 1) for rank, each in enumerate(relevance, start=1))


def _ranking(
    kind: str,
    short: str,
    score: _Score,
    k: int | None,
    key: str | None,
    span: str | None,
    id_name: str | None,
    name: str | None,
    measures: Measures,
) -> TraceCheck:
    if k is not None and (isinstance(k, bool) or not isinstance(k, int) or k < 1):
        raise ScorerError(f"{kind}: k={k!r} must be a whole number from 1 up")

    def compare(trace: Trace, expected: object) -> Value | None:
        relevant = relevances(expected, id_name)
        return score(retrieved(trace, span=span, id_name=id_name), relevant) if relevant else None

    mark = fingerprint(kind, {"k": k}, key=key, span=span, id_name=id_name)
    default = short if k is None else f"{short}@{k}"
    return TraceCheck(default if name is None else name, mark, compare, key, USUAL_KEYS, measures)
