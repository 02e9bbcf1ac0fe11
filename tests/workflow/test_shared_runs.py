"""Finding the run that several sessions filled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_vtrack.errors import ReferenceInvalid
from pytest_vtrack.model.run import Run
from pytest_vtrack.model.shard import Shard
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.workflow.shared_runs import run_of_key

RUN = Run("a" * 32, "bot", AppVersion("v1", commit="1234567890", params={"model": "m"}), started_at=1.0)


def test_sessions_with_one_key_that_fill_several_runs_are_told_in_what_they_differ(store):
    commit = replace(RUN.version, commit="abcdefabcd")
    runs = [RUN, replace(RUN, id="b" * 32, started_at=2.0, version=commit, flags={"fast": "on"})]
    for run in runs:
        store.shards.join(run, Shard("s1", "k"))
    with pytest.raises(ReferenceInvalid) as raised:
        run_of_key(store, ["k"], "bot")
    assert str(raised.value) == (
        "key:k: several runs have this key: run:bbbbbbbb (v1, dev, commit=abcdefa, fast=on), "
        "run:aaaaaaaa (v1, dev, commit=1234567); name one of them"
    )
