"""Orders that were entered in Sage, as their customer sees them in the shop account."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from exchange.connectors.lightspeed.state import troubled
from exchange.modules import order_export
from exchange.sandbox.shop.faults import Fault
from tests.end_to_end.conftest import _environment
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.end_to_end.test_prices_in_shop import dropped
from tests.unit.sandbox.shop.conftest import PERSON, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.conftest import Installation

#: Customers of the sandbox Sage who have an account in the shop.
BUYER, OTHER = "einkauf@morgenrot.example", "jemand@anders.example"
DOCUMENT = 9001
TODAY = datetime.now(UTC)
NUMBER = f"{TODAY.year}-{DOCUMENT}"
ARTICLES = ("00200050", "10010")
AGREED = ("processing_awaiting_shipment", [("00200050", "12", "6.9"), ("10010", "1", "21")])


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
    values |= {"Belegkennzeichen": "VVA", "Belegart": "Auftragsbestätigung", "Nettobetrag": 103.8}
    values |= {"Belegdatum": f"{TODAY:%Y-%m-%d} 00:00:00.000000", "Belegjahr": TODAY.year, **head}
    with connection:
        _copy(connection, "KHKVKBelege", "BelID = 1", values)
        connection.execute("INSERT INTO KHKVKBelegeVorgaenge (BelID, Mandant, VorID) VALUES (?, 1, ?)", [document] * 2)
        for index, (article, pieces, price) in enumerate((("00200050", 12, 6.9), ("10010", 1, 21)), 1):
            line: dict[str, Any] = {
                "BelPosID": document * 10 + index,
                "BelID": document,
                "VorPosID": document * 10 + index,
            }
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


def at_work(folder: Path, shop: Reached, **given: Any) -> Installation:
    """An installation whose articles are in the shop, and whose Sage has one order of the phone."""
    since = {f"modules.{name}.since": "2020-01-01" for name in ("order_export", "order_import")}
    installation = connected(folder, shop, **{**since, **given})
    change(installation, f"DELETE FROM KHKArtikel WHERE Artikelnummer NOT IN {ARTICLES}")
    with opened(installation) as app:
        synced(app, "categories", "products")
    change(installation, "DELETE FROM KHKVKBelege WHERE Belegkennzeichen = 'VVA'")
    phone(installation, A0Empfaenger="D100001")
    shop.writes()
    return installation


def troubles(installation: Installation) -> str:
    """What is told of parts that wait or were refused."""
    with opened(installation) as app:
        return "\n".join(str(part.finding) for part in troubled(app.ledger))


def test_an_order_stands_in_the_account_once_at_the_agreed_prices(tmp_path: Path, shop: Reached) -> None:
    """And in nobody else's; the next time there is nothing to say. What was agreed on stands beside it for a theme."""
    installation = at_work(tmp_path, shop)
    with opened(installation) as app:
        planned = app.rehearse("order_export")[1].calls
        done = synced(app, "order_export")
        assert (done.waiting, done.refused, done.calls) == (0, 0, planned)
        assert orders(shop) == [AGREED]
        assert orders(shop, OTHER) == []
        (order,) = shop.rows("order")
        (field,) = shop.rows("order_metafield", str(order["id"]))
        said = json.loads(field["value"])
        assert (field["key"], said["number"], said["total_net"]) == ("sage_document", NUMBER, "103.80")
        assert [(each["quantity"], each["price"]) for each in said["lines"]] == [("12", "6.90"), ("1", "21.00")]
        shop.writes()
        synced(app, "order_export")
        assert shop.called() == 0


def test_what_came_from_the_shop_is_left_out(tmp_path: Path, shop: Reached) -> None:
    """By its number, by what the import wrote, and of customers without an account."""
    installation = at_work(tmp_path, shop)
    phone(installation, 9002, A0Empfaenger="D100001", WSBestellNr="ORD00018")
    phone(installation, 9003, A0Empfaenger="D100001", Matchcode="Webshop 4711")
    phone(installation, 9004, A0Empfaenger="D100001", Referenznummer="ORD00019")
    phone(installation, 9005, A0Empfaenger="D100009")
    change(installation, "UPDATE KHKKontokorrent SET WSKdNr = '' WHERE Kto = 'D100009'")
    with opened(installation) as app:
        synced(app, "order_export")
    assert [row["comment"] for row in shop.rows("order")] == [f"Sage: VVA {NUMBER}"]


def test_status_follows_what_becomes_of_the_order_in_sage(tmp_path: Path, shop: Reached) -> None:
    """A later document of the deal delivers it, another one cancels it."""
    installation = at_work(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "order_export")
        for document, became, status in ((9101, "VLL", "completed_shipped"), (9102, "VFS", "cancelled")):
            phone(installation, document, Belegkennzeichen=became, VorID=DOCUMENT)
            change(installation, f"UPDATE KHKVKBelegeVorgaenge SET VorID = {DOCUMENT} WHERE BelID = {document}")
            shop.writes()
            assert synced(app, "order_export").waiting == 0
            assert orders(shop) == [(status, AGREED[1])]
            assert shop.writes() == {"PUT orders/#": 1, "PUT orders/#/metafields/#": 1}


def test_lines_that_change_afterwards_are_told_and_stand_beside_the_order(tmp_path: Path, shop: Reached) -> None:
    """The shop cannot change them; when they are again as they were, nothing is to be told."""
    installation = at_work(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "order_export")
        price = "UPDATE KHKVKBelegePositionen SET Einzelpreis = {0}, Gesamtpreis = 12 * {0} WHERE BelPosID = 90011"
        change(installation, price.format("6.5"))
        done = synced(app, "order_export")
        assert (done.waiting, done.refused) == (0, 1)
        assert "00200050: 12 x 6.50 → 12 x 6.90" in troubles(installation)
        assert orders(shop) == [AGREED]
        (order,) = shop.rows("order")
        assert "6.50" in shop.rows("order_metafield", str(order["id"]))[0]["value"]
        change(installation, price.format("6.9"))
        done = synced(app, "order_export")
        assert (done.waiting, done.refused, len(shop.rows("order"))) == (0, 0, 1)


def test_costs_of_shipping_are_those_of_the_order(tmp_path: Path, shop: Reached) -> None:
    """Their article is none of the goods; a shop that has costs of its own is told of."""
    installation = at_work(tmp_path, shop, **{"modules.order_export.shipping_articles": ["100*"]})
    with opened(installation) as app:
        assert synced(app, "order_export").refused == 0
        (order,) = shop.rows("order")
        assert (order["shipmentTitle"], order["shipmentPriceExcl"]) == ("Versand laut Auftragsbestätigung", 21)
        assert orders(shop) == [(AGREED[0], AGREED[1][:1])]
        change(installation, "UPDATE KHKVKBelegePositionen SET Gesamtpreis = 25 WHERE BelPosID = 90012")
        assert synced(app, "order_export").refused == 1
    assert "25.00 → 21.00" in troubles(installation)


def test_a_shop_with_prices_of_its_own_is_told_of(tmp_path: Path, shop: Reached) -> None:
    """Whether it takes those of a quote is not documented: the order stands there, and a person knows."""
    shop.shop.settings.quote_prices = False
    installation = at_work(tmp_path, shop)
    with opened(installation) as app:
        done = synced(app, "order_export")
    assert (done.waiting, done.refused) == (0, 1)
    assert "10010: 1 x 21.00" in troubles(installation)


@pytest.mark.parametrize("point", ["intent entered, nothing sent", "made, answer not entered"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_killed_transfer_goes_on_and_leaves_one_order(tmp_path: Path, shop: Reached, point: str, number: int) -> None:
    """Quote, two lines and the order are made in four calls; before or after each of them the process dies."""
    installation = at_work(tmp_path, shop)
    with opened(installation) as app:
        app.export("order_export")
    assert killed(installation, point, number)
    pull_first(installation)
    with opened(installation) as app:
        done = app.deliver()
    assert (done.waiting, done.refused) == (0, 0)
    assert orders(shop) == [AGREED]
    assert len(shop.rows("quote")) == 1


def killed(installation: Installation, point: str, number: int) -> bool:
    """Send, and die on the way; whether it died of that."""
    program = [sys.executable, str(Path(__file__).parent / "shop_killer.py"), point, str(number), "deliver"]
    died = subprocess.run(program, cwd=installation.folder, capture_output=True, check=False, env=_environment())
    return died.returncode == (137 if sys.platform == "win32" else -9)


def pull_first(installation: Installation) -> None:
    """Nothing of it comes back to Sage, even before the ledger knows the order."""
    with opened(installation) as app:
        assert app.pull("order_import") is None


def test_lost_answers_leave_one_order_each(tmp_path: Path, shop: Reached) -> None:
    """The shop did what it was asked for, but its answer to the first, second, third or fourth call never came."""
    installation = at_work(tmp_path, shop)
    for number in range(4):
        if number:
            phone(installation, DOCUMENT + number, A0Empfaenger="D100001")
        shop.shop.faults.add(Fault("drop_after", "POST", "quotes.*", skip=number))
        with opened(installation) as app:
            synced(app, "order_export")
        pull_first(installation)
        with opened(installation) as app:
            app.deliver()
            assert (app.deliver().waiting, orders(shop)) == (0, [AGREED] * (number + 1))
        assert len(shop.rows("quote")) == number + 1


def test_a_shop_that_drops_the_comment_knows_the_order_by_its_quote(tmp_path: Path, shop: Reached) -> None:
    """Killed between the order and the ledger: it is neither brought back to Sage nor made again."""
    shop.shop.settings.quote_comments = False
    installation = at_work(tmp_path, shop)
    with opened(installation) as app:
        app.export("order_export")
    assert killed(installation, "made, answer not entered", 4)
    for row in shop.rows("order"):
        shop.api.update("order", "", str(row["id"]), {"memo": ""})
    pull_first(installation)
    with opened(installation) as app:
        assert app.deliver().waiting == 0
    assert orders(shop) == [AGREED]
    pull_first(installation)


def test_a_customer_who_came_from_the_shop_is_known_by_his_number(tmp_path: Path, shop: Reached) -> None:
    """Whatever address Sage has of him by now."""
    installation = at_work(tmp_path, shop, **{"modules.customer_export.default_country": "DE"})
    with opened(installation) as app:
        assert app.pull("customer_export") is not None
        ((number,),) = installation.sage(
            "SELECT k.Kto FROM KHKKontokorrent k JOIN KHKAdressen a USING (Adresse, Mandant) WHERE a.EMail = ?", OTHER
        )
        change(
            installation,
            f"UPDATE KHKVKBelege SET A0Empfaenger = '{number}' WHERE BelID = {DOCUMENT}",
            "UPDATE KHKAdressen SET EMail = 'ganz@anders.example'",
        )
        synced(app, "order_export")
    assert (orders(shop), orders(shop, OTHER)) == ([], [AGREED])


def test_a_file_brings_the_order_where_sage_may_not_be_read(tmp_path: Path, shop: Reached) -> None:
    """In each format the same, and the same order again is no other one; its status follows in words of people."""
    installation = at_work(tmp_path, shop)
    record = order_export.example()._replace(email=BUYER)
    line = record.lines[0]
    with opened(installation) as app:
        for form in ("csv", "json", "xml", "xlsx"):
            batch = dropped(app, tmp_path, "order_export", record, form)
            assert (batch.counts.rejected, batch.counts.held, app.deliver().waiting) == (0, 0, 0), form
        assert orders(shop) == [(AGREED[0], [(line.article_number, "12", "6.9")])]
        dropped(app, tmp_path, "order_export", record._replace(status="Storniert"), "csv")
        app.deliver()
        assert [status for status, _ in orders(shop)] == ["cancelled"]


def test_the_theme_shows_the_orders_of_the_window(tmp_path: Path, shop: Reached) -> None:
    """Without an order of the shop: several stand in one list, each for its days."""
    installation = at_work(tmp_path, shop, **{"modules.order_export.means": "metafield"})
    phone(installation, 9002, A0Empfaenger="D100001")
    with opened(installation) as app:
        assert synced(app, "order_export").waiting == 0
        shown = account(shop).xpath("//tr[@data-phone-order]/@data-phone-order")
        assert (shown, orders(shop)) == ([NUMBER, f"{TODAY.year}-9002"], [])
        assert account(shop, OTHER).xpath("//tr[@data-phone-order]") == []
        shop.writes()
        synced(app, "order_export")
        assert shop.called() == 0
        later = datetime.now(UTC) + timedelta(days=91)
        app.ledger.now = lambda: later
        app.deliver()
        assert account(shop).xpath("//tr[@data-phone-order]") == []


def test_an_order_waits_for_the_account_of_its_customer(tmp_path: Path, shop: Reached) -> None:
    """And says so; once the customer has registered it goes on by itself. He is looked for once an hour."""
    installation = at_work(tmp_path, shop)
    change(installation, f"UPDATE KHKAdressen SET EMail = 'neu@neu.example' WHERE EMail = '{BUYER}'")
    with opened(installation) as app:
        assert synced(app, "order_export").waiting > 0
        assert ("shop.no_account" in troubles(installation), orders(shop)) == (True, [])
        customer = {**PERSON, "email": "neu@neu.example", "password": "geheim"}
        Client(shop.running).call("POST", "customers.json", {"customer": customer}, status=201)
        shop.writes()
        app.deliver()
        assert shop.called() == 0
        later = datetime.now(UTC) + timedelta(minutes=61)
        app.ledger.now = lambda: later
        assert app.deliver().waiting == 0
        assert orders(shop, "neu@neu.example") == [AGREED]


def test_an_address_that_two_customers_share_decides_nothing(tmp_path: Path, shop: Reached) -> None:
    """The order waits until the shop's customer is known by his number: nobody sees the orders of another."""
    installation = at_work(tmp_path, shop)
    change(installation, f"UPDATE KHKAdressen SET EMail = '{BUYER.upper()}' WHERE Adresse = 5")
    with opened(installation) as app:
        assert synced(app, "order_export").waiting > 0
        assert ("shop.no_account" in troubles(installation), orders(shop)) == (True, [])
