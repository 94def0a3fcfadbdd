"""Where a ledger may live, and that a place where it would be damaged is refused."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import pytest

from exchange import ledgers
from exchange.errors import ConfigError
from exchange.ledgers import sqlite

if TYPE_CHECKING:
    from pathlib import Path


def test_w11_a_ledger_on_a_network_share_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks fail there or the file is damaged."""
    monkeypatch.setattr(sqlite, "_on_share", lambda _path: True)

    with pytest.raises(ConfigError, match="network share"):
        ledgers.engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an old Linux, whose Python is new all the same: said at the start, not in the middle of a file."""
    monkeypatch.setattr(sqlite.sqlite3, "sqlite_version_info", (3, 31, 1))

    with pytest.raises(ConfigError, match=r"needs 3\.35"):
        ledgers.engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_a_ledger_in_memory_needs_no_folder() -> None:
    """For a look at a file without an installation."""
    engine = ledgers.engine("sqlite:///:memory:")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


def test_the_folder_of_a_ledger_is_made(tmp_path: Path) -> None:
    """A new installation starts without preparations."""
    engine = ledgers.engine(f"sqlite:///{tmp_path / 'new' / 'ledger.sqlite'}")
    with engine.connect():
        assert (tmp_path / "new" / "ledger.sqlite").exists()
    engine.dispose()


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that is not there is a setting to mend, not a crash; the password stays out of it."""
    real = builtins.__import__

    def without(name: str, *arguments: Any, level: int = 0) -> Any:
        level = arguments[3] if len(arguments) > 3 else level
        if name.startswith("psycopg") and not level:  # SQLAlchemy has a module of that name, and is there
            raise ModuleNotFoundError(name)
        return real(name, *arguments[:3], level=level)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match="postgresql") as error:
        ledgers.engine("postgresql+psycopg://user:geheim@localhost/db")
    assert "geheim" not in str(error.value)
