"""Why a metric got its verdict: the closed set of codes that words are made from."""

from __future__ import annotations

from typing import Literal

from pytest_vtrack.model.assessment import Direction

Reason = Literal[
    # not comparable
    "new_metric",
    "gone_metric",
    "fingerprint",
    "direction",
    "bounds",
    "kind",
    "no_pairs",
    "overflow",
    # worse or better
    "dropped",
    "rose",
    # ok
    "identical",
    "within_tolerance",
    # not sure
    "too_few",
    "chance",
    "unclear_size",
    "unpaired",
    "errors_decide",
    "labels_changed",
]
"""
============================ ==============================================================================
new_metric                   only the current run has it: nothing to compare with, never decides
gone_metric                  only the baseline has it: what it measured is no longer watched
fingerprint                  the scorer or its configuration is another one: score the baseline again
direction, bounds, kind      differs between the two sides (kind: also booleans among numbers)
no_pairs                     no case has a value on both sides
overflow                     values so large that their squares cannot be added
dropped, rose                the metric's value fell or rose beyond chance and tolerance
identical                    no pair differs
within_tolerance             any loss is smaller than the tolerance, in at least 30 cases
too_few                      fewer cases than a verdict needs (5 for any, 30 for ``within_tolerance``)
chance                       the difference could be chance
unclear_size                 it changed beyond chance, but whether by more than the tolerance is open
unpaired                     more than a tenth of the cases have a value on one side only
errors_decide                counting errors as the worst value would give another verdict
labels_changed               categories differ, and no order says whether for the worse
============================ ==============================================================================
"""


def moved(direction: Direction, *, worse: bool) -> Reason:
    """Return which way the metric's value went when it got worse or better."""
    return "dropped" if worse == (direction == "higher") else "rose"
