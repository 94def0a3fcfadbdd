"""Alembic's entry: runs the revisions on the connection that `migrate` has opened."""

from __future__ import annotations

from alembic import context

from exchange.ledger_tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
