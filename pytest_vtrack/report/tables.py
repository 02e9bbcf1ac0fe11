"""Plain listings for the command line: runs, one run, named baselines, the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from pytest_vtrack.model.comparison import OverallVerdict, SideCounts
from pytest_vtrack.model.run import Run
from pytest_vtrack.report import look, numbers, words
from pytest_vtrack.report.layout import Align, Line, Paper, Segment, columns, padded, widest, wrap
from pytest_vtrack.report.without_baseline import metric_values

_WIDEST_NAME = 24


class BaselineRow(NamedTuple):
    """What is listed of a named baseline: which version it is, since when, by whom and why."""

    name: str
    version: str
    run_id: str
    set_at: float
    """Seconds since the epoch."""
    set_by: str
    why: str


def runs_table(
    runs: Sequence[Run],
    verdicts: Mapping[str, OverallVerdict],
    *,
    width: int = 80,
    unicode: bool = True,
    zone: tzinfo = UTC,
) -> list[Line]:
    """Return one line a run.

    :param verdicts: by run id, the verdict that a run got against its baseline, where it had one.
    :param zone: the time zone that times are shown in.
    """
    paper = Paper(width, unicode)
    if not runs:
        return [paper.line("No runs are stored yet.")]
    rows = [
        [
            paper.text(run.short_id, 8),
            paper.middle(run.version.name, _WIDEST_NAME),
            paper.middle(run.env, 12),
            _cases(run),
            run.status,
            _time(run.started_at, zone),
        ]
        for run in runs
    ]
    head = ["run", "version", "environment", "cases", "status", "started"]
    aligns: tuple[Align, ...] = ("left", "left", "left", "right", "left", "left")
    kept = _columns_that_fit([head, *rows], aligns, paper.width - len("NO BASELINE") - 2)
    header, *texts = columns([[row[i] for i in kept] for row in [head, *rows]], [aligns[i] for i in kept])
    edge = widest([header, *texts]) + 2
    return [
        paper.line(Segment(padded(header, edge) + "verdict", "muted")),
        *(
            paper.line(padded(text, edge), *_verdict(verdicts.get(run.id)))
            for run, text in zip(runs, texts, strict=True)
        ),
    ]


def run_screen(
    run: Run,
    summaries: Sequence[SideCounts],
    *,
    width: int = 80,
    unicode: bool = True,
    zone: tzinfo = UTC,
) -> list[Line]:
    """Return what is known of one run: where it comes from, and its metrics."""
    paper, version = Paper(width, unicode), run.version
    state = " with uncommitted changes" if version.dirty else ""
    facts = {
        "run": run.id,
        "experiment": run.experiment,
        "version": version.name,
        "commit": f"{version.commit}{state}" if version.commit else "",
        "branch": version.branch or "",
        "repository": version.repository or "",
        "package": version.package_version or "",
        "parent": version.parent or "",
        "params": _pairs(version.params),
        "environment": run.env,
        "flags": _pairs(run.flags),
        "tags": _pairs({name: value for name, value in run.tags.items() if not _is_told(name)}),
        "started": _time(run.started_at, zone),
        "took": "" if run.took_s is None else numbers.duration(run.took_s),
        "cases": _cases(run),
        "status": run.status + (f" ({run.reason})" if run.reason else ""),
        "continued": _continued(run.tags, zone),
    }
    return [*paper.facts(facts.items()), (), *metric_values(summaries, paper)]


def baseline_table(
    rows: Sequence[BaselineRow], *, width: int = 80, unicode: bool = True, zone: tzinfo = UTC
) -> list[Line]:
    """Return two lines a named baseline, or a change of one: what it is, and why."""
    paper = Paper(width, unicode)
    if not rows:
        return [
            paper.line("No baseline is named yet. Name one:"),
            *paper.command(words.accept_command("main", "VERSION")),
        ]
    cells = [
        [
            paper.middle(row.name, _WIDEST_NAME),
            paper.middle(row.version, _WIDEST_NAME),
            paper.text(row.run_id[:8], 8),
            _time(row.set_at, zone),
        ]
        for row in rows
    ]
    header, *texts = columns([["baseline", "version", "run", "since"], *cells], ("left",) * 4)
    lines = [paper.line(Segment(paper.cut(header, width), "muted"))]
    for row, text in zip(rows, texts, strict=True):
        lines.append(paper.line(paper.cut(text, width)))
        why = f"{row.set_by}: {row.why}" if row.set_by else row.why
        lines += [paper.line(f"    {part}") for part in wrap(paper.text(why), width - 4) if part]
    return lines


def store_info_lines(
    location: str,
    *,
    size_bytes: int | None,
    counts: Mapping[str, int],
    schema: str = "",
    width: int = 80,
    unicode: bool = True,
) -> list[Line]:
    """Return where results are kept, how large that is, and how much is in it.

    :param counts: what is counted (``runs``, ``cases`` …) and how much of it there is.
    """
    facts = {
        "store": location,
        "schema": schema,
        "size": "" if size_bytes is None else numbers.size(size_bytes),
        **{name: numbers.count(number) for name, number in counts.items()},
    }
    return Paper(width, unicode).facts(facts.items())


def _columns_that_fit(rows: Sequence[Sequence[str]], aligns: Sequence[Align], width: int) -> list[int]:
    """Return which columns are shown: the start goes first, then the status, then the environment."""
    kept = list(range(len(aligns)))
    for dropped in (5, 4, 2):
        texts = columns([[row[i] for i in kept] for row in rows], [aligns[i] for i in kept])
        if widest(texts) <= width:
            break
        kept.remove(dropped)
    return kept


def _verdict(verdict: OverallVerdict | None) -> list[Segment]:
    if verdict is None:
        return [Segment(numbers.MISSING, "muted")]
    shown = look.OVERALL[verdict]
    return [Segment(shown.word, shown.tone)]


def _cases(run: Run) -> str:
    missing = run.expected is not None and run.expected > run.stored
    return (
        f"{numbers.count(run.stored)} of {numbers.count(run.expected or 0)}"
        if missing
        else numbers.count(run.stored)
    )


def _time(seconds: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(seconds, tz=zone).strftime("%Y-%m-%d %H:%M") if seconds else numbers.MISSING


def _continued(tags: Mapping[str, str], zone: tzinfo) -> str:
    """Return how often and when an interrupted run was continued."""
    times = tags.get("vtrack.resumed.at", "").split(", ") if "vtrack.resumed" in tags else []
    if not times:
        return ""
    shown = ", ".join(_time(datetime.fromisoformat(time).timestamp(), zone) for time in times)
    return f"{'once' if len(times) == 1 else f'{len(times)} times'} ({shown})"


def _is_told(tag: str) -> bool:
    """Tell whether another line of the screen says what a tag says."""
    return tag.startswith(("vtrack.source.", "vtrack.resumed")) or tag in (
        "app_version",
        "environment",
        "feature_flags",
    )


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(values.items()))
