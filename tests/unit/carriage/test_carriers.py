"""Numbers, links and letters of carriers."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from exchange.carriage.carriers import CARRIERS, LINKS, link, title
from exchange.carriage.notice import notice
from exchange.consignment import Consignment
from exchange.modules.tracking_codes import TrackingOptions

SENT = Consignment(
    "ORD1/VLL-1", "ORD1", "dhl", "Anna Becker", "anna@becker.example", "DE", "01099", ("00340434161", "7")
)


@pytest.mark.parametrize("carrier", LINKS)
@pytest.mark.parametrize("language", ["de", "en", "nl"])
def test_every_link_leads_to_the_carrier_and_holds_the_number(carrier: str, language: str) -> None:
    """Over https; what a file brings cannot change the address."""
    address = urlsplit(link(LINKS[carrier], "4711&x=/../", "01099", language))
    assert address.scheme == "https"
    assert "4711%26x%3D%2F..%2F" in address.path + address.query
    assert "{" not in address.geturl()


def test_carriers_are_called_by_their_names() -> None:
    """Those that are handed nothing here, too."""
    assert [title(each) for each in ("dhl", "dpd", "gls", "deutsche_post")] == ["DHL", "DPD", "GLS", "DEUTSCHE POST"]
    assert set(CARRIERS) <= set(LINKS)


def test_a_notice_lists_every_parcel_with_its_link() -> None:
    """In the customer's language; what is told once is known by order and number."""
    letter = notice(SENT, LINKS, "Kaffeekontor")
    assert (letter.recipient, letter.template, letter.language) == ("anna@becker.example", "tracking", "de")
    assert letter.values["salutation"] == "Guten Tag Anna Becker,"
    assert letter.items is not None
    assert list(letter.items) == ["ORD1|00340434161", "ORD1|7"]
    assert letter.items["ORD1|7"]["link"].endswith("piececode=7")
    assert letter.name == notice(SENT._replace(name=""), LINKS, "").name
    assert letter.name != notice(SENT._replace(parcels=("7",)), LINKS, "").name


def test_a_notice_knows_neither_name_nor_order_nor_carrier() -> None:
    """A consignment of which only the number came back."""
    letter = notice(Consignment("VLL-1", "", "", language="EN", parcels=("7",)), LINKS, "")
    assert letter.values["salutation"] == "Hello,"
    assert letter.items == {"VLL-1|7": {"number": "7", "carrier": "", "link": ""}}


@pytest.mark.parametrize(
    "wrong", ["http://x.example/{number}", "https://x.example/", "https://x.example/{id}", "https://x/{"]
)
def test_a_link_that_leads_nowhere_is_refused(wrong: str) -> None:
    """When the settings are read."""
    with pytest.raises(ValidationError, match="hermes"):
        TrackingOptions.model_validate({"links": {"hermes": wrong}})
