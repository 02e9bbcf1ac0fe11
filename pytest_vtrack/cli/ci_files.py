"""Files for continuous integration that ``vtrack init --ci`` writes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from pytest_vtrack.errors import SettingError

_MAKE_BASELINE = 'vtrack baseline set main --version VERSION --why "..." --file baselines/main.jsonl'
"""The file that all templates compare with."""


class CiFile(NamedTuple):
    """A template, where it belongs in a repository, and what is left to do."""

    template: str
    path: str
    then: tuple[str, ...] = ()


_READ = "Read {path}: what to install, which Python, the keys of your model."
CI_FILES = {
    "github": CiFile("github.yml", ".github/workflows/vtrack.yml"),
    "gitlab": CiFile(
        "gitlab.yml",
        ".gitlab/vtrack.yml",
        ("Add to .gitlab-ci.yml:  include: [{local: .gitlab/vtrack.yml}]",),
    ),
    "jenkins": CiFile(
        "Jenkinsfile", "Jenkinsfile", ("Make a pipeline job in Jenkins that reads it from this repository.",)
    ),
}


def write_ci_file(name: str, folder: Path) -> tuple[str, list[str]]:
    """Write the file of one CI into a repository, and return its path and what to do next.

    :raises SettingError: it is there already, or ``folder`` is not where a CI looks for it.
    """
    template, path, then = CI_FILES[name]
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)
    if root != folder:
        raise SettingError(f"{path} is looked for at the root of the repository: type this in {root}")
    target = folder / path
    if target.exists():
        raise SettingError(
            f"{path}: already here, so nothing was written; to take parts of it over, type vtrack init --ci "
            f"{name} in an empty folder"
        )
    text = (files("pytest_vtrack.templates") / "ci" / template).read_text("utf-8")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    steps = [_READ.format(path=path), f"Commit a baseline:  {_MAKE_BASELINE}"]
    return path, [*steps, *then, "Commit all of it, and look at the job."]
