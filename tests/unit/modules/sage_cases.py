"""What modules read out of a stand-in Sage with altered rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from exchange.connectors.sage import SageDatabase
from exchange.settings import SageSettings

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.finding import Finding
    from exchange.module import Module


def collected(path: Path, module: Module, options: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}", **settings)) as sage:
        assert module.collect is not None
        return {module.key(record): record for record in module.collect(sage, module.options(**options or {}))}


def execute(path: Path, *statements: Any) -> None:
    with SageDatabase(SageSettings(url=f"sqlite:///{path}")) as sage, sage.transaction() as connection:  # type: ignore[arg-type]
        for statement in statements:
            connection.execute(statement)


def alter(path: Path, table: Any, number: str, **values: Any) -> None:
    execute(path, update(table).where(table.c.Artikelnummer == number).values(values))


def told(module: Module, record: Any, **options: Any) -> list[Finding]:
    """What the rules of a module say of a record; a check behind several rules speaks once."""
    assert module.options is not None
    checks = dict.fromkeys(rule.check for rule in module.rules)
    return [finding for check in checks for finding in check(record, module.options(**options))]
