"""Sage → shop: how and where a customer has his goods sent stands at his account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Installation

EMAIL = "a.becker@morgenrot.example"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    running.api.create("customer", "", {"email": EMAIL, "firstname": "Anna", "lastname": "Becker"})
    yield running
    running.close()


def account(shop: Reached) -> dict[str, Any]:
    """The customer, as the shop has her; her shipping method among the fields."""
    (row,) = shop.rows("customer", email=EMAIL)
    fields = shop.rows("customer_metafield", str(row["id"]))
    return dict(row) | {"method": next((each["value"] for each in fields), None)}


def lines(shop: Reached) -> list[str]:
    """The delivery address in the shop."""
    row = account(shop)
    names = ("Name", "Street", "Number", "Street2", "Zipcode", "City", "Country")
    return [str(row[f"addressShipping{name}"] or "") for name in names]


def arranged(folder: Path, shop: Reached, **given: Any) -> Installation:
    """One customer of the sandbox Sage has an account in the shop."""
    installation = connected(folder, shop, **given)
    change(
        installation,
        "UPDATE KHKKontokorrent SET WSKdNr = ''",
        f"UPDATE KHKAdressen SET EMail = '{EMAIL}' WHERE Adresse = 1",
        "UPDATE KHKKontokorrent SET WSKdNr = '1' WHERE Kto = 'D100001'",
    )
    return installation


#: A delivery address of that customer, as Sage keeps it.
PLACED = (
    """
    INSERT INTO KHKAdressen (Adresse, Mandant, Kategorie, Name1, LieferStrasse, LieferLand, LieferPLZ, LieferOrt,
                             LieferZusatz, Aktiv)
    SELECT 900, Mandant, 41, 'Morgenrot Lager', 'Uferweg 2 b', 'D', '01067', 'Dresden', 'Hof', -1
    FROM KHKAdressen WHERE Adresse = 1
    """,
    """
    INSERT INTO KHKAdressenverweise (Mandant, Adresse, Kategorie, Verweis)
    SELECT Mandant, 900, 41, 'D100001' FROM KHKAdressen WHERE Adresse = 1
    """,
)
GONE = "DELETE FROM KHKAdressenverweise"
ADDRESS = ["Morgenrot Lager", "Uferweg", "2 b", "Hof", "01067", "Dresden"]


def test_method_and_address_come_change_and_go(tmp_path: Path, shop: Reached) -> None:
    """What we brought goes away again; the second run has nothing to do."""
    installation = arranged(tmp_path, shop)
    with (installation.folder / "exchange.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[modules.customer_shipping.methods]\nDHL = "DHL Paket"\n')
    change(installation, *PLACED)
    with opened(installation) as app:
        synced(app, "customer_shipping")
        assert lines(shop)[:6] == ADDRESS
        assert account(shop)["method"] == "DHL Paket"
        assert synced(app, "customer_shipping").calls == 0

        change(
            installation,
            "UPDATE KHKAdressen SET LieferStrasse = 'Am Markt 3' WHERE Adresse = 900",
            "UPDATE KHKKontokorrent SET Versand = 'DPD' WHERE Kto = 'D100001'",
        )
        synced(app, "customer_shipping")
        assert lines(shop)[1:3] == ["Am Markt", "3"]
        assert account(shop)["method"] == "DPD"

        change(installation, GONE, "UPDATE KHKKontokorrent SET Versand = '' WHERE Kto = 'D100001'")
        synced(app, "customer_shipping")
        assert lines(shop) == [""] * 7
        assert account(shop)["method"] is None
        assert synced(app, "customer_shipping").calls == 0


def test_what_the_customer_changed_in_the_shop_is_not_emptied(tmp_path: Path, shop: Reached) -> None:
    """One field is enough: half an address is none. It is his from then on."""
    installation = arranged(tmp_path, shop)
    change(installation, *PLACED)
    with opened(installation) as app:
        synced(app, "customer_shipping")
        shop.api.update("customer", "", str(account(shop)["id"]), {"addressShippingStreet": "Ringstraße"})
        change(installation, GONE)
        synced(app, "customer_shipping")
        assert lines(shop)[:3] == ["Morgenrot Lager", "Ringstraße", "2 b"]
        assert synced(app, "customer_shipping").calls == 0


def test_what_the_customer_entered_stays_while_sage_knows_no_address(tmp_path: Path, shop: Reached) -> None:
    """And nobody else's e-mail address or name is touched."""
    shop.api.update("customer", "", str(account(shop)["id"]), {"addressShippingStreet": "Ringstraße"})
    before = account(shop)
    with opened(arranged(tmp_path, shop)) as app:
        synced(app, "customer_shipping")
    after = account(shop)
    assert after.pop("method") == "DHL"
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"updatedAt"}


def test_customers_without_an_account_are_not_looked_for(tmp_path: Path, shop: Reached) -> None:
    """Unless it is wanted: then each by his e-mail address, and no account is made."""
    with opened(arranged(tmp_path, shop)) as app:
        assert app.export("customer_shipping").counts.created == 1
    (tmp_path / "all").mkdir()
    with opened(arranged(tmp_path / "all", shop, **{"modules.customer_shipping.every_customer": True})) as app:
        assert app.export("customer_shipping").counts.created > 1
        app.deliver()
    assert len(shop.rows("customer")) == 1


def test_half_an_address_is_refused(tmp_path: Path, shop: Reached) -> None:
    """It would not fit what the shop has."""
    installation = arranged(tmp_path, shop)
    change(installation, *PLACED, "UPDATE KHKAdressen SET LieferPLZ = '' WHERE Adresse = 900")
    with opened(installation) as app:
        batch = app.export("customer_shipping")
        (finding,) = app.ledger.findings(batch)
    assert (finding.code, dict(finding.values)["missing"]) == ("customer_shipping.incomplete", "zip")
