"""Orders, invoices, shipments, returns (2.18 to 2.20, 2.24)."""

from __future__ import annotations

from exchange.sandbox.shop.kind import (
    READ,
    Field,
    Kind,
    address,
    choice,
    every,
    fields,
    language,
    links,
    lists,
    metafields,
    ro,
    rw,
)

_STATUS = (
    "on_hold processing_awaiting_payment processing_awaiting_shipment processing_awaiting_pickup "
    "processing_ready_for_pickup completed completed_shipped completed_picked_up cancelled"
)

ORDERS = (
    Kind(
        "orders",
        "order",
        "orders",
        fields(
            ro(number=""),
            choice("status", "processing_awaiting_payment", _STATUS),
            ro(customStatusId=None, channel="main", remoteIp=False, userAgent=False, referralId=False),
            every(0, "priceCost priceExcl priceIncl weight volume colli", "ro"),
            ro(gender=False, birthDate=False),
            every("", "nationalId email firstname middlename lastname phone mobile", "ro"),
            ro(newsletterSubscribed=False, isCompany=False),
            every("", "companyName companyCoCNumber companyVatNumber", "ro"),
            address("Billing", written=False),
            ro(addressBillingRegionData=False),
            address("Shipping", written=False),
            ro(addressShippingRegionData=False, paymentId="invoice"),
            choice("paymentStatus", "not_paid", "not_paid partially_paid paid cancelled"),
            ro(paymentIsPost=True, paymentIsInvoiceExternal=False, paymentTaxRate=0, paymentTaxRates=[]),
            every(0, "paymentBasePriceExcl paymentBasePriceIncl paymentPriceExcl paymentPriceIncl", "ro"),
            ro(paymentTitle="", paymentData=[], shipmentId=""),
            choice("shipmentStatus", "not_shipped", "not_shipped partially_shipped shipped cancelled"),
            ro(shipmentIsCashOnDelivery=False, shipmentIsPickup=False, shipmentTaxRate=0, shipmentTaxRates=[]),
            every(0, "shipmentBasePriceExcl shipmentBasePriceIncl shipmentPriceExcl shipmentPriceIncl", "ro"),
            every(0, "shipmentDiscountExcl shipmentDiscountIncl", "ro"),
            ro(shipmentTitle="", shipmentData=[], shippingDate=None, deliveryDate=None),
            ro(isDiscounted=False, discountType="amount", discountAmount=0, discountPercentage=0),
            ro(discountCouponCode="", taxRates=[], isNewCustomer=True, comment=""),
            rw(memo=""),
            ro(allowNotifications=True),
            every(False, "doNotifyNew doNotifyReminder doNotifyCancelled"),  # noqa: FBT003 - a default
            language(),
            links(customer="customers"),
            lists(
                invoices="invoices?order={id}",
                shipments="shipments?order={id}",
                products="orders/{id}/products",
                metafields="orders/{id}/metafields",
            ),
            links(quote="quotes"),
            lists(events="orders/events?order={id}"),
            iter([("isReadyForPickup", Field(default=False, role="write")), ("customStatus", Field(0, "write"))]),
        ),
        "LCGU",
        {"customer": "customer", "number": "number"},
        {
            "status": "status",
            "paymentStatus": "paymentStatus",
            "shipmentStatus": "shipmentStatus",
            "email": "email",
        },
    ),
    Kind(
        "orders/products",
        "orderProduct",
        "orderProducts",
        fields(
            ro(supplierTitle="", brandTitle="", productTitle="", variantTitle="", taxRate=0, taxRates=[]),
            every(0, "quantityOrdered quantityInvoiced quantityShipped quantityRefunded quantityReturned", "ro"),
            ro(articleCode="", ean="", sku=""),
            every(0, "weight volume colli sizeX sizeY sizeZ priceCost customExcl customIncl", "ro"),
            every(0, "basePriceExcl basePriceIncl priceExcl priceIncl discountExcl discountIncl", "ro"),
            ro(customFields=False),
            links(product="products", variant="variants"),
        ),
        READ,
        nested=True,
        dated=False,
        late=True,
    ),
    metafields("order", late=True),
    Kind("orders/customstatuses", "customStatus", "customStatuses", fields(rw(title="", color="")), needs=("title",)),
    Kind(
        "orders/events",
        "orderEvent",
        "ordersEvents",
        fields(
            ro(createdAt=None, channel="auto", type="order", message="new", comment=None),
            links(order="orders", invoice="invoices", shipment="shipments"),
        ),
        READ,
        {"order": "order", "invoice": "invoice", "shipment": "shipment"},
        dated=False,
    ),
)

INVOICES = (
    Kind(
        "invoices",
        "invoice",
        "invoices",
        fields(
            ro(number=""),
            rw(status="not_paid"),
            ro(isVatShifted=False, priceExcl=0, priceIncl=0),
            rw(doNotifyNew=False, doNotifyPaid=False),
            links(invoice="invoices"),
            ro(isCreditNote=False),
            links(creditNote="invoices", order="orders", customer="customers"),
            lists(
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
        fields(
            ro(type="product", title=""),
            links(variant="variants"),
            ro(orderProductId=0, articleCode="", ean="", sku="", taxRate=0),
            every(0, "basePriceExcl basePriceIncl priceExcl priceIncl discountExcl discountIncl quantity", "ro"),
        ),
        READ,
        nested=True,
        dated=False,
        late=True,
    ),
    metafields("invoice", late=True),
)

SHIPMENTS = (
    Kind(
        "shipments",
        "shipment",
        "shipments",
        fields(
            ro(number=""),
            rw(status="not_shipped", trackingCode=""),
            every(False, "doNotifyShipped doNotifyReadyForPickup doNotifyTrackingCode"),  # noqa: FBT003 - a default
            every(0, "totalWeight totalSizeX totalSizeY totalSizeZ", "ro"),
            links(customer="customers", order="orders"),
            lists(
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
        fields(
            ro(quantity=0, title=""), links(variant="variants"), ro(articleCode="", ean="", sku="", customData=False)
        ),
        READ,
        nested=True,
        dated=False,
        late=True,
    ),
    metafields("shipment", late=True),
    Kind(
        "returns",
        "return",
        "returns",
        fields(
            ro(customerId=0, orderId=0),
            rw(status="authorized"),
            ro(numProducts=0, priceExcl="0.00", priceIncl="0.00", isStockAdjusted=False),
            every("", "returnReason returnAction"),
            ro(customerComment=""),
            rw(staffNote="", mailMessage="", notifyStatus=False),
            ro(orderProducts=[]),
        ),
        "LCGUD",
    ),
)

SALES = (*ORDERS, *INVOICES, *SHIPMENTS)
