"""The letter that tells a customer the numbers of his parcels."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from exchange.carriage.carriers import link, title
from exchange.letter import Letter
from exchange.shop import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.consignment import Consignment


def notice(consignment: Consignment, links: Mapping[str, str], sender: str) -> Letter:
    """The letter about the parcels of a consignment, to whom it goes.

    Args:
        consignment: with its numbers; each is told once per order, whatever consignment it belongs to.
        links: where a parcel is followed, per carrier (`exchange.carriage.carriers.link`).
        sender: name under the letter.
    """
    language = "de" if consignment.language.upper() in ("", "DE") else "en"
    hello = "Guten Tag" if language == "de" else "Hello"
    values = {
        "salutation": f"{hello} {consignment.name}".strip() + ",",
        "order": consignment.order_number,
        "sender": sender,
    }
    address = links.get(consignment.carrier, "")
    items = {
        joined(consignment.order_number or consignment.reference, number): {
            "number": number,
            "carrier": title(consignment.carrier),
            "link": link(address, number, consignment.zip, language) if address else "",
        }
        for number in consignment.parcels or ()
    }
    name = blake2b(" ".join(items).encode(), digest_size=8).hexdigest()
    return Letter(name, consignment.email, "tracking", language, values, items=items)
