"""The addresses of a sales document as columns of Sage: what `addresses` is for orders (`sage-100.md` 2.11, 5.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.connectors.sage.addresses import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.connectors.sage.accounts import Account
    from exchange.records.sales_document import SalesDocument


def billing(document: SalesDocument, account: Account) -> Place:
    """A0 and A2: as the document says; where it says nothing, the customer's own address."""
    stated = [document.billing_name1, document.billing_street, document.billing_zip, document.billing_city]
    if not any(stated):
        own: Sequence[str] = (
            "Anrede",
            "Name1",
            "Name2",
            "LieferZusatz",
            "",
            "LieferStrasse",
            "LieferLand",
            "LieferPLZ",
        )
        return Place(*(account.text(name) if name else "" for name in (*own, "LieferOrt")))
    return Place(
        document.billing_salutation,
        document.billing_name1,
        document.billing_name2,
        document.billing_addition,
        "",
        document.billing_street,
        document.billing_country or account.text("LieferLand"),
        document.billing_zip,
        document.billing_city,
    )


def delivery(document: SalesDocument, billing: Place) -> Place:
    """A1; the billing address where the document names no other."""
    stated = [document.delivery_name1, document.delivery_street, document.delivery_zip, document.delivery_city]
    country = document.delivery_country or billing.country
    if not any(stated):
        return billing._replace(country=country)
    return Place(
        "",
        document.delivery_name1 or billing.name1,
        document.delivery_name2,
        document.delivery_addition,
        "",
        document.delivery_street,
        country,
        document.delivery_zip,
        document.delivery_city,
    )
