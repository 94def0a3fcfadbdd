"""What the shop is to have and has; watermarks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "shop_part",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("resource", sa.String(40), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("language", sa.String(5), nullable=False),
        sa.Column("owner_resource", sa.String(40), nullable=False),
        sa.Column("owner_key", sa.String(255), nullable=False),
        sa.Column("shop_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("wanted_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("sent_hash", sa.LargeBinary(16), nullable=False),
        sa.Column("sent", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime),
        sa.Column("intent", sa.String(40), nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("next_try_at", sa.DateTime),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("batch_id", sa.Integer, nullable=False),
        sa.UniqueConstraint("resource", "key", "language"),
    )
    op.create_index("shop_part_state", "shop_part", ["state", "priority", "since"])
    op.create_index("shop_part_owner", "shop_part", ["owner_resource", "owner_key"])
    op.create_index("shop_part_due", "shop_part", ["due_at"])
    op.create_index("shop_part_shop_id", "shop_part", ["resource", "shop_id"])
    op.create_table(
        "shop_facet",
        sa.Column("part_id", sa.Integer, sa.ForeignKey("shop_part.id"), primary_key=True, autoincrement=False),
        sa.Column("module", sa.String(40), primary_key=True),
        sa.Column("record_key", sa.String(255), primary_key=True),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("creates", sa.Boolean, nullable=False),
        sa.Column("rank", sa.SmallInteger, nullable=False),
        sa.Column("from_at", sa.DateTime),
        sa.Column("until_at", sa.DateTime),
        sa.Column("batch_id", sa.Integer, nullable=False),
    )
    op.create_index("shop_facet_record", "shop_facet", ["module", "record_key"])
    op.create_table(
        "watermark",
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
    )
