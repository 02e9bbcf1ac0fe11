"""From a finished trial to the result that is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_vtrack.model import payload
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.model.spans import encode
from pytest_vtrack.plugin.slots import flags_text

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.model.run import Outcome
    from pytest_vtrack.plugin.trial import Trial


@dataclass(frozen=True)
class Recording:
    """What of a trial may be stored."""

    redaction: Redaction
    contents: bool
    """Whether inputs, outputs and spans are stored at all."""


def case_result(
    trial: Trial,
    recording: Recording,
    outcome: Outcome,
    *,
    error: str | None,
    assessments: Sequence[Assessment] = (),
) -> CaseResult:
    """Build the result of a trial; values that JSON cannot hold are described, and warned of."""
    execution, case = trial.execution, trial.slot.case
    # The application may have changed what it was given; what it was asked stands in the dataset.
    inputs = payload.encode(case.inputs if case else execution.inputs, "inputs")
    expected = payload.encode(execution.expectations, "expectations")
    outputs = payload.encode(execution.outputs, "outputs") if execution.has_outputs else None
    contents, redact = recording.contents, recording.redaction.text
    captured = execution.captured()
    spans = encode(captured.spans) if captured.spans and contents else None
    return CaseResult(
        key=case_key(trial),
        nodeid=trial.nodeid,
        outcome=outcome,
        trial=trial.slot.trial,
        attempt=trial.attempt,
        inputs=redact(inputs.text) or "{}" if contents else "{}",
        expectations=redact(expected.text) or "{}" if contents else "{}",
        tags={name: recording.redaction.tag(name, value) for name, value in execution.tags.items()},
        outputs=redact(outputs.text) if outputs and contents else None,
        error=error,
        started_at=execution.started_at,
        duration_s=execution.duration_s,
        assessments=tuple([_masked(each, recording.redaction) for each in assessments]),
        warnings=inputs.problems
        + expected.problems
        + (outputs.problems if outputs else ())
        + (spans.problems if spans else ())
        + captured.problems,
        trace_id=captured.trace_id if spans else "",
        spans=redact(spans.text) if spans else None,
    )


def _masked(assessment: Assessment, redaction: Redaction) -> Assessment:
    if not assessment.metadata:
        return assessment
    text = redaction.text(payload.encode(assessment.metadata, "metadata").text)
    return replace(assessment, metadata=payload.decode(text))


def case_key(trial: Trial) -> CaseKey:
    """Return what pairs the trial's case with the same case of another run."""
    slot, flags = trial.slot, flags_text(trial.slot.flags)
    if slot.case and slot.test.dataset:
        return CaseKey(trial.identity, slot.test.dataset.name, slot.case.id, slot.case.digest, flags)
    inputs = payload.encode(trial.execution.inputs, "inputs", canonical=True).text
    return CaseKey(slot.test.id, "", trial.identity, payload.digest(inputs), flags)
