"""Whether only a part of the cases was selected, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest


def leaves_out_unseen(config: pytest.Config) -> bool:
    """Tell whether cases may not even have been collected: single ones were named, or files skipped."""
    # `--lf` leaves out whole files where it can.
    skipped = bool(getattr(config.pluginmanager.get_plugin("lfplugin"), "_skipped_files", 0))
    return skipped or any("::" in arg and "[" in arg for arg in config.args)


def waits_for_all(config: pytest.Config) -> bool:
    """Tell whether the session is a shard: its run waits for its word also where it has no case of it."""
    from pytest_vtrack.plugin.runs import sharing_of

    return sharing_of(config) is not None


def left_out(collected: Iterable[pytest.Item], selected: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Return the items that were collected and are not selected."""
    here = set(map(id, selected))
    return (item for item in collected if id(item) not in here)


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
