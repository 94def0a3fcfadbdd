"""Quotes, and the ways to ship and to pay (2.21, 2.22)."""

from __future__ import annotations

from exchange.sandbox.shop.kind import READ, Field, Kind, every, fields, language, links, lists, ro, rw

METHODS = (
    Kind(
        "shippingmethods",
        "shippingMethod",
        "shippingMethods",
        fields(
            ro(type="default", isBackofficeOnly=False, sortOrder=1, freeAbove=0),
            every(0, "paymentPriceExcl paymentPriceIncl", "ro"),
            ro(title="", description=""),
            links(tax="taxes"),
            lists(countries="shippingmethods/{id}/countries", values="shippingmethods/{id}/values"),
        ),
        READ,
        dated=False,
    ),
    Kind(
        "shippingmethods/countries",
        "shippingMethodCountry",
        "shippingMethodCountries",
        fields(iter([("country", Field("", "country"))])),
        READ,
        nested=True,
        dated=False,
    ),
    Kind(
        "shippingmethods/values",
        "shippingMethodValue",
        "shippingMethodValues",
        fields(ro(weightMinimum=0, weightMaximim=0, priceExcl=0, priceIncl=0)),
        READ,
        nested=True,
        dated=False,
    ),
    Kind("paymentmethods", "paymentMethod", "paymentMethods", fields(ro(key="", title="")), READ, dated=False),
)

QUOTES = (
    Kind(
        "quotes",
        "quote",
        "quotes",
        fields(
            ro(recalculatedAt=None, isLocked=False, channel="api", recoveryHash=""),
            ro(remoteIp=False, userAgent=False, referralId=False),
            every(0, "weight volume colli", "ro"),
            every(None, "paymentCountry shipmentCountry shipmentZipcode"),
            rw(shipmentSameAddress=True),
            every(0, "priceCost priceExcl priceIncl discountExcl discountIncl", "ro"),
            ro(productsCount=0, productsQuantity=0, shipmentIsSet=False),
            rw(shipmentId=""),
            every(False, "shipmentIsVirtual shipmentIsCashOnDelivery", "ro"),  # noqa: FBT003 - a default
            every(False, "shipmentIsServicePoint shipmentIsPickup", "ro"),  # noqa: FBT003 - a default
            every(0, "shipmentDiscountPercentage shipmentTaxRate", "ro"),
            every(0, "shipmentBasePriceExcl shipmentBasePriceIncl", "ro"),
            every(0, "shipmentPriceTax", "ro"),
            every(0, "shipmentPriceExcl shipmentPriceIncl"),
            every(0, "shipmentDiscountExcl shipmentDiscountIncl", "ro"),
            rw(shipmentTitle=""),
            ro(shipmentData=[], paymentIsSet=False),
            rw(paymentId=""),
            ro(paymentIsPost=True, paymentIsInvoiceExternal=False, paymentData="[]", paymentTaxRate=0),
            every(0, "paymentBasePriceExcl paymentBasePriceIncl", "ro"),
            every(0, "paymentPriceTax paymentPriceExcl paymentPriceIncl", "ro"),
            ro(additionalCostIncl="0.0000", additionalCostExcl="0.0000"),
            rw(paymentTitle=""),
            ro(discountIsSet=False, discountId=0, discountType="", discountAmount=0, discountPercentage=0),
            ro(discountShipment="default", discountMinimumAmount=0, discountCouponCode=""),
            rw(comment="", allowNotifications=True),
            links(customer="customers"),
            language(),
            lists(
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
        fields(
            ro(isCustom=False, customFields=False),
            every(0, "baseWeight baseVolume baseColli basePriceCost basePriceExcl basePriceIncl", "ro"),
            every(0, "weight volume colli", "ro"),
            rw(quantity=1),
            ro(hasDiscount=False, discountPercentage=0, taxRate=0, priceCost=0, priceTax=0),
            every(0, "priceExcl priceIncl"),
            every(0, "discountExcl discountIncl additionalCostExcl additionalCostIncl", "ro"),
            links(product="products", variant="variants"),
        ),
        needs=("variant",),
        nested=True,
    ),
)
