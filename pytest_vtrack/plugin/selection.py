"""Whether only a part of the cases was selected, and how."""

from __future__ import annotations

import pytest


def leaves_out_unseen(config: pytest.Config) -> bool:
    """Tell whether cases may not even have been collected: single ones were named, or files skipped."""
    # `--lf` leaves out whole files where it can.
    skipped = bool(getattr(config.pluginmanager.get_plugin("lfplugin"), "_skipped_files", 0))
    return skipped or any("::" in arg and "[" in arg for arg in config.args)


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
