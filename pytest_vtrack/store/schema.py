"""The tables, for SQLite and PostgreSQL.

Cases and scorers are interned, so that two runs pair by a join on integers. ``assessment`` is clustered
by the metric of a run and then by case (:mod:`pytest_vtrack.store.cells`), ``trace`` by run and case;
both are narrow, and whatever is wide stands apart.
"""

from __future__ import annotations

import sqlalchemy as sa

from pytest_vtrack.store.texts import TEXT

VERSION = "0006"
"""The newest migration; the schema version that this code reads and writes."""

NOTHING, BOOL, NUMBER, LABEL, ERROR = range(5)
"""``assessment.status``: what ``value`` is. A label's value is its row in ``label``."""

metadata = sa.MetaData()

HAS_FLAGS = sa.text("flags <> ''")
"""Of the index on flags; a word for PostgreSQL beside it would import its dialect into every session."""


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _cell() -> sa.Column[int]:
    return sa.Column("cell", sa.BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False)


def _hash() -> sa.Column[bytes]:
    return sa.Column("hash", sa.LargeBinary, nullable=False, unique=True)


run = sa.Table(
    "run",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", TEXT, nullable=False, unique=True),
    _text("experiment"),
    _text("version"),
    sa.Column("commit_id", TEXT),
    sa.Column("branch", TEXT),
    sa.Column("dirty", sa.Boolean),
    sa.Column("repository", TEXT),
    sa.Column("package_version", TEXT),
    _text("params"),
    _text("env"),
    _text("flags"),
    _text("tags"),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    _text("status"),
    sa.Column("reason", TEXT),
    sa.Column("expected", sa.Integer),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("repeated", sa.Boolean, nullable=False, server_default=sa.false()),  # any trial but number 0
    _text("origin"),
    sa.Index("run_by_experiment", "experiment", "started_at"),
)

case_ = sa.Table(
    "case_",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _hash(),
    _text("test"),
    _text("dataset"),
    _text("case_id"),
    _text("flags"),
    _text("digest"),
    sa.Column("content", sa.LargeBinary, nullable=False),  # hash of the two that follow
    _text("inputs"),  # wide columns last: the others are read without them; empty where it is a payload
    _text("expectations"),
    sa.Column("payload_id", sa.Integer),  # of large inputs
    case_by_flags := sa.Index("case_by_flags", "flags", sqlite_where=HAS_FLAGS),
)

scorer = sa.Table(
    "scorer",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("metric"),
    _text("fingerprint"),
    sa.UniqueConstraint("metric", "fingerprint"),
)

series = sa.Table(  # one metric of one run
    "series",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("run.id"), nullable=False),
    sa.Column("scorer_id", sa.ForeignKey("scorer.id"), nullable=False),
    _text("better"),
    sa.Column("tolerance", sa.Double),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("kind", TEXT),
    sa.Column("gate", sa.Boolean, nullable=False),
    sa.Column("must_pass", sa.Boolean, nullable=False),
    sa.Column("cases", sa.Integer),  # what was counted when the run ended; no number while it goes on
    *(sa.Column(name, sa.Integer) for name in ("bools", "numbers", "labels", "errors")),
    *(sa.Column(name, sa.Double) for name in ("minimum", "maximum", "mean", "standard_error")),
    sa.UniqueConstraint("run_id", "scorer_id"),
)

run_test = sa.Table(
    "run_test",
    metadata,
    sa.Column("run_id", sa.ForeignKey("run.id"), primary_key=True),
    sa.Column("dataset", TEXT, primary_key=True),
    sa.Column("test", TEXT, primary_key=True),
)

tagset = sa.Table("tagset", metadata, sa.Column("id", sa.Integer, primary_key=True), _hash())

tagset_value = sa.Table(
    "tagset_value",
    metadata,
    _key("tagset_id"),
    sa.Column("tag", TEXT, primary_key=True),
    _text("value"),
    sa.Index("tagset_by_value", "tag", "value"),
    sqlite_with_rowid=False,
)

stepset = sa.Table("stepset", metadata, sa.Column("id", sa.Integer, primary_key=True), _hash())

stepset_step = sa.Table(  # what the steps of a trace are called: most traces of an application have the same
    "stepset_step",
    metadata,
    _key("stepset_id"),
    sa.Column("kind", TEXT, primary_key=True),
    sa.Column("name", TEXT, primary_key=True),
    sqlite_with_rowid=False,
)

label = sa.Table(
    "label",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", TEXT, nullable=False, unique=True),
)

payload = sa.Table(
    "payload",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _hash(),
    sa.Column("compressed", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

trace = sa.Table(
    "trace",
    metadata,
    _key("run_id"),
    _key("case_id"),
    _key("trial"),
    _key("attempt"),
    sa.Column("newest", sa.SmallInteger, nullable=False),
    sa.Column("errored", sa.SmallInteger, nullable=False),
    _text("outcome"),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("duration_s", sa.Double, nullable=False),
    sa.Column("tagset_id", sa.Integer),
    sa.Column("stepset_id", sa.Integer),  # none: neither spans nor an id
    sqlite_with_rowid=False,
)

trace_text = sa.Table(
    "trace_text",
    metadata,
    _key("run_id"),
    _key("case_id"),
    _key("trial"),
    _key("attempt"),
    _text("nodeid"),
    sa.Column("error", TEXT),
    sa.Column("warnings", TEXT),
    sa.Column("inputs", TEXT),  # these two only where they differ from the case's
    sa.Column("expectations", TEXT),
    sa.Column("outputs", TEXT),
    sa.Column("payload_id", sa.Integer),
    sa.Column("inputs_payload_id", sa.Integer),
)

trace_spans = sa.Table(
    "trace_spans",
    metadata,
    _key("run_id"),
    _key("case_id"),
    _key("trial"),
    _key("attempt"),
    sa.Column("trace_id", TEXT, nullable=False, index=True),
    sa.Column("compressed", sa.SmallInteger, nullable=False),
    sa.Column("body", sa.LargeBinary),
)

span_payload = sa.Table(  # which large contents the spans of a trace name
    "span_payload",
    metadata,
    _key("run_id"),
    _key("case_id"),
    _key("trial"),
    _key("attempt"),
    _key("payload_id"),
    sqlite_with_rowid=False,
)

assessment = sa.Table(
    "assessment",
    metadata,
    _cell(),
    _key("trial"),
    sa.Column("value", sa.Double),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

assessment_text = sa.Table(
    "assessment_text",
    metadata,
    _cell(),
    _key("trial"),
    sa.Column("rationale", TEXT),
    sa.Column("error", TEXT),
    _text("source"),
    sa.Column("metadata", TEXT),
)

assessment_superseded = sa.Table(
    "assessment_superseded",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.Integer, nullable=False),
    sa.Column("case_id", sa.Integer, nullable=False),
    sa.Column("trial", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("series_id", sa.Integer, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("rationale", TEXT),
    sa.Column("error", TEXT),
    _text("source"),
    sa.Column("metadata", TEXT),
    sa.Index("superseded_by_trial", "run_id", "case_id", "trial"),
)

baseline = sa.Table(
    "baseline",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("experiment"),
    _text("name"),
    sa.Column("run_id", sa.ForeignKey("run.id"), nullable=False, index=True),
    _text("why"),
    _text("who"),
    sa.Column("at", sa.Double, nullable=False),
    sa.Index("baseline_by_name", "experiment", "name"),
)

verdict = sa.Table(
    "verdict",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("run.id"), nullable=False, index=True),
    _text("baseline_key"),  # no reference: the verdict outlives a pruned baseline
    _text("verdict"),
    _text("rule"),
    sa.Column("exit_code", sa.Integer, nullable=False),
    sa.Column("at", sa.Double, nullable=False),
    _text("policy"),
    _text("metrics"),
)
