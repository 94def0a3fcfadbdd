"""The resources of the shop's API as data: where they are, how wrapped, and what they offer (`lightspeed-ecom.md`).

Whatever is irregular about them stands here and nowhere else. A resource is named as parts name it: in the singular,
with its owner before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Verbs: list, count, get one, post (create), put (update), delete.
ALL = "LCGPUD"
#: Read only.
READ = "LCG"
#: What every list takes (1.3).
FILTERS = frozenset({"created_at_min", "created_at_max", "updated_at_min", "updated_at_max", "since_id", "fields"})


class Resource(NamedTuple):
    """One resource.

    Attributes:
        name: as parts name it.
        path: of the collection; `{}` is the id of the owner.
        one, many: keys of the envelope around a single record and around a list; empty where there is no envelope.
        verbs: which of L, C, G, P, U, D are offered.
        body, answer: keys of the envelope around a POST and its answer, where they are others.
        single: there is one per owner, without an id of its own (the image of a category, the shop).
        texts: fields that have a value per language (1.7).
        filters: what its list takes beside `FILTERS`.
        links: fields that name another thing: read as a link, written as its number (1.2).
        late: may be missing for a while after its owner has come (1.5).
    """

    name: str
    path: str
    one: str
    many: str
    verbs: str = ALL
    body: str = ""
    answer: str = ""
    single: bool = False
    texts: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    late: bool = False

    @property
    def nested(self) -> bool:
        """Whether the path begins with the id of an owner."""
        return "{}" in self.path

    def address(self, owner: str = "", shop_id: str = "") -> str:
        """The path of the collection, or of one thing in it. Raises ValueError where an id is missing or too much."""
        if self.nested != bool(owner):
            raise ValueError(f"{self.name}: the owner is {'missing' if self.nested else 'too much'}")
        if self.single and shop_id:
            raise ValueError(f"{self.name} has no id of its own")
        collection = self.path.format(quote(owner, safe=""))
        return f"{collection}/{quote(shop_id, safe='')}" if shop_id else collection


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


def _plain(
    name: str,
    one: str = "",
    verbs: str = ALL,
    *,
    path: str = "",
    texts: str = "",
    filters: str = "",
    links: str = "",
    many: str = "",
) -> Resource:
    """A resource at the top, whose keys follow from its name or its path."""
    key = one or name
    return Resource(
        name,
        path or f"{name}s",
        key,
        many or f"{key}s",
        verbs,
        texts=_set(texts),
        filters=_set(filters),
        links=_set(links),
    )


def _pairs(name: str, path: str, one: str, links: str, verbs: str = "LCGPD") -> Resource:
    """Assignments of one thing to another: their list is filtered by either of them."""
    return Resource(name, path, one, f"{one}s", verbs, filters=_set(links), links=_set(links))


def _below(
    owner: str, path: str, what: str, verbs: str = ALL, *, links: str = "", texts: str = "", late: bool = False
) -> Resource:
    """What lives under an owner: its keys are the owner's name and its own."""
    key = owner + what[0].upper() + what[1:]
    return Resource(
        f"{owner}_{what.lower()}",
        f"{path}/{{}}/{what.lower()}s",
        key,
        f"{key}s",
        verbs,
        texts=_set(texts),
        links=_set(links),
        late=late,
    )


def _image(owner: str, path: str) -> Resource:
    """The one image of a thing."""
    return Resource(f"{owner}_image", f"{path}/{{}}/image", f"{owner}Image", f"{owner}Image", "GPD", single=True)


def _one(name: str, path: str, key: str, verbs: str = "G") -> Resource:
    """What the shop has one of."""
    return Resource(name, path, key, key, verbs, single=True)


def _act(name: str, path: str, key: str, answer: str = "") -> Resource:
    """Something that is done to a thing by a POST."""
    return Resource(name, path, key, key, "P", answer=answer)


#: Language-dependent texts of what has a page of its own (1.7).
_PAGE = "url title fulltitle description content"

_CATALOGUE = (
    # 2.1, 2.10, 2.11, 2.4, 2.5
    _plain("product", texts=_PAGE, filters="brand", links="brand supplier deliverydate type"),
    _below("product", "products", "image"),
    _below("product", "products", "relation", links="relatedProduct"),
    _below("product", "products", "attribute", "LCGUD"),
    _below("product", "products", "metafield"),
    # irregular: the same key for one and for many
    Resource(
        "product_filtervalue", "products/{}/filtervalues", "productFiltervalue", "productFiltervalue", "LCPD",
        links=_set("filter filtervalue"),
    ),
    # irregular: its list is called products
    Resource("catalog", "catalog", "product", "products", READ),
    # 2.2
    _plain("variant", texts="title", filters="product sku ean article_code hs", links="product tax additionalcost"),
    _image("variant", "variants"),
    _below("variant", "variants", "metafield"),
    # irregular: one is variantMovement, many are variantsMovements
    _plain("variant_movement", "variantMovement", READ, path="variants/movements", many="variantsMovements",
           filters="product variant", links="product variant"),
    # 2.3, 2.4
    _plain("set"),
    _plain("type"),
    _plain("attribute"),
    # irregular: the answer to a POST has the key of the list
    _pairs("type_attribute", "types/attributes", "typesAttribute", "type attribute")._replace(answer="typesAttributes"),
    # 2.5, 2.6
    _plain("filter", texts="title"),
    _below("filter", "filters", "value", texts="title"),
    _plain("brand", texts="url title content"),
    _image("brand", "brands"),
    _plain("supplier"),
    _plain("deliverydate", texts="name inStockMessage outStockMessage"),
    _plain("tag", texts="url title"),
    _pairs("tag_product", "tags/products", "tagsProduct", "tag product"),
    # 2.8, 2.9
    _plain("category", path="categories", many="categories", texts=_PAGE, filters="parent", links="parent"),
    _image("category", "categories"),
    _pairs("category_product", "categories/products", "categoriesProduct", "category product"),
    # 2.12, 2.13
    _plain("file"),
    _plain("tax", path="taxes", many="taxes"),
    Resource("tax_override", "taxes/{}/overrides", "taxOverride", "taxOverrides", links=_set("tax")),
    # 2.14 to 2.16: the product, variant and group of a quantity discount are read as plain numbers
    _plain("quantity_discount", "quantityDiscount", path="quantity_discounts", filters="product variant",
           links="product variant customerGroup"),
    _plain("discount"),
    # its plural is only assumed [unsure]: a list is taken by whatever key holds it
    _plain("discountrule", "discountRule"),
)  # fmt: skip

_SALES = (
    # 2.17
    _plain("group"),
    _pairs("group_customer", "groups/customers", "groupsCustomer", "group customer"),
    _plain("customer", filters="email"),
    _below("customer", "customers", "metafield"),
    _act("customer_token", "customers/{}/tokens", "customerToken"),
    _act("customer_login", "customers/{}/login", "customerLogin"),
    # 2.18
    _plain("order", verbs="LCGU", filters="customer number", links="customStatus")._replace(late=True),
    _below("order", "orders", "product", READ, links="product variant", late=True),
    _below("order", "orders", "metafield", late=True),
    _plain("order_customstatus", "customStatus", path="orders/customstatuses", many="customStatuses"),
    # irregular: one is orderEvent, many are ordersEvents
    _plain("order_event", "orderEvent", READ, path="orders/events", many="ordersEvents",
           filters="order invoice shipment", links="order invoice shipment"),
    _act("order_credit", "orders/{}/credit", "credit", answer="invoice"),
    # 2.19, 2.20
    _plain("invoice", verbs="LCGU", filters="order customer", links="order customer invoice"),
    _below("invoice", "invoices", "item", READ, links="variant", late=True),
    _below("invoice", "invoices", "metafield", late=True),
    _plain("shipment", verbs="LCGU", filters="order customer", links="order customer"),
    _below("shipment", "shipments", "product", READ, links="variant", late=True),
    _below("shipment", "shipments", "metafield", late=True),
    # 2.21
    _plain("shippingmethod", "shippingMethod", READ, path="shippingmethods", links="tax"),
    _plain("paymentmethod", "paymentMethod", READ, path="paymentmethods"),
    # 2.22
    _plain("quote", verbs="LCGPU", links="customer"),
    _below("quote", "quotes", "product", links="product variant"),
    _below("quote", "quotes", "shippingMethod", "LC"),
    _below("quote", "quotes", "paymentMethod", "LC"),
    _act("quote_convert", "quotes/{}/convert", "order"),
    # 2.23: no envelopes
    Resource("checkout", "checkouts", "", ""),
    Resource("checkout_product", "checkouts/{}/products", "", "", "LPUD"),
    Resource("checkout_shipment_method", "checkouts/{}/shipment_methods", "", "", "L"),
    Resource("checkout_payment_method", "checkouts/{}/payment_methods", "", "", "L"),
    Resource("checkout_validation", "checkouts/{}/validate", "", "", "G", single=True),
    Resource("checkout_order", "checkouts/{}/order", "", "", "P"),
    # 2.24
    _plain("return", verbs="LCGUD"),
)  # fmt: skip

_SHOP = (
    # 2.7, 2.24
    _one("shop", "shop", "shop", "GU"),
    _one("shop_limits", "shop/limits", "shopLimits"),
    _one("account_ratelimit", "account/ratelimit", "accountRatelimit"),
    _plain("account_permission", "accountPermission", "L", path="account/permissions"),
    Resource("shop_metafield", "shop/metafields", "shopMetafield", "shopMetafields"),
    _plain("metafield"),
    _plain("language", verbs=READ),
    _plain("country", path="countries", verbs="LCG", many="countries"),
    _plain("redirect"),
    _plain("review", verbs=READ, filters="product customer", links="product customer"),
    # irregular: POST takes the plural, PUT the singular
    _plain("location")._replace(body="locations"),
    # 2.25
    _plain("webhook"),
)  # fmt: skip

RESOURCES: Mapping[str, Resource] = {each.name: each for each in (*_CATALOGUE, *_SALES, *_SHOP)}

#: Endings and names of fields that hold money, whatever type the shop gives them (1.6).
_MONEY_ENDINGS = ("Excl", "Incl", "Cost", "Amount", "PriceTax", "_excl", "_incl", "_cost")
_MONEY = _set("price unitPrice priceTax freeAbove amount")
#: Endings of other numbers that may come as text (1.2): `weightValue`.
_NUMBER_ENDINGS = ("weightValue", "volumeValue", "sizeXValue", "sizeYValue", "sizeZValue")


def is_money(field: str) -> bool:
    """Whether a field holds money."""
    return field in _MONEY or field.endswith(_MONEY_ENDINGS)


def is_number(field: str) -> bool:
    """Whether a field holds a number, also where it comes as text."""
    return is_money(field) or field.endswith(_NUMBER_ENDINGS)


def unknown_filters(resource: Resource, given: Iterable[str]) -> list[str]:
    """Those that the list of a resource does not take: the shop would pass over them and give everything."""
    return [name for name in given if name not in FILTERS and name not in resource.filters]
