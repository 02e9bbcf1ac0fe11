"""The report as one HTML file: plain pages that need no script, and all cases packed behind them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pytest_vtrack.report import numbers, untrusted
from pytest_vtrack.report.html import forest, metric_cards, overview, past_rows, run_facts, slices, trend
from pytest_vtrack.report.html.case_index import MARKS, STATUSES, CaseIndex
from pytest_vtrack.report.html.case_text import case_json, dumps, fields
from pytest_vtrack.report.html.chunks import MOST_BYTES, Packed, Packer, pack
from pytest_vtrack.report.html.material import Material
from pytest_vtrack.report.html.shown_metrics import ShownMetrics, shown_metrics

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from pytest_vtrack.report.summary import Missing

_TEMPLATES = files("pytest_vtrack.templates") / "report"
_SCRIPT = ("text", "cases", "filter", "address", "table", "diff", "case", "waterfall", "pages")
_CASES_GO_HERE = "<!--cases-->"


@dataclass(frozen=True, slots=True)
class Page:
    """A report as the text of one file."""

    text: str
    trimmed: tuple[str, ...] = ()
    """What was left out to keep the file small."""

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.text.encode())


def render(material: Material, *, most_bytes: int = MOST_BYTES) -> Page:
    """Return the report; its bytes depend on nothing but ``material``.

    :param most_bytes: what the cases may take before something is left out.
    """
    metrics = shown_metrics(material)
    index, packer = CaseIndex(metrics.kinds), Packer(most_bytes)
    for pair in material.pairs:
        inputs = fields(pair.newest.inputs)
        index.add(pair, inputs)
        packer.add(
            case_json(pair, metrics.kinds, inputs),
            unchanged=pair.status == "same" and material.baseline is not None,
        )
    packed = packer.packed()
    html = _html(material, index, packed)
    before, after = html.split(_CASES_GO_HERE)
    return Page("".join((before, *_scripts(material, metrics, index, packed), after)), packed.trimmed)


def render_missing(missing: Missing, experiment: str, *, made_at: float) -> Page:
    """Return the page of a session that ended because its baseline is not there."""
    css = _template("style.css")
    template = _environment().get_template("missing.html.j2")
    return Page(
        template.render(
            missing=missing, experiment=experiment, made_at=made_at, css=_own(css), css_hash=_hash(css)
        )
    )


def _html(material: Material, index: CaseIndex, packed: Packed) -> str:
    css, js = _template("style.css"), script()
    view = material.view
    results = [row.result for row in view.metrics] if view else []
    scale = forest.scale_of(results)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            m=material,
            view=view,
            css=_own(css),
            js=_own(js),
            css_hash=_hash(css),
            js_hash=_hash(js),
            cases_go_here=_own(_CASES_GO_HERE),
            overview=overview.overview(material, index),
            meaning=overview.sentences(view) if view else [],
            cards=metric_cards.metric_cards(material, view) if view else [],
            forest={row.name: forest.forest_row(row.result, scale) for row in view.metrics} if view else {},
            drawing=forest,
            slices=slices.slice_tables(view.comparison) if view else [],
            charts=trend.charts(material),
            version_marks=trend.version_marks(material.past),
            trend=trend,
            metric_names=past_rows.metric_names(material),
            past_rows=past_rows.past_rows(material),
            facts=run_facts.run_facts(material.run, material.baseline),
            again=run_facts.commands(material.run),
            scorers=run_facts.scorers(material),
            redacted=run_facts.redacted((material.run, material.baseline)),
            case_count=len(index),
            trimmed=packed.trimmed,
        )
    )


def _scripts(material: Material, metrics: ShownMetrics, index: CaseIndex, packed: Packed) -> Iterator[str]:
    view = material.view
    sides = [view.between.old, view.between.new] if view else ["", material.run.version.name]
    head = {
        **index.plain(),
        "starts": packed.starts,
        "statuses": STATUSES,
        "marks": MARKS,
        "sides": sides,
        "compared": material.baseline is not None,
        "listed": metrics.listed,
    }
    yield _script("index", pack(dumps(head)))
    for number, chunk in enumerate(packed.chunks):
        yield _script(f"chunk-{number}", chunk)


def _script(name: str, packed: str) -> str:
    return f'<script type="application/octet-stream" id="{name}">{packed}</script>\n'


def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        """Show what hides in a text, wherever a template prints one."""
        return untrusted.visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    helpers: dict[str, Callable[..., Any]] = {
        "count": numbers.count,
        "moment": run_facts.moment,
        "minus": lambda text: text.replace("-", "\u2212"),
        "short": lambda text, width=80: untrusted.one_line(text, width),
    }
    environment.filters.update(helpers)
    return environment


def script() -> str:
    """Return the script of the pages: one function, so that its names are nobody else's."""
    parts = "\n".join(_template(f"script/{name}.js") for name in _SCRIPT)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _template(name: str) -> str:
    return _TEMPLATES.joinpath(*name.split("/")).read_text(encoding="utf-8")


def _own(text: str) -> Markup:
    """Mark a file of ours as safe to stand in the page as it is; nothing of others ever comes here."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
