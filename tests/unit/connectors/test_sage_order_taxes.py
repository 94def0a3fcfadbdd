"""Every tax case of an order with its exact sums, and the ways in which fees, discounts and gift cards are booked."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from exchange.connector import Outcome
from exchange.connectors.sage import DocumentsTarget, StagingTarget, tables
from exchange.errors import ConfigError
from exchange.settings import SageCustomers, SageOrders
from exchange.trade.amounts import net_of
from tests.unit.connectors.sage_cases import codes, document, land, line, order, positions, rows, sandbox, values

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.records.order import Order

NOTHING = Decimal(0)


def ordered(
    *lines: tuple[str, str], shipping: str = "0", payment: tuple[str, str] | None = None, **given: Any
) -> Order:
    """An order of articles at (gross price, rate), with shipping at the rate of the first line, and exact sums."""
    rate = Decimal(lines[0][1])
    bought = [
        line("00200050" if index % 2 == 0 else "10010", "1", gross, at) for index, (gross, at) in enumerate(lines)
    ]
    amounts: dict[str, Any] = {
        "shipping_incl": Decimal(shipping),
        "shipping_excl": net_of(Decimal(shipping), rate, gross=True),
        "shipping_tax_rate": rate,
    }
    if payment:
        fee, fee_rate = Decimal(payment[0]), Decimal(payment[1])
        amounts |= {
            "payment_incl": fee,
            "payment_excl": net_of(fee, fee_rate, gross=True),
            "payment_tax_rate": fee_rate,
        }
    discount = given.get("discount_incl", NOTHING)
    amounts["total_incl"] = sum((each.total_incl or NOTHING for each in bought), NOTHING) - discount
    amounts["total_incl"] += amounts["shipping_incl"] + amounts.get("payment_incl", NOTHING)
    return order("ORD1", *bought, shipping="0", **{**amounts, "total_excl": None, **given})


class Case(NamedTuple):
    """An order, and what the document has to say of it."""

    name: str
    given: Order
    taxation: tuple[int, str, str]
    codes: tuple[int, ...]
    net: str
    tax: str
    gross: str
    settings: dict[str, Any] | None = None


def to(country: str, vat_number: str = "") -> dict[str, Any]:
    return {"delivery_country": country, "delivery_city": "Irgendwo", "vat_number": vat_number}


CASES = [
    Case("domestic", ordered(("10.00", "19")), (1, "", ""), (3,), "8.40", "1.60", "10.00"),
    Case("two rates", ordered(("10.00", "19"), ("10.00", "7")), (1, "", ""), (3, 2), "17.75", "2.25", "20.00"),
    Case(
        "shipping and a fee of another rate",
        ordered(("10.00", "7"), shipping="4.90", payment=("2.50", "19")),
        *((1, "", ""), (2, 2, 3), "16.03", "1.37", "17.40"),
    ),
    Case(
        "domestic company",
        ordered(("10.00", "19"), vat_number="DE136695976"),
        *((1, "", "136695976"), (3,), "8.40", "1.60", "10.00"),
    ),
    Case(
        "EU with VAT number",
        ordered(("10.00", "0"), shipping="4.90", **to("AT", "ATU13585627")),
        *((2, "AT", "U13585627"), (1, 1), "14.90", "0.00", "14.90"),
    ),
    Case(
        "EU with VAT number, its own tax code",
        ordered(("10.00", "0"), **to("AT", "ATU13585627")),
        *((2, "AT", "U13585627"), (30,), "10.00", "0.00", "10.00"),
        {"tax_free_codes": {"eu_company": 30}},
    ),
    Case(
        "a VAT number of another member than the delivery goes to",
        ordered(("10.00", "0"), **to("AT", "FR83404833048")),
        *((2, "FR", "83404833048"), (1,), "10.00", "0.00", "10.00"),
    ),
    Case(
        "EU with VAT number, but taxed by the shop",
        ordered(("10.00", "20"), **to("AT", "ATU13585627")),
        *((3, "AT", "U13585627"), (31,), "8.33", "1.67", "10.00"),
    ),
    Case(
        "EU with a VAT number of home",
        ordered(("10.00", "19"), **to("AT", "DE136695976")),
        *((3, "AT", "136695976"), (3,), "8.40", "1.60", "10.00"),
    ),
    Case(
        "EU without VAT number, taxed where it goes",
        ordered(("10.00", "20"), ("10.00", "10"), **to("AT")),
        *((3, "AT", ""), (31, 32), "17.42", "2.58", "20.00"),
    ),
    Case(
        "EU without VAT number, taxed at home",
        ordered(("10.00", "19"), **to("NL")),
        *((3, "NL", ""), (3,), "8.40", "1.60", "10.00"),
    ),
    Case("export", ordered(("10.00", "0"), **to("CH")), (5, "", ""), (1,), "10.00", "0.00", "10.00"),
    Case(
        "export with its own tax code",
        ordered(("10.00", "0"), **to("CH")),
        *((5, "", ""), (30,), "10.00", "0.00", "10.00"),
        {"tax_free_codes": {"export": 30}},
    ),
    Case(
        "export, taxed where it goes", ordered(("10.50", "5"), **to("CA")), (5, "", ""), (20,), "10.00", "0.50", "10.50"
    ),
    Case(
        "Northern Ireland",
        ordered(("10.00", "0"), **to("GB", "XI110305878")),
        *((2, "XI", "110305878"), (1,), "10.00", "0.00", "10.00"),
    ),
    Case(
        "Great Britain",
        ordered(("10.00", "0"), **to("GB", "GB110305878")),
        (5, "", "110305878"),
        (1,),
        "10.00",
        "0.00",
        "10.00",
    ),
    Case(
        "net document",
        ordered(("11.90", "19"), ("10.70", "7"), shipping="5.95"),
        *((1, "", ""), (3, 2, 3), "25.00", "3.55", "28.55"),
        {"price_mode": "net"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[each.name for each in CASES])
def test_a_tax_case_has_its_exact_sums(tmp_path: Path, case: Case) -> None:
    """Besteuerung, EULand and EUUStID, the tax code of every position, net, tax and gross; net and tax make gross."""
    with sandbox(tmp_path, orders=SageOrders(**case.settings or {})) as sage:
        (applied,) = land(DocumentsTarget(sage), case.given)
        assert (applied.outcome, codes(applied)) == (Outcome.CREATED, [])
        header = document(sage, applied)
        assert values(header, "Besteuerung", "EULand", "EUUStID") == case.taxation
        assert tuple(each["Steuercode"] for each in positions(sage, header)) == case.codes
        sums = values(header, "Nettobetrag", "Steuerbetrag", "Bruttobetrag")
        assert sums == (Decimal(case.net), Decimal(case.tax), Decimal(case.gross))
        assert sums[0] + sums[1] == sums[2]


def test_a_tax_free_code_that_bears_tax_rejects_the_order(tmp_path: Path) -> None:
    """A wrong setting must not book tax that nobody paid."""
    with sandbox(tmp_path, orders=SageOrders(tax_free_codes={"export": 3})) as sage:
        (applied,) = land(DocumentsTarget(sage), ordered(("10.00", "0"), **to("CH")))
        assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.unknown_tax"])


@pytest.mark.parametrize("target", [DocumentsTarget, StagingTarget])
def test_fees_may_be_surcharges_on_the_whole_document(tmp_path: Path, target: Any) -> None:
    """They share the tax of the lines; the discount of the order stands before them."""
    given = ordered(
        *(("10.00", "7"), ("10.00", "7")),
        shipping="4.90",
        payment=("2.50", "19"),
        discount_incl=Decimal("3.00"),
        coupon_code="MAI",
        shipping_title="DHL Paket",
        payment_title="Nachnahme",
    )
    with sandbox(tmp_path, orders=SageOrders(fees="slot")) as sage:
        (applied,) = land(target(sage), given)
        if target is StagingTarget:
            (header,) = rows(sage, tables.ORDER)
        else:
            header = document(sage, applied)
            assert values(header, "RabattAbsolut1", "RabattAbsolut2", "RabattAbsolut3") == (-1, -1, -1)
            assert values(header, "Rabattbasis2") == (Decimal("20.00"),)
            assert [each["Artikelnummer"] for each in positions(sage, header)] == ["00200050", "10010"]
    slots = values(header, *(f"{name}{slot}" for slot in (1, 2, 3) for name in ("Rabattbetrag", "Rabatttext")))
    assert slots == (Decimal(3), "Gutschein MAI", Decimal("-4.9"), "DHL Paket", Decimal("-2.5"), "Nachnahme")
    sums = values(header, "Zwischensumme", "Nettobetrag", "Steuerbetrag", "Bruttobetrag")
    assert sums == (Decimal("20.00"), Decimal("22.80"), Decimal("1.60"), Decimal("24.40"))


def test_a_fee_alone_has_its_own_place_among_the_surcharges(tmp_path: Path) -> None:
    """Whoever reads the third discount finds the payment fee there, with shipping or without."""
    with sandbox(tmp_path, orders=SageOrders(fees="slot")) as sage:
        (applied,) = land(DocumentsTarget(sage), ordered(("10.00", "19"), payment=("2.50", "19")))
        header = document(sage, applied)
    assert values(header, "Rabattbetrag1", "Rabattbetrag2", "Rabattbetrag3") == (0, 0, Decimal("-2.5"))
    assert values(header, "RabattAbsolut1", "RabattAbsolut2", "RabattAbsolut3") == (0, 0, -1)
    assert values(header, "Nettobetrag", "Bruttobetrag") == (Decimal("10.50"), Decimal("12.50"))


def test_a_discount_may_be_a_position_for_each_tax_rate(tmp_path: Path) -> None:
    """In proportion to the lines, shipping bears none of it; the sums are those of the discount in the header."""
    given = ordered(("20.00", "19"), ("10.00", "7"), shipping="5.00", discount_incl=Decimal("4.00"))
    sums = {}
    for way in ("slot", "article"):
        folder = tmp_path / way
        folder.mkdir()
        with sandbox(folder, orders=SageOrders(discount=way, discount_article="ZAHLUNG")) as sage:
            (applied,) = land(DocumentsTarget(sage), given)
            header = document(sage, applied)
            sums[way] = values(header, "Nettobetrag", "Steuerbetrag", "Bruttobetrag")
            made = [
                (each["Artikelnummer"], each["Gesamtpreis"], each["Steuercode"]) for each in positions(sage, header)
            ]
            assert header["Rabattbetrag1"] == (4 if way == "slot" else 0)
    assert made[-2:] == [("ZAHLUNG", Decimal("-2.67"), 3), ("ZAHLUNG", Decimal("-1.33"), 2)]
    assert sums["slot"] == sums["article"] == (Decimal("26.86"), Decimal("4.14"), Decimal("31.00"))


def test_a_gift_card_is_a_payment_or_taken_off_without_tax(tmp_path: Path) -> None:
    """As the setting says; the tax of the goods is the same either way."""
    given = ordered(("11.90", "19"), gift_card=Decimal("5.00"))
    made = {}
    for way in ("payment", "article"):
        folder = tmp_path / way
        folder.mkdir()
        with sandbox(folder, orders=SageOrders(gift_cards=way, gift_card_article="ZAHLUNG")) as sage:
            (applied,) = land(DocumentsTarget(sage), given)
            made[way] = values(document(sage, applied), "Nettobetrag", "Steuerbetrag", "Bruttobetrag")
    assert made["payment"] == (Decimal("10.00"), Decimal("1.90"), Decimal("11.90"))
    assert made["article"] == (Decimal("5.00"), Decimal("1.90"), Decimal("6.90"))


def test_an_article_that_a_setting_names_has_to_exist(tmp_path: Path) -> None:
    """Nothing is booked on an article that Sage does not have."""
    given = ordered(("20.00", "19"), discount_incl=Decimal("4.00"), gift_card=Decimal("5.00"))
    for way in ({"discount": "article"}, {"gift_cards": "article"}):
        with sandbox(tmp_path, orders=SageOrders(**way)) as sage:
            (applied,) = land(DocumentsTarget(sage), given)
            assert (applied.outcome, codes(applied)) == (Outcome.REJECTED, ["sage.unknown_article"])


def test_registered_strangers_can_be_booked_on_the_one_off_customer_too(tmp_path: Path) -> None:
    """Whom Sage knows keeps his account; guests alone is the other setting."""
    with sandbox(tmp_path, customers=SageCustomers(unknown="one_off", one_off="D99998")) as sage:
        stranger, known = land(
            DocumentsTarget(sage),
            order("ORD1", guest=False),
            order("ORD2", guest=False, shop_customer_id="9001"),
        )
        assert values(document(sage, stranger), "A0Empfaenger", "A0Einmalkunde") == ("D99998", -1)
        assert values(document(sage, known), "A0Empfaenger", "A0Einmalkunde") == ("D100001", 0)
    with (
        sandbox(tmp_path, customers=SageCustomers(unknown="one_off")) as sage,
        pytest.raises(ConfigError, match=r"unknown is one_off"),
    ):
        land(DocumentsTarget(sage), order("ORD9"))
