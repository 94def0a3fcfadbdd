"""The resources of the shop's API as data: where they are, how they are wrapped, what can be done (`lightspeed-ecom.md` 2).

Whatever is irregular about them stands here and nowhere else. A resource is named as parts name it: in the singular,
with its owner before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Verbs: list, count, get one, post (create), put (update), delete.
ALL = "LCGPUD"
#: Read only.
READ = "LCG"


class Resource(NamedTuple):
    """One resource.

    Attributes:
        name: as parts name it.
        path: of the collection; `{}` is the id of the owner.
        one, many: keys of the envelope around a single record and around a list.
        verbs: which of L, C, G, P, U, D are offered.
        answer: key of the envelope around the answer to a POST, where it is another one.
        single: there is one per owner, without id of its own (the image of a category).
        texts: fields that have a value per language.
    """

    name: str
    path: str
    one: str
    many: str
    verbs: str = ALL
    answer: str = ""
    single: bool = False
    texts: frozenset[str] = frozenset()

    @property
    def nested(self) -> bool:
        """Whether the path begins with the id of an owner."""
        return "{}" in self.path

    def of(self, owner: str = "") -> str:
        """The path of the collection."""
        return self.path.format(owner)


_TEXTS = frozenset({"url", "title", "fulltitle", "description", "content"})
_TITLE = frozenset({"title"})


def _owned(owner: str, path: str, what: str, one: str, verbs: str = ALL) -> Resource:
    key = owner + one[0].upper() + one[1:]
    return Resource(f"{owner}_{what}", f"{path}/{{}}/{what}s", key, f"{key}s", verbs)


_METAFIELDS = tuple(
    _owned(owner, f"{owner}s", "metafield", "metafield")
    for owner in ("product", "variant", "customer", "order", "invoice", "shipment")
)

#: Envelope keys: 1.2, fields: the sections named. Irregular ones say so.
RESOURCES: Mapping[str, Resource] = {
    each.name: each
    for each in (
        # 2.1, 2.10, 2.11, 2.4, 2.5
        Resource("product", "products", "product", "products", texts=_TEXTS),
        Resource("product_image", "products/{}/images", "productImage", "productImages"),
        Resource("product_relation", "products/{}/relations", "productRelation", "productRelations"),
        Resource("product_attribute", "products/{}/attributes", "productAttribute", "productAttributes", "LCGUD"),
        # irregular: the same key for one and for many
        Resource("product_filtervalue", "products/{}/filtervalues", "productFiltervalue", "productFiltervalue", "LCPD"),
        # 2.2
        Resource("variant", "variants", "variant", "variants", texts=_TITLE),
        Resource("variant_image", "variants/{}/image", "variantImage", "variantImage", "GPD", single=True),
        Resource("variant_movement", "variants/movements", "variantMovement", "variantsMovements", READ),
        # 2.3, 2.4
        Resource("set", "sets", "set", "sets"),
        Resource("type", "types", "type", "types"),
        Resource("attribute", "attributes", "attribute", "attributes"),
        # irregular: the answer to a POST has the key of the list
        Resource(
            "type_attribute", "types/attributes", "typesAttribute", "typesAttributes", "LCGPD", answer="typesAttributes"
        ),
        # 2.5, 2.6
        Resource("filter", "filters", "filter", "filters", texts=_TITLE),
        Resource("filter_value", "filters/{}/values", "filterValue", "filterValues", texts=_TITLE),
        Resource("brand", "brands", "brand", "brands", texts=frozenset({"title", "content"})),
        Resource("brand_image", "brands/{}/image", "brandImage", "brandImage", "GPD", single=True),
        Resource("supplier", "suppliers", "supplier", "suppliers"),
        Resource("deliverydate", "deliverydates", "deliverydate", "deliverydates"),
        Resource("tag", "tags", "tag", "tags", texts=_TITLE),
        Resource("tag_product", "tags/products", "tagsProduct", "tagsProducts", "LCGPD"),
        # 2.8, 2.9
        Resource("category", "categories", "category", "categories", texts=_TEXTS),
        Resource("category_image", "categories/{}/image", "categoryImage", "categoryImage", "GPD", single=True),
        Resource("category_product", "categories/products", "categoriesProduct", "categoriesProducts", "LCGPD"),
        # 2.7
        *_METAFIELDS,
        # 2.12 to 2.16
        Resource("file", "files", "file", "files"),
        Resource("tax", "taxes", "tax", "taxes"),
        Resource("tax_override", "taxes/{}/overrides", "taxOverride", "taxOverrides"),
        Resource("quantity_discount", "quantity_discounts", "quantityDiscount", "quantityDiscounts"),
        Resource("discount", "discounts", "discount", "discounts"),
        # irregular: its plural is only assumed [unsure]; lists are taken by whatever key holds them
        Resource("discountrule", "discountrules", "discountRule", "discountRules"),
        # 2.17
        Resource("group", "groups", "group", "groups"),
        Resource("group_customer", "groups/customers", "groupsCustomer", "groupsCustomers", "LCGPD"),
        Resource("customer", "customers", "customer", "customers"),
        Resource("customer_token", "customers/{}/tokens", "customerToken", "customerTokens", "P"),
        Resource("customer_login", "customers/{}/login", "customerLogin", "customerLogin", "P"),
        # 2.18 to 2.20
        Resource("order", "orders", "order", "orders", "LCGU"),
        Resource("order_product", "orders/{}/products", "orderProduct", "orderProducts", READ),
        Resource("order_customstatus", "orders/customstatuses", "customStatus", "customStatuses"),
        Resource("order_event", "orders/events", "orderEvent", "ordersEvents", READ),
        Resource("order_credit", "orders/{}/credit", "credit", "credit", "P", answer="invoice"),
        Resource("invoice", "invoices", "invoice", "invoices", "LCGU"),
        Resource("invoice_item", "invoices/{}/items", "invoiceItem", "invoiceItems", READ),
        Resource("shipment", "shipments", "shipment", "shipments", "LCGU"),
        Resource("shipment_product", "shipments/{}/products", "shipmentProduct", "shipmentProducts", READ),
        # 2.21, 2.22
        Resource("shippingmethod", "shippingmethods", "shippingMethod", "shippingMethods", READ),
        Resource("paymentmethod", "paymentmethods", "paymentMethod", "paymentMethods", READ),
        Resource("quote", "quotes", "quote", "quotes", "LCGPU"),
        Resource("quote_product", "quotes/{}/products", "quoteProduct", "quoteProducts"),
        Resource("quote_convert", "quotes/{}/convert", "order", "order", "P"),
        # 2.23: no envelope at all
        Resource("checkout", "checkouts", "", ""),
        Resource("checkout_product", "checkouts/{}/products", "", ""),
        Resource("checkout_order", "checkouts/{}/order", "", "", "P"),
        # 2.24, 2.25
        Resource("language", "languages", "language", "languages", READ),
        Resource("shop", "shop", "shop", "shop", "GU", single=True),
        Resource("shop_limits", "shop/limits", "shopLimits", "shopLimits", "G", single=True),
        Resource("account_ratelimit", "account/ratelimit", "accountRatelimit", "accountRatelimit", "G", single=True),
        Resource("account_permission", "account/permissions", "accountPermission", "accountPermissions", "LG"),
        Resource("webhook", "webhooks", "webhook", "webhooks"),
        # irregular: its list is called products
        Resource("catalog", "catalog", "product", "products", READ),
        Resource("return", "returns", "return", "returns", "LCGUD"),
        # irregular: POST takes the plural
        Resource("location", "locations", "location", "locations", answer="locations"),
    )
}
