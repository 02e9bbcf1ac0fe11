"""Masking the secrets in what is said about a trace, before it is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.assessment import Assessment
from pytest_vtrack.model.redaction import Redaction
from pytest_vtrack.model.run import CaseResult


def without_secrets(result: CaseResult, redaction: Redaction) -> CaseResult:
    """Return a result whose messages and reasons have the secrets in them masked."""
    explained = [each for each in result.assessments if each.rationale is not None or each.error is not None]
    if result.error is None and not explained:  # nearly always
        return result
    assessments = tuple([reasons_masked(each, redaction) for each in result.assessments])
    return replace(result, error=redaction.plain(result.error), assessments=assessments)


def masked(assessment: Assessment, redaction: Redaction) -> Assessment:
    """Return an assessment whose reasons and metadata have the secrets in them masked."""
    return reasons_masked(metadata_masked(assessment, redaction), redaction)


def metadata_masked(assessment: Assessment, redaction: Redaction) -> Assessment:
    """Return an assessment whose metadata has the secrets in it masked."""
    if not assessment.metadata:
        return assessment
    text = redaction.text(payload.encode(assessment.metadata, "metadata").text)
    return replace(assessment, metadata=payload.decode(text))


def reasons_masked(assessment: Assessment, redaction: Redaction) -> Assessment:
    """Return an assessment whose rationale and error have the secrets in them masked."""
    old = assessment.rationale, assessment.error
    rationale, error = new = redaction.plain(old[0]), redaction.plain(old[1])
    return assessment if new == old else replace(assessment, rationale=rationale, error=error)


def value_masked(value: Any, redaction: Redaction) -> Any:
    """Return a value with the secrets in it masked; as it is where it has none."""
    text = payload.encode(value, "value").text
    masked = redaction.text(text)
    return value if masked == text else payload.decode(masked)
