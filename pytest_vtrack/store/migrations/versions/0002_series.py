"""Assessments by series and case in one number, what was counted of a series, and whether cases repeat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pytest_vtrack.store.texts import TEXT

revision = "0002"
down_revision = "0001"

_CELL = "series.id * 4294967296 + old.case_id"
_IS_SERIES = "series.run_id = old.run_id AND series.scorer_id = old.scorer_id"


def upgrade() -> None:
    _mark_repeated_runs()
    _number_series()
    _move_assessments()
    _move_texts()
    _move_superseded()
    op.drop_table("run_metric")


def _mark_repeated_runs() -> None:
    op.add_column("run", sa.Column("repeated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE run SET repeated = true WHERE id IN (SELECT run_id FROM trace WHERE trial <> 0)")


def _number_series() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("scorer_id", sa.Integer(), nullable=False),
        sa.Column("better", TEXT, nullable=False),
        sa.Column("tolerance", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("gate", sa.Boolean(), nullable=False),
        sa.Column("must_pass", sa.Boolean(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=True),
        sa.Column("bools", sa.Integer(), nullable=True),
        sa.Column("numbers", sa.Integer(), nullable=True),
        sa.Column("labels", sa.Integer(), nullable=True),
        sa.Column("errors", sa.Integer(), nullable=True),
        sa.Column("minimum", sa.Double(), nullable=True),
        sa.Column("maximum", sa.Double(), nullable=True),
        sa.Column("mean", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("run_id", "scorer_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
        sa.ForeignKeyConstraint(["scorer_id"], ["scorer.id"]),
    )
    declared = "run_id, scorer_id, better, tolerance, low, high, kind, gate, must_pass"
    op.execute(
        f"INSERT INTO series ({declared}) SELECT {declared} FROM run_metric ORDER BY run_id, scorer_id"
    )


def _move_assessments() -> None:
    _set_aside("assessment")
    op.create_table(
        "assessment",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cell", "trial"),
        sqlite_with_rowid=False,
    )
    _move("assessment", f"{_CELL}, trial, value, status", into="cell, trial, value, status")


def _move_texts() -> None:
    _set_aside("assessment_text")
    op.create_table(
        "assessment_text",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rationale", TEXT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("metadata", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("cell", "trial"),
    )
    same = "trial, rationale, error, source, metadata"
    _move("assessment_text", f"{_CELL}, {same}", into=f"cell, {same}")


def _move_superseded() -> None:
    op.drop_index("superseded_by_trial", table_name="assessment_superseded")
    _set_aside("assessment_superseded")
    op.create_table(
        "assessment_superseded",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("trial", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("rationale", TEXT, nullable=True),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("metadata", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    same = "case_id, trial, attempt, value, status, rationale, error, source, metadata"
    _move("assessment_superseded", f"series.run_id, series.id, {same}", into=f"run_id, series_id, {same}")
    op.create_index(
        "superseded_by_trial", "assessment_superseded", ["run_id", "case_id", "trial"], unique=False
    )


def _set_aside(table: str) -> None:
    """Rename a table, and the index of its key where that has a name of its own."""
    op.rename_table(table, f"old_{table}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX {table}_pkey RENAME TO old_{table}_pkey")


def _move(table: str, columns: str, *, into: str) -> None:
    """Copy what a table held under its old name, and drop that."""
    op.execute(
        f"INSERT INTO {table} ({into}) SELECT {columns} FROM old_{table} AS old JOIN series ON {_IS_SERIES}"
    )
    op.drop_table(f"old_{table}")
