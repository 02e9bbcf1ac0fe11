"""The verdict, the exit code and pytest's last line."""

from __future__ import annotations

from pathlib import Path

import pytest

APP = """
    from pathlib import Path
    import pytest

    WRONG = {"v1": range(0), "worse": range(5, 40), "maybe": range(3), "better": range(0)}
    FIXED = {"v1": range(30, 40), "worse": range(30, 40), "maybe": range(29, 40), "better": range(0)}

    def right(outputs, expectations):
        return outputs == expectations["answer"]

    @pytest.mark.vtrack(dataset="qa.jsonl", scorers=[right])
    def test_answers(vtrack_case):
        with Path("calls.txt").open("a") as calls:
            calls.write(vtrack_case.id + "\\n")
        n, version = vtrack_case.inputs["n"], vtrack_case.version
        return -1 if n in WRONG[version] or n in FIXED[version] else n

    def test_other():
        what = Path("what.txt").read_text()
        if what == "interrupted":
            raise KeyboardInterrupt
        assert what == "passing"
"""
CODES = {
    "off": {},
    "warn": {},
    "regress": {"worse": 10, "none": 12},
    "strict": {"worse": 10, "maybe": 11, "none": 12},
}
LAST = {"worse": "1 vtrack regression", "maybe": "1 vtrack not sure", "none": "1 vtrack no baseline"}
HEADS = {
    "v1": "✓ OK",
    "worse": "✗ REGRESSED",
    "maybe": "? NOT SURE",
    "better": "▲ IMPROVED",
    "none": "! NO BASELINE",
}


@pytest.fixture
def compared(project):
    """A project with a stored version v1, and others to compare with it."""
    project.write(
        test_app=APP, **{"what.txt": "passing", "pytest.ini": "[pytest]\nvtrack_experiment = bot\n"}
    )
    project.questions(40)
    assert project.run("-q", "--vtrack-version=v1").exit == 0
    return project


def calls(project) -> int:
    path = project.path / "calls.txt"
    return len(path.read_text().split()) if path.exists() else 0


@pytest.mark.parametrize(
    ("tests", "policy"),
    [
        *(("passing", policy) for policy in CODES),
        ("failing", "regress"),
        ("failing", "strict"),
        ("interrupted", "strict"),
    ],
)
def test_exit_code_and_last_line_follow_tests_verdict_and_policy(compared, policy, tests):
    own = {"passing": 0, "failing": 1, "interrupted": 2}[tests]
    (compared.path / "what.txt").write_text(tests)
    ref = f"--vtrack-baseline=run:{compared.last_run().id}"
    for verdict, head in HEADS.items():
        if verdict == "none":  # other cases under other ids: nothing is shared
            compared.dataset(*({"id": f"new{n}", "inputs": {"n": n}} for n in range(40)))
        version = "v1" if verdict == "none" else verdict
        done = compared.run(f"--vtrack-version={version}", ref, f"--vtrack-gate={policy}")
        assert done.exit == (own or CODES[policy].get(verdict, 0)), done.screen
        told = policy != "off" and verdict in LAST
        assert ("vtrack" in done.last_line) is told, done.last_line
        assert LAST.get(verdict, "") in done.last_line or not told
        assert ("1 failed" in done.last_line) is (tests == "failing")
        assert (head in done.section) is (policy != "off"), done.screen
        assert ("Saved as version" in done.screen) is (policy == "off")


def test_nothing_collected_stays_what_it_is(compared):
    for policy in CODES:
        done = compared.run("-k", "nothing", "--vtrack-baseline=v1", f"--vtrack-gate={policy}")
        assert done.exit == 5
        assert "41 deselected" in done.last_line


def test_verbosity_shows_one_line_or_every_number(compared):
    compared.run("--vtrack-version=worse")
    args = ("--vtrack-version=worse", "--vtrack-baseline=v1")
    quiet = compared.run("-q", *args)
    line = next(line for line in quiet.lines if line.startswith("vtrack"))
    assert line == "vtrack REGRESSED worse vs v1: right -62.5 pt"
    assert "What this means" not in quiet.screen
    assert "1 vtrack regression" in quiet.last_line
    normal, verbose, full = (compared.run(*more, *args).section for more in ((), ("-v",), ("-vv",)))
    assert "What this means" in normal
    assert normal.count("right 1 → 0") == 5
    assert verbose.count("right 1 → 0") > 20
    assert len(normal.splitlines()) < len(verbose.splitlines()) < len(full.splitlines())
    assert all(len(line) <= 80 for line in full.splitlines())


def test_first_version_is_told_what_to_type_next_and_that_works(compared):
    compared.store_path.unlink()
    done = compared.run("--vtrack-version", "v1", "-p", "no:doctest")
    assert "vtrack: first version" in done.screen
    assert "Saved as version v1" in done.flat
    assert "Nothing to compare with yet" in done.flat
    command = next(line for line in done.lines if "--vtrack-baseline=" in line).strip()
    assert command.endswith("--vtrack-baseline=v1")
    assert "--vtrack-version" not in command
    assert "-p no:doctest" in done.flat
    assert compared.run("--vtrack-version=worse", *command.split()[-1:]).exit == 10
    again = compared.run("--vtrack-version=better")
    assert "vtrack: run saved" in again.screen
    assert "--vtrack-baseline=worse" in again.screen
    assert "To compare with an earlier version (worse, v1), run:" in again.flat


def test_unknown_baseline_ends_before_the_first_test_and_names_the_nearest(compared, mode):
    before, stored = calls(compared), len(compared.runs())
    for policy in ("strict",) if mode else ("regress", "strict"):
        done = compared.run("--vtrack-version=v2", "--vtrack-baseline=v11", f"--vtrack-gate={policy}", *mode)
        assert done.exit == 12
        assert "NO BASELINE" in done.flat
        assert "'v11' is not in" in done.flat
        assert "Known: v1" in done.flat
        assert "Create it: git checkout v11 && pytest --vtrack-version=v11" in done.flat
        assert "Traceback" not in done.screen
    assert (calls(compared), len(compared.runs())) == (before, stored)


def test_unknown_baseline_is_only_shown_by_a_milder_policy(compared):
    done = compared.run("--vtrack-version=better", "--vtrack-baseline=v11", "--vtrack-gate=warn")
    assert done.exit == 0
    assert "! NO BASELINE" in done.section
    assert "1 vtrack no baseline" in done.last_line
    assert compared.last_run().complete
    done = compared.run("--vtrack-version=better", "--vtrack-baseline=v11", "--vtrack-gate=off")
    assert done.exit == 0
    assert "NO BASELINE" not in done.screen


def test_baseline_of_the_ini_file_is_missed_before_the_first_call(compared, mode):
    compared.write(**{"pytest.ini": "[pytest]\nvtrack_baseline = main\nvtrack_experiment = bot\n"})
    before = calls(compared)
    done = compared.run("--vtrack-version=better", *mode)
    assert done.exit == 12
    assert "'main' is not in" in done.flat
    assert calls(compared) == before


def test_baseline_of_the_ini_file_is_no_matter_for_other_tests(compared, mode):
    compared.write(**{"pytest.ini": "[pytest]\nvtrack_baseline = main\n"}, test_plain="def test_one(): pass")
    done = compared.run("test_plain.py", *mode)
    assert done.exit == 0
    assert "vtrack" not in done.last_line
    assert "NO BASELINE" not in done.screen


def test_baseline_asked_for_without_any_case_is_no_success(compared, mode):
    compared.write(test_plain="def test_one(): pass")
    for policy, code in (("regress", 12), *(() if mode else (("warn", 0),))):
        done = compared.run("test_plain.py", "--vtrack-baseline=v1", f"--vtrack-gate={policy}", *mode)
        assert done.exit == code
        assert "no vtrack case ran, so nothing was compared: mark tests with @pytest.mark.vtrack" in done.flat


def test_an_empty_reference_is_refused_and_not_taken_for_none(compared):
    before = calls(compared)
    for option in ("baseline", "anchor", "version", "env", "store"):
        done = compared.run(f"--vtrack-{option}=")
        assert done.exit == 4
        assert f"--vtrack-{option}: the value is empty" in done.flat
    assert calls(compared) == before


def test_anchor_is_compared_with_the_same_policy(compared):
    compared.run("--vtrack-version=worse")
    done = compared.run("--vtrack-version=worse", "--vtrack-baseline=worse", "--vtrack-anchor=v1")
    assert done.exit == 10
    assert "vtrack: worse (run" in done.screen
    assert "vtrack: worse vs v1" in done.screen
    assert compared.run("--vtrack-version=worse", "--vtrack-anchor=v1").exit == 10
    before = calls(compared)
    done = compared.run("--vtrack-version=worse", "--vtrack-baseline=worse", "--vtrack-anchor=v0")
    assert done.exit == 12
    assert "'v0' is not in" in done.flat
    assert calls(compared) == before


def test_baseline_in_the_experiment_of_a_fixture_is_looked_up_before_the_first_call(compared, mode):
    compared.write(
        conftest="""
        import pytest

        @pytest.fixture(scope="session")
        def vtrack_experiment():
            return "other"
        """
    )
    before = calls(compared)
    done = compared.run("--vtrack-version=better", "--vtrack-baseline=v1", *mode)
    assert done.exit == 12
    assert "'v1' is not in experiment 'other'; it is in 'bot'" in done.flat
    # Workers learn the experiment from the fixture too, so they may have begun until they were stopped.
    assert calls(compared) - before < (40 if mode else 1)
    assert compared.run("--vtrack-version=v1").exit == 0
    done = compared.run("--vtrack-version=worse", "--vtrack-baseline=v1", *mode)
    assert done.exit == 10, done.screen


def test_collect_only_records_nothing(compared, mode):
    stored = len(compared.runs())
    done = compared.run("--collect-only", "-q", "--vtrack-baseline=nonsense", *mode)
    assert done.exit == 0
    assert "test_app.py::test_answers[q0]" in done.screen
    assert len(compared.runs()) == stored
    compared.store_path.unlink()
    compared.run("--collect-only", "-q")
    assert not compared.store_path.exists()


def test_without_the_terminal_plugin_the_gate_still_works(compared):
    done = compared.run_apart("-pno:terminal", "--vtrack-version=worse", "--vtrack-baseline=v1")
    assert done.exit == 10, done.errors
    assert (done.screen, done.errors) == ("", "")
    assert compared.last_run().complete


def test_real_processes_end_with_the_exit_codes(compared):
    codes = [
        compared.run_apart(f"--vtrack-version={version}", "--vtrack-baseline=v1", *more).exit
        for version, *more in (("maybe", "--vtrack-gate=strict"), ("better",), ("worse", "-n2"))
    ]
    assert codes == [11, 0, 10]


def test_ascii_streams_get_ascii_only(compared):
    done = compared.run_apart(
        "--vtrack-version=worse", "--vtrack-baseline=v1", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert done.exit == 10
    assert done.screen.isascii()
    assert "REGRESSED" in done.section
    assert "right 1 -> 0" in done.section


def test_colours_are_used_where_they_are_wanted_only(compared):
    args = ("--vtrack-version=worse", "--vtrack-baseline=v1")
    assert "\x1b[" in compared.run_apart(*args, env={"FORCE_COLOR": "1", "PY_COLORS": "1"}).screen
    assert "\x1b[" not in compared.run_apart(*args, env={"NO_COLOR": "1", "PY_COLORS": "0"}).screen


def test_the_verdict_is_kept_with_the_run(compared):
    compared.run("--vtrack-version=worse", "--vtrack-baseline=v1")
    with compared.store() as store:
        assert store.verdict_of(compared.last_run().id) == "regressed"


def test_a_tolerance_line_lets_a_worse_metric_pass(compared):
    ini = "[pytest]\nvtrack_experiment = bot\nvtrack_tolerance =\n    right = 90pt\n"
    (Path(compared.path) / "pytest.ini").write_text(ini)
    assert compared.run("--vtrack-version=worse", "--vtrack-baseline=v1").exit == 0


def test_the_decision_follows_the_ini_file(compared):
    ini = "[pytest]\nvtrack_experiment = bot\nvtrack_alpha = 1e-30\nvtrack_evidence = beyond-tolerance\n"
    (Path(compared.path) / "pytest.ini").write_text(ini)
    done = compared.run("--vtrack-version=worse", "--vtrack-baseline=v1", "--vtrack-gate=strict")
    assert done.exit == 11, done.screen


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("vtrack_alpha = 5%", "vtrack_alpha: '5%' is not a number between 0 and 0.5; usual is 0.05"),
        ("vtrack_evidence = much", "vtrack_evidence: 'much' is not one of any, beyond-tolerance"),
    ],
    ids=["alpha", "evidence"],
)
def test_a_decision_that_cannot_be_ends_before_the_first_test(compared, line, message):
    (Path(compared.path) / "pytest.ini").write_text(f"[pytest]\nvtrack_experiment = bot\n{line}\n")
    done = compared.run("--vtrack-version=worse", "--vtrack-baseline=v1")
    assert done.exit == 4
    assert message in done.flat


def test_new_gone_and_edited_cases_are_told_apart(compared):
    compared.dataset(
        *({"id": f"q{n}", "inputs": {"n": n}, "expectations": {"answer": n}} for n in range(2, 40)),
        {"id": "q0", "inputs": {"n": 0}, "expectations": {"answer": 100}},
        {"id": "extra", "inputs": {"n": 5}, "expectations": {"answer": 5}},
    )
    done = compared.run("--vtrack-version=v1", "--vtrack-baseline=v1", "-v")
    section = " ".join(done.section.split())
    assert "Not compared: 1 new, 1 gone, 1 edited." in section
    assert "New: extra" in section
    assert "Gone: q1" in section
    assert "Edited: q0" in section


def test_a_changed_scorer_makes_its_metric_not_comparable_and_says_so(compared):
    text = (compared.path / "test_app.py").read_text()
    (compared.path / "test_app.py").write_text(
        text.replace('outputs == expectations["answer"]', 'outputs <= expectations["answer"]')
    )
    done = compared.run("--vtrack-version=worse", "--vtrack-baseline=v1", "--vtrack-rescore=never")
    assert done.exit == 0, done.screen
    assert "the scorer changed between v1 and worse (re-score v1 to compare)" in " ".join(
        done.section.split()
    )
    assert "REGRESSED" not in done.section
