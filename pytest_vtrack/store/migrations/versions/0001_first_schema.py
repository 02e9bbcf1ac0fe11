"""The first schema: runs, cases, metrics, traces, assessments, baselines and verdicts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pytest_vtrack.store.texts import TEXT

revision = "0001"
down_revision = None


def upgrade() -> None:
    _runs()
    _cases()
    _metrics()
    _traces()
    _assessments()
    _decisions()


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("experiment", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("commit_id", TEXT, nullable=True),
        sa.Column("branch", TEXT, nullable=True),
        sa.Column("dirty", sa.Boolean(), nullable=True),
        sa.Column("repository", TEXT, nullable=True),
        sa.Column("package_version", TEXT, nullable=True),
        sa.Column("params", TEXT, nullable=False),
        sa.Column("env", TEXT, nullable=False),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("run_by_experiment", "run", ["experiment", "started_at"], unique=False)
    op.create_table(
        "run_test",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("test", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "dataset", "test"),
    )


def _cases() -> None:
    op.create_table(
        "case_",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("test", TEXT, nullable=False),
        sa.Column("dataset", TEXT, nullable=False),
        sa.Column("case_id", TEXT, nullable=False),
        sa.Column("flags", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("inputs", TEXT, nullable=False),
        sa.Column("expectations", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "tagset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "tagset_value",
        sa.Column("tagset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tag", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("tagset_id", "tag"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("text"),
    )
    op.create_table(
        "payload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("compressed", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )


def _metrics() -> None:
    op.create_table(
        "scorer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric", TEXT, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("metric", "fingerprint"),
    )
    op.create_table(
        "run_metric",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("scorer_id", sa.Integer(), nullable=False),
        sa.Column("better", TEXT, nullable=False),
        sa.Column("tolerance", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("gate", sa.Boolean(), nullable=False),
        sa.Column("must_pass", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.ForeignKeyConstraint(
            ["scorer_id"],
            ["scorer.id"],
        ),
        sa.PrimaryKeyConstraint("run_id", "scorer_id"),
    )


def _traces() -> None:
    op.create_table(
        "trace",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest", sa.SmallInteger(), nullable=False),
        sa.Column("errored", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("tagset_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "case_id", "trial", "attempt"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "trace_text",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("nodeid", TEXT, nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("warnings", TEXT, nullable=True),
        sa.Column("inputs", TEXT, nullable=True),
        sa.Column("expectations", TEXT, nullable=True),
        sa.Column("outputs", TEXT, nullable=True),
        sa.Column("payload_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "case_id", "trial", "attempt"),
    )


def _assessments() -> None:
    op.create_table(
        "assessment",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scorer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "scorer_id", "case_id", "trial"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "assessment_text",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("case_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scorer_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rationale", TEXT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("metadata", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "case_id", "trial", "scorer_id"),
    )
    op.create_table(
        "assessment_superseded",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("scorer_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("rationale", TEXT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("metadata", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "superseded_by_trial", "assessment_superseded", ["run_id", "case_id", "trial"], unique=False
    )


def _decisions() -> None:
    op.create_table(
        "baseline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("experiment", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("baseline_by_name", "baseline", ["experiment", "name"], unique=False)
    op.create_index(op.f("ix_baseline_run_id"), "baseline", ["run_id"], unique=False)
    op.create_table(
        "verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("baseline_key", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("policy", TEXT, nullable=False),
        sa.Column("metrics", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_verdict_run_id"), "verdict", ["run_id"], unique=False)
