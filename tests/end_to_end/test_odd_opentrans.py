"""openTRANS as senders really write it: repeated parties and roles, numbers that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.test_opentrans import ORDER
from tests.inside import Inside, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUYER_ENDS = """</ADDRESS></PARTY>
   <PARTY><bmecat:PARTY_ID>lager"""
OTHER_BUYER = """<PARTY><PARTY_ROLE>buyer</PARTY_ROLE><ADDRESS><bmecat:NAME>Fremde AG</bmecat:NAME>
 <bmecat:STREET>Irgendwo 9</bmecat:STREET><bmecat:VAT_ID>DE999999999</bmecat:VAT_ID>
 <bmecat:EMAIL>fremd@fremde.example</bmecat:EMAIL></ADDRESS></PARTY>"""
PRICE = "<bmecat:PRICE_AMOUNT>293.28</bmecat:PRICE_AMOUNT>"
PER = "<bmecat:PRICE_QUANTITY>100</bmecat:PRICE_QUANTITY>"


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with without_sage(tmp_path, **{"sage.orders.file_profile": "opentrans_order_xml"}) as inside:
        yield inside


def landed(inside: Inside, order: str) -> str:
    """The file for Sage that an order becomes."""
    batch = inside.take("bestellung.xml", order.encode("iso-8859-1"))
    assert (inside.codes(batch), batch.counts.created) == ([], 1)
    return "".join(path.read_text("utf-8") for path in inside.written(batch))


def test_of_two_buyers_the_first_counts_and_nothing_of_the_second_is_mixed_in(inside: Inside) -> None:
    """Else goods go to one, and the invoice's mail to another."""
    text = landed(inside, ORDER.replace("</PARTIES>", f"{OTHER_BUYER}</PARTIES>"))
    assert "Café Morgenrot GmbH" in text
    assert not any(each in text for each in ("Fremde", "DE999999999", "fremd@"))


def test_of_two_addresses_of_a_party_the_first_that_says_something_counts(inside: Inside) -> None:
    address = "<ADDRESS><bmecat:NAME>Fremde AG</bmecat:NAME><bmecat:EMAIL>fremd@fremde.example</bmecat:EMAIL></ADDRESS>"
    order = ORDER.replace(BUYER_ENDS, BUYER_ENDS.replace("</PARTY>", f"{address}</PARTY>", 1))
    order = order.replace("<PARTY_ROLE>buyer</PARTY_ROLE>", "<PARTY_ROLE>buyer</PARTY_ROLE><ADDRESS/>")
    text = landed(inside, order)
    assert "Café Morgenrot GmbH" in text
    assert "remde" not in text


def test_a_party_may_have_several_roles(inside: Inside) -> None:
    """Who buys and pays is one party with two of them (openTRANS 2.1)."""
    order = ORDER.replace("<PARTY_ROLE>buyer", "<PARTY_ROLE>invoice_recipient</PARTY_ROLE><PARTY_ROLE>buyer")
    assert "Café Morgenrot GmbH" in landed(inside, order)


def test_a_party_without_a_role_is_nobody(inside: Inside) -> None:
    order = ORDER.replace("</PARTIES>", OTHER_BUYER.replace("<PARTY_ROLE>buyer</PARTY_ROLE>", "") + "</PARTIES>")
    assert "Fremde" not in landed(inside, order)


@pytest.mark.parametrize(
    ("price", "per"),
    [
        ("293,28", "100"),
        ("293.28", "0"),
        ("293.28", "-100"),
        ("293.28", "Infinity"),
        ("NaN", "100"),
        ("1E999999", "2"),
        ("293.28", "1E-999999"),
        ("293.28", "1_00"),
        ("293.28", "hundert"),
    ],
)
def test_a_price_that_is_no_number_is_refused_and_never_guessed(inside: Inside, price: str, per: str) -> None:
    order = ORDER.replace(PRICE, PRICE.replace("293.28", price)).replace(PER, PER.replace("100", per))
    batch = inside.take("bestellung.xml", order.encode("iso-8859-1"))
    assert batch.counts.rejected == 1
    assert len(inside.codes(batch)) == 1
    assert sum(path.stat().st_size for path in inside.outbox.iterdir()) < 100_000


@pytest.mark.parametrize("per", ["", "1", " 100 ", "100.0", "+100"])
def test_a_price_per_so_many_is_exact(inside: Inside, per: str) -> None:
    price = {"": "2.9328", "1": "2.9328"}.get(per, "293.28")
    order = ORDER.replace(PRICE, PRICE.replace("293.28", price)).replace(PER, PER.replace("100", per))
    assert "2.9328" in landed(inside, order)
