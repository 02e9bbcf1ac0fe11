"""Writing the HTML report of a comparison, or of a run that has nothing to be compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, count, islice
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_vtrack.report.files import write_text
from pytest_vtrack.report.html.chunks import MOST_BYTES
from pytest_vtrack.report.html.material import CasePair, Material, PastRun
from pytest_vtrack.report.view import report_view
from pytest_vtrack.workflow.case_status import CaseStatuses
from pytest_vtrack.workflow.compared_cases import ComparedCases
from pytest_vtrack.workflow.paired_cases import Paired, paired_cases

if TYPE_CHECKING:
    from pytest_vtrack.model.run import Run
    from pytest_vtrack.report.html.page import Page
    from pytest_vtrack.report.summary import Summary
    from pytest_vtrack.report.view import ReportView
    from pytest_vtrack.store.protocol import Store

MOST_RUNS = 30
"""On the trend page."""


def write_html(path: Path, store: Store | None, summary: Summary, *, made_at: float) -> list[str]:
    """Write what was found, and return warnings about it.

    Each further comparison stands in a file of its own, numbered beside the first: ``report-2.html``.

    :param store: where the runs are; ``None`` where there are none.
    :raises OSError: it cannot be written.
    """
    pages = html_pages(store, summary, made_at=made_at)
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    warnings = []
    for page, place in zip(pages, chain((path,), numbered), strict=False):
        write_text(place, page.text)
        warnings.append(too_large(page, place))
    return [warning for warning in warnings if warning]


def html_pages(store: Store | None, summary: Summary, *, made_at: float) -> list[Page]:
    """Return a page of each comparison, the gravest first; of each run where nothing was compared.

    :param store: where the runs are; ``None`` where there are none.
    """
    from pytest_vtrack.report.html.page import render_missing

    if store is not None and summary.comparisons:
        views = (report_view(one.comparison, exit_code=one.exit_code) for one in summary.gravest_first)
        return [comparison_report(store, view, made_at=made_at) for view in views]
    missing = "; ".join(one.why for one in summary.missing)
    if store is not None and summary.recorded:
        return [run_report(store, one.run, made_at=made_at, missing=missing) for one in summary.recorded]
    return [render_missing(one, summary.experiment, made_at=made_at) for one in summary.missing]


def too_large(page: Page, path: Path) -> str:
    """Return a warning about a page that browsers will be slow with; empty where it is fine."""
    from pytest_vtrack.report import numbers

    if page.size <= MOST_BYTES:
        return ""
    left_out = f"; left out already: {', '.join(page.trimmed)}" if page.trimmed else ""
    return f"{path} is {numbers.size(page.size)} large, which browsers take long to open{left_out}"


def comparison_report(store: Store, view: ReportView, *, made_at: float) -> Page:
    """Return the report of a comparison."""
    from pytest_vtrack.report.html.page import render

    comparison = view.comparison
    reading = ComparedCases(store, comparison)
    material = Material(
        run=comparison.current,
        baseline=comparison.baseline,
        view=view,
        metrics=store.metric_summaries(comparison.current.id),
        baseline_metrics=store.metric_summaries(comparison.baseline.id),
        pairs=reading,
        past=_past(store, comparison.current, comparison.baseline, view),
        made_at=made_at,
    )
    page = render(material)
    # Which tests were renamed is known when all were read: then once more, which is rare.
    return render(material) if reading.found_renames() else page


def run_report(store: Store, run: Run, *, made_at: float, missing: str = "") -> Page:
    """Return the report of a run by itself.

    :param missing: why there is no comparison although one was asked for.
    """
    from pytest_vtrack.report.html.page import render

    return render(
        Material(
            run=run,
            baseline=None,
            view=None,
            metrics=store.metric_summaries(run.id),
            baseline_metrics=(),
            pairs=_alone(store, run),
            past=_past(store, run),
            missing=missing,
            made_at=made_at,
        )
    )


def moment_of(environ: Mapping[str, str], now: float) -> float:
    """Return when a report is made: ``SOURCE_DATE_EPOCH``, so that bytes can be repeated, else now."""
    given = environ.get("SOURCE_DATE_EPOCH", "")
    return float(given) if given.isdecimal() else now


def _alone(store: Store, run: Run) -> Iterator[CasePair]:
    statuses = CaseStatuses((), ())
    return (statuses.of(Paired(*pair)) for pair in paired_cases((), store.results(run.id)))


def _is_earlier(other: Run, run: Run) -> bool:
    """Tell whether a run was evaluated before; production traces that were imported are no evaluation."""
    return other.origin != "import" and other.started_at <= run.started_at


def _past(
    store: Store, run: Run, baseline: Run | None = None, view: ReportView | None = None
) -> list[PastRun]:
    """Return the newest runs until this one, oldest first; the baseline is always among them."""
    runs = [one for one in store.runs(run.experiment) if one.id == run.id or _is_earlier(one, run)]
    kept = {one.id: one for one in islice(runs, MOST_RUNS)}
    kept.setdefault(run.id, run)
    if baseline is not None:
        kept.setdefault(baseline.id, baseline)
    decided = {run.id: view.comparison.verdict} if view else {}
    return [
        PastRun(one, store.metric_summaries(one.id), decided.get(one.id) or store.verdict_of(one.id))
        for one in sorted(kept.values(), key=lambda each: (each.started_at, each.id))
    ]
