"""Orders of the phone out of Sage, and what the shop is to have of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, update

from exchange import khk
from exchange.modules.order_export import MODULE, OrderExportOptions, example
from exchange.sandbox import sage as sandbox
from exchange.settings import Settings
from exchange.shop import Part, Ref, ShopView
from exchange.trade import cart
from tests.unit.modules.sage_cases import collected, execute, told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from exchange.records.sales_document import SalesDocument

HEAD, LINE, DEAL = khk.BELEGE, khk.BELEGE_POSITIONEN, khk.BELEGE_VORGAENGE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A Sage with one order, of a customer with a number of the shop; another customer has none."""
    made = tmp_path / "sage.db"
    sandbox.create(made)
    execute(
        made,
        delete(HEAD).where(HEAD.c.Belegkennzeichen == "VVA", HEAD.c.BelID != _order(made)),
        update(HEAD).where(HEAD.c.BelID == _order(made)).values(A0Empfaenger="D100001"),
        update(LINE).values(IstErledigt=khk.NO),
        update(khk.KONTOKORRENT).where(khk.KONTOKORRENT.c.Kto == "D100002").values(WSKdNr=""),
    )
    return made


def _order(path: Path) -> int:
    """Id of the first order."""
    with closing(sqlite3.connect(path)) as connection:
        return int(
            connection.execute("SELECT MIN(BelID) FROM KHKVKBelege WHERE Belegkennzeichen = 'VVA'").fetchone()[0]
        )


def orders(path: Path, **options: Any) -> list[SalesDocument]:
    return list(collected(path, MODULE, options).values())


def become(path: Path, kind: str, bel_id: int) -> None:
    """The order becomes another document, in the same deal."""
    order = _order(path)
    values = {"BelID": bel_id, "Mandant": 1, "Belegkennzeichen": kind, "Belegnummer": bel_id, "Belegjahr": 2026}
    execute(
        path,
        insert(HEAD).values(**values, Belegdatum=datetime.now(UTC).replace(tzinfo=None)),
        insert(DEAL).values(Mandant=1, BelID=bel_id, VorID=order),
    )


def test_an_order_is_read_with_its_status(path: Path) -> None:
    """Open, until a later document of the deal; the latest decides."""
    (order,) = orders(path)
    assert (order.kind, order.status, order.customer_number) == ("VVA", "open", "D100001")
    for kind, bel_id, status in (("VLL", 900, "delivered"), ("VFS", 901, "cancelled"), ("VFR", 902, "delivered")):
        become(path, kind, bel_id)
        assert [each.status for each in orders(path)] == [status]
    assert [each.status for each in orders(path, delivered_kinds=["VSD"])] == ["cancelled"]


def test_an_order_whose_lines_are_all_done_is_delivered(path: Path) -> None:
    own = LINE.c.BelID == _order(path)
    execute(
        path, insert(LINE).values(BelPosID=9001, Mandant=1, BelID=_order(path), Artikelnummer="10010", IstErledigt=0)
    )
    execute(path, update(LINE).where(own, LINE.c.BelPosID != 9001).values(IstErledigt=khk.YES))
    assert [each.status for each in orders(path)] == ["open"]
    execute(path, update(LINE).where(own).values(IstErledigt=khk.YES))
    assert [each.status for each in orders(path)] == ["delivered"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("WSBestellNr", "4711"),
        ("Matchcode", "Webshop 4711"),
        ("Referenznummer", "ORD00018"),
        ("A0Empfaenger", "D100002"),
    ],
)
def test_orders_of_the_shop_and_of_customers_without_account_are_left_out(path: Path, column: str, value: str) -> None:
    execute(path, update(HEAD).where(HEAD.c.BelID == _order(path)).values({column: value}))
    assert orders(path) == []


def test_what_marks_an_order_of_the_shop_can_be_set(path: Path) -> None:
    execute(path, update(HEAD).where(HEAD.c.BelID == _order(path)).values(Matchcode="Onlineshop"))
    assert len(orders(path)) == 1
    assert orders(path, from_shop={"Matchcode": "Online%", "USER_Herkunft": "_%"}) == []


def _fields(record: SalesDocument, **options: Any) -> Mapping[str, Any]:
    return _parts(record, **options)["order"].fields


def _parts(record: SalesDocument, **options: Any) -> dict[str, Part]:
    view = ShopView(Settings(), OrderExportOptions(**options))
    assert MODULE.parts is not None
    return {part.resource: part for part in MODULE.parts(record, view)}


def with_lines(*lines: dict[str, Any], **values: Any) -> SalesDocument:
    record = example()
    return record._replace(lines=tuple(record.lines[0]._replace(**each) for each in lines), **values)


def test_a_cart_has_one_line_per_variant_at_the_mean_price() -> None:
    """And no line for what is only text."""
    record = with_lines(
        {"quantity": Decimal(1), "total": Decimal(10)},
        {"quantity": Decimal(3), "total": Decimal(27)},
        {"variant_id": 2, "quantity": Decimal(1), "total": Decimal(5)},
        {"article_number": "", "quantity": None, "total": None, "unit_price": None},
    )
    assert cart.agreed(record, ()) == {
        ("00200050", 0): (4, Decimal("9.25")),
        ("00200050", 2): (1, Decimal("5.00")),
    }
    assert told(MODULE, record) == []


def test_discounts_and_shipping_costs_are_part_of_what_was_agreed_on() -> None:
    """The discount of the document is shared by all lines; costs of shipping are no goods."""
    record = with_lines(
        {"quantity": Decimal(2), "unit_price": Decimal(50), "discount": Decimal(10), "total": None},
        {"article_number": "FRACHT-DE", "quantity": Decimal(1), "total": Decimal(10)},
        discount=Decimal(10),
    )
    patterns = ("FRACHT*",)
    assert cart.agreed(record, patterns) == {("00200050", 0): (2, Decimal("40.50"))}
    assert cart.shipping(record, patterns) == Decimal("9.00")


def test_gross_documents_have_gross_prices() -> None:
    quote = _fields(example()._replace(gross=True))["quote"]
    assert (quote["gross"], quote["lines"][0]["price"]) == (True, Decimal("6.90"))


@pytest.mark.parametrize(
    ("status", "there", "shipped"),
    [
        ("open", "processing_awaiting_shipment", "not_shipped"),
        ("delivered", "completed_shipped", "shipped"),
        ("cancelled", "cancelled", "cancelled"),
    ],
)
def test_each_status_is_one_of_the_shop(status: str, there: str, shipped: str) -> None:
    fields = _fields(example()._replace(status=status))
    assert (fields["status"], fields["shipmentStatus"]) == (there, shipped)


def test_a_status_of_the_shop_can_be_set() -> None:
    """The others stay as they are."""
    of = {
        status: _fields(example()._replace(status=status), statuses={"delivered": "completed"})
        for status in ("open", "delivered")
    }
    assert [each["status"] for each in of.values()] == ["processing_awaiting_shipment", "completed"]


def test_the_order_bears_its_mark_and_its_customer() -> None:
    made = _parts(example())
    order = _fields(example())
    assert (order["quote"]["comment"], order["quote"]["customer"]) == (
        "Sage: VVA 2026-10001",
        Ref("customer", "D100001"),
    )
    assert order["memo"].splitlines() == ["Sage: VVA 2026-10001", "12 x 00200050 82.80", "= 82.80 EUR netto"]
    assert not made["customer"].creates


def test_as_a_metafield_it_is_one_of_a_list_and_ends_with_the_window() -> None:
    made = _parts(example(), means="metafield", days=10)
    assert made.keys() == {"customer", "customer_metafield"}
    assert made["customer_metafield"].until_at == datetime(2026, 12, 3, 23, tzinfo=UTC)


def test_pieces_matter_only_where_the_shop_is_to_have_an_order() -> None:
    record = with_lines({"quantity": Decimal("2.5")})
    assert [each.code for each in told(MODULE, record)] == ["order_export.no_pieces"]
    assert told(MODULE, record, means="metafield") == []


@pytest.mark.parametrize(("written", "meant"), [("", "open"), ("Storniert", "cancelled"), ("GELIEFERT ", "delivered")])
def test_people_write_a_status_in_their_own_words(written: str, meant: str) -> None:
    assert MODULE.prepare is not None
    assert MODULE.prepare(example()._replace(status=written), OrderExportOptions()).status == meant


@pytest.mark.parametrize("customers", ["linked", "all"])
def test_only_the_customers_own_address_finds_his_account(path: Path, customers: str) -> None:
    """Who orders in another's name by giving his own address at the phone must not get that account's orders."""
    (before,) = orders(path, customers=customers)
    execute(path, update(HEAD).values(WSEmail="fremd@example.org"))
    (order,) = orders(path, customers=customers)
    assert order.email == before.email != "fremd@example.org"


@pytest.mark.parametrize("customers", ["linked", "all"])
def test_orders_of_one_off_customers_stay_in_sage(path: Path, customers: str) -> None:
    """They stand on one account that many share."""
    execute(path, update(HEAD).values(A0Einmalkunde=khk.YES))
    assert orders(path, customers=customers) == []
