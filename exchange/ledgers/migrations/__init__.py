"""The history of the ledger's tables. A ledger is brought up to date when it is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: The newest revision; a test holds it against the folder.
HEAD = "0004"


def version(engine: Engine) -> str:
    """The revision of a ledger, or empty for a new one."""
    if not inspect(engine).has_table("alembic_version"):
        return ""
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def migrate(engine: Engine) -> None:
    """Bring the tables up to date. Two processes may try at once: the second waits and finds nothing to do."""
    if version(engine) == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - needed once per installation, and slow to import
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('exchange ledger'))"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
