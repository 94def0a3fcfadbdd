"""Sage 100: the database, and how orders, documents, customers and articles are written there."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, SecretStr

from exchange.settings.section import Section


class PaymentTerms(Section):
    """How a payment method of the shop stands in Sage."""

    terms: str = Field("", max_length=10, description="Zahlungskond.")
    collection: str = Field("", max_length=10, description="Inkassoart.")


class ShippingTerms(Section):
    """How a shipping method of the shop stands in Sage."""

    shipping: str = Field("", max_length=10, description="Versand.")
    delivery_terms: str = Field("", max_length=10, description="Lieferbedingung.")


class SageOrders(Section):
    """How orders become documents in Sage."""

    document_kind: str = Field(
        "VVA",
        max_length=3,
        description="Belegkennzeichen of new orders; VVA is the order confirmation (sage-100.md 2.14).",
    )
    price_mode: Literal["gross", "net", "company_net"] = Field(
        "gross", description="Prices of the document: gross, net, or net for orders of companies."
    )
    shipping_article: str = Field("VERSAND", max_length=31, description="Article that carries shipping costs.")
    payment_article: str = Field(
        "ZAHLUNG", max_length=31, description="Article that carries payment fees (a negative fee is a discount)."
    )
    fees: Literal["article", "slot"] = Field(
        "article",
        description="How shipping costs and payment fees stand in the document: as positions with their own article and tax rate, or as surcharges on the whole document (the second and third discount of its header, below zero), which share the tax of the lines in proportion.",
    )
    discount: Literal["slot", "article"] = Field(
        "slot",
        description="How the discount of an order stands in the document: in the first discount of its header, or as a negative position for each tax rate.",
    )
    discount_article: str = Field(
        "RABATT", max_length=31, description="Article that carries the discount of an order, with discount = article."
    )
    gift_cards: Literal["payment", "article"] = Field(
        "payment",
        description="What an order that was paid with a gift card comes to: the full sum, as with any other payment (the card is told as a warning), or less the card, by a negative position without tax.",
    )
    gift_card_article: str = Field(
        "GUTSCHEIN",
        max_length=31,
        description="Article that carries what was paid with gift cards, with gift_cards = article.",
    )
    rounding_article: str = Field(
        "RUNDUNG",
        max_length=31,
        description="Article that carries a rounding difference; empty: any difference rejects the order.",
    )
    rounding_limit: Decimal = Field(Decimal("0.05"), ge=0, description="Largest difference that is booked as rounding.")
    tax_free_codes: dict[Literal["eu_company", "export"], int] = Field(
        {},
        description="Tax code (Steuercode) of deliveries without tax to companies in the EU, and to other countries; where none is named, the code of rate 0 of the country, or of the article's tax class there, or of all countries.",
    )
    payment: dict[str, PaymentTerms] = Field(
        {},
        description="Shop's payment method = Sage's codes. Empty: the customer's own terms. With entries, an unmapped method rejects the order; `*` maps the rest.",
    )
    shipping: dict[str, ShippingTerms] = Field(
        {},
        description="Shop's shipping method = Sage's codes; rules as for payment. A key such as `core|33265` also maps `core|33265|55707`.",
    )
    file_profile: str = Field(
        "sage_order_xml",
        description="Way `files`: profile of the order file that a Sage-side importer takes (sage_order_xml, sage_order_csv, or our own order_import_xml).",
    )

    @property
    def articles(self) -> frozenset[str]:
        """Articles that positions may have besides those of the lines."""
        named = {self.shipping_article, self.payment_article, self.rounding_article}
        if self.discount == "article":
            named.add(self.discount_article)
        if self.gift_cards == "article":
            named.add(self.gift_card_article)
        return frozenset(named - {""})


class SageDocuments(Section):
    """How documents of files become documents in Sage (module sales_documents). Rounding: as in `sage.orders`."""

    text_position: int = Field(
        2,
        description="PosType of a line that is text only. No value is documented (sage-100.md 2.13): look it up at a text line of your own Sage.",
    )
    file_profile: str = Field(
        "sage_document_xml",
        description="Way `files`: profile of the document file that a Sage-side importer takes (sage_document_xml, or our own sales_documents_xml).",
    )


class SageCustomers(Section):
    """How customers are found and created in Sage."""

    templates: dict[str, str] = Field(
        {"*": "D99999"}, description="Template customer (Vorlagekunde) per country; `*` for all others."
    )
    group_templates: dict[str, str] = Field(
        {}, description="Template customer per customer group of the shop (its title); goes before the country."
    )
    match: tuple[Literal["shop_id", "number", "email_name", "email", "name_place"], ...] = Field(
        ("shop_id", "number", "email_name"),
        description="How a customer of the shop or of a file is recognised in Sage, one after the other: the shop's number for him (WSKdNr), his customer number, his e-mail together with his name, his e-mail alone, or his name together with postcode and street. Of several that fit none is taken, and who only seems to be known is held: a person decides.",
    )
    shop_owns: tuple[
        Literal[
            "salutation",
            "name1",
            "name2",
            "addition",
            "street",
            "zip",
            "city",
            "country",
            "phone",
            "mobile",
            "email",
            "language",
            "vat_number",
            "contact",
        ],
        ...,
    ] = Field(
        ("name1", "name2", "addition", "street", "zip", "city", "country", "phone", "mobile", "email", "contact"),
        description="Fields that a changed customer of the shop overwrites in Sage; all others are kept as they are there. contact: the contact person of a company.",
    )
    prefix: str = Field("D", max_length=5, description="Letters before the number of a new customer.")
    first_number: int = Field(100000, ge=0, description="Lowest number for new customers.")
    guests: Literal["create", "one_off"] = Field(
        "create", description="Guest orders: create a customer, or book on the one-off customer."
    )
    unknown: Literal["create", "one_off"] = Field(
        "create",
        description="Orders of registered buyers that Sage does not know: create a customer, or book on the one-off customer.",
    )
    one_off: str = Field("", max_length=20, description="Collective account for one-off customers (Einmalvorgänge).")
    file_profile: str = Field("customer_import_csv", description="Way `files`: profile of the customer file for Sage.")
    shop_file_profile: str = Field(
        "",
        description="Way `files`: another profile for customers of the shop, such as customer_export_csv, which also has their delivery address; empty: the same.",
    )


class SageArticles(Section):
    """How articles of the shop become articles in Sage (modules product_import and category_import)."""

    existing: Literal["hold", "update"] = Field(
        "hold",
        description="An article that Sage has already and that changes in the shop: hold it for a person, or let the shop overwrite title, texts, price and the like (update). New articles are always taken over.",
    )
    template: str = Field(
        "",
        max_length=31,
        description="Article that new ones are copied from (Vorlageartikel), for what the shop knows nothing of; empty: they have only what the shop says and the settings below.",
    )
    tax_classes: dict[Decimal, int] = Field(
        {},
        description='Tax class (Steuerklasse) for a rate in percent, such as "19" = 1; without an entry, the only class of Sage that has this rate.',
    )
    groups: dict[str, str] = Field(
        {},
        description='Article group (codes from the main group on, with / in between) for a category of the shop (its titles likewise), such as "Kaffee/Becher" = "KAFFEE/BECHER"; `*` for articles without a category. Without an entry, the group with the same names or codes.',
    )
    group_level: int = Field(
        0,
        ge=0,
        description="Gruppenebene of a new main group; that of its subgroups is one more (sage-100.md 2.4 names the column, not its values).",
    )
    unit: str = Field(
        "Stk",
        max_length=5,
        description="Unit of new articles, as the shop has none; their template's, where there is one.",
    )
    revenue_code: int = Field(1, description="Erloescode of new articles; their template's, where there is one.")
    stock_kept: bool = Field(True, description="Lagerfuehrung of new articles; their template's, where there is one.")
    file_profile: str = Field(
        "product_import_xml",
        description="Way `files`: profile of the article file that a Sage-side importer takes (our own product_import_xml, or sage_article_csv).",
    )


class SageSettings(Section):
    """The ERP: how it is reached and what of it is used."""

    url: SecretStr | None = Field(
        None,
        description="SQLAlchemy URL of the Sage database (mssql+pyodbc://...), or of the sandbox. Without it, Sage is reached by files only.",
    )
    mandant: int = Field(1, ge=1, description="Mandant (tenant).")
    way: Literal["files", "staging", "documents"] = Field(
        "files",
        description="How orders and customers land: order files for a Sage-side importer, staging tables beside Sage's, or Sage's own tables.",
    )
    allow_documents: bool = Field(
        False,
        description="Way `documents` writes Sage's own tables by SQL. That is meant for the sandbox; on a live Sage it skips everything that Sage's own program does (sage-100.md 5.1). Set true only if you know that.",
    )
    charset: str = Field(
        "cp1252", description="Code page of the database (varchar); characters outside of it are rejected, not lost."
    )
    language: str = Field("D", max_length=3, description="Sage's language code of the basic texts.")
    shop_language: str = Field("de", max_length=5, description="The shop's code for the same language.")
    currency: str = Field(
        "EUR",
        min_length=3,
        max_length=3,
        description="Own currency; used where an order names none. Any other rejects the order.",
    )
    price_lists: tuple[int, ...] = Field(
        (1,), description="Price lists (price groups) that are exported; the first is the basic one."
    )
    warehouses: tuple[str, ...] = Field(
        (), description="Warehouses (Lagerkennung) whose stock is summed; empty: all active ones."
    )
    short_text: str = Field("Dimensionstext", description="Column of KHKArtikel that holds the short text.")
    long_text: str = Field(
        "Langtext",
        description="Column of KHKArtikel that holds the long text; LangtextHTML where texts have formats, as those taken over from the shop do.",
    )
    shop_flag: str = Field(
        "",
        description="Own column of KHKArtikel (such as USER_WebShop) that must be set for an article to be exported; empty: all active articles for sale.",
    )
    parent_column: str = Field(
        "",
        description="Own column of KHKArtikel that names the parent article, where variants are articles of their own; empty: variants are Sage's own (Ausprägungen).",
    )
    columns: dict[str, str] = Field(
        {}, description='Own columns for further fields, such as products.meta_title = "USER_MetaTitel".'
    )
    orders: SageOrders = Field(SageOrders(), description="Orders.")
    documents: SageDocuments = Field(SageDocuments(), description="Documents of files.")
    customers: SageCustomers = Field(SageCustomers(), description="Customers.")
    articles: SageArticles = Field(SageArticles(), description="Articles of the shop.")
