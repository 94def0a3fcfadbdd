"""What two processes do to one ledger at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from exchange.ledger import Ledger
from exchange.ledger_tables import SCOPE
from exchange.ledgers import engine
from exchange.ledgers.migrations import migrate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_scope_that_another_process_makes_at_the_same_moment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both asked, neither found it, both make it: there is one."""
    made = engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    migrate(made)
    ledger, writing = Ledger(made), Ledger.writing

    def beaten(self: Ledger) -> Any:
        with writing(self) as other:
            other.execute(insert(SCOPE).values(module="stock", target="outbox:x"))
        return writing(self)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "writing", beaten)
        first = ledger.scope("stock", "outbox:x")

    assert ledger.scope("stock", "outbox:x") == first
    ledger.close()
