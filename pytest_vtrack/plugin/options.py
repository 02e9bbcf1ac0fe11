"""Command line, environment variables and ini keys, read once into one frozen value."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_vtrack.errors import VtrackError

if TYPE_CHECKING:
    from pytest_vtrack.tracing.prices import PriceTable

GATES = ("off", "warn", "regress", "strict")
RESCORES = ("auto", "always", "never")
CAPTURES = ("full", "scores")
DEFAULT_BULK = 50_000
"""Beyond so many items pytest itself needs hundreds of megabytes, and seconds to collect them."""
DEFAULT_STORE = ".vtrack/vtrack.db"
REPORTS = {
    "html": "Write what was found as one HTML file that needs nothing but a browser.",
    "md": "Write what was found as Markdown: for a pull-request comment or a job's summary.",
    "json": "Write what was found as JSON, schema vtrack.report/1.",
}
VARIABLES = (
    *("VTRACK_STORE", "VTRACK_VERSION", "VTRACK_ENV", "VTRACK_BASELINE"),
    *("VTRACK_RUN_KEY", "VTRACK_SHARD", "VTRACK_SHARDS"),
)

settings_key: pytest.StashKey[Settings] = pytest.StashKey()


@dataclass(frozen=True)
class Settings:
    """What the user asked for; precedence: command line, environment variable, ini, default."""

    experiment: str
    store: str
    """A path to a SQLite file, or a database URL."""
    baseline: str | None = None
    baseline_asked: bool = False
    """Whether baseline or anchor was named for this very session, not in an ini file."""
    anchor: str | None = None
    version: str | None = None
    env: str = "dev"
    gate: str = "regress"
    repeat: int | None = None
    concurrency: int | None = None
    """As typed; then come markers, then the ini file."""
    concurrency_default: int = 1
    bulk: int | None = DEFAULT_BULK
    """Beyond so many items a test runs in chunks; ``None``: never."""
    all_tests: bool = False
    rescore: str = "auto"
    max_cost: float | None = None
    resume: bool = False
    timeout: float | None = None
    """Seconds that one call of the application may take."""
    rate: str | None = None
    """How many calls may start in a time."""
    flags: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    """What describes the version under test besides its name, such as its model."""
    tolerance_lines: tuple[str, ...] = ()
    alpha: str = "0.05"
    evidence: str = "any"
    redact: tuple[str, ...] = ()
    capture: str = "full"
    prices: PriceTable | None = None
    span_latency: tuple[str, ...] = ()
    reports: Mapping[str, str] = field(default_factory=dict)
    """The files to write, by kind, as they were typed."""


def add_options(parser: pytest.Parser) -> None:
    """Declare every option and ini key."""
    add = parser.getgroup("vtrack", "comparing versions of a GenAI application").addoption
    add("--vtrack-baseline", metavar="REF", dest="vtrack_baseline", help=_BASELINE_HELP)
    add("--vtrack-anchor", metavar="REF", dest="vtrack_anchor", help="Also compare with this older release.")
    add("--vtrack-version", metavar="NAME", dest="vtrack_version", help=_VERSION_HELP)
    add("--vtrack-env", metavar="NAME", dest="vtrack_env", help="Environment of the run (default: dev).")
    add(
        "--vtrack-gate",
        metavar="POLICY",
        dest="vtrack_gate",
        type=_gate,
        help=f"What makes the exit code non-zero: {', '.join(GATES)} (default: regress).",
    )
    add(
        "--vtrack-repeat",
        metavar="N",
        dest="vtrack_repeat",
        type=_at_least_one,
        help="Run every case N times.",
    )
    add(
        "--vtrack-concurrency",
        metavar="N",
        dest="vtrack_concurrency",
        type=_at_least_one,
        help="Run up to N cases of one test at once (default: 1).",
    )
    add("--vtrack-all", action="store_true", dest="vtrack_all", help="Record every test as a case.")
    add(
        "--vtrack-rescore",
        metavar="WHEN",
        dest="vtrack_rescore",
        type=_rescore,
        help=f"Score the baseline's stored outputs again when a scorer changed: {', '.join(RESCORES)}.",
    )
    add(
        "--vtrack-max-cost",
        metavar="AMOUNT",
        dest="vtrack_max_cost",
        type=_amount,
        help="Stop cleanly when the run has cost this much: its `cost` metric, and its judges.",
    )
    add("--vtrack-resume", action="store_true", dest="vtrack_resume", help=_RESUME_HELP)
    add("--vtrack-flag", type=_pair, **_repeatable("vtrack_flag", "Feature flag of this run, NAME=VALUE"))
    add("--vtrack-tag", type=_tag, **_repeatable("vtrack_tag", "Custom tag of this run, NAME=VALUE"))
    add(
        "--vtrack-store",
        metavar="URI",
        dest="vtrack_store",
        help=f"Where runs are kept (default: {DEFAULT_STORE} beside the ini file).",
    )
    for kind, text in REPORTS.items():
        add(f"--vtrack-{kind}", metavar="PATH", dest=f"vtrack_{kind}", help=text)
    _add_ini_keys(parser)


_BASELINE_HELP = (
    "Compare with this version, named baseline, `last`, `run:ID` or committed .jsonl file; the verdict sets "
    "the exit code."
)
_RESUME_HELP = "Continue the newest interrupted run of this version: what is finished does not run again."
_VERSION_HELP = "Name of the version under test (default: git describe, else the package's version)."


def _add_ini_keys(parser: pytest.Parser) -> None:
    for name, text in (
        ("experiment", "Name that groups runs (default: the project folder's name)."),
        ("store", "Default of --vtrack-store."),
        ("baseline", "Default of --vtrack-baseline."),
        ("anchor", "Default of --vtrack-anchor."),
        ("gate", "Default of --vtrack-gate."),
        ("env", "Default of --vtrack-env."),
        ("version", "Default of --vtrack-version."),
        ("rescore", "Default of --vtrack-rescore."),
        ("concurrency", "Default of --vtrack-concurrency."),
        ("bulk", "A test with more items than this runs in chunks of cases, or off (default: 50000)."),
        ("timeout", "Seconds that one call of the application may take (default: any number)."),
        ("rate", "How many calls may start in a time, e.g. 60/min (default: any number)."),
        ("alpha", "How often chance alone may look worse (default: 0.05)."),
        ("evidence", "What has to be shown: any loss, or one beyond-tolerance (default: any)."),
        ("capture", f"What is stored of inputs and outputs: {' or '.join(CAPTURES)}."),
    ):
        parser.addini(f"vtrack_{name}", text, type="string", default="")
    parser.addini("vtrack_tolerance", "Lines `metric = amount`, e.g. `latency = 25%`.", type="linelist")
    parser.addini("vtrack_params", "Lines `name = value` that describe the version.", type="linelist")
    parser.addini("vtrack_prices", "TOML or JSON file: model = prices per million tokens.", default="")
    parser.addini("vtrack_span_latency", "Names of spans whose time is a metric.", type="linelist")
    parser.addini("vtrack_redact", "More names whose values are masked before storing.", type="linelist")


def read_settings(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read all settings of a session.

    :raises pytest.UsageError: an ini key or environment variable holds a value that is not allowed.
    """

    def chosen(name: str) -> str | None:
        return _asked(config, name, environ) or str(_ini(config, name)).strip() or None

    def one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
        value = chosen(name) or default
        if value not in allowed:
            raise pytest.UsageError(f"vtrack_{name}: {value!r} is not one of {', '.join(allowed)}")
        return value

    option = config.option
    return Settings(
        experiment=chosen("experiment") or config.rootpath.name,
        store=_store_uri(config, environ),
        baseline=chosen("baseline"),
        baseline_asked=bool(_asked(config, "baseline", environ) or _asked(config, "anchor", environ)),
        anchor=chosen("anchor"),
        version=chosen("version"),
        env=chosen("env") or "dev",
        gate=one_of("gate", GATES, "regress"),
        repeat=option.vtrack_repeat,
        concurrency=option.vtrack_concurrency,
        concurrency_default=_default_concurrency(config),
        bulk=_bulk(config),
        all_tests=option.vtrack_all,
        rescore=one_of("rescore", RESCORES, "auto"),
        max_cost=option.vtrack_max_cost,
        resume=option.vtrack_resume,
        **_limits(config),
        flags=dict(option.vtrack_flag or ()),
        tags=dict(option.vtrack_tag or ()),
        params=_params(config),
        tolerance_lines=tuple(_ini(config, "tolerance")),
        alpha=chosen("alpha") or "0.05",
        evidence=chosen("evidence") or "any",
        redact=tuple(_ini(config, "redact")),
        capture=one_of("capture", CAPTURES, "full"),
        prices=_prices(config),
        span_latency=tuple(_ini(config, "span_latency")),
        reports={kind: path for kind in REPORTS if (path := _asked(config, kind, environ))},
    )


def _asked(config: pytest.Config, name: str, environ: Mapping[str, str]) -> str | None:
    """Return what was asked of this very session, on the command line or by an environment variable.

    :raises pytest.UsageError: an option is empty, as ``--vtrack-baseline=$UNSET`` in a script.
    """
    option = getattr(config.option, f"vtrack_{name}", None)
    if option is not None and not option.strip():
        raise pytest.UsageError(f"--vtrack-{name}: the value is empty; name one, or leave the option out")
    variable = f"VTRACK_{name.upper()}"
    return option or (environ.get(variable) if variable in VARIABLES else None) or None


def _ini(config: pytest.Config, name: str) -> Any:
    return config.getini(f"vtrack_{name}")


def _params(config: pytest.Config) -> Mapping[str, str]:
    lines = _ini(config, "params")
    if not lines:
        return {}
    from pytest_vtrack.model.version import parse_params

    try:
        return parse_params(lines, source="vtrack_params")
    except VtrackError as error:
        raise pytest.UsageError(str(error)) from None


def _default_concurrency(config: pytest.Config) -> int:
    try:
        return _at_least_one(str(_ini(config, "concurrency")).strip() or "1")
    except ArgumentTypeError as error:
        raise pytest.UsageError(f"vtrack_concurrency: {error}") from None


def _bulk(config: pytest.Config) -> int | None:
    text = str(_ini(config, "bulk")).strip() or str(DEFAULT_BULK)
    if text == "off":
        return None
    try:
        return _at_least_one(text)
    except ArgumentTypeError as error:
        raise pytest.UsageError(f"vtrack_bulk: {error}, nor off") from None


def _limits(config: pytest.Config) -> dict[str, Any]:
    texts = {name: str(_ini(config, name)).strip() for name in ("timeout", "rate")}
    if not any(texts.values()):
        return {}
    from pytest_vtrack.plugin.limit_arguments import common_limits

    try:
        return common_limits(**texts)
    except VtrackError as error:
        raise pytest.UsageError(str(error)) from None


def _prices(config: pytest.Config) -> PriceTable | None:
    """Return the prices of tokens from the file that the ini key names, as seen from the ini file.

    :raises pytest.UsageError: the file holds no prices.
    """
    named = str(_ini(config, "prices")).strip()
    if not named:
        return None
    from pytest_vtrack.tracing.prices import load_prices

    try:
        return load_prices(_home(config) / Path(named).expanduser())
    except VtrackError as error:
        raise pytest.UsageError(str(error)) from None


def _home(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath else config.rootpath


def _store_uri(config: pytest.Config, environ: Mapping[str, str]) -> str:
    """Return the store with its path made absolute: as typed from here, as an ini value from the ini file."""
    asked = _asked(config, "store", environ)
    uri = asked or str(_ini(config, "store")).strip() or DEFAULT_STORE
    if "://" in uri:
        return uri
    return str((config.invocation_params.dir if asked else _home(config)) / Path(uri).expanduser())


def may_be_stored(store: str) -> bool:
    """Tell whether there may be a store already: on a server always, as a file where there is one.

    :raises StoreError: the store is no place that can be.
    """
    from pytest_vtrack.store.location import place_of

    path = place_of(store)
    return path is None or path.exists()


def _repeatable(dest: str, text: str) -> dict[str, Any]:
    return {"metavar": "NAME=VALUE", "action": "append", "dest": dest, "help": f"{text} (repeatable)."}


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in text.partition("="))
    if not (name and equals):
        raise ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _tag(text: str) -> tuple[str, str]:
    from pytest_vtrack.model.tags import check_tag_name

    name, value = _pair(text)
    try:
        check_tag_name(name, where=repr(text))
    except VtrackError as error:
        raise ArgumentTypeError(str(error)) from None
    return name, value


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 < amount < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not an amount above 0")
    return amount


def _gate(text: str) -> str:
    return _choice(text, GATES)


def _rescore(text: str) -> str:
    return _choice(text, RESCORES)


def _choice(text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise ArgumentTypeError(f"{text!r} is not one of {', '.join(allowed)}")
    return text
