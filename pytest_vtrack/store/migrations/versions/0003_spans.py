"""Spans of traces, with their names to be found by; large inputs as payloads; the spread of a series."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pytest_vtrack.store.texts import TEXT

revision = "0003"
down_revision = "0002"

_ATTEMPT = ("run_id", "case_id", "trial", "attempt")


def upgrade() -> None:
    _add_step_sets()
    _add_spans()
    has_flags = sa.text("flags <> ''")
    op.create_index("case_by_flags", "case_", ["flags"], sqlite_where=has_flags, postgresql_where=has_flags)
    op.create_index("tagset_by_value", "tagset_value", ["tag", "value"], unique=False)
    op.add_column("trace", sa.Column("stepset_id", sa.Integer(), nullable=True))
    op.add_column("case_", sa.Column("payload_id", sa.Integer(), nullable=True))
    op.add_column("series", sa.Column("standard_error", sa.Double(), nullable=True))
    op.execute("UPDATE series SET cases = NULL")  # what was counted lacks it, so it is counted again
    op.add_column("trace_text", sa.Column("inputs_payload_id", sa.Integer(), nullable=True))


def _add_step_sets() -> None:
    op.create_table(
        "stepset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "stepset_step",
        sa.Column("stepset_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("stepset_id", "kind", "name"),
        sqlite_with_rowid=False,
    )


def _add_spans() -> None:
    op.create_table(
        "trace_spans",
        *_attempt(),
        sa.Column("trace_id", TEXT, nullable=False),
        sa.Column("compressed", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint(*_ATTEMPT),
    )
    op.create_index(op.f("ix_trace_spans_trace_id"), "trace_spans", ["trace_id"], unique=False)
    op.create_table(
        "span_payload",
        *_attempt(),
        sa.Column("payload_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(*_ATTEMPT, "payload_id"),
        sqlite_with_rowid=False,
    )


def _attempt() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), autoincrement=False, nullable=False) for name in _ATTEMPT]
