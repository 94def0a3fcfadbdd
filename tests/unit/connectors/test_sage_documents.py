"""Orders as real documents of Sage."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from exchange import khk
from exchange.connector import Landing, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase
from exchange.connectors.sage.tables import EFFECT
from exchange.errors import ConfigError
from exchange.records.order import OrderTax
from exchange.settings import PaymentTerms, SageCustomers, SageOrders, SageSettings, ShippingTerms
from tests.unit.connectors.sage_cases import (
    blank,
    changes,
    codes,
    document,
    land,
    line,
    order,
    positions,
    rows,
    sandbox,
    values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def test_an_order_becomes_a_complete_document(sage: SageDatabase) -> None:
    """Header, positions, terms and the deal stand in Sage's tables, tied together by their ids."""
    (applied,) = land(DocumentsTarget(sage), order("ORD00018", comment="Bitte klingeln"))
    assert (applied.outcome, applied.foreign_id) == (Outcome.CREATED, "VVA 2026-10004")  # three open orders are there
    header = document(sage, applied)
    assert header["Referenznummer"] == header["WSBestellNr"] == "ORD00018"
    assert values(header, "Periode", "Belegjahr", "Belegart") == (2026006, 2026, "Auftragsbestätigung")
    assert values(header, "Preiskennzeichen", "Besteuerung", "SaveStatus") == (-1, 1, 2)
    assert values(header, "Nettobetrag", "Steuerbetrag", "Bruttobetrag") == (
        Decimal("21.68"),
        Decimal("4.12"),
        Decimal("25.80"),
    )
    assert header["Memo"] == "Bitte klingeln"
    mug, shipping = positions(sage, header)
    assert values(mug, "Artikelnummer", "Menge", "Einzelpreis") == ("00200050", 2, Decimal("9.95"))
    assert values(mug, "Gesamtpreis", "EinzelpreisManuell", "Steuercode") == (Decimal("19.90"), -1, 3)
    assert values(mug, "Bezeichnung1", "Artikelgruppe") == ("Kaffeebecher blau", "BECHER")
    assert values(shipping, "Artikelnummer", "Gesamtpreis") == ("VERSAND", Decimal("5.90"))
    (terms,) = rows(sage, khk.BELEGE_ZKD, BelID=header["BelID"])
    assert values(terms, "Zahlungskond", "Nettobedingung", "Betrag") == ("VK", "0;0", Decimal("25.80"))
    assert rows(sage, khk.BELEGE_VORGAENGE, BelID=header["BelID"])[0]["VorID"] == header["VorID"]
    assert {row["VorPosID"] for row in rows(sage, khk.VORGAENGE_POSITIONEN, VorID=header["VorID"])} == {
        mug["VorPosID"],
        shipping["VorPosID"],
    }


def test_the_same_batch_again_has_no_second_effect(sage: SageDatabase) -> None:
    """After a crash the batch is applied once more: the answers are the same, nothing is written twice."""
    orders = [order(f"ORD{number}") for number in range(3)]
    first = land(DocumentsTarget(sage), *orders)
    before = len(rows(sage, khk.BELEGE)), len(rows(sage, khk.KONTOKORRENT)), len(rows(sage, khk.BELEGE_POSITIONEN))
    assert land(DocumentsTarget(sage), *orders) == first
    after = len(rows(sage, khk.BELEGE)), len(rows(sage, khk.KONTOKORRENT)), len(rows(sage, khk.BELEGE_POSITIONEN))
    assert before == after


def test_a_batch_that_died_in_the_middle_is_completed(sage: SageDatabase) -> None:
    """Chunks that were committed stay; only the rest is written when the batch is applied again."""
    landing, all_changes = Landing("b1", "order_import"), changes(order(f"ORD{number}") for number in range(700))
    applying = DocumentsTarget(sage).apply(landing, iter(all_changes))
    started = [next(applying) for _ in range(500)]
    applying.close()  # as far as the database is concerned, this is where the process dies
    assert len(rows(sage, EFFECT)) == 500
    again = list(DocumentsTarget(sage).apply(landing, iter(all_changes)))
    assert again[:500] == started
    assert len({applied.foreign_id for applied in again}) == 700
    assert len(rows(sage, EFFECT)) == 700


def test_another_batch_with_the_same_order_changes_nothing(sage: SageDatabase) -> None:
    """The shop sends an order twice, in two files: the second time it is unchanged."""
    target = DocumentsTarget(sage)
    (first,) = land(target, order())
    (second,) = land(target, order(), batch="b2")
    assert (second.outcome, second.foreign_id) == (Outcome.UNCHANGED, first.foreign_id)
    assert len(rows(sage, khk.BELEGE, Referenznummer="ORD1")) == 1


def test_an_order_that_comes_with_other_content_is_held(sage: SageDatabase) -> None:
    """Documents are never changed behind a person's back."""
    target = DocumentsTarget(sage)
    land(target, order())
    (second,) = land(target, order("ORD1", line("00200050", "3")), batch="b2")
    assert (second.outcome, codes(second)) == (Outcome.HELD, ["sage.order_changed"])
    assert "VVA 2026-10004" in second.findings[0].message("de")
    assert len(rows(sage, khk.BELEGE, Referenznummer="ORD1")) == 1


def test_an_order_that_somebody_entered_by_hand_is_held(sage: SageDatabase) -> None:
    """A document with this order number that does not come from us is not doubled."""
    with sage.transaction() as connection:
        connection.execute(update(khk.BELEGE).where(khk.BELEGE.c.BelID == 1).values(Referenznummer="ORD1"))
    (applied,) = land(DocumentsTarget(sage), order())
    assert (applied.outcome, codes(applied)) == (Outcome.HELD, ["sage.order_exists"])
    assert rows(sage, khk.BELEGE, Belegkennzeichen="VVA", Referenznummer="ORD1") == []


def test_one_bad_order_does_not_stop_the_others(sage: SageDatabase) -> None:
    """The faults of a record are its own; document numbers have no gap because of it."""
    bad = order("BAD", line("no-such-article"))
    first, refused, last = land(DocumentsTarget(sage), order("ORD1"), bad, order("ORD2"))
    assert (refused.outcome, codes(refused)) == (Outcome.REJECTED, ["sage.unknown_article"])
    assert refused.findings[0].at.field == "lines[0].article_number"
    assert (first.foreign_id, last.foreign_id) == ("VVA 2026-10004", "VVA 2026-10005")


def test_document_numbers_restart_with_the_year_of_the_merchant(sage: SageDatabase) -> None:
    """An order of New Year's Eve 23:30 UTC is one of the new year in Germany."""
    night = order().ordered_at
    assert night is not None
    late = order(ordered_at=night.replace(year=2026, month=12, day=31, hour=23, minute=30))
    (applied,) = land(DocumentsTarget(sage), late)
    assert applied.foreign_id == "VVA 2027-10001"
    assert document(sage, applied)["Periode"] == 2027001


def test_a_difference_of_a_cent_is_booked_on_the_rounding_article(sage: SageDatabase) -> None:
    """The document makes exactly what the customer paid."""
    given = order()
    (applied,) = land(DocumentsTarget(sage), given._replace(total_incl=Decimal("25.79")))
    header = document(sage, applied)
    assert header["Bruttobetrag"] == Decimal("25.79")
    rounding = positions(sage, header)[-1]
    assert values(rounding, "Artikelnummer", "Gesamtpreis", "Steuercode") == (
        "RUNDUNG",
        Decimal("-0.01"),
        1,
    )


@pytest.mark.parametrize("settings", [{}, {"rounding_article": ""}])
def test_totals_that_differ_reject_the_order(tmp_path: Path, settings: dict[str, str]) -> None:
    """More than the limit, or any difference where rounding is switched off."""
    total = Decimal("25.79") if settings else Decimal("25.50")
    with sandbox(tmp_path, orders=SageOrders(**settings)) as sage:
        (applied,) = land(DocumentsTarget(sage), order(total_incl=total))
        assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.totals_differ"])
        assert rows(sage, khk.KONTOKORRENT, WSKdNr="77001") == []  # nobody is created for a rejected order


def test_a_net_document_puts_tax_on_the_sum(tmp_path: Path) -> None:
    """Tax is computed once per code, not per line: 3 x 19 % of 0.33 is 0.19, not 0.18."""
    cheap = [line("00200050", "1", "0.39") for _ in range(3)]
    lines = [each._replace(unit_price_excl=Decimal("0.33"), total_excl=Decimal("0.33")) for each in cheap]
    given = order("ORD1", *lines, shipping="0", total_incl=Decimal("1.18"))
    with sandbox(tmp_path, orders=SageOrders(price_mode="net")) as sage:
        (applied,) = land(DocumentsTarget(sage), given)
        header = document(sage, applied)
        assert values(header, "Nettobetrag", "Steuerbetrag") == (Decimal("0.99"), Decimal("0.19"))
        assert values(header, "Bruttobetrag", "Preiskennzeichen") == (Decimal("1.18"), 0)
        assert [row["Einzelpreis"] for row in positions(sage, header)] == [Decimal("0.33")] * 3


def test_only_companies_get_net_documents(tmp_path: Path) -> None:
    """With price_mode company_net."""
    with sandbox(tmp_path, orders=SageOrders(price_mode="company_net")) as sage:
        private, company = land(
            DocumentsTarget(sage),
            order("ORD1"),
            order("ORD2", company="Büro AG", email="buero@example.org", shop_customer_id="77002"),
        )
        assert document(sage, private)["Preiskennzeichen"] == -1
        assert document(sage, company)["Preiskennzeichen"] == 0
        assert rows(sage, khk.KONTOKORRENT, WSKdNr="77002")[0]["Preiskennzeichen"] == 0


def test_two_tax_rates_a_line_discount_and_an_order_discount(sage: SageDatabase) -> None:
    """The order's discount is spread over the rates in proportion, and stands in the first slot."""
    given = order(
        "ORD1",
        line("00200050", "2", "10.00", discount="1.00"),  # 19.00 at 19 %
        line("10010", "1", "21.00", "7"),  # 21.00 at 7 %
        shipping="0",
        discount="4.00",
        coupon_code="HERBST",
        discount_excl=Decimal("3.54"),
    )
    (applied,) = land(DocumentsTarget(sage), given)
    header = document(sage, applied)
    assert values(header, "Zwischensumme", "Rabattbetrag1", "Rabattbasis1") == (40, 4, 40)
    assert values(header, "RabattAbsolut1", "Rabatttext1") == (-1, "Gutschein HERBST")
    # 19.00 - 1.90 = 17.10, tax 2.73; 21.00 - 2.10 = 18.90, tax 1.24
    assert values(header, "Bruttobetrag", "Steuerbetrag") == (36, Decimal("3.97"))
    first, second = positions(sage, header)
    assert values(first, "Rabattbetrag", "Gesamtpreis", "GesamtpreisIntern") == (1, 19, Decimal("15.97"))
    assert values(second, "Steuercode", "Gesamtpreis") == (2, 21)


def test_a_negative_payment_fee_is_a_discount(sage: SageDatabase) -> None:
    """Prepayment discount: its own position below zero."""
    given = order(payment_incl=Decimal("-0.60"), payment_excl=Decimal("-0.50"), payment_tax_rate=Decimal(19))
    assert given.total_incl is not None
    (applied,) = land(DocumentsTarget(sage), given._replace(total_incl=given.total_incl - Decimal("0.60")))
    fee = positions(sage, document(sage, applied))[-1]
    assert values(fee, "Artikelnummer", "Gesamtpreis") == ("ZAHLUNG", Decimal("-0.60"))


def test_the_line_total_of_the_shop_wins_over_its_rounded_unit_price(sage: SageDatabase) -> None:
    """A shop that shows cents has 100 pieces at 0.084 as 0.08 each and 8.40 in all."""
    hundred = line("33020", "100", "0.08")._replace(total_incl=Decimal("8.40"))
    (applied,) = land(DocumentsTarget(sage), order("ORD1", hundred, shipping="0"))
    (position,) = positions(sage, document(sage, applied))
    assert values(position, "Einzelpreis", "Gesamtpreis") == (Decimal("0.084"), Decimal("8.4"))


@pytest.mark.parametrize(
    ("country", "vat_number", "rate", "expected"),
    [
        ("DE", "DE136695976", "19", (1, "", "136695976")),
        ("FR", "FR83404833048", "0", (2, "FR", "83404833048")),
        ("AT", "", "20", (3, "AT", "")),
        ("CA", "", "5", (5, "", "")),
    ],
)
def test_taxation_follows_the_country_of_delivery(
    sage: SageDatabase, country: str, vat_number: str, rate: str, expected: tuple[int, str, str]
) -> None:
    """1 domestic, 2 EU with VAT number, 3 EU without, 5 export; the tax code is the country's own where it has one."""
    given = order("ORD1", line("00200050", "1", "10.00", rate), shipping="0", vat_number=vat_number)
    (applied,) = land(DocumentsTarget(sage), given._replace(delivery_country=country, delivery_city="Irgendwo"))
    header = document(sage, applied)
    assert values(header, "Besteuerung", "EULand", "EUUStID") == expected
    assert positions(sage, header)[0]["Steuercode"] == {"DE": 3, "FR": 1, "AT": 31, "CA": 20}[country]


def test_an_unknown_tax_rate_rejects_the_order(sage: SageDatabase) -> None:
    """16 % is no rate of this database."""
    (applied,) = land(DocumentsTarget(sage), order("ORD1", line("00200050", rate="16")))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.unknown_tax"])
    assert applied.findings[0].at.field == "lines[0].tax_rate"


def test_terms_are_mapped_and_otherwise_the_customers_own(tmp_path: Path) -> None:
    """A key of a shipping method also maps what follows its `|`; empty codes leave the customer's."""
    orders = SageOrders(
        payment={"invoice": PaymentTerms(terms="14", collection="RE"), "*": PaymentTerms()},
        shipping={"core|33265": ShippingTerms(shipping="DPD")},
    )
    with sandbox(tmp_path, orders=orders) as sage:
        mapped, own, unmapped = land(
            DocumentsTarget(sage),
            order("ORD1", payment_code="invoice", shipping_code="core|33265|55707"),
            order("ORD2", payment_code="paypal", shipping_code="core|33265"),
            order("ORD3", payment_code="invoice", shipping_code="core|3326"),
        )
        header = document(sage, mapped)
        assert values(header, "Versand", "Lieferbedingung") == ("DPD", "FH")
        (terms,) = rows(sage, khk.BELEGE_ZKD, BelID=header["BelID"])
        assert values(terms, "Zahlungskond", "Inkassoart", "Nettobedingung") == ("14", "RE", "")
        (terms,) = rows(sage, khk.BELEGE_ZKD, BelID=document(sage, own)["BelID"])
        assert values(terms, "Zahlungskond", "Inkassoart", "Nettobedingung") == ("VK", "VK", "0;0")
        assert (unmapped.outcome, codes(unmapped)) == (Outcome.REJECTED, ["sage.unmapped"])
        assert unmapped.findings[0].at.field == "shipping_code"


def test_addresses_of_the_order_stand_in_the_document(sage: SageDatabase) -> None:
    """A0 and A2 are whom it is billed to, A1 where it goes; the master data stay as they are."""
    given = order(
        customer_number="D100003",
        delivery_name="Oma Muster",
        delivery_street="Waldweg 1",
        delivery_zip="99084",
        delivery_city="Erfurt",
        delivery_country="DE",
    )
    (applied,) = land(DocumentsTarget(sage), given)
    header = document(sage, applied)
    assert values(header, "A0Empfaenger", "A0Strasse", "A2Strasse") == (
        "D100003",
        "Ringstraße 5",
        "Ringstraße 5",
    )
    assert values(header, "A1Name1", "A1Strasse", "A1PLZ") == ("Oma Muster", "Waldweg 1", "99084")
    (address,) = rows(sage, khk.ADRESSEN, Adresse=3)
    assert values(address, "Name1", "LieferStrasse") == ("Erika Muster", "Hauptstraße 5")


def test_the_same_delivery_address_is_the_same_to_the_letter(sage: SageDatabase) -> None:
    """Otherwise Sage prints a second address: the company counts although the shop leaves it out at the delivery."""
    place = {"street": "Ringstraße 5", "zip": "01067", "city": "Dresden", "country": "DE", "name": "Erika Beispiel"}
    (applied,) = land(
        DocumentsTarget(sage), order(company="Büro AG", **{f"delivery_{name}": value for name, value in place.items()})
    )
    header = document(sage, applied)
    names = ("Anrede", "Name1", "Name2", "Zusatz", "Ansprechpartner", "Strasse", "Land", "PLZ", "Ort")
    assert [header[f"A1{name}"] for name in names] == [header[f"A0{name}"] for name in names]
    assert values(header, "A0Name1", "A0Name2", "A0Anrede") == ("Büro AG", "Erika Beispiel", "Firma")


def test_the_invoice_goes_to_the_account_that_sage_names_for_it(sage: SageDatabase) -> None:
    """A2 can only be another account (sage-100.md 5.2)."""
    account = khk.KONTOKORRENT
    with sage.transaction() as connection:
        connection.execute(update(account).where(account.c.Kto == "D100001").values(Rechnungsempfaenger="D100002"))
    (applied,) = land(DocumentsTarget(sage), order(customer_number="D100001"))
    header = document(sage, applied)
    assert values(header, "Rechnungsempfaenger", "A2Name1") == ("D100002", "Hotel Elbblick KG")
    assert header["A0Name1"] == "Erika Beispiel"


def test_a_character_outside_the_code_page_rejects_the_order(sage: SageDatabase) -> None:
    """It would become a question mark; the finding names field and character."""
    (applied,) = land(DocumentsTarget(sage), order(billing_city="Łódź", payment_title="Karte 💳"))
    assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.not_in_charset"])
    assert applied.findings[0].at.field == "billing_city"
    assert "Ł" in applied.findings[0].message("de")


def test_a_foreign_currency_rejects_the_order(sage: SageDatabase) -> None:
    """Amounts are never taken for euros; no currency at all is the own one."""
    dollars, none = land(DocumentsTarget(sage), order("ORD1", currency="USD"), order("ORD2", currency=""))
    assert codes(dollars) == ["sage.foreign_currency"]
    assert document(sage, none)["WKz"] == "EUR"


def test_documents_need_a_sandbox_or_permission(tmp_path: Path) -> None:
    """A live database without the mark is refused before anything is written."""
    with sandbox(tmp_path) as sage, sage.transaction() as connection:
        connection.exec_driver_sql('DROP TABLE "ExchangeSandbox"')
    with sandbox(tmp_path) as sage, pytest.raises(ConfigError, match="allow_documents"):
        DocumentsTarget(sage)
    with sandbox(tmp_path, allow_documents=True) as sage:
        (applied,) = land(DocumentsTarget(sage), order())
        assert applied.outcome is Outcome.CREATED


def test_an_unknown_document_kind_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """Not of the single order."""
    with sandbox(tmp_path, orders=SageOrders(document_kind="XYZ")) as sage, pytest.raises(ConfigError, match="XYZ"):
        land(DocumentsTarget(sage), order())


def test_records_of_other_types_are_refused(sage: SageDatabase) -> None:
    """Sage takes orders and customers."""
    tax = changes([order()])[0]._replace(record=blank(OrderTax))
    with pytest.raises(ConfigError, match="OrderTax"):
        list(DocumentsTarget(sage).apply(Landing("b", "m"), iter([tax])))


def test_a_record_that_the_database_refuses_is_found_among_others(sage: SageDatabase) -> None:
    """The chunk is landed one by one then; the others are not lost."""
    with sage.transaction() as connection:
        connection.exec_driver_sql(
            'CREATE TRIGGER picky BEFORE INSERT ON "KHKVKBelege" WHEN NEW."Referenznummer" = \'ORD2\' '
            "BEGIN SELECT RAISE(ABORT, 'Kostenstelle fehlt'); END"
        )
    first, second, third = land(DocumentsTarget(sage), order("ORD1"), order("ORD2"), order("ORD3"))
    assert (first.outcome, third.outcome) == (Outcome.CREATED, Outcome.CREATED)
    assert (second.outcome, codes(second)) == (Outcome.REJECTED, ["sage.refused"])
    assert "Kostenstelle fehlt" in second.findings[0].message("de")


def test_guests_can_be_booked_on_the_one_off_customer(tmp_path: Path) -> None:
    """Name and address stand only in the document."""
    customers = SageCustomers(guests="one_off", one_off="D99998")
    with sandbox(tmp_path, customers=customers) as sage:
        guest, member = land(
            DocumentsTarget(sage), order("ORD1", guest=True), order("ORD2", guest=False, shop_customer_id="77002")
        )
        header = document(sage, guest)
        assert values(header, "A0Empfaenger", "A0Einmalkunde", "A0Name1") == ("D99998", -1, "Erika Beispiel")
        assert (document(sage, member)["A0Empfaenger"], document(sage, member)["A0Einmalkunde"]) == ("D100007", 0)
    with (
        sandbox(tmp_path, customers=SageCustomers(guests="one_off")) as sage,
        pytest.raises(ConfigError, match="one_off"),
    ):
        land(DocumentsTarget(sage), order("ORD9", guest=True))


def test_removing_leaves_the_books_alone(sage: SageDatabase) -> None:
    """What the shop has forgotten, the ERP keeps."""
    target = DocumentsTarget(sage)
    (applied,) = land(target, order())
    target.remove(Landing("b2", "order_import"), ["ord1"])
    assert document(sage, applied)["Referenznummer"] == "ORD1"
    assert SageSettings().allow_documents is False
