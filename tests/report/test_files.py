"""Report files: written whole or not at all, and refused before anything has run."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from pytest_vtrack.errors import SettingError
from pytest_vtrack.report.files import check_places, write_text


def test_folders_are_made_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "report.md"
    check_places({"--md": path})
    assert list((tmp_path / "a" / "b").iterdir()) == []
    write_text(path, "日本\n")
    assert path.read_bytes() == "日本\n".encode()
    assert [each.name for each in path.parent.iterdir()] == ["report.md"]


def test_a_file_is_made_with_the_rights_of_others(tmp_path: Path) -> None:
    write_text(tmp_path / "report.md", "text")
    (tmp_path / "plain").write_text("text")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("report.md", "plain")}
    assert len(modes) == 1


def test_an_earlier_report_is_replaced_whole(tmp_path: Path) -> None:
    path, link = tmp_path / "report.md", tmp_path / "link.md"
    path.write_text("old and much longer")
    link.symlink_to(path)
    with path.open() as reading:
        write_text(link, "new")
        assert reading.read() == "old and much longer"
    assert (path.read_text(), link.is_symlink()) == ("new", True)


def test_an_earlier_report_stays_where_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "\ud800")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("report.md", "old")]


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    check_places({"--md": Path("/dev/null")})
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        check_places({"--md": pipe})
        write_text(pipe, "text")
        assert os.read(reading, 100) == b"text"
    finally:
        os.close(reading)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", r"--md: \S+ is a folder; name a file in it"),
        ("file/below.md", r"--md: \S+file/below.md cannot be written \((Not a directory|File exists)\)"),
        ("x" * 300, r"--md: \S+ cannot be written \(File name too long\)"),
    ],
    ids=["a folder", "below a file", "a name that is too long"],
)
def test_a_place_that_takes_no_file_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=message):
        check_places({"--md": tmp_path / name})


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="a link in a circle is replaced there")
def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(SettingError, match=r"--md: \S+one cannot be written"):
        check_places({"--md": tmp_path / "one"})


@pytest.mark.parametrize(
    "kept",
    [b"SQLite format 3\x00 and pages", b'{"vtrack_baseline":1,"cases":0}\n'],
    ids=["store", "baseline"],
)
def test_a_report_never_takes_the_place_of_what_is_kept(tmp_path: Path, kept: bytes) -> None:
    path = tmp_path / "kept"
    path.write_bytes(kept)
    message = r"kept is a store or a baseline file, which nothing else may replace; name another file"
    with pytest.raises(SettingError, match=rf"--json: \S+{message}"):
        check_places({"--json": path})
    with pytest.raises(SettingError, match=message):
        write_text(path, "{}")
    assert path.read_bytes() == kept


def test_two_reports_in_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with pytest.raises(SettingError, match=r"--json: \S+link is the file of --md too; name another"):
        check_places({"--md": tmp_path / "out", "--json": tmp_path / "link"})
