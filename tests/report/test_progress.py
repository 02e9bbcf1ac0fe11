"""The line about a long run: what is known stands there, what is not is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_vtrack.report.progress import FEWEST, Progress, Sample, about, progress_line, speed

LINES = {
    "nothing but the count": (Progress(3, 10), "vtrack: 3 of 10"),
    "all there is": (
        Progress(1204, 10_000, per_s=12.34, worse=3, errors=2, cost=1.204),
        "vtrack: 1,204 of 10,000, 12/s, 3 worse so far, 2 errors, $1.20, about 12 min left",
    ),
    "none worse is news": (Progress(5, 10, worse=0), "vtrack: 5 of 10, 0 worse so far"),
    "one error": (Progress(5, 10, errors=1), "vtrack: 5 of 10, 1 error"),
    "slow": (Progress(5, 10, per_s=0.1), "vtrack: 5 of 10, 6.0/min, about 50 s left"),
    "very slow": (Progress(5, 6, per_s=0.001), "vtrack: 5 of 6, 3.6/h, about 17 min left"),
}


@pytest.mark.parametrize(("progress", "line"), LINES.values(), ids=LINES)
def test_the_line(progress, line):
    assert progress_line(progress, width=120) == line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (82, "vtrack: 1,204 of 10,000, 12/s, 3 worse so far, 2 errors, $1.20, about 12 min left"),
        (80, "vtrack: 1,204 of 10,000, 3 worse so far, 2 errors, $1.20, about 12 min left"),
        (70, "vtrack: 1,204 of 10,000, 3 worse so far, 2 errors, about 12 min left"),
        (60, "vtrack: 1,204 of 10,000, 3 worse so far, 2 errors"),
        (40, "vtrack: 1,204 of 10,000, 2 errors"),
        (30, "vtrack: 1,204 of 10,000"),
        (5, "vtrack: 1,204 of 10,000"),
    ],
)
def test_a_narrow_line_leaves_out_what_matters_least(width, line):
    progress = Progress(1204, 10_000, per_s=12.34, worse=3, errors=2, cost=1.204)
    assert progress_line(progress, width=width) == line


@pytest.mark.parametrize(
    ("samples", "now", "expected"),
    [
        ([], Sample(10, 5), None),
        ([Sample(0, 0)], Sample(10, FEWEST - 1), None),
        ([Sample(0, 0)], Sample(10, 5), 0.5),
        ([Sample(0, 0), Sample(10, 100)], Sample(20, 110), 1.0),  # only the last window counts
        ([Sample(0, 0), Sample(10, 100)], Sample(20, 105), 105 / 20),  # where enough ran in it
        ([Sample(0, 0), Sample(10, 100)], Sample(20, 100), 5.0),
        ([Sample(10, 1)], Sample(10, 50), None),
    ],
    ids=["no sample", "too few", "few", "last window", "longer window", "nothing lately", "no time"],
)
def test_speed_is_that_of_the_last_cases(samples, now, expected):
    assert speed(samples, now) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "5 s"),
        (12, "10 s"),
        (94, "95 s"),
        (96, "2 min"),
        (3600, "60 min"),
        (94 * 60, "94 min"),
        (9000, "2.5 h"),
    ],
)
def test_an_estimate_has_no_more_digits_than_it_is_worth(seconds, text):
    assert about(seconds) == text


def test_time_left_is_unknown_without_a_speed():
    assert Progress(1, 10).left_s is None
    assert Progress(1, 10, per_s=3.0).left_s == 3.0


@given(
    st.builds(
        Progress,
        st.integers(0, 10**7),
        st.integers(0, 10**7),
        st.none() | st.floats(1e-6, 1e6),
        st.none() | st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.floats(0, 1e6),
    ),
    st.integers(1, 200),
)
def test_the_line_is_one_line_of_ascii_and_as_short_as_it_can_be(progress, width):
    line = progress_line(progress, width=width)
    assert line.isascii()
    assert line.isprintable()
    assert len(line) <= max(width, len(progress_line(progress, width=1)))
