"""What is said of a run that goes on."""

from __future__ import annotations

from dataclasses import replace

from pytest_vtrack.model.run import Run
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.report.going_on import goes_on, starts_anew
from pytest_vtrack.report.tables import run_screen

RUN = Run("cafe0123" * 4, "bot", AppVersion("v1"), status="partial", reason="-x: 3 of 8 cases ran")


def test_how_much_is_left():
    assert goes_on(RUN, 3, 8) == (
        "run cafe0123 of v1 goes on (-x: 3 of 8 cases ran); stored and not run again: 3 of 8 cases"
    )
    assert len(goes_on(replace(RUN, reason="long " * 100), 3, 8)) < 220
    killed = replace(RUN, status="running", reason=None)
    assert goes_on(killed, 0, 1) == "run cafe0123 of v1 goes on; stored and not run again: 0 of 1 case"


def test_a_complete_run_says_how_to_start_a_new_one():
    assert goes_on(replace(RUN, status="complete", reason=None), 8, 8) == (
        "run cafe0123 of v1 is complete, so nothing runs and what is stored is told again (8 cases); leave "
        "out --vtrack-resume to start a new run"
    )


def test_nothing_to_go_on_with():
    said = "no run of v1 in experiment bot, environment dev, was interrupted: a new one starts"
    assert starts_anew(RUN) == said
    other = replace(RUN, id="beef" * 8, version=AppVersion("v0"))
    assert starts_anew(RUN, other) == f"{said} (run beefbeef was, but it is of version v0)"


def test_the_screen_of_a_run_says_how_often_and_when_it_was_continued():
    def shown(tags):
        lines = run_screen(replace(RUN, tags=tags), [])
        return [" ".join("".join(part.text for part in line).split()) for line in lines]

    assert not any(line.startswith("continued") for line in shown({}))
    once = {"vtrack.resumed": "1", "vtrack.resumed.at": "2026-11-23T07:40:12Z"}
    assert "continued once (2026-11-23 07:40)" in shown(once)
    twice = {"vtrack.resumed": "2", "vtrack.resumed.at": "2026-11-23T07:40:12Z, 2026-11-24T08:00:00Z"}
    assert "continued 2 times (2026-11-23 07:40, 2026-11-24 08:00)" in shown(twice)
    assert not any("vtrack.resumed" in line for line in shown(twice))
