"""Customers of orders, and customers of their own, as accounts of Sage."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from exchange import khk
from exchange.connector import Applied, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase
from exchange.settings import SageCustomers
from tests.unit.connectors.sage_cases import codes, customer, document, land, order, rows, sandbox, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.records.customer import Customer


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def take(sage: SageDatabase, *customers: Customer, batch: str = "b1") -> list[Applied]:
    return land(DocumentsTarget(sage), *customers, batch=batch, module="customer_import")


# --- of orders -------------------------------------------------------------------------------------------------------


def test_a_new_customer_is_copied_from_the_template(sage: SageDatabase) -> None:
    """Terms come from the template customer, name and address from the order."""
    (applied,) = land(DocumentsTarget(sage), order(phone="+49 351 1", language="en"))
    (account,) = rows(sage, khk.KONTOKORRENT, WSKdNr="77001")
    assert account["Kto"] == document(sage, applied)["A0Empfaenger"] == "D100007"
    assert values(account, "Zahlungskond", "Versand", "Gruppe", "Sammelkto") == (
        "VK",
        "DHL",
        "B2C",
        1400,
    )
    assert values(account, "KtoArt", "KtoTyp", "IstGesperrt", "Aktiv") == ("D", 0, 0, -1)
    (address,) = rows(sage, khk.ADRESSEN, Adresse=account["Adresse"])
    assert values(address, "Name1", "LieferPLZ", "Telefon") == ("Erika Beispiel", "01067", "+49 351 1")
    assert values(address, "Matchcode", "Sprache", "Gruppe") == ("Erika Beispiel, Dresden", "E", "PR")


def test_own_columns_of_the_merchant_are_copied_too(tmp_path: Path) -> None:
    """The whole row of the template is copied, with columns that this program has never heard of."""
    with sandbox(tmp_path) as sage, sage.transaction() as connection:
        connection.exec_driver_sql('ALTER TABLE "KHKKontokorrent" ADD COLUMN "USER_Kanal" VARCHAR(20)')
        connection.exec_driver_sql('UPDATE "KHKKontokorrent" SET "USER_Kanal" = \'Shop\' WHERE "Kto" = \'D99999\'')
    with sandbox(tmp_path) as sage:
        land(DocumentsTarget(sage), order())
        with sage.transaction() as connection:
            query = 'SELECT "USER_Kanal" FROM "KHKKontokorrent" WHERE "Kto" = \'D100007\''
            assert connection.exec_driver_sql(query).scalar() == "Shop"


def test_two_orders_of_a_new_customer_make_one_customer(sage: SageDatabase) -> None:
    """In one batch, before the account is in the database: by the shop's number, and by e-mail in any letter case."""
    applied = land(
        DocumentsTarget(sage),
        order("ORD1"),
        order("ORD2"),
        order("ORD3", shop_customer_id="", email="ERIKA@NEU.example"),
    )
    assert {document(sage, each)["A0Empfaenger"] for each in applied} == {"D100007"}
    assert len(rows(sage, khk.KONTOKORRENT, Kto="D100007")) == 1


def test_the_customer_of_an_earlier_batch_is_recognised(sage: SageDatabase) -> None:
    """By the shop's number for him, although his e-mail has changed."""
    land(DocumentsTarget(sage), order("ORD1"))
    (applied,) = land(DocumentsTarget(sage), order("ORD2", email="anders@example.org"), batch="b2")
    assert document(sage, applied)["A0Empfaenger"] == "D100007"


def test_a_known_customer_keeps_his_terms(sage: SageDatabase) -> None:
    """Found by number, by the shop's number, by e-mail: the document takes group and terms of the account."""
    by_number, by_shop, by_email = land(
        DocumentsTarget(sage),
        order("ORD1", customer_number="D100002"),
        order("ORD2", shop_customer_id="9001"),
        order("ORD3", shop_customer_id="1", email="Bestellung@Elbblick.Example"),
    )
    assert document(sage, by_number)["A0Empfaenger"] == "D100002"
    assert document(sage, by_shop)["A0Empfaenger"] == "D100001"
    header = document(sage, by_email)
    assert values(header, "A0Empfaenger", "Kundengruppe") == ("D100002", "B2B")
    (terms,) = rows(sage, khk.BELEGE_ZKD, BelID=header["BelID"])
    assert values(terms, "Zahlungskond", "Nettobedingung") == ("14", "1;14")


def test_an_email_of_two_accounts_holds_the_order(sage: SageDatabase) -> None:
    """The clerk is told which accounts come into question."""
    (applied,) = land(DocumentsTarget(sage), order(shop_customer_id="", email="familie@muster.example"))
    assert (applied.outcome, codes(applied)) == (Outcome.HELD, ["sage.customer_ambiguous"])
    assert "D100003, D100004" in applied.findings[0].message("de")


def test_a_blocked_customer_holds_the_order(sage: SageDatabase) -> None:
    """He is not doubled by a new account either."""
    (applied,) = land(DocumentsTarget(sage), order(shop_customer_id="9005"))
    assert (applied.outcome, codes(applied)) == (Outcome.HELD, ["sage.customer_blocked"])


@pytest.mark.parametrize(("number", "code"), [("D1", "sage.customer_unknown"), ("K70001", "sage.not_a_customer")])
def test_a_wrong_customer_number_rejects_the_order(sage: SageDatabase, number: str, code: str) -> None:
    """Nobody is created under it."""
    (applied,) = land(DocumentsTarget(sage), order(customer_number=number))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, [code])


def test_templates_differ_by_country(tmp_path: Path) -> None:
    """A country without template rejects the order."""
    customers = SageCustomers(templates={"FR": "D100006", "DE": "D00000"})
    with sandbox(tmp_path, customers=customers) as sage:
        french, german, polish = land(
            DocumentsTarget(sage),
            order("ORD1", billing_country="FR", vat_number="FR83404833048"),
            order("ORD2", shop_customer_id="2", email="b@example.org"),
            order("ORD3", shop_customer_id="3", email="c@example.org", billing_country="PL"),
        )
        assert rows(sage, khk.KONTOKORRENT, Kto=document(sage, french)["A0Empfaenger"])[0]["Zahlungskond"] == "14"
        assert [codes(german), codes(polish)] == [["sage.template_missing"], ["sage.template_missing"]]


def test_a_company_gets_its_buyer_as_contact_person(sage: SageDatabase) -> None:
    """Long names go on in the second line."""
    name = "Gesellschaft für angewandte Kaffeewissenschaften und Teeforschung mbH"
    (applied,) = land(DocumentsTarget(sage), order(company=name))
    header = document(sage, applied)
    assert values(header, "A0Name1", "A0Name2") == (
        "Gesellschaft für angewandte Kaffeewissenschaften",
        "und Teeforschung mbH",
    )
    (contact,) = rows(sage, khk.ANSPRECHPARTNER, Adresse=header["A0AdressNr"])
    assert values(contact, "Nachname", "Ansprechpartner") == ("Beispiel", "Erika Beispiel")


# --- of their own ----------------------------------------------------------------------------------------------------


def test_a_customer_without_number_gets_the_next(sage: SageDatabase) -> None:
    """With all that he brings: account, address, contact person, bank account."""
    (applied,) = take(
        sage,
        customer(
            email="markt@example.org",
            taxation="1",
            vat_number="DE136695976",
            price_list=2,
            discount_percent=Decimal(5),
            gross_prices=False,
            credit_limit=Decimal(1500),
            first_contact=date(2026, 1, 31),
            contact_first_name="Jana",
            contact_last_name="Klein",
            iban="DE89370400440532013000",
            bic="COBADEFFXXX",
        ),
    )
    assert (applied.outcome, applied.foreign_id) == (Outcome.CREATED, "D100007")
    (account,) = rows(sage, khk.KONTOKORRENT, Kto="D100007")
    assert values(account, "Preisliste", "Rabattsatz", "Kreditlimit") == (2, 5, 1500)
    assert values(account, "Preiskennzeichen", "EUUStID", "Zahlungskond") == (0, "136695976", "VK")
    (address,) = rows(sage, khk.ADRESSEN, Adresse=account["Adresse"])
    assert values(address, "Matchcode", "LieferOrt", "Sprache") == (
        "Teestube am Markt, Leipzig",
        "Leipzig",
        "D",
    )
    assert address["Erstkontakt"].date() == date(2026, 1, 31)
    (contact,) = rows(sage, khk.ANSPRECHPARTNER, Adresse=account["Adresse"])
    assert values(contact, "Vorname", "Ansprechpartner") == ("Jana", "Jana Klein")
    (bank,) = rows(sage, khk.BANKVERBINDUNGEN)
    assert values(bank, "Adresse", "IBAN", "Swift") == (
        account["Adresse"],
        "DE89370400440532013000",
        "COBADEFFXXX",
    )


def test_a_customer_may_bring_his_number_and_template(sage: SageDatabase) -> None:
    """Leading zeros are part of a number."""
    (applied,) = take(sage, customer(number="007001", template="D100001"))
    assert (applied.outcome, applied.foreign_id) == (Outcome.CREATED, "007001")
    (account,) = rows(sage, khk.KONTOKORRENT, Kto="007001")
    assert values(account, "Zahlungskond", "Preisliste", "WSKdNr") == ("30", 2, "")


def test_only_what_is_filled_in_overwrites(sage: SageDatabase) -> None:
    """An empty cell is no order to delete."""
    (applied,) = take(sage, customer(number="D100001", phone="+49 351 99", payment_terms="14", blocked=True))
    assert (applied.outcome, applied.foreign_id) == (Outcome.UPDATED, "D100001")
    (account,) = rows(sage, khk.KONTOKORRENT, Kto="D100001")
    assert values(account, "Zahlungskond", "IstGesperrt", "Gruppe", "WSKdNr") == (
        "14",
        -1,
        "B2B",
        "9001",
    )
    (address,) = rows(sage, khk.ADRESSEN, Adresse=account["Adresse"])
    assert values(address, "Name1", "Telefon") == ("Teestube am Markt", "+49 351 99")
    assert values(address, "LieferStrasse", "EMail") == ("Alaunstraße 36", "einkauf@morgenrot.example")


def test_a_contact_person_is_told_by_his_email(sage: SageDatabase) -> None:
    """He is updated, another one is added."""
    known = {"contact_last_name": "Becker-Lang", "contact_email": "A.Becker@morgenrot.example"}
    take(sage, customer(number="D100001", **known))
    take(sage, customer(number="D100001", contact_last_name="Neu", contact_email="neu@morgenrot.example"), batch="b2")
    contacts = rows(sage, khk.ANSPRECHPARTNER, Adresse=1)
    assert [values(each, "Nachname", "Vorname") for each in contacts] == [("Becker-Lang", "Anna"), ("Neu", None)]


def test_customers_are_recognised_by_the_declared_rules(sage: SageDatabase) -> None:
    """By the shop's number, then by e-mail and name; an e-mail whose owner has another name holds the record."""
    by_shop, by_email, held = take(
        sage,
        customer(shop_customer_number="9001"),
        customer(email="achats@brulerie.example", name1=rows(sage, khk.ADRESSEN, Adresse=6)[0]["Name1"].upper()),
        customer(email="familie@muster.example"),
    )
    assert (by_shop.outcome, by_shop.foreign_id) == (Outcome.UPDATED, "D100001")
    assert (by_email.outcome, by_email.foreign_id) == (Outcome.UPDATED, "D100006")
    assert (held.outcome, codes(held)) == (Outcome.HELD, ["sage.customer_row_doubtful"])
    assert all(kto in held.findings[0].message("de") for kto in ("D100003", "D100004"))


def test_with_the_email_alone_as_the_rule_a_familys_address_fits_two(tmp_path: Path) -> None:
    """Both are named, none is taken."""
    with sandbox(tmp_path, customers=SageCustomers(match=("email",))) as sage:
        known, held = take(sage, customer(email="achats@brulerie.example"), customer(email="familie@muster.example"))
        assert (known.outcome, known.foreign_id) == (Outcome.UPDATED, "D100006")
        assert (held.outcome, codes(held)) == (Outcome.HELD, ["sage.customer_ambiguous"])


def test_a_name_at_the_same_address_waits_until_a_person_has_decided(sage: SageDatabase) -> None:
    """In any spelling of letter case and blanks. With the known number he is that one, with a new one another."""
    first = customer(number="D200001", name1="Kaffee Müller", street="Ringstr. 7")
    take(sage, first)
    same = customer(name1="KAFFEE  Müller", street="ringstr 7", email="neu@x.example")
    (held,) = take(sage, same, batch="b2")
    assert (held.outcome, codes(held)) == (Outcome.HELD, ["sage.customer_row_alike"])
    assert "D200001 (Kaffee Müller, Leipzig)" in held.findings[0].message("de")
    assert "Kundennummer" in held.findings[0].remedy("de")

    (merged,) = take(sage, same._replace(number="D200001"), batch="b3")
    assert (merged.outcome, merged.foreign_id, codes(merged)) == (Outcome.UPDATED, "D200001", [])
    (apart,) = take(sage, same._replace(number="D200002"), batch="b4")
    assert (apart.outcome, apart.foreign_id) == (Outcome.CREATED, "D200002")
    assert codes(apart) == ["sage.customer_maybe_double"]
    assert "D200001" in apart.findings[0].message("en")


def test_a_name_at_the_same_address_may_be_a_rule(tmp_path: Path) -> None:
    """For those who trust in it."""
    with sandbox(tmp_path, customers=SageCustomers(match=("name_place",))) as sage:
        given = customer(number="D200001", name1="Kaffee Müller", street="Ringstr. 7")
        take(sage, given)
        (known,) = take(sage, given._replace(number="", phone="5"), batch="b2")
        assert (known.outcome, known.foreign_id) == (Outcome.UPDATED, "D200001")


def test_the_country_of_a_vat_number_stands_apart(sage: SageDatabase) -> None:
    """As Sage keeps it; a country that is given goes before it."""
    one, two = take(
        sage,
        customer(email="a@x.example", country="AT", vat_number="ATU13585627"),
        customer(email="b@x.example", country="GR", vat_number="EL094259216", eu_country="GR"),
    )
    for applied, country, number in ((one, "AT", "U13585627"), (two, "GR", "094259216")):
        (account,) = rows(sage, khk.KONTOKORRENT, Kto=applied.foreign_id)
        assert values(account, "EULand", "EUUStID", "Besteuerung") == (country, number, 2)


def test_a_customer_who_comes_twice_under_two_keys_is_one(sage: SageDatabase) -> None:
    """Once with the shop's number, once with his e-mail only: created, then completed, with his own address."""
    first, second = take(
        sage,
        customer(shop_customer_number="500", email="doppelt@example.org"),
        customer(email="doppelt@example.org", street="Brühl 1", contact_last_name="Sommer"),
    )
    assert (first.outcome, second.outcome) == (Outcome.CREATED, Outcome.UPDATED)
    assert first.foreign_id == second.foreign_id
    (account,) = rows(sage, khk.KONTOKORRENT, Kto=first.foreign_id)
    assert rows(sage, khk.ADRESSEN, Adresse=account["Adresse"])[0]["LieferStrasse"] == "Brühl 1"
    assert rows(sage, khk.ANSPRECHPARTNER, Adresse=account["Adresse"])[0]["Nachname"] == "Sommer"


def test_a_changed_customer_is_updated_and_an_unchanged_one_left_alone(sage: SageDatabase) -> None:
    """What somebody corrected in Sage meanwhile is not overwritten by the same record in another file."""
    given = customer(number="D100002", phone="1")
    take(sage, given)
    with sage.transaction() as connection:
        connection.execute(update(khk.ADRESSEN).where(khk.ADRESSEN.c.Adresse == 2).values(Telefon="by hand"))
    (same,) = take(sage, given, batch="b2")
    assert (same.outcome, rows(sage, khk.ADRESSEN, Adresse=2)[0]["Telefon"]) == (Outcome.UNCHANGED, "by hand")
    (other,) = take(sage, given._replace(phone="2"), batch="b3")
    assert (other.outcome, rows(sage, khk.ADRESSEN, Adresse=2)[0]["Telefon"]) == (Outcome.UPDATED, "2")
    assert take(sage, given._replace(phone="2"), batch="b3") == [other]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (customer(number="K70001"), "sage.not_a_customer"),
        (customer(email="x@example.org", template="D00000"), "sage.template_missing"),
        (customer(email="x@example.org", name2="Σ"), "sage.not_in_charset"),
    ],
)
def test_customers_that_cannot_land_are_rejected(sage: SageDatabase, given: Customer, code: str) -> None:
    """Each with its reason."""
    (applied,) = take(sage, given)
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, [code])


def test_a_number_that_somebody_else_took_is_passed_over(sage: SageDatabase) -> None:
    """Numbers are looked up under the lock of the counters, in every chunk."""
    target = DocumentsTarget(sage)
    (first,) = land(target, customer(email="a@example.org"), module="customer_import")
    take(sage, customer(number="D100008", email="b@example.org"), batch="b2")
    (third,) = land(target, customer(email="c@example.org"), batch="b3", module="customer_import")
    assert (first.foreign_id, third.foreign_id) == ("D100007", "D100009")
