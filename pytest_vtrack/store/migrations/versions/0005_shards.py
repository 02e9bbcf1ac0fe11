"""The sessions that fill a run together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pytest_vtrack.store.texts import TEXT

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "shard",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("run_key", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("expected", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"]),
    )
    op.create_index(op.f("ix_shard_run_key"), "shard", ["run_key"], unique=False)
