"""Shop → Sage: orders and customers by the API, and by files alone; the same comes out in Sage."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from exchange.errors import ConfigError
from tests.end_to_end.conftest import Installation, install
from tests.end_to_end.order_cases import ARTICLES, buy, call, connected, opened, selling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.sandbox.shop import Running


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Running]:
    with selling(tmp_path) as running:
        yield running


def documents(installation: Installation) -> list[tuple[Any, ...]]:
    """Orders in Sage with their positions, without ids and numbers that Sage gives."""
    return installation.sage(
        "SELECT b.Referenznummer, b.A0Name1, b.A0PLZ, b.Bruttobetrag, b.Nettobetrag, p.Artikelnummer, p.Menge,"
        " p.Einzelpreis FROM KHKVKBelege b JOIN KHKVKBelegePositionen p USING (BelID, Mandant)"
        " WHERE b.Referenznummer LIKE 'ORD%' ORDER BY 1, 6"
    )


def customers(installation: Installation) -> list[tuple[Any, ...]]:
    """Customers in Sage that came from the shop."""
    return installation.sage(
        "SELECT k.Kto, k.WSKdNr, k.EUUStID, k.Besteuerung, a.Name1, a.Name2, a.LieferStrasse, a.LieferPLZ, a.LieferOrt,"
        " a.LieferLand, a.EMail, a.Telefon FROM KHKKontokorrent k JOIN KHKAdressen a USING (Adresse, Mandant)"
        " WHERE k.WSKdNr <> '' ORDER BY k.Kto"
    )


def test_orders_come_by_the_api_once_and_the_shop_hears_of_it(tmp_path: Path, shop: Running) -> None:
    """Each becomes a document; its number stands at the shop's order. The second time there is nothing new."""
    first = buy(shop, "nora@neu.example", "Nora Neu", *ARTICLES)
    second = buy(shop, "otto@alt.example", "Otto Alt", "10010")
    installation = connected(tmp_path / "api", shop)
    rehearsed = installation.status("sync", "order_import", "--dry-run")
    assert (rehearsed["counts"]["created"], documents(installation)) == (2, [])

    done = installation.exchange("sync", "order_import", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (batch,) = json.loads(done.stdout)["batches"]
    assert batch["counts"]["created"] == 2
    assert {row[0] for row in documents(installation)} == {first["number"], second["number"]}

    with opened(installation) as app:
        assert app.deliver().waiting == 0
    numbers = installation.sage(
        "SELECT Belegkennzeichen || ' ' || Belegjahr || '-' || Belegnummer FROM KHKVKBelege WHERE Referenznummer = ?",
        first["number"],
    )
    fields = call(shop, "GET", f"orders/{first['id']}/metafields")["orderMetafields"]
    assert [(each["key"], each["value"]) for each in fields] == [("sage_document", numbers[0][0])]

    before = documents(installation)
    with opened(installation) as app:
        assert app.pull("order_import") is None
        shop.shop.clock.turn(5)
        call(shop, "PUT", f"orders/{second['id']}", {"order": {"memo": "bitte anrufen"}})
        third = buy(shop, "nora@neu.example", "Nora Neu", "10010")
        again = app.pull("order_import")
        assert again is not None
        assert (again.counts.created, again.counts.held) == (1, 0)
    assert [row for row in documents(installation) if row[0] != third["number"]] == before


def test_the_status_of_an_order_is_set_once_it_is_in_sage(tmp_path: Path, shop: Running) -> None:
    order = buy(shop, "nora@neu.example", "Nora Neu", "10010")
    options = {
        "modules.order_import.status": "completed",
        "modules.order_import.document_metafield": "",
    }
    with opened(connected(tmp_path / "api", shop, **options)) as app:
        app.pull("order_import")
        assert call(shop, "GET", f"orders/{order['id']}")["order"]["status"] != "completed"
        app.deliver()
    assert call(shop, "GET", f"orders/{order['id']}")["order"]["status"] == "completed"


def test_the_first_pull_has_to_know_from_when_on(tmp_path: Path, shop: Running) -> None:
    """Or it would bring the whole history of the shop into the books."""
    (tmp_path / "api").mkdir()
    reach = {"shop.way": "api", "shop.url": shop.url, "shop.key": shop.key, "shop.secret": shop.secret}
    with opened(install(tmp_path / "api", **reach)) as app, pytest.raises(ConfigError, match=r"order_import\.since"):
        app.pull("order_import")


def test_a_crash_between_the_file_and_the_watermark_brings_orders_twice_into_sage_once(
    tmp_path: Path, shop: Running
) -> None:
    """The file is entered, the watermark is not yet: the next pull gets the same orders again."""
    buy(shop, "nora@neu.example", "Nora Neu", *ARTICLES)
    installation = connected(tmp_path / "api", shop)
    with opened(installation) as app:
        real = app.ledger.mark

        def dies(*_arguments: Any) -> None:
            raise KeyboardInterrupt

        app.ledger.mark = dies  # type: ignore[method-assign]
        with pytest.raises(KeyboardInterrupt):
            app.pull("order_import")
        app.ledger.mark = real  # type: ignore[method-assign]
        assert app.ledger.watermark("pull.orders") == ""
        again = app.pull("order_import")
        assert again is not None
        assert again.counts.unchanged == 1
    assert len(documents(installation)) == 3  # two articles, and shipping


def test_customers_come_by_the_api_and_the_shop_hears_their_number(tmp_path: Path, shop: Running) -> None:
    """With groups; a change of address follows."""
    (group,) = [call(shop, "POST", "groups", {"group": {"title": "Wiederverkäufer"}})["group"]["id"]]
    made = call(shop, "POST", "customers", {"customer": COMPANY})["customer"]
    call(shop, "POST", "groups/customers", {"groupsCustomer": {"group": group, "customer": made["id"]}})
    installation = connected(tmp_path / "api", shop)
    with opened(installation) as app:
        batch = app.pull("customer_export")
        assert batch is not None
        assert (batch.counts.created, batch.counts.held) == (1, 0), app.ledger.findings(batch)
        app.deliver()
        (row,) = customers(installation)[-1:]
        assert row[1:] == (
            str(made["id"]), "U13585627", 2, "Neu Kaffee GmbH", None, "Ringstraße 7", "1010", "Wien", "AT",
            "einkauf@neu.example", "+43 1 5",
        )  # fmt: skip
        fields = call(shop, "GET", f"customers/{made['id']}/metafields")["customerMetafields"]
        assert [(each["key"], each["value"]) for each in fields] == [("sage_customer_number", row[0])]

        shop.shop.clock.turn(5)
        change = {"addressBillingStreet": "Neuweg", "addressBillingNumber": "1"}
        call(shop, "PUT", f"customers/{made['id']}", {"customer": change})
        again = app.pull("customer_export")
        assert again is not None
        assert again.counts.updated == 1
    assert customers(installation)[-1][6] == "Neuweg 1"


COMPANY = {
    "email": "einkauf@neu.example",
    "firstname": "Nora",
    "lastname": "Neu",
    "phone": "+43 1 5",
    "type": "registered",
    "isCompany": True,
    "companyName": "Neu Kaffee GmbH",
    "companyVatNumber": "ATU13585627",
    "addressBillingName": "Nora Neu",
    "addressBillingStreet": "Ringstraße",
    "addressBillingNumber": "7",
    "addressBillingZipcode": "1010",
    "addressBillingCity": "Wien",
    "addressBillingCountry": "at",
}


def test_by_files_alone_the_same_comes_into_sage(tmp_path: Path, shop: Running) -> None:
    """Orders as the API's json, customers as the back office's csv, dropped into the inbox."""
    order = buy(shop, "nora@neu.example", "Nora Neu", *ARTICLES, phone="+49 341 1")
    call(shop, "POST", "customers", {"customer": COMPANY})
    by_api = connected(tmp_path / "api", shop)
    with opened(by_api) as app:
        assert app.pull("customer_export") is not None
        assert app.pull("order_import") is not None

    (tmp_path / "files").mkdir()
    by_file = install(tmp_path / "files")
    with urllib.request.urlopen(f"{shop.url}/backoffice/customers") as answer:
        by_file.drop("customers_export.csv", answer.read())
    assert by_file.run_once().returncode == 0
    by_file.drop("order.json", json.dumps({"order": order}))
    assert by_file.run_once().returncode == 0
    assert {receipt["profile"] for receipt in by_file.receipts()} == {
        "lightspeed_customer_csv",
        "lightspeed_order_json",
    }

    assert len(documents(by_file)) == 3
    assert documents(by_file) == documents(by_api)
    assert customers(by_file) == customers(by_api)


@pytest.mark.parametrize("profile", ["", "customer_export_csv"])
def test_where_sage_takes_files_customers_of_the_shop_come_as_one(tmp_path: Path, profile: str) -> None:
    """In the form of Sage's customers, which has no delivery address: that is told; or in a form that has one."""
    installation = install(tmp_path, "files", **{"sage.customers.shop_file_profile": profile})
    place = {"addressShippingStreet": "Hafen", "addressShippingNumber": "1", "addressShippingCity": "Linz"}
    body = COMPANY | place | {"id": 77, "isConfirmed": True, "addressBillingCountry": {"code": "at"}}
    installation.drop("customer.json", json.dumps({"customer": body}))
    assert installation.run_once().returncode == 0
    (receipt,) = installation.receipts()
    told = [finding["code"] for finding in receipt["findings"]]
    (path,) = (installation.outbox / "sage").glob("customer_export_*.csv")
    (row,) = csv.DictReader(io.StringIO(path.read_text("utf-8")), delimiter=";")
    if profile:
        assert (told, row["delivery_street"], row["shop_customer_id"]) == ([], "Hafen 1", "77")
    else:
        assert told == ["sage.delivery_address_left_out"]
        assert (row["name1"], row["template"], row["shop_customer_number"]) == ("Neu Kaffee GmbH", "D99999", "77")


def test_customers_of_sage_go_to_the_shop_by_its_customer_import(tmp_path: Path, shop: Running) -> None:
    """Sage → csv → back office; who has no name or no address of his own is told."""
    (tmp_path / "files").mkdir()
    installation = install(tmp_path / "files")
    done = installation.exchange("export", "customer_export", "--profile", "lightspeed_customer_csv")
    assert "outbox.field_needed" in done.stdout
    (path,) = installation.outbox.glob("customer_export_*.csv")
    request = urllib.request.Request(
        f"{shop.url}/backoffice/customers", path.read_bytes(), {"Content-Type": "text/csv"}, method="POST"
    )
    urllib.request.urlopen(request).close()
    (made,) = call(shop, "GET", "customers")["customers"]
    assert (made["firstname"], made["lastname"], made["email"]) == ("Anna", "Becker", "einkauf@morgenrot.example")
    assert (made["addressBillingCity"], made["addressBillingCountry"]["code"]) == ("Dresden", "de")
