"""Auto mode: schedules and their runs, pauses, leases on transfers, mails, causes of alerts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "schedule_state",
        sa.Column("name", sa.String(80), primary_key=True),
        sa.Column("since_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime),
        sa.Column("started_at", sa.DateTime),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("next_try_at", sa.DateTime),
        sa.Column("unserved_at", sa.DateTime),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("deaths", sa.SmallInteger, nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
    )
    op.create_table(
        "schedule_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime, nullable=False),
        sa.Column("result", sa.String(10), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("batches", sa.Text, nullable=False),
    )
    op.create_index("schedule_run_name", "schedule_run", ["name"])
    op.create_table(
        "pause",
        sa.Column("module", sa.String(40), primary_key=True),
        sa.Column("since_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("since_at", sa.DateTime, nullable=False),
        sa.Column("until_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("in_doubt", sa.String(5), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("next_try_at", sa.DateTime),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_index("mail_state", "mail", ["state"])
    op.create_table(
        "cause",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("module", sa.String(40), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("since_at", sa.DateTime, nullable=False),
        sa.Column("told_at", sa.DateTime),
        sa.Column("gone_at", sa.DateTime),
    )
    op.create_table(
        "trouble",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("code", sa.String(80), nullable=False),
        sa.Column("module", sa.String(40), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("since_at", sa.DateTime, nullable=False),
    )
