"""The first tables: batches, scopes, records with their history, findings, written files."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _state() -> list[sa.Column[Any]]:
    """What is known of a record: the same in the present and in the history."""
    return [
        sa.Column("fingerprint", sa.LargeBinary(16), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("batch_id", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("foreign_id", sa.String(120), nullable=False),
    ]


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.String(40), nullable=False, unique=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("origin", sa.String(10), nullable=False),
        sa.Column("module", sa.String(40), nullable=False),
        sa.Column("profile", sa.String(80), nullable=False),
        sa.Column("target", sa.String(120), nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("folder", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("snapshot", sa.Boolean, nullable=False),
        sa.Column("forced", sa.Boolean, nullable=False),
        sa.Column("replay_of", sa.String(40), nullable=False),
        sa.Column("duplicate_of", sa.String(40), nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("lease_until", sa.DateTime),
        sa.Column("received_at", sa.DateTime, nullable=False),
        sa.Column("finished_at", sa.DateTime),
        sa.Column("kept_at", sa.Text, nullable=False),
        sa.Column("rows_in", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("deleted", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.Column("held", sa.Integer, nullable=False),
        sa.Column("warnings", sa.Integer, nullable=False),
    )
    op.create_index("batch_state", "batch", ["state"])
    op.create_index("batch_content", "batch", ["content_hash"])
    op.create_table(
        "scope",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("module", sa.String(40), nullable=False),
        sa.Column("target", sa.String(120), nullable=False),
        sa.UniqueConstraint("module", "target"),
    )
    op.create_table(
        "record",
        sa.Column("scope_id", sa.Integer, sa.ForeignKey("scope.id"), primary_key=True, autoincrement=False),
        sa.Column("key", sa.String(255), primary_key=True),
        *_state(),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "record_history",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scope_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        *_state(),
    )
    op.create_index("record_history_key", "record_history", ["scope_id", "key"])
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch_id", sa.Integer, nullable=False),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("line", sa.Integer),
        sa.Column("field", sa.String(120), nullable=False),
        sa.Column("sheet", sa.String(120), nullable=False),
        sa.Column("cell", sa.String(20), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("finding_batch", "finding", ["batch_id"])
    op.create_index("finding_key", "finding", ["key"])
    op.create_table(
        "output",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch_id", sa.Integer, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("final", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
    )
    op.create_index("output_batch", "output", ["batch_id"])
