"""Consignments and their parcels, what letters have told, and the order that a mail is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables, and the column."""
    op.add_column("mail", sa.Column("order_number", sa.String(50), nullable=False, server_default=""))
    op.create_table(
        "consignment",
        sa.Column("reference", sa.String(50), primary_key=True),
        sa.Column("order_number", sa.String(50), nullable=False),
        sa.Column("carrier", sa.String(20), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("zip", sa.String(24), nullable=False),
        sa.Column("handed_at", sa.DateTime, nullable=False),
    )
    op.create_index("consignment_handed", "consignment", ["handed_at"])
    op.create_table(
        "parcel",
        sa.Column("number", sa.String(40), primary_key=True),
        sa.Column("reference", sa.String(50), primary_key=True),
        sa.Column("order_number", sa.String(50), nullable=False),
        sa.Column("known_at", sa.DateTime, nullable=False),
    )
    op.create_index("parcel_reference", "parcel", ["reference"])
    op.create_table(
        "told",
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("mail_key", sa.String(200), nullable=False),
    )
    op.create_index("told_mail", "told", ["mail_key"])
