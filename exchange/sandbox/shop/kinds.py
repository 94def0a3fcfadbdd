"""What the stand-in shop knows, as data: resources with their fields (`lightspeed-ecom.md` 2, samples of the API).

The connector has a table of its own; the two are written apart on purpose, so that a mistake in one shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Field(NamedTuple):
    """One field of a resource.

    Attributes:
        default: value of a new record.
        role: `rw`; `ro` read only; `text` has a value per language; `link` names another record by its id; `links`
            leads to a list; `country`, `language` are written as a code and read as an object; `write` is never read.
        to: collection that a link leads to, or address of the list with {id}.
    """

    default: Any = ""
    role: str = "rw"
    to: str = ""


class Kind(NamedTuple):
    """One resource.

    Attributes:
        path: of the collection; nested ones have the owner's collection before it: `products/images`.
        one, many: keys of the envelopes.
        fields: by name.
        verbs: L list, C count, G get one, P post, U put, D delete.
        filters: query parameter → field.
        answer: key around the answer to a POST, where it differs.
        nested: whether the owner's id stands in the path.
        single: one per owner, without id.
        limit: name in shop/limits; counted per owner where there is one.
        dated: whether it has createdAt and updatedAt.
    """

    path: str
    one: str
    many: str
    fields: Mapping[str, Field]
    verbs: str = "LCGPUD"
    filters: Mapping[str, str] = {}
    answer: str = ""
    nested: bool = False
    single: bool = False
    limit: str = ""
    dated: bool = True


def _rw(**defaults: Any) -> Iterator[tuple[str, Field]]:
    return ((name, Field(value)) for name, value in defaults.items())


def _ro(**defaults: Any) -> Iterator[tuple[str, Field]]:
    return ((name, Field(value, "ro")) for name, value in defaults.items())


def _texts(*names: str) -> Iterator[tuple[str, Field]]:
    return ((name, Field("", "text")) for name in names)


def _links(**to: str) -> Iterator[tuple[str, Field]]:
    return ((name, Field(default=False, role="link", to=where)) for name, where in to.items())


def _lists(**to: str) -> Iterator[tuple[str, Field]]:
    return ((name, Field(default=False, role="links", to=where)) for name, where in to.items())


def _fields(*parts: Iterator[tuple[str, Field]]) -> dict[str, Field]:
    return {name: field for part in parts for name, field in part}


def _address(role: str, *, company: bool) -> Iterator[tuple[str, Field]]:
    names = ("Name", "Street", "Street2", "Number", "Extension", "Zipcode", "City", "Region")
    if company:
        yield f"address{role}Company", Field(default=False)
    for name in names:
        yield f"address{role}{name}", Field("")
    yield f"address{role}Country", Field("nl", "country")


_PERSON = {
    "gender": False,
    "birthDate": False,
    "nationalId": "",
    "email": "",
    "firstname": "",
    "middlename": "",
    "lastname": "",
    "phone": "",
    "mobile": "",
}
_COMPANY = {"isCompany": False, "companyName": "", "companyCoCNumber": "", "companyVatNumber": ""}
_VISITOR = {"remoteIp": False, "userAgent": False, "referralId": False}


def _metafields(owner: str) -> Kind:
    key = f"{owner}Metafield"
    return Kind(f"{owner}s/metafields", key, f"{key}s", _fields(_rw(key="", value="")), nested=True)


_KINDS = (
    # 2.1, 2.10, 2.11
    Kind(
        "products",
        "product",
        "products",
        _fields(
            _ro(isVisible=True),
            _rw(visibility="visible"),
            _ro(hasMatrix=False),
            _rw(data01="", data02="", data03=""),
            _texts("url", "title", "fulltitle", "description", "content"),
            _rw(set=False),
            _links(brand="brands", supplier="suppliers", deliverydate="deliverydates", type="types"),
            _ro(image=False),
            _lists(
                categories="categories/products?product={id}",
                images="products/{id}/images",
                relations="products/{id}/relations",
                metafields="products/{id}/metafields",
                reviews="reviews?product={id}",
                attributes="products/{id}/attributes",
                tags="tags/products?product={id}",
                variants="variants?product={id}",
                movements="variants/movements?product={id}",
                quantityDiscounts="quantity_discounts?product={id}",
            ),
        ),
        filters={"brand": "brand", "supplier": "supplier", "type": "type"},
        limit="maxProducts",
    ),
    Kind(
        "products/images",
        "productImage",
        "productImages",
        _fields(_rw(sortOrder=0), _ro(extension="", size=0, title="", thumb="", src="")),
        nested=True,
        limit="maxProductsImages",
    ),
    Kind(
        "products/relations",
        "productRelation",
        "productRelations",
        _fields(_rw(sortOrder=0), _links(relatedProduct="products")),
        nested=True,
        limit="maxProductsRelations",
        dated=False,
    ),
    _metafields("product"),
    # 2.2
    Kind(
        "variants",
        "variant",
        "variants",
        _fields(
            _rw(isDefault=False, sortOrder=1, articleCode="", ean="", sku="", hs=None, unitPrice=0, unitUnit=None),
            _rw(priceExcl=0, priceIncl=0, priceCost=0, oldPriceExcl=0, oldPriceIncl=0, stockTracking="disabled"),
            _rw(stockLevel=0, stockAlert=0, stockMinimum=0, stockBuyMinimum=1, stockBuyMaximum=10000),
            _ro(stockSold=0, stockBuyMininum=1, matrix=False, image=False),
            _rw(weight=0, weightValue="0.000", weightUnit="kg", volume=0, volumeValue=0, volumeUnit="ml", colli=0),
            _rw(sizeX=0, sizeY=0, sizeZ=0, sizeXValue="0.000", sizeYValue="0.000", sizeZValue="0.000", sizeUnit="cm"),
            _texts("title"),
            _rw(taxType=None, options=[], additionalcost=False),
            _links(tax="taxes", product="products"),
            _lists(movements="variants/movements?variant={id}", metafields="variants/{id}/metafields"),
        ),
        filters={"product": "product", "sku": "sku", "ean": "ean", "article_code": "articleCode", "hs": "hs"},
    ),
    Kind(
        "variants/image",
        "variantImage",
        "variantImage",
        _fields(_ro(extension="", size=0, title="", thumb="", src="")),
        "GPD",
        nested=True,
        single=True,
    ),
    _metafields("variant"),
    Kind(
        "variants/movements",
        "variantMovement",
        "variantsMovements",
        _fields(_ro(createdAt=None, channel="api", stockLevelChange=0), _links(product="products", variant="variants")),
        "LCG",
        {"product": "product", "variant": "variant"},
        dated=False,
    ),
    # 2.3 to 2.6
    Kind("sets", "set", "sets", _fields(_rw(name="", options=[]))),
    Kind(
        "types",
        "type",
        "types",
        _fields(_rw(title=""), _lists(attributes="types/attributes?type={id}")),
        limit="maxTypes",
        dated=False,
    ),
    Kind(
        "attributes",
        "attribute",
        "attributes",
        _fields(_rw(title="", defaultValue=""), _lists(types="types/attributes?attribute={id}")),
        limit="maxAttributes",
        dated=False,
    ),
    Kind(
        "types/attributes",
        "typesAttribute",
        "typesAttributes",
        _fields(_rw(sortOrder=None), _links(type="types", attribute="attributes")),
        "LCGPD",
        {"type": "type", "attribute": "attribute"},
        answer="typesAttributes",
        dated=False,
    ),
    Kind(
        "products/attributes",
        "productAttribute",
        "productAttributes",
        _fields(_rw(value="", attribute=False)),
        "LCGUD",
        nested=True,
        dated=False,
    ),
    Kind("filters", "filter", "filters", _fields(_texts("title"), _rw(position=0, isActive=True)), limit="maxFilters"),
    Kind(
        "filters/values",
        "filterValue",
        "filterValues",
        _fields(_texts("title"), _rw(position=0)),
        nested=True,
        limit="maxFiltersValues",
    ),
    Kind(
        "products/filtervalues",
        "productFiltervalue",
        "productFiltervalue",
        _fields(_links(filter="filters", filtervalue="filters")),
        "LCPD",
        nested=True,
        dated=False,
    ),
    Kind(
        "brands",
        "brand",
        "brands",
        _fields(
            _texts("url", "title", "content"),
            _rw(isVisible=True),
            _ro(image=False),
            _lists(products="products?brand={id}"),
        ),
        limit="maxBrands",
    ),
    Kind(
        "brands/image",
        "brandImage",
        "brandImage",
        _fields(_ro(extension="", size=0, title="", thumb="", src="")),
        "GPD",
        nested=True,
        single=True,
    ),
    Kind(
        "suppliers",
        "supplier",
        "suppliers",
        _fields(
            _rw(
                title="",
                attention_of="",
                street="",
                street2="",
                number="",
                extension="",
                zip_code="",
                city="",
                region="",
            ),
            iter([("country_id", Field("nl", "country"))]),
        ),
        limit="maxSuppliers",
    ),
    Kind(
        "deliverydates",
        "deliverydate",
        "deliverydates",
        _fields(_texts("name", "inStockMessage", "outStockMessage")),
        limit="maxDeliverydates",
    ),
    Kind(
        "tags",
        "tag",
        "tags",
        _fields(_rw(isVisible=True), _texts("url", "title"), _lists(products="tags/products?tag={id}")),
    ),
    Kind(
        "tags/products",
        "tagsProduct",
        "tagsProducts",
        _fields(_links(tag="tags", product="products")),
        "LCGPD",
        {"tag": "tag", "product": "product"},
        dated=False,
    ),
    # 2.8, 2.9
    Kind(
        "categories",
        "category",
        "categories",
        _fields(
            _rw(isVisible=True),
            _ro(depth=1, path=[]),
            _rw(type="category", sortOrder=0, sorting="default"),
            _texts("url", "title", "fulltitle", "description", "content"),
            _ro(image=False),
            _links(parent="categories"),
            _lists(children="categories?parent={id}", products="categories/products?category={id}"),
        ),
        filters={"parent": "parent"},
        limit="maxCategories",
    ),
    Kind(
        "categories/image",
        "categoryImage",
        "categoryImage",
        _fields(_ro(extension="", size=0, title="", thumb="", src="")),
        "GPD",
        nested=True,
        single=True,
    ),
    Kind(
        "categories/products",
        "categoriesProduct",
        "categoriesProducts",
        _fields(_rw(sortOrder=0), _links(category="categories", product="products")),
        "LCGPD",
        {"category": "category", "product": "product"},
        limit="maxProductsCategories",
        dated=False,
    ),
    # 2.12 to 2.16
    Kind("files", "file", "files", _fields(_ro(type="file", extension="", size=0, title="", src="")), limit="maxFiles"),
    Kind("taxes", "tax", "taxes", _fields(_rw(isDefault=False, rate=0, title="")), limit="maxTaxes", dated=False),
    Kind(
        "taxes/overrides",
        "taxOverride",
        "taxOverrides",
        _fields(_rw(rate=0), iter([("country", Field("nl", "country"))]), _links(tax="taxes")),
        nested=True,
        dated=False,
    ),
    Kind(
        "quantity_discounts",
        "quantityDiscount",
        "quantityDiscounts",
        _fields(
            _rw(
                product=0,
                variant=0,
                quantity=1,
                price=0,
                percentage=0,
                isPercentage=False,
                customerGroup=0,
                startDate=None,
                endDate=None,
            )
        ),
        filters={"product": "product", "variant": "variant"},
    ),
    Kind(
        "discounts",
        "discount",
        "discounts",
        _fields(
            _rw(
                isActive=True,
                startDate=None,
                endDate=None,
                type="percentage",
                discount=0,
                applyTo="all",
                shipment="default",
                usageLimit=0,
                minimumAmount=0,
                before_tax=True,
                minimum_after=False,
                code="",
                categories=[],
                products=[],
            ),
            _ro(timesUsed=0),
        ),
    ),
    Kind(
        "discountrules",
        "discountRule",
        "discountRules",
        _fields(
            _rw(
                type="",
                title="",
                position=0,
                maximumUses=0,
                startDate=None,
                endDate=None,
                isActive=True,
                isStop=False,
                discountAmount="0",
                discountType="currency",
                categories=[],
                customer_groups=[],
                minCategoryAmount="0",
                minCategoryProducts="0",
            ),
            _ro(countUsed=0, createdAt=None, modifiedAt=None),
        ),
        dated=False,
    ),
    # 2.17
    Kind(
        "groups",
        "group",
        "groups",
        _fields(_rw(title=""), _lists(customers="groups/customers?group={id}")),
        limit="maxGroups",
    ),
    Kind(
        "groups/customers",
        "groupsCustomer",
        "groupsCustomers",
        _fields(_links(group="groups", customer="customers")),
        "LCGPD",
        {"group": "group", "customer": "customer"},
        limit="maxGroupsCustomers",
        dated=False,
    ),
    Kind(
        "customers",
        "customer",
        "customers",
        _fields(
            _rw(isConfirmed=False, type="registered"),
            _ro(lastOnlineAt=None, **_VISITOR),
            _rw(**_PERSON, **_COMPANY),
            _address("Billing", company=False),
            _address("Shipping", company=True),
            _rw(memo="", doNotifyRegistered=False, doNotifyConfirmed=False, doNotifyPassword=False),
            iter([("language", Field(default=False, role="language")), ("password", Field("", "write"))]),
            _lists(
                groups="groups/customers?customer={id}",
                invoices="invoices?customer={id}",
                orders="orders?customer={id}",
                reviews="reviews?customer={id}",
                shipments="shipments?customer={id}",
                tickets="tickets?customer={id}",
                metafields="customers/{id}/metafields",
                login="customers/{id}/login",
            ),
        ),
        filters={"email": "email"},
    ),
    _metafields("customer"),
    # 2.18 to 2.20
    Kind(
        "orders",
        "order",
        "orders",
        _fields(
            _ro(number=""),
            _rw(status="processing_awaiting_payment", customStatusId=None),
            _ro(channel="main", **_VISITOR),
            _ro(priceCost=0, priceExcl=0, priceIncl=0, weight=0, volume=0, colli=0),
            _ro(**_PERSON),
            _ro(newsletterSubscribed=False, **_COMPANY),
            (
                (name, field._replace(role="country" if field.role == "country" else "ro"))
                for name, field in _address("Billing", company=False)
            ),
            _ro(addressBillingRegionData=False),
            (
                (name, field._replace(role="country" if field.role == "country" else "ro"))
                for name, field in _address("Shipping", company=True)
            ),
            _ro(addressShippingRegionData=False, paymentId="invoice"),
            _rw(paymentStatus="not_paid"),
            _ro(
                paymentIsPost=True,
                paymentIsInvoiceExternal=False,
                paymentTaxRate=0,
                paymentTaxRates=[],
                paymentBasePriceExcl=0,
                paymentBasePriceIncl=0,
                paymentPriceExcl=0,
                paymentPriceIncl=0,
                paymentTitle="",
                paymentData=[],
                shipmentId="",
            ),
            _rw(shipmentStatus="not_shipped"),
            _ro(
                shipmentIsCashOnDelivery=False,
                shipmentIsPickup=False,
                shipmentTaxRate=0,
                shipmentTaxRates=[],
                shipmentBasePriceExcl=0,
                shipmentBasePriceIncl=0,
                shipmentPriceExcl=0,
                shipmentPriceIncl=0,
                shipmentDiscountExcl=0,
                shipmentDiscountIncl=0,
                shipmentTitle="",
                shipmentData=[],
            ),
            _ro(
                shippingDate=None,
                deliveryDate=None,
                isDiscounted=False,
                discountType="amount",
                discountAmount=0,
                discountPercentage=0,
                discountCouponCode="",
                taxRates=[],
                isNewCustomer=True,
                comment="",
            ),
            _rw(memo="", doNotifyNew=False, doNotifyReminder=False, doNotifyCancelled=False),
            _ro(allowNotifications=True),
            iter([("language", Field("de", "language")), ("isReadyForPickup", Field(default=False, role="write"))]),
            _links(customer="customers", quote="quotes"),
            _lists(
                invoices="invoices?order={id}",
                shipments="shipments?order={id}",
                products="orders/{id}/products",
                metafields="orders/{id}/metafields",
                events="orders/events?order={id}",
            ),
        ),
        "LCGU",
        {
            "customer": "customer",
            "number": "number",
            "status": "status",
            "paymentStatus": "paymentStatus",
            "email": "email",
        },
    ),
    Kind(
        "orders/products",
        "orderProduct",
        "orderProducts",
        _fields(
            _ro(supplierTitle="", brandTitle="", productTitle="", variantTitle="", taxRate=0, taxRates=[]),
            _ro(quantityOrdered=0, quantityInvoiced=0, quantityShipped=0, quantityRefunded=0, quantityReturned=0),
            _ro(articleCode="", ean="", sku="", weight=0, volume=0, colli=0, sizeX=0, sizeY=0, sizeZ=0, priceCost=0),
            _ro(
                customExcl=0,
                customIncl=0,
                basePriceExcl=0,
                basePriceIncl=0,
                priceExcl=0,
                priceIncl=0,
                discountExcl=0,
                discountIncl=0,
                customFields=False,
            ),
            _links(product="products", variant="variants"),
        ),
        "LCG",
        nested=True,
        dated=False,
    ),
    _metafields("order"),
    Kind("orders/customstatuses", "customStatus", "customStatuses", _fields(_rw(title="", color=""))),
    Kind(
        "orders/events",
        "orderEvent",
        "ordersEvents",
        _fields(
            _ro(createdAt=None, channel="main", type="order", message="new", comment=""),
            _links(order="orders", invoice="invoices", shipment="shipments"),
        ),
        "LCG",
        {"order": "order", "invoice": "invoice", "shipment": "shipment"},
        dated=False,
    ),
    Kind(
        "invoices",
        "invoice",
        "invoices",
        _fields(
            _ro(number=""),
            _rw(status="not_paid"),
            _ro(isVatShifted=False, priceExcl=0, priceIncl=0),
            _rw(doNotifyNew=False, doNotifyPaid=False),
            _ro(isCreditNote=False, creditNote=False),
            _links(invoice="invoices", order="orders", customer="customers"),
            _lists(
                items="invoices/{id}/items", metafields="invoices/{id}/metafields", events="orders/events?invoice={id}"
            ),
        ),
        "LCGU",
        {"order": "order", "customer": "customer"},
    ),
    Kind(
        "invoices/items",
        "invoiceItem",
        "invoiceItems",
        _fields(
            _ro(
                type="product",
                title="",
                orderProductId=0,
                articleCode="",
                ean="",
                sku="",
                taxRate=0,
                basePriceExcl=0,
                basePriceIncl=0,
                priceExcl=0,
                priceIncl=0,
                discountExcl=0,
                discountIncl=0,
                quantity=0,
            ),
            _links(variant="variants"),
        ),
        "LCG",
        nested=True,
        dated=False,
    ),
    _metafields("invoice"),
    Kind(
        "shipments",
        "shipment",
        "shipments",
        _fields(
            _ro(number=""),
            _rw(
                status="not_shipped",
                trackingCode="",
                doNotifyShipped=False,
                doNotifyReadyForPickup=False,
                doNotifyTrackingCode=False,
            ),
            _ro(totalWeight=0, totalSizeX=0, totalSizeY=0, totalSizeZ=0),
            _links(customer="customers", order="orders"),
            _lists(
                products="shipments/{id}/products",
                metafields="shipments/{id}/metafields",
                events="orders/events?shipment={id}",
            ),
        ),
        "LCGU",
        {"order": "order", "customer": "customer"},
    ),
    Kind(
        "shipments/products",
        "shipmentProduct",
        "shipmentProducts",
        _fields(
            _ro(quantity=0, title="", articleCode="", ean="", sku="", customData=False), _links(variant="variants")
        ),
        "LCG",
        nested=True,
        dated=False,
    ),
    _metafields("shipment"),
    # 2.21, 2.22
    Kind(
        "shippingmethods",
        "shippingMethod",
        "shippingMethods",
        _fields(
            _ro(
                type="default",
                isBackofficeOnly=False,
                sortOrder=1,
                freeAbove=0,
                paymentPriceExcl=0,
                paymentPriceIncl=0,
                title="",
                description="",
                countries=[],
                values=[],
            ),
            _links(tax="taxes"),
        ),
        "LCG",
        dated=False,
    ),
    Kind("paymentmethods", "paymentMethod", "paymentMethods", _fields(_ro(key="", title="")), "LCG", dated=False),
    Kind(
        "quotes",
        "quote",
        "quotes",
        _fields(
            _ro(recalculatedAt=None, isLocked=False, channel="api", recoveryHash="", **_VISITOR),
            _ro(
                weight=0,
                volume=0,
                colli=0,
                paymentCountry=None,
                shipmentCountry=None,
                shipmentZipcode=None,
                shipmentSameAddress=True,
                priceCost=0,
                priceExcl=0,
                priceIncl=0,
                discountExcl=0,
                discountIncl=0,
                productsCount=0,
                productsQuantity=0,
            ),
            _rw(
                shipmentIsSet=False,
                shipmentId="",
                shipmentTitle="",
                paymentIsSet=False,
                paymentId="",
                paymentTitle="",
                comment="",
                allowNotifications=True,
            ),
            _ro(
                shipmentIsVirtual=False,
                shipmentIsCashOnDelivery=False,
                shipmentDiscountPercentage=0,
                shipmentIsServicePoint=False,
                shipmentIsPickup=False,
                shipmentTaxRate=0,
                shipmentBasePriceExcl=0,
                shipmentBasePriceIncl=0,
                shipmentPriceTax=0,
                shipmentPriceExcl=0,
                shipmentPriceIncl=0,
                shipmentDiscountExcl=0,
                shipmentDiscountIncl=0,
                shipmentData=[],
            ),
            _ro(
                paymentIsPost=True,
                paymentIsInvoiceExternal=False,
                paymentData="[]",
                paymentTaxRate=0,
                paymentBasePriceExcl=0,
                paymentBasePriceIncl=0,
                paymentPriceTax=0,
                paymentPriceExcl=0,
                paymentPriceIncl=0,
                additionalCostIncl="0.0000",
                additionalCostExcl="0.0000",
            ),
            _ro(
                discountIsSet=False,
                discountId=0,
                discountType="",
                discountAmount=0,
                discountPercentage=0,
                discountShipment="default",
                discountMinimumAmount=0,
                discountCouponCode="",
            ),
            iter([("language", Field("de", "language"))]),
            _links(customer="customers"),
            _lists(
                products="quotes/{id}/products",
                shippingmethods="quotes/{id}/shippingmethods",
                paymentmethods="quotes/{id}/paymentmethods",
            ),
        ),
        "LCGPU",
    ),
    Kind(
        "quotes/products",
        "quoteProduct",
        "quoteProducts",
        _fields(
            _ro(isCustom=False, customFields=False),
            _rw(quantity=1, priceExcl=0, priceIncl=0),
            _ro(
                taxRate=0,
                basePriceExcl=0,
                basePriceIncl=0,
                hasDiscount=False,
                discountPercentage=0,
                discountExcl=0,
                discountIncl=0,
            ),
            _links(product="products", variant="variants"),
        ),
        nested=True,
    ),
    # 2.24, 2.25
    Kind(
        "languages",
        "language",
        "languages",
        _fields(_ro(isActive=True, isDefault=False, code="", locale="", title="")),
        "LCG",
        dated=False,
    ),
    Kind(
        "webhooks",
        "webhook",
        "webhooks",
        _fields(
            _rw(isActive=True, itemGroup="", itemAction="", format="json", address=""),
            iter([("language", Field("de", "language"))]),
        ),
        limit="maxWebhooks",
    ),
    Kind("redirects", "redirect", "redirects", _fields(_rw(isPermanent=True, url="", target=""))),
    Kind(
        "reviews",
        "review",
        "reviews",
        _fields(_ro(isVisible=True, score=5, name="", content=""), _links(product="products", customer="customers")),
        "LCG",
        {"product": "product", "customer": "customer"},
    ),
    Kind(
        "returns",
        "return",
        "returns",
        _fields(
            _ro(
                customerId=0,
                orderId=0,
                numProducts=0,
                priceExcl="0.00",
                priceIncl="0.00",
                isStockAdjusted=False,
                customerComment="",
                orderProducts=[],
            ),
            _rw(
                status="authorized", returnReason="", returnAction="", staffNote="", mailMessage="", notifyStatus=False
            ),
        ),
        "LCGUD",
    ),
    Kind("locations", "location", "locations", _fields(_rw(title="", isActive=True)), answer="location"),
)

#: By path, without ids.
KINDS: Mapping[str, Kind] = {kind.path: kind for kind in _KINDS}
