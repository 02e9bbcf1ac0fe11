"""The files of ``vtrack init --ci``: well formed, and their lines are lines that work."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result

from pytest_vtrack.cli.ci_files import CI_FILES
from pytest_vtrack.plugin import options

Vtrack = Callable[..., Result]
Text = Callable[[str], str]

ACCEPT = 'vtrack baseline set main --version VERSION --why "..." --file baselines/main.jsonl'
ACTIONS = {
    "actions/checkout": {"fetch-depth", "persist-credentials"},
    "actions/setup-python": {"python-version"},
    "actions/upload-artifact": {"path", "name", "archive"},
    "actions/download-artifact": {"name"},
    "actions/github-script": {"script"},
}
"""The actions that are used, and their inputs."""
STEPS = {"pipeline", "agent", "options", "post", "always", "stages", "stage", "steps", "script"}
STEPS |= {"sh", "error", "unstable", "junit", "archiveArtifacts", "timeout"}
"""What a declarative pipeline of Jenkins knows."""


@pytest.fixture
def written(vtrack: Vtrack, tmp_path: Path) -> Text:
    """Write the file of a CI and return its text."""

    def written(name: str) -> str:
        vtrack("init", "--ci", name)
        return (tmp_path / CI_FILES[name].path).read_text("utf-8")

    return written


@pytest.mark.parametrize(
    ("name", "path", "then"),
    [
        ("github", ".github/workflows/vtrack.yml", []),
        ("gitlab", ".gitlab/vtrack.yml", ["Add to .gitlab-ci.yml:  include: [{local: .gitlab/vtrack.yml}]"]),
        ("jenkins", "Jenkinsfile", ["Make a pipeline job in Jenkins that reads it from this repository."]),
    ],
)
def test_it_says_what_was_written_and_what_is_left(
    vtrack: Vtrack, tmp_path: Path, name: str, path: str, then: list[str]
) -> None:
    lines = vtrack("init", "--ci", name).stdout.splitlines()
    assert lines[0] == f"Created  {path}"
    assert [line.strip().removeprefix("Next:").strip().partition(". ")[2] for line in lines[1:]] == [
        f"Read {path}: what to install, which Python, the keys of your model.",
        f"Commit a baseline:  {ACCEPT}",
        *then,
        "Commit all of it, and look at the job.",
    ]
    assert [each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*") if each.is_file()] == [path]


def test_it_says_so_to_programs_too(vtrack: Vtrack) -> None:
    done = json.loads(vtrack("init", "--ci", "gitlab", "--json").stdout)
    assert done["created"] == [".gitlab/vtrack.yml"]
    assert len(done["next"]) == 4


@pytest.mark.parametrize("name", CI_FILES)
def test_nothing_is_overwritten(vtrack: Vtrack, tmp_path: Path, name: str) -> None:
    path = tmp_path / CI_FILES[name].path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    assert (
        f"{CI_FILES[name].path}: already here, so nothing was written"
        in vtrack("init", "--ci", name, code=2).stderr
    )
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ci", "travis"], "'travis' is not one of 'github', 'gitlab', 'jenkins'"),
        (["--ci", "github", "--store", "x.db"], "--store: a job of a CI compares with a committed file"),
    ],
)
def test_wrong_values_are_refused(vtrack: Vtrack, tmp_path: Path, words: list[str], message: str) -> None:
    assert message in vtrack("init", *words, code=2).stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_no_ci_looks_into_is_refused(
    vtrack: Vtrack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    error = vtrack("init", "--ci", "github", code=2).stderr
    assert f"is looked for at the root of the repository: type this in {tmp_path}" in error


@pytest.mark.parametrize("name", CI_FILES)
def test_every_option_in_it_is_one_of_pytest_or_vtrack(written: Text, name: str) -> None:
    text = written(name)
    known = {f"--vtrack-{each}" for each in ("baseline", "version", "gate", *options.REPORTS)}
    used = set(re.findall(r"--vtrack-[a-z]+", text))
    assert {"--vtrack-baseline", "--vtrack-html", "--vtrack-md", "--vtrack-json"} <= used
    assert used - known == set()
    assert re.findall(r"vtrack baseline set main .*--file (\S+)", text) == ["baselines/main.jsonl"]
    assert "--vtrack-baseline=baselines/main.jsonl" in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_workflow_gives_no_job_more_rights_than_it_needs(written: Text) -> None:
    flow = yaml.safe_load(written("github"))
    assert flow["permissions"] == {"contents": "read"}
    assert {name: job.get("permissions") for name, job in flow["jobs"].items()} == {
        "evaluate": None,
        "comment": {"pull-requests": "write"},
    }
    assert set(flow[True]) == {"pull_request", "push"}  # YAML reads `on` as true
    assert "run" not in {key for step in flow["jobs"]["comment"]["steps"] for key in step}
    condition = flow["jobs"]["comment"]["if"]
    assert "github.event.pull_request.head.repo.full_name == github.repository" in condition


def test_the_workflow_uses_actions_of_one_major_version_with_inputs_that_they_have(written: Text) -> None:
    flow = yaml.safe_load(written("github"))
    used = [step for job in flow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert len(used) == 6
    for step in used:
        action, _, version = step["uses"].partition("@")
        assert re.fullmatch(r"v\d+", version), step
        assert set(step.get("with", {})) <= ACTIONS[action], step


def test_the_workflow_reports_also_when_the_gate_failed(written: Text) -> None:
    steps = yaml.safe_load(written("github"))["jobs"]["evaluate"]["steps"]
    gate = [step.get("name") for step in steps].index("Compare with the baseline")
    assert all("!cancelled()" in step["if"] for step in steps[gate + 1 :])
    (html,) = [step["with"] for step in steps if step.get("with", {}).get("path") == "vtrack.html"]
    assert html["archive"] is False


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_nothing(written: Text, tmp_path: Path) -> None:
    written("github")
    path = CI_FILES["github"].path
    found = subprocess.run(["actionlint", path], capture_output=True, text=True, cwd=tmp_path)
    assert (found.returncode, found.stdout) == (0, "")


GITHUB = """
const fs = require('fs')
const [existing, changed] = JSON.parse(process.argv[2])
fs.writeFileSync('vtrack.md', '<!-- vtrack:bot -->\\n### new\\n')
fs.writeFileSync('vtrack.json', JSON.stringify({ changed }))
const said = []
const context = { repo: { owner: 'o', repo: 'r' }, issue: { number: 7 } }
const github = {
  paginate: async (_, place) => { said.push(['list', place.issue_number]); return existing },
  rest: { issues: {
    listComments: null,
    updateComment: async given => said.push(['update', given.comment_id, given.body]),
    createComment: async given => said.push(['create', given.issue_number, given.body]),
  } },
}
const run = new (Object.getPrototypeOf(async () => {}).constructor)('github', 'context', 'require', SCRIPT)
run(github, context, require).then(() => console.log(JSON.stringify(said)))
"""
OURS = {"id": 5, "user": {"type": "Bot"}, "body": "<!-- vtrack:bot -->\r\n### old"}
OTHERS = [
    {"id": 1, "user": {"type": "User"}, "body": "<!-- vtrack:bot -->\n### mine"},
    {"id": 2, "user": {"type": "Bot"}, "body": "<!-- vtrack:bot2 -->\n### another experiment"},
    {"id": 3, "user": None, "body": None},
]
BODY = "<!-- vtrack:bot -->\n### new\n\n[Open the report](https://ci.example/7)\n"


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize(
    ("existing", "changed", "done"),
    [
        ([], True, ["create", 7, BODY]),
        (OTHERS, True, ["create", 7, BODY]),
        ([*OTHERS, OURS], True, ["update", 5, BODY]),
        ([OURS], False, ["update", 5, BODY]),
        (OTHERS, False, None),
    ],
    ids=["first", "only others", "again", "nothing changed any more", "nothing ever changed"],
)
def test_one_comment_is_written_when_something_changed_and_then_kept_up_to_date(
    written: Text, tmp_path: Path, existing: Any, changed: bool, done: Any
) -> None:
    steps = yaml.safe_load(written("github"))["jobs"]["comment"]["steps"]
    (script,) = [step["with"]["script"] for step in steps if "script" in step.get("with", {})]
    (tmp_path / "run.js").write_text(GITHUB.replace("SCRIPT", json.dumps(script)), "utf-8")
    ran = subprocess.run(
        ["node", "run.js", json.dumps([existing, changed])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "REPORT": "https://ci.example/7"},
    )
    assert json.loads(ran.stdout) == [["list", 7], *([done] if done else [])]


def test_the_gitlab_job_has_keywords_that_gitlab_knows(written: Text) -> None:
    (job,) = yaml.safe_load(written("gitlab")).values()
    known = "stage image timeout rules variables cache script allow_failure artifacts"
    assert set(job) == set(known.split())
    assert job["allow_failure"] == {"exit_codes": 11}
    assert set(job["artifacts"]) == {"when", "expire_in", "expose_as", "paths", "reports"}
    assert job["artifacts"]["when"] == "always"
    assert re.fullmatch(r"[\w -]+", job["artifacts"]["expose_as"])
    assert not any(set("*$") & set(path) for path in job["artifacts"]["paths"])
    typed = [word for line in job["script"] for word in shlex.split(line)]
    files = [word.partition("=")[2] for word in typed if "vtrack/" in word]
    assert all(file.startswith(tuple(job["artifacts"]["paths"])) for file in files)
    assert len(files) == 3


def test_the_jenkinsfile_is_balanced_and_uses_known_steps(written: Text) -> None:
    text = written("jenkins")
    bare = re.sub(r"(?m)//.*$", "", re.sub(r"'''.*?'''|\"[^\"]*\"|'[^']*'", "TEXT", text, flags=re.DOTALL))
    assert [bare.count(left) - bare.count(right) for left, right in ("{}", "()", "[]")] == [0, 0, 0]
    called = set(re.findall(r"^\s*(\w+)(?:\(| TEXT| \w+:| \{)", bare, re.MULTILINE)) - {"if", "else", "int"}
    assert called <= STEPS, called - STEPS
    assert {"sh", "junit", "archiveArtifacts", "error", "unstable"} <= called
    codes = dict(re.findall(r"code == (\d+)\) \{\s*(\w+)", text))
    assert codes == {"11": "unstable", "10": "error", "12": "error"}


@pytest.mark.parametrize("url", ["", "https://ci.example/7"])
def test_the_summary_of_the_job_links_to_the_report(written: Text, tmp_path: Path, url: str) -> None:
    steps = yaml.safe_load(written("github"))["jobs"]["evaluate"]["steps"]
    (step,) = [step for step in steps if step.get("name") == "Summary of the job"]
    (tmp_path / "vtrack.md").write_text("### found\n")
    env = {**os.environ, "REPORT": url, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=env, check=True)
    link = f"\n[Open the report]({url})\n" if url else ""
    assert (tmp_path / "summary.md").read_text() == f"### found\n{link}"
