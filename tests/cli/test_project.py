from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from pytest_vtrack.cli.project import find_project
from pytest_vtrack.errors import SettingError
from pytest_vtrack.model.run import Run

INI = {
    "pytest.ini": "[pytest]\nvtrack_experiment = bot\n",
    "pytest.toml": '[pytest]\nvtrack_experiment = "bot"\n',
    "pyproject.toml": '[tool.pytest.ini_options]\nvtrack_experiment = "bot"\n',
    "tox.ini": "[pytest]\nvtrack_experiment = bot\n",
    "setup.cfg": "[tool:pytest]\nvtrack_experiment = bot\n",
}


@pytest.mark.parametrize("name", INI)
def test_the_ini_file_is_found_from_a_folder_below(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(INI[name])
    (tmp_path / "deep/er").mkdir(parents=True)
    project = find_project(tmp_path / "deep/er")
    assert project.folder == tmp_path
    assert project.setting("experiment") == "bot"
    assert project.store_uri == str(tmp_path / ".vtrack/vtrack.db")


def test_the_native_table_of_pyproject_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.pytest]\nvtrack_tolerance = ["a = 1", "b = 2%"]\n')
    assert find_project(tmp_path).lines("tolerance") == ["a = 1", "b = 2%"]


@pytest.mark.parametrize("name", ["pyproject.toml", "tox.ini", "setup.cfg"])
def test_a_file_without_settings_of_pytest_is_passed_by(tmp_path: Path, name: str) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / name).write_text("[other]\n")
    assert find_project(tmp_path / "sub").folder == tmp_path


def test_a_folder_with_a_store_is_a_project(
    tmp_path: Path, stored: dict[str, Run], vtrack: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path / "tests")
    assert "v1.3" in vtrack("runs").stdout


def test_the_store_of_the_environment_comes_before_the_ini_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nvtrack_store = kept/here.db\n")
    assert find_project(tmp_path).store_uri == str(tmp_path / "kept/here.db")
    monkeypatch.setenv("VTRACK_STORE", "there.db")
    assert find_project(tmp_path).store_uri == str(Path.cwd() / "there.db")
    monkeypatch.setenv("VTRACK_STORE", "sqlite:////tmp/x.db")
    assert find_project(tmp_path).store_uri == "sqlite:////tmp/x.db"


def test_the_experiment_is_set_or_the_only_one_or_the_folder(tmp_path: Path) -> None:
    assert find_project(tmp_path).experiment(["bot"]) == "bot"
    assert find_project(tmp_path).experiment(["a", "b"]) == tmp_path.name
    (tmp_path / "pytest.ini").write_text("[pytest]\nvtrack_experiment = b\n")
    assert find_project(tmp_path).experiment(["a"]) == "b"


@pytest.mark.parametrize(
    ("name", "content"), [("pytest.ini", b"no section"), ("pyproject.toml", b"[tool"), ("tox.ini", b"\xff")]
)
def test_an_ini_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingError, match=f"{name}: cannot be read"):
        find_project(tmp_path)
