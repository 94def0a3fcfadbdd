"""What customers would change in Sage, field by field; and that looking changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect

from exchange import khk
from exchange.connector import Change, Landing, Outcome, Preview
from exchange.connectors.sage import DocumentsTarget, SageDatabase, SagePreview, tables
from exchange.modules.customer_import import customer_key
from exchange.record import fingerprint
from exchange.records.customer import Customer
from exchange.records.shop_customer import ShopCustomer
from tests.unit.connectors.sage_cases import blank, order, rows, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LANDING = Landing("b1", "customer_import")


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path, way="documents") as database:
        yield database


def customer(**given: Any) -> Customer:
    needed = {"name1": "Neuer Kunde", "country": "DE", "zip": "01067", "city": "Dresden"}
    return blank(Customer, **(needed | given))  # type: ignore[no-any-return]


def changes(*customers: Customer) -> list[Change]:
    return [
        Change(seq, seq + 1, customer_key(each), Outcome.CREATED, fingerprint(each), each)
        for seq, each in enumerate(customers, 1)
    ]


def foretold(sage: SageDatabase, *customers: Customer) -> list[Preview]:
    return list(SagePreview(sage).preview(LANDING, iter(changes(*customers))))


def fields(preview: Preview) -> dict[str, tuple[str, str]]:
    """Field → old and new."""
    return {each.name: (each.old, each.new) for each in preview.fields}


def test_a_change_is_shown_field_by_field_and_equal_fields_are_left_out(sage: SageDatabase) -> None:
    """Numbers, flags and dates too, as people read them."""
    given = customer(
        number="D100001",
        name1="Teestube am Markt",
        zip="01099",
        phone="+49 351 99",
        payment_terms="14",
        credit_limit=Decimal("600.00"),
        blocked=True,
        active=True,
        first_contact=date(2020, 2, 29),
        contact_last_name="Neu",
        contact_email="neu@morgenrot.example",
        iban="DE89370400440532013000",
    )
    DocumentsTarget(sage).sage.create(tables.EFFECT)
    before = rows(sage, khk.ADRESSEN, Adresse=1)[0]
    (preview,) = foretold(sage, given)
    assert (preview.outcome, preview.foreign_id) == (Outcome.UPDATED, "D100001")
    shown = fields(preview)
    assert shown["name1"] == (before["Name1"], "Teestube am Markt")
    assert shown["phone"] == (before["Telefon"] or "", "+49 351 99")
    assert shown["payment_terms"] == ("30", "14")
    assert shown["blocked"] == ("0", "1")
    assert shown["contact_email"] == ("", "neu@morgenrot.example")
    assert shown["iban"] == ("", "DE89370400440532013000")
    assert shown["first_contact"][1] == "2020-02-29"
    assert shown["credit_limit"][1] == "600"
    assert "active" not in shown
    assert "country" not in shown


def test_what_is_foretold_is_what_happens(sage: SageDatabase) -> None:
    """After it has landed, the same record would change nothing more."""
    given = customer(
        number="D100001",
        phone="+49 351 99",
        contact_last_name="Neu",
        contact_email="neu@x.example",
        vat_number="DE136695976",
    )
    new = customer(email="wien@x.example", country="AT", zip="1010", city="Wien", vat_number="ATU13585627", iban="x")
    (change, creation) = foretold(sage, given, new)
    assert (change.outcome, creation.outcome) == (Outcome.UPDATED, Outcome.CREATED)
    landed = list(DocumentsTarget(sage).apply(LANDING, iter(changes(given, new))))
    assert [each.outcome for each in landed] == [change.outcome, creation.outcome]

    again = foretold(sage, given._replace(memo=""), new)
    assert [(each.outcome, each.fields) for each in again] == [(Outcome.UNCHANGED, ())] * 2
    other = SagePreview(sage).preview(Landing("b2", "another module"), iter(changes(given, new)))
    assert [(each.outcome, each.fields) for each in other] == [(Outcome.UNCHANGED, ())] * 2


def test_a_new_customer_is_shown_with_what_follows_from_the_rest(sage: SageDatabase) -> None:
    """Template, search name, taxation and the country of the VAT number are no surprise."""
    (preview,) = foretold(sage, customer(country="AT", city="Wien", vat_number="ATU13585627", email="a@x.example"))
    assert (preview.outcome, preview.foreign_id) == (Outcome.CREATED, "")
    shown = {name: new for name, (_, new) in fields(preview).items()}
    assert shown["template"] == "D99999"
    assert shown["matchcode"] == "Neuer Kunde, Wien"
    assert (shown["taxation"], shown["eu_country"], shown["vat_number"]) == ("2", "AT", "U13585627")
    assert all(old == "" for old, _ in fields(preview).values())


def test_a_customer_of_the_same_file_is_known_below(sage: SageDatabase) -> None:
    """The second row would change what the first one creates; as it is when they land."""
    first = customer(shop_customer_number="500", email="doppelt@example.org")
    second = customer(email="doppelt@example.org", street="Brühl 1")
    one, two = foretold(sage, first, second)
    assert (one.outcome, two.outcome) == (Outcome.CREATED, Outcome.UPDATED)
    assert fields(two) == {"street": ("", "Brühl 1")}


def test_customers_that_would_not_land_say_why(sage: SageDatabase) -> None:
    """Rejected or held, as it would be."""
    lost, doubtful, unwritable = foretold(
        sage,
        customer(email="x@example.org", template="D00000"),
        customer(email="familie@muster.example"),
        customer(number="D100001", city="Łódź"),
    )
    assert (unwritable.outcome, unwritable.findings[0].code) == (Outcome.REJECTED, "sage.not_in_charset")
    assert (lost.outcome, [each.code for each in lost.findings]) == (Outcome.REJECTED, ["sage.template_missing"])
    assert (doubtful.outcome, [each.code for each in doubtful.findings]) == (
        Outcome.HELD,
        ["sage.customer_row_doubtful"],
    )


def test_customers_of_the_shop_show_only_what_the_shop_owns(sage: SageDatabase) -> None:
    """What Sage knows better would stay, and so it is not shown."""
    shopper = blank(ShopCustomer, shop_customer_id="9001", email="neu@x.example", phone="5", billing_name="Teestube")
    change = Change(1, 2, "9001", Outcome.CREATED, fingerprint(shopper), shopper)
    (preview,) = SagePreview(sage).preview(Landing("b1", "customer_export"), iter([change]))
    assert (preview.outcome, preview.foreign_id) == (Outcome.UPDATED, "D100001")
    assert fields(preview)["email"] == ("einkauf@morgenrot.example", "neu@x.example")
    assert "taxation" not in fields(preview)


def test_a_delivery_address_is_shown_once_and_only_where_it_is_new(sage: SageDatabase) -> None:
    """It is entered beside those that the account has; after it has landed there is nothing to show."""
    given = {"shop_customer_id": "9001", "email": "einkauf@morgenrot.example", "billing_name": "Teestube"}
    place = {"delivery_street": "Hafenstraße 1", "delivery_zip": "01097", "delivery_city": "Dresden"}
    shopper = blank(ShopCustomer, **given, **place)
    change = Change(1, 2, "9001", Outcome.CREATED, fingerprint(shopper), shopper)
    landing = Landing("b1", "customer_export")
    (preview,) = SagePreview(sage).preview(landing, iter([change]))
    assert fields(preview)["delivery_address"] == ("", "Teestube, Hafenstraße 1, 01097 Dresden")
    list(DocumentsTarget(sage).apply(landing, iter([change])))
    later = change._replace(key="other", fingerprint=b"other")
    (preview,) = SagePreview(sage).preview(Landing("b2", "customer_export"), iter([later]))
    assert "delivery_address" not in fields(preview)


def test_looking_writes_nothing(sage: SageDatabase) -> None:
    """Not even a table of ours."""
    before = {name: len(rows(sage, table)) for name, table in khk.METADATA.tables.items()}
    foretold(sage, customer(email="x@example.org"), customer(number="D100001", phone="1"))
    assert {name: len(rows(sage, table)) for name, table in khk.METADATA.tables.items()} == before
    assert not inspect(sage.engine).has_table(tables.EFFECT.name)


def test_orders_are_foretold_by_landing_them_and_taking_it_back(sage: SageDatabase) -> None:
    """What only shows when a document is made: a sum that differs, an e-mail of two accounts; and no trace is left."""
    good, differs = order("ORD1"), order("ORD2")._replace(total_incl=Decimal("99.99"))
    doubtful = order("ORD3", email="familie@muster.example", shop_customer_id="")
    wanted = [
        Change(seq, seq, each.number, Outcome.CREATED, fingerprint(each), each)
        for seq, each in enumerate((good, differs, doubtful), 1)
    ]
    before = {name: len(rows(sage, table)) for name, table in khk.METADATA.tables.items()}
    landing = Landing("b1", "order_import")
    previews = list(SagePreview(sage).preview(landing, iter(wanted)))
    assert [(each.outcome, [finding.code for finding in each.findings]) for each in previews] == [
        (Outcome.CREATED, []),
        (Outcome.REJECTED, ["sage.totals_differ"]),
        (Outcome.HELD, ["sage.customer_ambiguous"]),
    ]
    assert {name: len(rows(sage, table)) for name, table in khk.METADATA.tables.items()} == before
    assert not inspect(sage.engine).has_table(tables.EFFECT.name)

    landed = list(DocumentsTarget(sage).apply(landing, iter(wanted)))
    assert [each.outcome for each in landed] == [each.outcome for each in previews]
    assert [each.outcome for each in SagePreview(sage).preview(landing, iter(wanted[:1]))] == [Outcome.CREATED]
    later = SagePreview(sage).preview(Landing("b2", "order_import"), iter(wanted[:1]))
    assert [(each.outcome, each.foreign_id) for each in later] == [(Outcome.UNCHANGED, landed[0].foreign_id)]


@pytest.mark.parametrize("way", ["files", "staging"])
def test_where_another_program_lands_orders_nothing_is_foretold(tmp_path: Path, way: str) -> None:
    """It is as the ledger expects it; customers are compared with what Sage has all the same."""
    with sandbox(tmp_path, way=way) as sage:
        given = order("ORD1")
        change = Change(1, 1, "ord1", Outcome.CREATED, fingerprint(given), given)
        assert list(SagePreview(sage).preview(Landing("b1", "order_import"), iter([change]))) == []
        (preview,) = foretold(sage, customer(number="D100001", phone="+49 351 99"))
        assert fields(preview)["phone"][1] == "+49 351 99"
