"""Orders that were entered in Sage, as their customer sees them in the shop account."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Installation

#: Customers of the sandbox Sage who have an account in the shop.
BUYER, OTHER = "einkauf@morgenrot.example", "jemand@anders.example"
DOCUMENT = 9001


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    for email in (BUYER, OTHER):
        customer = {**PERSON, "email": email, "password": "geheim"}
        Client(running.running).call("POST", "customers.json", {"customer": customer}, status=201)
    yield running
    running.close()


def account(shop: Reached, email: str = BUYER) -> Any:
    """The account page of a customer who has logged in."""
    client = Client(shop.running)
    fields = {"email": email, "password": "geheim"}
    entered = client.http.request("POST", f"{shop.url}/de/account/login", fields=fields, redirect=False)
    headers = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
    return html.fromstring(client.http.request("GET", f"{shop.url}/de/account/", headers=headers).data)


def orders(shop: Reached, email: str = BUYER) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Status and lines (article, pieces, net price) of the orders on the account page."""
    return [
        (
            row.get("data-status"),
            [(each.get("data-line"), each.get("data-quantity"), each.get("data-price-excl"))
             for each in row.xpath(".//li[@data-line]")],
        )
        for row in account(shop, email).xpath("//tr[@data-order]")
    ]  # fmt: skip


def phone(installation: Installation, document: int = DOCUMENT, **head: Any) -> None:
    """Somebody calls, and the order is entered in Sage: 12 of one article at 6.90, 1 of another at 21.00."""
    connection = sqlite3.connect(installation.folder / "sage.sqlite")
    values = {"BelID": document, "VorID": document, "Belegnummer": document, "WSBestellNr": "", "Referenznummer": ""}
    values |= {"Belegkennzeichen": "VVA", "Belegart": "Auftragsbestätigung", **head}
    with connection:
        _copy(connection, "KHKVKBelege", "BelID = 1", values)
        connection.execute("INSERT INTO KHKVKBelegeVorgaenge (BelID, Mandant, VorID) VALUES (?, 1, ?)", [document] * 2)
        for index, (article, pieces, price) in enumerate((("00200050", 12, 6.9), ("10010", 1, 21)), 1):
            line = {"BelPosID": document * 10 + index, "BelID": document, "VorPosID": document * 10 + index}
            line |= {"Index": index, "Artikelnummer": article, "Menge": pieces, "IstErledigt": 0}
            line |= {"Einzelpreis": price, "Gesamtpreis": price * pieces, "Rabatt": 0, "Rabattbetrag": 0}
            _copy(connection, "KHKVKBelegePositionen", "BelPosID = 1", line)
    connection.close()


def _copy(connection: sqlite3.Connection, table: str, where: str, values: dict[str, Any]) -> None:
    """A row like another one, with some other values."""
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {where}")
    names = [each[0] for each in cursor.description]
    row = dict(zip(names, cursor.fetchone(), strict=True)) | values
    quoted = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"INSERT INTO {table} ({quoted}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def test_an_order_of_the_phone_stands_in_the_account_once_at_the_agreed_prices(tmp_path: Path, shop: Reached) -> None:
    """And in nobody else's; the next time there is nothing to say."""
    installation = connected(tmp_path, shop, **{"modules.order_export.since": "2026-01-01"})
    with opened(installation) as app:
        synced(app, "categories", "products")
        change(installation, "DELETE FROM KHKVKBelege WHERE Belegkennzeichen = 'VVA'")
        phone(installation, A0Empfaenger="D100001")
        done = synced(app, "order_export")
        assert (done.waiting, done.refused) == (0, 0)
        assert orders(shop) == [
            ("processing_awaiting_shipment", [("00200050", "12", "6.9"), ("10010", "1", "21")])
        ]
        assert orders(shop, OTHER) == []
        shop.writes()
        synced(app, "order_export")
        assert shop.called() == 0
