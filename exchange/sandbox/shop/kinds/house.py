"""What belongs to the shop itself: taxes, files, discounts, languages, webhooks (2.7, 2.12 to 2.16, 2.24, 2.25)."""

from __future__ import annotations

from exchange.sandbox.shop.kind import READ, Field, Kind, choice, fields, language, links, metafields, ro, rw

_GROUPS = "customers orders invoices shipments products variants quotes reviews returns subscriptions tickets contacts"

PRICES = (
    Kind("taxes", "tax", "taxes", fields(rw(isDefault=False, rate=0, title="")), limit="maxTaxes", dated=False),
    Kind(
        "taxes/overrides",
        "taxOverride",
        "taxOverrides",
        fields(rw(rate=0), iter([("country", Field("", "country"))]), links(tax="taxes")),
        nested=True,
        dated=False,
    ),
    Kind(
        "quantity_discounts",
        "quantityDiscount",
        "quantityDiscounts",
        fields(
            iter([("product", Field(0, "plain", "products")), ("variant", Field(0, "plain", "variants"))]),
            rw(quantity=1, price=0, percentage=0, isPercentage=False),
            iter([("customerGroup", Field(0, "plain", "groups"))]),
            rw(startDate=None, endDate=None),
        ),
        filters={"product": "product", "variant": "variant"},
        needs=("product", "quantity"),
    ),
    Kind(
        "discounts",
        "discount",
        "discounts",
        fields(
            rw(isActive=True, startDate=None, endDate=None),
            choice("type", "percentage", "percentage amount"),
            rw(discount=0),
            choice("applyTo", "all", "all productscategories"),
            choice("shipment", "default", "default discount free"),
            rw(usageLimit=0),
            ro(timesUsed=0),
            rw(minimumAmount=0, before_tax=True, minimum_after=False, code="", categories=[], products=[]),
        ),
    ),
    Kind(
        "discountrules",
        "discountRule",
        "discountRules",
        fields(
            rw(type="", title="", position=0, maximumUses=0),
            ro(countUsed=0),
            rw(startDate=None),
            ro(createdAt=None, modifiedAt=None),
            rw(endDate=None, isActive=True, isStop=False, discountAmount="0", discountType="currency"),
            iter(
                [
                    ("categories", Field([], "several", "categories")),
                    ("customer_groups", Field([], "several", "groups")),
                ]
            ),
            rw(minCategoryAmount="0", minCategoryProducts="0"),
        ),
        dated=False,
    ),
)

HOUSE = (
    *PRICES,
    Kind(
        "files",
        "file",
        "files",
        fields(ro(type="file", extension="", size=0, title="", src="")),
        limit="maxFiles",
    ),
    Kind(
        "languages",
        "language",
        "languages",
        fields(ro(isActive=True, isDefault=False, code="", locale="", title="")),
        READ,
        dated=False,
    ),
    Kind("countries", "country", "countries", fields(ro(code="", code3="", title="")), READ, dated=False),
    metafields("shop", "shop/metafields"),
    metafields("account", "account/metafields"),
    Kind(
        "webhooks",
        "webhook",
        "webhooks",
        fields(
            rw(isActive=True),
            choice("itemGroup", "", _GROUPS),
            choice("itemAction", "", "created updated deleted paid shipped answered *"),
            language(),
            choice("format", "json", "json xml"),
            rw(address=""),
        ),
        needs=("itemGroup", "itemAction", "address"),
        limit="maxWebhooks",
    ),
    Kind("redirects", "redirect", "redirects", fields(rw(isPermanent=True, url="", target="")), needs=("url",)),
    Kind("locations", "location", "locations", fields(rw(title="", isActive=True)), body="locations"),
)
