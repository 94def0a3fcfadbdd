"""Customers of the shop in Sage: recognised, created, kept up to date; by rows and by waiting rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from exchange import khk
from exchange.connector import Applied, Change, Landing, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase, StagingTarget, tables
from exchange.modules.customer_export import customer_key
from exchange.record import fingerprint
from exchange.records.shop_customer import ShopCustomer, ShopCustomerGroup
from exchange.settings import SageCustomers
from tests.unit.connectors.sage_cases import blank, codes, rows, sandbox, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.connector import Target


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def shopper(shop_customer_id: str = "77", **given: Any) -> ShopCustomer:
    person = {
        "email": "nora@neu.example",
        "first_name": "Nora",
        "last_name": "Neu",
        "billing_street": "Ringstraße 7",
        "billing_zip": "04109",
        "billing_city": "Leipzig",
        "billing_country": "DE",
    }
    return blank(ShopCustomer, shop_customer_id=shop_customer_id, **(person | given))  # type: ignore[no-any-return]


def land(target: Target, *customers: ShopCustomer, batch: str = "b1") -> list[Applied]:
    changes = [
        Change(seq, seq + 1, customer_key(each), Outcome.CREATED, fingerprint(each), each)
        for seq, each in enumerate(customers, 1)
    ]
    return list(target.apply(Landing(batch, "customer_export"), iter(changes)))


def account(sage: SageDatabase, kto: str) -> dict[str, Any]:
    """The account with its address."""
    (row,) = rows(sage, khk.KONTOKORRENT, Kto=kto)
    (address,) = rows(sage, khk.ADRESSEN, Adresse=row["Adresse"])
    return {**address, **row}


def test_a_new_customer_of_the_shop_becomes_a_customer_of_sage(sage: SageDatabase) -> None:
    """Terms are the template's, name and address the shop's; the shop's number for him is noted."""
    (applied,) = land(DocumentsTarget(sage), shopper(language="en", phone="+49 341 1"))
    assert (applied.outcome, applied.findings) == (Outcome.CREATED, ())
    made = account(sage, applied.foreign_id)
    assert values(made, "WSKdNr", "Name1", "LieferPLZ", "Telefon", "Sprache") == (
        "77", "Nora Neu", "04109", "+49 341 1", "E",
    )  # fmt: skip
    assert values(made, "Zahlungskond", "Gruppe", "Sammelkto", "Besteuerung") == ("VK", "B2C", 1400, 1)


def test_a_company_brings_its_contact_vat_number_and_delivery_address(sage: SageDatabase) -> None:
    customer = shopper(
        company="Neu & Söhne Handelsgesellschaft für Kaffeemaschinen und Zubehör mbH",
        vat_number="ATU13585627",
        billing_country="AT",
        delivery_name="Rampe 2",
        delivery_street="Hafen 1",
        delivery_zip="1020",
        delivery_city="Wien",
        delivery_country="AT",
    )
    (applied,) = land(DocumentsTarget(sage), customer)
    made = account(sage, applied.foreign_id)
    assert made["Name1"] + " " + made["Name2"] == customer.company
    assert values(made, "EULand", "EUUStID", "Besteuerung") == ("AT", "U13585627", 2)
    (contact,) = rows(sage, khk.ANSPRECHPARTNER, Adresse=made["Adresse"])
    assert values(contact, "Vorname", "Nachname", "EMail") == ("Nora", "Neu", "nora@neu.example")
    (reference,) = rows(sage, khk.ADRESSENVERWEISE, Verweis=applied.foreign_id)
    (place,) = rows(sage, khk.ADRESSEN, Adresse=reference["Adresse"])
    assert values(place, "Name1", "LieferStrasse", "LieferOrt", "Kategorie") == ("Rampe 2", "Hafen 1", "Wien", 41)


def test_the_same_delivery_address_is_entered_once(sage: SageDatabase) -> None:
    """It comes again with every change of the customer."""
    place = {"delivery_street": "Hafen 1", "delivery_zip": "04109", "delivery_city": "Leipzig"}
    (applied,) = land(DocumentsTarget(sage), shopper(**place))
    land(DocumentsTarget(sage), shopper(phone="1", **place), batch="b2")
    assert len(rows(sage, khk.ADRESSENVERWEISE, Verweis=applied.foreign_id)) == 1
    land(DocumentsTarget(sage), shopper(**place | {"delivery_street": "Hafen 2"}), batch="b3")
    assert len(rows(sage, khk.ADRESSENVERWEISE, Verweis=applied.foreign_id)) == 2


def test_a_changed_customer_overwrites_only_what_the_shop_owns(sage: SageDatabase) -> None:
    """His e-mail has changed too: he is known by what he became before."""
    (applied,) = land(DocumentsTarget(sage), shopper(salutation="Frau", language="de"))
    with sage.transaction() as connection:
        connection.execute(
            khk.KONTOKORRENT.update().where(khk.KONTOKORRENT.c.Kto == applied.foreign_id).values(WSKdNr="")
        )
    changed = shopper(
        salutation="Herr", language="en", email="n@neu.example", billing_street="Neuweg 1", last_name="Alt"
    )
    (again,) = land(DocumentsTarget(sage), changed, batch="b2")
    assert (again.outcome, again.foreign_id) == (Outcome.UPDATED, applied.foreign_id)
    made = account(sage, applied.foreign_id)
    assert values(made, "LieferStrasse", "EMail", "Name1") == ("Neuweg 1", "n@neu.example", "Nora Alt")
    assert values(made, "Anrede", "Sprache", "WSKdNr") == ("Frau", "D", "77")


def test_the_setting_says_what_the_shop_owns(tmp_path: Path) -> None:
    with sandbox(tmp_path, customers=SageCustomers(shop_owns=("phone",))) as sage:
        (applied,) = land(DocumentsTarget(sage), shopper())
        land(DocumentsTarget(sage), shopper(phone="5", billing_city="Halle"), batch="b2")
        assert values(account(sage, applied.foreign_id), "Telefon", "LieferOrt") == ("5", "Leipzig")


def test_a_known_email_with_the_same_name_is_the_same_customer(sage: SageDatabase) -> None:
    """In any letter case; and the shop's number is noted at him."""
    known = account(sage, "D100002")
    (applied,) = land(
        DocumentsTarget(sage), shopper("4711", email=known["EMail"].upper(), company=known["Name1"].upper())
    )
    assert (applied.outcome, applied.foreign_id) == (Outcome.UPDATED, "D100002")
    assert account(sage, "D100002")["WSKdNr"] == "4711"


@pytest.mark.parametrize("target", [DocumentsTarget, StagingTarget])
def test_a_known_email_with_another_name_waits_for_a_person(sage: SageDatabase, target: Any) -> None:
    """He is neither merged nor doubled; the accounts that come into question are named."""
    before = len(rows(sage, khk.KONTOKORRENT))
    (applied,) = land(target(sage), shopper("4711", email=account(sage, "D100002")["EMail"]))
    assert (applied.outcome, codes(applied)) == (Outcome.HELD, ["sage.customer_doubtful"])
    assert "D100002" in applied.findings[0].message("de")
    assert len(rows(sage, khk.KONTOKORRENT)) == before


@pytest.mark.parametrize("target", [DocumentsTarget, StagingTarget])
def test_two_that_fit_are_shown(sage: SageDatabase, target: Any) -> None:
    """With e-mail alone as the rule, a family's address fits two."""
    sage.settings = sage.settings.model_copy(update={"customers": SageCustomers(match=("email",))})
    (applied,) = land(target(sage), shopper("4711", email="familie@muster.example"))
    assert (applied.outcome, codes(applied)) == (Outcome.HELD, ["sage.customer_ambiguous"])
    assert all(kto in applied.findings[0].message("en") for kto in ("D100003", "D100004"))


def test_the_customer_number_goes_before_the_email(sage: SageDatabase) -> None:
    """A number that Sage does not have creates nobody."""
    right, wrong = land(
        DocumentsTarget(sage),
        shopper("1", customer_number="D100002"),
        shopper("2", customer_number="D1", email="x@x.example"),
    )
    assert right.foreign_id == "D100002"
    assert (wrong.outcome, codes(wrong)) == (Outcome.REJECTED, ["sage.customer_unknown"])


def test_the_group_of_the_shop_chooses_the_template(tmp_path: Path) -> None:
    """It goes before the country."""
    settings = SageCustomers(group_templates={"Wiederverkäufer": "D100002"})
    with sandbox(tmp_path, customers=settings) as sage:
        groups = (ShopCustomerGroup("Newsletter"), ShopCustomerGroup("Wiederverkäufer"))
        (applied,) = land(DocumentsTarget(sage), shopper(groups=groups))
        assert account(sage, applied.foreign_id)["Gruppe"] == account(sage, "D100002")["Gruppe"] == "B2B"


def test_the_same_batch_again_has_no_second_effect(sage: SageDatabase) -> None:
    first = land(DocumentsTarget(sage), shopper("1"), shopper("2", email="b@b.example", last_name="Boll"))
    before = len(rows(sage, khk.KONTOKORRENT)), len(rows(sage, khk.ADRESSEN))
    assert land(DocumentsTarget(sage), shopper("1"), shopper("2", email="b@b.example", last_name="Boll")) == first
    assert (len(rows(sage, khk.KONTOKORRENT)), len(rows(sage, khk.ADRESSEN))) == before


def test_a_waiting_customer_has_his_delivery_address_beside_him(sage: SageDatabase) -> None:
    """One that comes again with another one replaces it."""
    place = {"delivery_street": "Hafen 1", "delivery_zip": "04109", "delivery_city": "Leipzig"}
    (applied,) = land(StagingTarget(sage), shopper(**place))
    assert (applied.outcome, applied.foreign_id) == (Outcome.CREATED, "ExchangeCustomer 77")
    (waiting,) = rows(sage, tables.CUSTOMER)
    assert values(waiting, "Name1", "Vorlagekunde", "Shop_Kundennummer", "Kto") == ("Nora Neu", "D99999", "77", "")
    assert [row["LieferStrasse"] for row in rows(sage, tables.CUSTOMER_ADDRESS)] == ["Hafen 1"]
    land(StagingTarget(sage), shopper(phone="1"), batch="b2")
    assert rows(sage, tables.CUSTOMER_ADDRESS) == []


def test_a_character_that_sage_lacks_rejects_the_customer(sage: SageDatabase) -> None:
    (applied,) = land(DocumentsTarget(sage), shopper(delivery_name="Łukasz"))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.not_in_charset"])
