"""What we do with each resource: the order, the limits, and what becomes of what nobody wants any more."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exchange.connectors.lightspeed.values import Plain


class Priority(IntEnum):
    """What goes first; lower is earlier. A thing comes after what it lives under, whatever its priority."""

    STOCK = 0
    ORDER = 10
    PRICE = 20
    SHARED = 30  # taxes, brands, suppliers, groups: others refer to them
    CATEGORY = 31
    PRODUCT = 32
    VARIANT = 33
    ASSIGNMENT = 34
    TEXT = 40
    RELATION = 50
    IMAGE = 51
    METAFIELD = 52
    FILE_GONE = 60  # nothing links it any more


class Policy(NamedTuple):
    """How one resource is treated.

    Attributes:
        priority: of a thing that the shop does not have yet, and of fields without a priority of their own.
        vanished: what is done when nobody wants it: nothing (`leave`), `hide` or `delete` it.
        limit: name in `shop/limits` of how many there may be.
        per_owner: whether that limit counts within the owner.
    """

    priority: Priority
    vanished: Literal["leave", "hide", "delete"] = "delete"
    limit: str = ""
    per_owner: bool = False


#: `lightspeed-ecom.md` 2.24 for the limits. A resource that does not stand here is deleted and goes with the last.
POLICIES: Mapping[str, Policy] = {
    "tax": Policy(Priority.SHARED, "leave", "maxTaxes"),
    "group": Policy(Priority.SHARED, "leave", "maxGroups"),
    "brand": Policy(Priority.SHARED, "leave", "maxBrands"),
    "supplier": Policy(Priority.SHARED, "leave", "maxSuppliers"),
    "category": Policy(Priority.CATEGORY, "hide", "maxCategories"),
    "product": Policy(Priority.PRODUCT, "hide", "maxProducts"),
    "variant": Policy(Priority.VARIANT, "delete", "maxProductsVariants", per_owner=True),
    "category_product": Policy(Priority.ASSIGNMENT, "delete", "maxProductsCategories", per_owner=True),
    "quantity_discount": Policy(Priority.PRICE),
    "product_relation": Policy(Priority.RELATION, "delete", "maxProductsRelations", per_owner=True),
    "product_image": Policy(Priority.IMAGE, "delete", "maxProductsImages", per_owner=True),
    "product_metafield": Policy(Priority.METAFIELD),
    "variant_metafield": Policy(Priority.METAFIELD),
    "customer_metafield": Policy(Priority.METAFIELD),
    "order": Policy(Priority.ORDER, "leave"),
    "order_metafield": Policy(Priority.ORDER),
    "shipment": Policy(Priority.ORDER, "leave"),
    "shipment_metafield": Policy(Priority.ORDER),
    "customer": Policy(Priority.ORDER, "leave"),
    "file": Policy(Priority.IMAGE, "delete", "maxFiles"),
}
_OTHER = Policy(Priority.METAFIELD)

#: Parts that many records speak of, so that they have very many facets.
SHARED = frozenset({"tax", "group", "brand", "supplier"})

_STOCK = frozenset({"stockLevel"})
_PRICES = frozenset({"priceExcl", "priceIncl", "oldPriceExcl", "oldPriceIncl", "unitPrice", "unitUnit", "visibility"})
_TEXTS = frozenset({"title", "fulltitle", "description", "content"})

#: What a field is set to when nobody wants anything of it any more. Others stay as they are: missing is never zero.
EMPTY: Mapping[str, Plain] = {
    "oldPriceExcl": 0,
    "oldPriceIncl": 0,
    "unitPrice": 0,
    "brand": None,
    "supplier": None,
    "fulltitle": "",
    "description": "",
    "content": "",
    "ean": "",
    "hs": "",
    "trackingCode": "",
    **{f"addressShipping{name}": "" for name in ("Name", "Street", "Street2", "Number", "Zipcode", "City", "Country")},
}

#: Fields that people fill in together, in the shop itself too: they are emptied only while all are as we sent them.
PERSONAL: Mapping[str, frozenset[str]] = {
    "customer": frozenset(name for name in EMPTY if name.startswith("addressShipping")),
}

#: What hides a thing that nobody wants any more.
HIDDEN: Mapping[str, Mapping[str, Plain]] = {"product": {"visibility": "hidden"}, "category": {"isVisible": False}}
#: Fields that can be given only when a thing is made; when one changes, another thing takes its place (2.9 to 2.12).
FIXED: Mapping[str, frozenset[str]] = {
    "product_image": frozenset({"attachment"}),
    "product_relation": frozenset({"relatedProduct"}),
    "category_product": frozenset({"category", "product", "sortOrder"}),
    "file": frozenset({"attachment"}),
}
#: Fields that cannot be given when a thing is made, but only afterwards.
LATER: Mapping[str, frozenset[str]] = {
    "product_image": frozenset({"sortOrder"}),
    "product_relation": frozenset({"sortOrder"}),
}
#: A new one is made before the old one goes, so that the customer sees no gap.
NEW_FIRST = frozenset({"product_image", "file"})
#: Others link them by their address: the old one goes at the end of a run, when the links have been changed.
LINKED = frozenset({"file"})
#: There is one below each owner and it has no id of its own: sending it again replaces it (2.2, 2.8).
SINGLE = frozenset({"variant_image", "category_image", "brand_image"})
#: The shop has no POST of it: it is made by several calls, and what it is made of cannot be changed afterwards.
STEPPED = frozenset({"order"})
#: How the status of an order begins that is shipped, picked up or cancelled (2.18).
ENDED = ("completed", "cancelled")
#: Fields by which a thing is recognised, and which are never sent: the shop's own value counts.
RECOGNISED: Mapping[str, frozenset[str]] = {"customer": frozenset({"email"})}


def of(resource: str) -> Policy:
    """The policy of a resource."""
    return POLICIES.get(resource, _OTHER)


def difference(sent: Mapping[str, Plain], wanted: Mapping[str, Plain]) -> dict[str, Plain]:
    """The fields that have to go to the shop: those that differ, and those to be emptied because nobody wants them."""
    fields = {name: value for name, value in wanted.items() if name not in sent or sent[name] != value}
    emptied = {name: empty for name, empty in EMPTY.items() if name in sent and name not in wanted}
    return fields | {name: empty for name, empty in emptied.items() if sent[name] != empty}


def priority(resource: str, language: str, fields: Iterable[str], *, exists: bool) -> Priority:
    """How urgent it is to send these fields: as urgent as the most urgent of them, once the thing exists."""
    if language:
        return Priority.TEXT
    own = of(resource).priority
    return min((_field_priority(name, own) for name in fields), default=own) if exists else own


def _field_priority(name: str, own: Priority) -> Priority:
    if name in _STOCK:
        return Priority.STOCK
    if name in _PRICES:
        return Priority.PRICE
    return max(own, Priority.TEXT) if name in _TEXTS else own
