"""From a finished trial to the result that is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_vtrack.model import payload
from pytest_vtrack.model.run import CaseKey, CaseResult
from pytest_vtrack.model.scorer_spans import scorer_spans
from pytest_vtrack.model.spans import encode
from pytest_vtrack.plugin.slots import flags_text
from pytest_vtrack.workflow.masking import metadata_masked

if TYPE_CHECKING:
    from pytest_vtrack.model.assessment import Assessment
    from pytest_vtrack.model.redaction import Redaction
    from pytest_vtrack.model.run import Outcome
    from pytest_vtrack.plugin.slots import CaseSlot
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
    expected, outputs = execution.contents()
    contents = recording.contents
    texts = (inputs.text, expected.text, outputs.text if outputs else None)
    asked, known, said = recording.redaction.texts(texts) if contents else ("{}", "{}", None)
    captured = execution.captured()
    judging = [span for each in assessments for span in each.spans] if contents else ()
    traced = captured.spans if contents else ()
    spans = encode((*traced, *scorer_spans(judging))) if traced or judging else None
    return CaseResult(
        key=case_key(trial),
        nodeid=trial.nodeid,
        outcome=outcome,
        trial=trial.slot.trial,
        attempt=trial.attempt,
        inputs=asked or "{}",
        expectations=known or "{}",
        tags={name: recording.redaction.tag(name, value) for name, value in execution.tags.items()},
        outputs=said,
        error=error,
        started_at=execution.started_at,
        duration_s=execution.duration_s,
        assessments=tuple([metadata_masked(each, recording.redaction) for each in assessments]),
        warnings=inputs.problems
        + expected.problems
        + (outputs.problems if outputs else ())
        + (spans.problems if spans else ())
        + captured.problems,
        trace_id=captured.trace_id if traced else "",
        spans=recording.redaction.text(spans.text) if spans else None,
    )


def case_key(trial: Trial) -> CaseKey:
    """Return what pairs the trial's case with the same case of another run."""
    return key_of(trial.slot, trial.identity, trial.execution.inputs)


def key_of(slot: CaseSlot, identity: str, inputs: Mapping[str, Any]) -> CaseKey:
    """Return the same before the case runs.

    :param inputs: of a test without a dataset.
    """
    flags = flags_text(slot.flags)
    if slot.case and slot.test.dataset:
        return CaseKey(identity, slot.test.dataset.name, slot.case.id, slot.case.digest, flags)
    text = payload.encode(inputs, "inputs", canonical=True).text
    return CaseKey(slot.test.id, "", identity, payload.digest(text), flags)
