"""Whether only a part of the cases was selected, and how."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_vtrack.plugin.runs import RunKey


def leaves_out_unseen(config: pytest.Config) -> bool:
    """Tell whether cases may not even have been collected: single ones were named, or files skipped."""
    # `--lf` leaves out whole files where it can.
    skipped = bool(getattr(config.pluginmanager.get_plugin("lfplugin"), "_skipped_files", 0))
    return skipped or any("::" in arg and "[" in arg for arg in config.args)


def left_to_others(
    config: pytest.Config, left_out: Iterable[RunKey], selected: Container[RunKey]
) -> list[RunKey]:
    """Return the runs of which this session has no case, where it is a shard: the others wait for its word.

    :param left_out: the runs of which cases were deselected.
    """
    without = [key for key in left_out if key not in selected]
    if not without:
        return []
    from pytest_vtrack.plugin.runs import sharing_of

    return without if sharing_of(config) else []


def selection_in_words(config: pytest.Config) -> str:
    """Say how the user chose a part of the tests, e.g. ``-k refund``."""
    option = config.option
    words = [
        f"-k {option.keyword}" if option.keyword else "",
        f"-m {option.markexpr}" if option.markexpr else "",
        "--lf" if getattr(option, "lf", False) else "",
        "--sw" if getattr(option, "stepwise", False) else "",
        *(arg for arg in config.args if "::" in arg),
        *(f"--deselect {prefix}" for prefix in option.deselect or ()),
    ]
    return " ".join(word for word in words if word) or "some cases were deselected"
