"""A file picked up is never lost, and its effect happens once: the process is killed after every step."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import Installation, install, order, orders_file
from tests.end_to_end.killer import POINTS

if TYPE_CHECKING:
    from pathlib import Path

#: Points that only a target with an effect outside of the ledger has.
OUTSIDE = {"apply: effect durable, not counted"}
#: Points that only a target which writes files has.
FILES = {"apply: effect counted, files not known"}

CONTENT = orders_file(
    order("ORD1"),
    order("ORD2", email="zweite@example.org", last_name="Zwei", billing_name="Zoe Zwei"),
    order("ORD3", lines=[order("x")["lines"][0] | {"article_number": "GIBTESNICHT"}]),
)


def killed_and_resumed(installation: Installation, point: str) -> None:
    """Drop a file, let the process die at the point, start again."""
    installation.drop("orders.json", CONTENT)

    died = installation.run_once(killed=point)
    assert died.returncode == (137 if sys.platform == "win32" else -9), died.stdout + died.stderr

    resumed = installation.run_once()
    assert resumed.returncode in (0, 1), resumed.stdout + resumed.stderr


def answered_once(installation: Installation) -> None:
    """One batch, one receipt whose numbers add up, the original kept to the byte, nothing left lying."""
    (receipt,) = installation.receipts()
    counts = receipt["counts"]
    assert (counts["rows_in"], counts["created"], counts["rejected"]) == (3, 2, 1), receipt
    assert receipt["balanced"]
    assert receipt["findings"][0]["code"] == "order_import.unknown_article"
    (kept,) = [path for path in (installation.folder / "archive").rglob("*") if path.is_file()]
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == hashlib.sha256(CONTENT.encode()).hexdigest()
    assert receipt["kept_at"] == kept.relative_to(installation.folder).as_posix()
    assert not [path for path in installation.inbox.rglob("*") if path.is_file()]
    assert installation.status("status")["open"] == []
    assert not list((installation.folder / "work").glob("*/claim.json"))


@pytest.mark.parametrize("point", [each for each in POINTS if each not in FILES])
def test_documents_are_written_once(tmp_path: Path, point: str) -> None:
    """Two orders, two documents, two new customers; wherever the process was killed."""
    installation = install(tmp_path, "documents")

    killed_and_resumed(installation, point)

    answered_once(installation)
    documents = installation.sage("SELECT Referenznummer FROM KHKVKBelege WHERE Referenznummer LIKE 'ORD%'")
    assert sorted(number for (number,) in documents) == ["ORD1", "ORD2"]
    customers = installation.sage(
        "SELECT count(*) FROM KHKAdressen WHERE EMail IN ('neu@example.org', 'zweite@example.org')"
    )
    assert customers == [(2,)]


@pytest.mark.parametrize("point", sorted(OUTSIDE))
def test_documents_that_follow_each_other_are_written_once(tmp_path: Path, point: str) -> None:
    """The second one's deal is the first one's, also where both landed before the process was killed."""
    installation = install(tmp_path, "documents")
    cup = {"article_number": "00200050", "quantity": "2", "unit_price": "10.00", "tax_rate": "19"}
    common = {
        "dated_on": "2026-11-23",
        "customer_number": "D100001",
        "gross": True,
        "total_gross": "20.00",
        "lines": [cup],
    }
    sale = {"kind": "VVA", "number": "SOL1", **common}
    bill = {"kind": "VFR", "number": "SOL2", "predecessor_kind": "VVA", "predecessor_number": "SOL1", **common}
    installation.drop("sales_documents/sol.json", json.dumps([bill, sale]))

    assert installation.run_once(killed=point).returncode == (137 if sys.platform == "win32" else -9)
    assert installation.run_once().returncode == 0

    (receipt,) = installation.receipts()
    assert (receipt["counts"]["created"], receipt["balanced"]) == (2, True)
    documents = installation.sage(
        "SELECT VorID, IstErledigt FROM KHKVKBelege JOIN KHKVKBelegePositionen USING (BelID) "
        "WHERE Referenznummer LIKE 'SOL%' ORDER BY Referenznummer"
    )
    (deal, taken), (same, left) = documents
    assert (same, taken, left) == (deal, -1, 0)


@pytest.mark.parametrize("point", [each for each in POINTS if each not in FILES])
def test_staging_rows_are_written_once(tmp_path: Path, point: str) -> None:
    """Two orders, two staged rows."""
    installation = install(tmp_path, "staging")

    killed_and_resumed(installation, point)

    answered_once(installation)
    assert installation.sage("SELECT count(*) FROM ExchangeOrder") == [(2,)]


@pytest.mark.parametrize("point", [each for each in POINTS if each not in OUTSIDE])
def test_order_files_are_written_once(tmp_path: Path, point: str) -> None:
    """Two orders, two order files in the outbox for Sage, none half written."""
    installation = install(tmp_path, "files")

    killed_and_resumed(installation, point)

    answered_once(installation)
    files = sorted(path.name for path in (installation.outbox / "sage").iterdir())
    orders = [name for name in files if not name.endswith(".part")]
    assert orders == files
    text = "".join((installation.outbox / "sage" / name).read_text("utf-8") for name in orders)
    assert text.count("ORD1") >= 1
    assert text.count("ORD2") >= 1
    assert "GIBTESNICHT" not in text


def test_a_file_that_kills_the_program_is_put_aside(installation: Installation) -> None:
    """A poison file cannot stop the others for ever (fault-catalogue C8)."""
    installation.drop("poison.json", CONTENT)
    for _ in range(3):
        installation.run_once(killed="recognise")

    ended = installation.run_once()

    assert ended.returncode == 65
    (receipt,) = installation.receipts()
    assert receipt["state"] == "quarantined"
    assert receipt["findings"][0]["code"] == "file.tried_too_often"
    assert (installation.folder / receipt["kept_at"]).read_text("utf-8") == CONTENT
