"""Baseline files: what stands in them, what a diff shows, and what is said of a broken one."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from pytest_vtrack.errors import ReferenceInvalid, ReferenceUnknown, StoreError
from pytest_vtrack.model.assessment import LATENCY, Assessment, MetricSpec
from pytest_vtrack.model.version import AppVersion
from pytest_vtrack.store import open_store
from pytest_vtrack.store.baseline_file import import_baseline, imported_run, read_baseline, write_baseline

SPECS = {
    "correct": MetricSpec("correct", "f1", tolerance=0.03, kind="bool", must_pass=True),
    "helpful": MetricSpec("helpful", "f2", bounds=(1.0, 5.0), kind="bounded", gate=False, better="lower"),
    "latency": LATENCY,
}


def build(result, seed=0, cases=5, trials=1):
    rng = random.Random(seed)
    return [
        result(
            f"c{number}",
            {
                "correct": number != 2,
                "helpful": RuntimeError("judge: no") if number == 3 else 1.5 * number,
                "latency": rng.random() + 0.1,
                "category": "refund",
                **({"extra": None} if number == 1 else {}),
            },
            specs=SPECS,
            trial=trial,
            tags={"topic": "ü"},
            expectations='{"answer":"yes"}',
            outputs=None if number == 4 else f'{{"text":"answer {number}"}}',
            error="boom" if number == 4 else None,
            started_at=rng.random(),
            duration_s=rng.random(),
        )
        for number in range(cases)
        for trial in range(trials)
    ]


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "baselines" / "bot.jsonl"


def test_header_and_case_lines(store, record, result, path):
    version = AppVersion("v1", commit="abc", dirty=False, params={"model": "m"})
    run = record("r1", build(result)[:1], version=version, started_at=0.0)
    assert write_baseline(path, store, run) == 1
    header, case, measured = map(json.loads, lines_of(path))
    assert header == {
        "vtrack_baseline": 1,
        "experiment": "bot",
        "version": "v1",
        "commit": "abc",
        "dirty": False,
        "params": {"model": "m"},
        "env": "dev",
        "run": "r1",
        "created_at": "1970-01-01T00:00:00+00:00",
        "cases": 1,
        "datasets": {"qa": 1},
        "metrics": {
            "category": {"fingerprint": "f1", "better": "higher"},
            "correct": {
                "fingerprint": "f1",
                "better": "higher",
                "tolerance": 0.03,
                "kind": "bool",
                "must_pass": True,
            },
            "helpful": {
                "fingerprint": "f2",
                "better": "lower",
                "bounds": [1.0, 5.0],
                "kind": "bounded",
                "gate": False,
            },
            "latency": {
                "fingerprint": LATENCY.fingerprint,
                "better": "lower",
                "kind": "latency",
                "gate": False,
            },
        },
    }
    assert list(case.items()) == [
        ("case", "c0"),
        ("dataset", "qa"),
        ("test", "tests/test_qa.py::test_answers"),
        ("digest", "d1"),
        ("tags", {"topic": "ü"}),
        ("inputs", {"question": "c0?"}),
        ("expectations", {"answer": "yes"}),
        ("outputs", {"text": "answer 0"}),
        ("outcome", "passed"),
        ("metrics", {"category": "refund", "correct": True, "helpful": 0.0}),
    ]
    assert measured["measured"] == 1
    assert list(measured["metrics"][0]) == ["latency"]
    assert "ü" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("trials", [1, 3])
def test_what_is_written_is_read_back(store, record, result, path, trials):
    reason = Assessment(SPECS["correct"], True, rationale="says so")
    results = [
        *build(result, cases=250, trials=trials),
        result("z", assessments=(reason,), flags='{"x":"on"}'),
    ]
    run = record("r1", results, env="prod", flags={"x": "on"}, version=AppVersion("v1", commit="abc"))
    write_baseline(path, store, run)
    header, stream = read_baseline(path)
    read = list(stream)
    assert read == [replace(each, nodeid=each.key.test) for each in store.results("r1")]
    assert (header.experiment, header.version, header.env, header.flags) == (
        "bot",
        run.version,
        "prod",
        {"x": "on"},
    )
    assert (header.origin, header.status, header.started_at) == ("file", "complete", run.started_at)


def test_imported_baseline_compares_as_its_run_does(store, record, result, path):
    run = record("r1", build(result, trials=2))
    write_baseline(path, store, run)
    imported = import_baseline(store, path)
    assert (imported.origin, imported.stored, imported.complete) == ("file", run.stored, True)
    for sums in store.metric_sums("r1", imported.id):
        assert sums.raw.changed == sums.unpaired == 0
        assert sums.baseline == sums.current
    assert store.case_relation("r1", imported.id).counts.shared == 5


def test_same_content_is_imported_once_whatever_its_line_endings(store, record, result, path):
    write_baseline(path, store, record("r1", build(result)))
    first = import_baseline(store, path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert import_baseline(store, path) == imported_run(store, path) == first
    assert store.info().runs == 2
    assert [run.id for run in store.runs()] == ["r1"]


def test_import_that_was_interrupted_is_done_again(store, record, result, path):
    write_baseline(path, store, record("r1", build(result)))
    header, stream = read_baseline(path)
    store.begin(header)
    store.add(header.id, [next(stream)])
    assert import_baseline(store, path).stored == 5


def test_baseline_that_was_not_imported_is_named(store, record, result, path):
    write_baseline(path, store, record("r1", build(result)))
    with pytest.raises(
        ReferenceUnknown,
        match=rf"bot\.jsonl: this baseline file has not been read into {re.escape(store.location)}",
    ):
        imported_run(store, path)


@pytest.mark.parametrize("trials", [1, 2])
def test_recording_an_unchanged_app_again_differs_in_header_and_measurements_only(
    store, record, result, path, trials, tmp_path
):
    second = tmp_path / "second.jsonl"
    rng = random.Random(5)
    shuffled = build(result, seed=2, cases=120, trials=trials)
    rng.shuffle(shuffled)
    write_baseline(path, store, record("r1", build(result, seed=1, cases=120, trials=trials)))
    write_baseline(second, store, record("r2", shuffled, version=AppVersion("v2")))
    before, after = lines_of(path), lines_of(second)
    assert len(before) == len(after) == 1 + 120 + 2
    changed = [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    assert changed == [0, 121, 122]


def test_changed_case_changes_one_line(store, record, result, path, tmp_path):
    results = build(result)
    second = tmp_path / "second.jsonl"
    write_baseline(path, store, record("r1", results))
    results[1] = replace(results[1], outputs='{"text":"other"}')
    write_baseline(second, store, record("r2", results))
    changed = [
        n for n, pair in enumerate(zip(lines_of(path), lines_of(second), strict=True)) if pair[0] != pair[1]
    ]
    assert changed == [0, 2]


def test_scores_only_holds_digests_in_place_of_contents(store, record, result, path):
    reason = Assessment(SPECS["correct"], True, rationale="secret")
    results = [result("a", assessments=(reason,), inputs='{"q":"secret"}', outputs='"secret"', error=None)]
    write_baseline(path, store, record("r1", results), scores_only=True)
    assert "secret" not in path.read_text()
    assert json.loads(lines_of(path)[1])["outputs_digest"]
    imported = import_baseline(store, path)
    assert store.metric_sums(imported.id, "r1")[0].raw.n == 1
    (read,) = store.results(imported.id)
    assert read.outputs is None


def test_several_fingerprints_under_one_name_stay_apart(store, record, result, path):
    old, new = MetricSpec("m", "old"), MetricSpec("m", "new")
    results = [
        result("a", assessments=(Assessment(old, 1.0),)),
        result("b", assessments=(Assessment(new, 2.0),)),
    ]
    write_baseline(path, store, record("r1", results))
    assert list(json.loads(lines_of(path)[0])["metrics"]) == ["m@new", "m@old"]
    specs = {a.metric: a.value for r in read_baseline(path)[1] for a in r.assessments}
    assert specs == {old: 1.0, new: 2.0}


@pytest.mark.parametrize(
    ("line", "replacement", "message"),
    [
        (0, "", "line 1: '' is no JSON object; expected the description of the run"),
        (0, "[]", "line 1: '\\[\\]' is no JSON object"),
        (
            0,
            '{"question": "hi"}',
            'line 1: this is no baseline file; expected an object that begins with "vtrack_b',
        ),
        (0, '{"vtrack_baseline": 7}', "line 1: format 7 was written by a newer pytest-vtrack"),
        (0, '{"vtrack_baseline": 1}', 'line 1: expected "cases", the number of cases that follow'),
        (
            0,
            '{"vtrack_baseline": 1, "cases": 5}',
            "line 1: 'metrics' is missing; expected experiment, version, env",
        ),
        (0, '{"vtrack_baseline": 1, "cases": 9}', "counts 9 cases, but 5 follow; was the file cut or merged"),
        (2, "<<<<<<< HEAD", "line 3: '<<<<<<< HEAD' is no JSON object; expected a case"),
        (
            2,
            "{}",
            "line 3: 'metrics' is missing; expected a case with case, dataset, test, digest, outcome and m",
        ),
        (2, '{"metrics": 5}', "line 3: a value is of the wrong kind"),
        (
            6,
            '{"measured": 5, "metrics": [1]}',
            "line 7: expected lists started_at, duration_s and metrics, one entry",
        ),
        (6, '{"measured"', "line 7: .* is no JSON object; expected measurements"),
    ],
)
def test_broken_file_names_line_and_expectation(store, record, result, path, line, replacement, message):
    write_baseline(path, store, record("r1", build(result)))
    lines = lines_of(path)
    lines[line] = replacement
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ReferenceInvalid, match=message) as error:
        import_baseline(store, path)
    assert str(path) in str(error.value)
    assert store.info().runs == 1


def test_file_that_was_cut_is_refused(store, record, result, path):
    write_baseline(path, store, record("r1", build(result)))
    path.write_text("\n".join(lines_of(path)[:4]))
    with pytest.raises(
        ReferenceInvalid, match="the first line counts 5 cases, but 3 follow; was the file cut"
    ):
        read_baseline(path)


@pytest.mark.parametrize("kind", ["empty", "missing", "folder"])
def test_place_that_holds_no_file(tmp_path, kind):
    path = tmp_path / "b.jsonl"
    if kind == "empty":
        path.touch()
    if kind == "folder":
        path.mkdir()
    expected = "the file is empty" if kind == "empty" else "the baseline file cannot be read"
    with pytest.raises(ReferenceInvalid, match=rf"b\.jsonl: {expected}"):
        read_baseline(path)


def test_place_that_cannot_be_written(store, record, result, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="the baseline file cannot be written"):
        write_baseline(tmp_path / "file" / "b.jsonl", store, record("r1", build(result)))


def test_measurements_may_be_left_out(store, record, result, path):
    write_baseline(path, store, record("r1", build(result)))
    path.write_text("\n".join(lines_of(path)[:6]) + "\n", encoding="utf-8")
    assert [r.duration_s for r in read_baseline(path)[1]] == [0.0] * 5


def test_reading_a_large_file_does_not_take_its_size_in_memory(store, record, result, path, uri):
    answers = ['"' + random.Random(i).randbytes(4000).hex() + '"' for i in range(1500)]
    run = record("r1", [result(f"c{i:04d}", outputs=text) for i, text in enumerate(answers)])
    write_baseline(path, store, run)
    assert path.stat().st_size > 10_000_000
    code = (
        "import sys, tracemalloc; from pathlib import Path\n"
        "from pytest_vtrack.store.baseline_file import read_baseline\n"
        "tracemalloc.start(); n = sum(1 for _ in read_baseline(Path(sys.argv[1]))[1])\n"
        "print(n, tracemalloc.get_traced_memory()[1])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    count, peak = map(int, done.stdout.split())
    assert count == 1500
    assert peak < 3_000_000


def test_file_written_by_one_store_is_read_by_another(store, record, result, path, tmp_path):
    write_baseline(path, store, record("r1", build(result)))
    other = open_store(str(tmp_path / "other.db"))
    imported = import_baseline(other, path)
    again = tmp_path / "again.jsonl"
    write_baseline(again, other, imported)
    assert lines_of(again)[1:] == lines_of(path)[1:]
    other.close()
