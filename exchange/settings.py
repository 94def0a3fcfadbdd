"""The settings, typed and documented. One file `exchange.toml`, every value also by environment (`EXCHANGE_SAGE__URL`).

The descriptions feed `exchange init`, which writes them as comments, and the reference page. Unknown keys are refused.
Secrets are `SecretStr`: they never show in a log, an error or `repr`; the value may be `keyring:SERVICE/USER` to take it
from the system's keyring.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from exchange.errors import ConfigError
from exchange.schedule import ALL_DAYS, WEEKDAYS, WORKING_DAYS, Plan, daily, seconds

#: Environment variables that hold settings begin so; `__` separates levels.
PREFIX = "EXCHANGE_"


#: Fewer can be guessed.
PORTAL_KEY_CHARACTERS = 32


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Folders(Section):
    """Where files lie; relative paths start at the folder of `exchange.toml`."""

    inbox: Path = Field(
        Path("inbox"),
        description="Watched: dropped files are taken from here, also from subfolders named after a module.",
    )
    outbox: Path = Field(Path("outbox"), description="Exported files, receipts and rejects.")
    work: Path = Field(
        Path("work"), description="Files being processed. Same volume as the inbox, never a network share."
    )
    archive: Path = Field(Path("archive"), description="Originals of files that were applied.")
    quarantine: Path = Field(Path("quarantine"), description="Originals of files that could not be used.")
    profiles: Path = Field(
        Path("profiles"), description="Your own profiles (*.toml); one with the name of a shipped profile replaces it."
    )
    images: Path = Field(
        Path("images"),
        description="Article pictures, named ARTICLE.jpg or ARTICLE_1.jpg; scanned by the product export.",
    )
    letters: Path = Field(
        Path("letters"),
        description="Your own mail templates, NAME_LANGUAGE.txt.j2; one with the name of a shipped template replaces it.",
    )
    documents: Path = Field(
        Path("documents"),
        description="PDFs of sales documents, such as Rechnung_2026_10001.pdf, also in folders below; never inside a public folder.",
    )
    attachments: Path = Field(
        Path("attachments"),
        description="PDFs of articles, named ARTICLE.pdf, ARTICLE_Title.pdf or ARTICLE_Title.en.pdf, also in folders below.",
    )


class LedgerSettings(Section):
    """Where the exchange remembers what it did."""

    url: SecretStr = Field(
        SecretStr("sqlite:///ledger.sqlite"),
        description="SQLAlchemy URL: sqlite:///FILE, or postgresql+psycopg://USER@HOST/DB for many workers. Never on a network share.",
    )


class FolderRules(Section):
    """How files below one folder of the inbox are taken; what is not given is as in [watching]."""

    settle_seconds: float | None = Field(None, ge=0, description="Overrides watching.settle_seconds.")
    ignore: tuple[str, ...] | None = Field(None, description="Overrides watching.ignore.")
    order: Literal["arrival", "name"] | None = Field(None, description="Overrides watching.order.")
    priority: int = Field(0, description="Folders with a higher number are taken first.")
    done: str = Field(
        "",
        description="A file is taken when its done file is there: {name}.done for X.csv.done, {stem}.done for X.done.",
    )
    manifest: str = Field(
        "",
        description="Pattern of manifests (*.manifest.json, *.manifest.csv): files are taken when all of their manifest are there, with the size and SHA-256 that it lists.",
    )


class Watching(Section):
    """How dropped files are noticed."""

    settle_seconds: float = Field(
        2.0,
        ge=0,
        description="A file is taken when size and time stamp have not changed for this long, by our own clock.",
    )
    scan_seconds: float = Field(
        10.0, gt=0, description="The folder is searched at least this often; events only make it quicker."
    )
    events: Literal["auto", "off"] = Field(
        "auto",
        description="auto: events of the operating system make it quicker, except on network shares, which tell nothing of what others write. off: searched only.",
    )
    order: Literal["arrival", "name"] = Field("arrival", description="Order within a folder.")
    hold_seconds: float = Field(
        3600.0, gt=0, description="A file whose done file or manifest is missing for this long is reported."
    )
    folders: dict[str, FolderRules] = Field(
        {}, description="Rules of single folders of the inbox, as [watching.folders.NAME]."
    )
    ignore: tuple[str, ...] = Field(
        ("~$*", ".*", "*.tmp", "*.part", "*.filepart", "*.crdownload", "*.swp", "Thumbs.db", "desktop.ini", "README*"),
        description="Names that are never taken (leftovers of editors and transfers); they are counted.",
    )
    tries: int = Field(3, ge=1, description="A file that made the program fail this often is put into quarantine.")
    lease_seconds: float = Field(
        60.0, gt=0, description="A file of a worker that has not been heard of for this long is taken over."
    )


class ChannelSettings(Section):
    """A place elsewhere that files are fetched from and sent to."""

    type: Literal["sftp", "folder"] = Field(
        "sftp", description="sftp: a server. folder: a folder of this machine or a network share."
    )
    active: bool = Field(True, description="false: left alone.")
    host: str = Field("", description="Name or address of the server.")
    port: int = Field(22, ge=1, le=65535, description="Port of the server.")
    user: str = Field("", description="User on the server.")
    password: SecretStr | None = Field(
        None, description="Password; keyring:SERVICE/USER takes it from the system's keyring."
    )
    key_file: Path | None = Field(
        None,
        description="Private key (OpenSSH or PEM). Only this one is offered; neither an agent nor ~/.ssh is asked.",
    )
    passphrase: SecretStr | None = Field(None, description="Passphrase of the key; keyring: as above.")
    host_keys: tuple[str, ...] = Field(
        (),
        description="Fingerprints (SHA256:...) of the server's keys. Without the right one nothing is fetched or sent; `exchange doctor` shows what the server offers.",
    )
    legacy_algorithms: bool = Field(
        False,
        description="Also accept ciphers and check sums that are no longer considered safe (CBC, SHA-1, MD5), for an old server.",
    )
    inbox: str = Field("", description="Folder there that files are fetched from; empty: none are fetched.")
    outbox: str = Field("", description="Folder there that files are sent to; empty: none are sent.")
    patterns: tuple[str, ...] = Field(("*",), description="Names that are fetched.")
    after: Literal["move", "delete"] = Field("move", description="What becomes of a fetched file there.")
    processed: str = Field(
        "processed", description="With after = move: the folder, below inbox unless it begins with a slash."
    )
    module: str = Field("", description="Module of the fetched files; empty: recognised by their content.")
    profile: str = Field("", description="Profile of the fetched files; empty: recognised by their content.")
    send: tuple[str, ...] = Field(
        (),
        description="Files of the outbox that are sent: names of modules (stock) or patterns (*.xml). The first channel whose list fits has the file.",
    )
    receipts: bool = Field(True, description="Receipts and rejects of files that were fetched here are sent back here.")
    settle_seconds: float = Field(
        10.0,
        ge=0,
        description="A file is fetched when size and time stamp have not changed for this long, by our own clock.",
    )
    poll_seconds: float = Field(60.0, gt=0, description="So often the folder there is searched.")
    timeout_seconds: float = Field(30.0, gt=0, description="A server that does not answer for this long is given up.")
    least_bytes_per_second: int = Field(
        4096, gt=0, description="A transfer slower than this on the whole is broken off."
    )


class LimitSettings(Section):
    """What a file may be at most."""

    file_megabytes: int = Field(2048, gt=0, description="Size of a file.")
    field_characters: int = Field(1_000_000, gt=0, description="Length of one value.")
    attachment_megabytes: int = Field(20, gt=0, description="Size of a PDF of an article.")
    unpacked_megabytes: int = Field(512, gt=0, description="Size of an Excel workbook when unpacked.")


class Brake(Section):
    """Stops a full export or import that would do too much at once."""

    deleted_percent: Decimal = Field(
        Decimal(20),
        ge=0,
        le=100,
        description="A full file in which more than this share of the known records is missing is held.",
    )
    emptied_percent: Decimal = Field(
        Decimal(50),
        ge=0,
        le=100,
        description="A stock file that would set more than this share of its records to zero is held; `exchange replay` lets it pass.",
    )
    price_percent: Decimal = Field(
        Decimal(10),
        ge=0,
        le=100,
        description="A file for the shop in which more than this share of the records would change a price by brake.price_factor is held; `exchange replay` lets it pass.",
    )
    price_factor: Decimal = Field(
        Decimal(5),
        gt=1,
        description="How many times a price has to be what it was, or the other way round, to count: a lost decimal point makes 10 or 100 times.",
    )
    least_records: int = Field(20, ge=0, description="Below this number of known records the brake does not act.")


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


class ShopSettings(Section):
    """The shop: how it is reached and what of it is used."""

    way: Literal["none", "api", "files"] = Field(
        "none",
        description="How what Sage has comes into the shop: not at all (exports go to the outbox), by its API, or by import files for its back office.",
    )
    url: str = Field(
        "",
        description="Cluster of the shop: https://api.webshopapp.com (eu1), https://api.shoplightspeed.com (us1), or a sandbox shop.",
    )
    key: str = Field("", repr=False, description="API key.")
    secret: SecretStr | None = Field(
        None, description="API secret; better keyring:SERVICE/USER, or EXCHANGE_SHOP__SECRET."
    )
    connect_seconds: float = Field(10.0, gt=0, description="Longest time until a connection to the shop stands.")
    read_seconds: float = Field(
        60.0, gt=0, description="Longest time that it lets wait for the next bytes of an answer."
    )
    answer_seconds: float = Field(120.0, gt=0, description="Longest time that a whole answer may take.")
    answer_megabytes: int = Field(32, ge=1, description="Largest answer that is taken.")
    read_tries: int = Field(
        3,
        ge=1,
        le=10,
        description="A call that only reads is tried so often when the shop does not answer; one that writes is never repeated unseen.",
    )
    late_seconds: float = Field(
        15.0,
        ge=0,
        description="What belongs to a new order may come a little later than the order; so long is asked for it.",
    )
    rest_percent: int = Field(
        10, ge=0, le=90, description="Share of the shop's calls that is kept for stock, orders and work by hand."
    )
    overlap_minutes: float = Field(
        10.0,
        ge=0,
        description="New orders and customers are asked for from so long before the last one on; those that came already are left out.",
    )
    ca_file: Path | None = Field(None, description="Certificates that are trusted instead of the system's.")
    proxy: SecretStr | None = Field(
        None, description="Proxy to the internet, such as http://USER:PASSWORD@proxy.example.org:3128."
    )
    default_language: str = Field(
        "de", max_length=5, description="The shop's basic language, as its own code (de, en, nl, fr, us, fc)."
    )
    prices: Literal["incl", "excl"] = Field(
        "incl",
        description="Whether the shop keeps its prices with tax (incl) or without (excl, B2B); only that one is sent.",
    )
    article_field: Literal["articleCode", "sku", "ean"] = Field(
        "articleCode",
        description="Field of a variant that holds Sage's article number; by it, what is in the shop already is recognised.",
    )
    images_url: str = Field(
        "",
        description="Way `files`: address under which the shop can fetch what lies in folders.images, such as https://pictures.example.org/; empty: files for the back office have no pictures.",
    )
    file_rows: int = Field(5000, ge=1, description="Way `files`: most rows of one file for the back office.")
    stock_tracking: Literal["enabled", "indicator", "disabled"] = Field(
        "enabled",
        description="enabled: no sale below zero; indicator: stock is shown, sale goes on; disabled: no stock keeping.",
    )
    vanished: Literal["hide", "delete"] = Field(
        "hide",
        description="What becomes of products and categories that Sage no longer has. Pictures, assignments and the like stay with a hidden product.",
    )
    deleted: Literal["report", "create"] = Field(
        "report",
        description="What becomes of a thing that was deleted in the shop by hand: it is reported, or made again.",
    )
    doubt_seconds: float = Field(
        30.0,
        ge=0,
        description="After a call whose answer was lost the shop may still be at work on it; so long is waited before it is looked up and, if need be, repeated.",
    )


class Timing(Section):
    """On which days something happens, by the merchant's calendar."""

    days: (
        Literal["every day", "working days"] | tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...]
    ) = Field(
        "every day",
        description='Days: "every day", "working days" (Monday to Friday), or a list such as ["mon", "thu"].',
    )
    holidays: str = Field(
        "",
        description="Public holidays are left out: DE-BY for Bavaria, DE for those of all states, AT, ...; empty: they are days like others.",
    )

    def timed(self, zone: ZoneInfo, *, every: str = "", cron: str = "", at: str = "") -> Plan:
        """The plan of one of the three on these days. Raises ValueError."""
        named = {"every day": ALL_DAYS, "working days": WORKING_DAYS}
        days = named[self.days] if isinstance(self.days, str) else frozenset(map(WEEKDAYS.index, self.days))
        return Plan(
            zone,
            every_seconds=seconds(every) if every else 0,
            cron=daily(at) if at else cron,
            days=days,
            holidays=self.holidays,
        )


class Schedule(Timing):
    """One job and when it is due; table `[schedules.NAME]`. Exactly one of `every`, `cron` and `at`."""

    action: str = Field("export", description="What is done; `exchange schedule --actions` lists what there is.")
    module: str = Field("", description="With which module.")
    profile: str = Field("", description="Export: a partner's form instead of our own.")
    full: bool = Field(False, description="Export: everything, not only what changed.")
    every: str = Field("", description="Interval such as 30s, 5m or 2h, counted from midnight UTC.")
    cron: str = Field(
        "", description='Cron line (minute hour day month weekday) such as "0 6 * * 1-5", by the merchant\'s clock.'
    )
    at: str = Field("", description="Time of day such as 06:00, by the merchant's clock.")

    def plan(self, zone: ZoneInfo) -> Plan:
        """When it is due. Raises ValueError."""
        if sum(map(bool, (self.every, self.cron, self.at))) != 1:
            raise ValueError("give exactly one of every, cron, at")
        return self.timed(zone, every=self.every, cron=self.cron, at=self.at)


class Expected(Timing):
    """A file that has to come; table `[expected.NAME]`."""

    module: str = Field("", description="It is of this module; empty: of any.")
    folder: str = Field(
        "", description="It comes in this folder below the inbox, a channel's folder for instance; empty: in any."
    )
    since: str = Field("00:00", description="It counts from this time of the day on.")
    by: str = Field(description="It has to be there at this time of the day.")

    def plan(self, zone: ZoneInfo) -> Plan:
        """When it has to be there. Raises ValueError."""
        daily(self.since)
        return self.timed(zone, at=self.by)


class Service(Section):
    """The running service."""

    stop_seconds: float = Field(
        20.0,
        gt=0,
        description="A stop waits so long for work in hand; what is cut off then is finished by the next start.",
    )
    heartbeat_seconds: float = Field(10.0, gt=0, description="work/heartbeat.json is renewed this often.")
    patience_seconds: float = Field(
        30.0,
        ge=0,
        description="A transfer by hand waits this long for one of the same module that is at work, then says so.",
    )
    tries: int = Field(
        2,
        ge=1,
        description="A scheduled job whose process died is begun at most this often, then it waits until it is due again.",
    )


class Mail(Section):
    """How mails are sent. Without a host none are."""

    host: str = Field("", description="Mail server.")
    port: int = Field(587, gt=0, le=65535, description="Its port: 587 for starttls, 465 for tls.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the connection is protected; the certificate is checked. `none` only within the own machine.",
    )
    ca_file: Path | None = Field(None, description="Certificates that are trusted instead of the system's.")
    user: str = Field("", description="User; empty: no password is asked for.")
    password: SecretStr | None = Field(None, description="Password, or keyring:SERVICE/USER.")
    sender: str = Field("", description='Sender of all mails, such as "Exchange <exchange@example.org>".')
    redirect: str = Field(
        "", description="While testing: every mail goes to this address, and says whom it was meant for."
    )
    timeout_seconds: float = Field(30.0, gt=0, description="The server has to answer within this time.")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host and not self.sender:
            raise ValueError("host is set, but no sender")
        return self


class Portal(Section):
    """The page that hands customers their documents; see docs/documents.md."""

    enabled: bool = Field(False, description="Served by `exchange run`; otherwise by `exchange portal`.")
    host: str = Field(
        "127.0.0.1", description="Address to listen on. Behind a proxy that speaks https, the own machine is right."
    )
    port: int = Field(8770, ge=0, le=65535, description="Port to listen on; 0: one that is free.")
    url: str = Field("", description="How customers reach it, such as https://belege.example.org.")
    key: SecretStr | None = Field(
        None,
        description="Signs the links: at least 32 characters that nobody knows, or keyring:SERVICE/USER. A new one ends all links.",
    )
    proxies: int = Field(0, ge=0, description="Number of proxies in front, which tell the address of the visitor.")
    wrong_per_minute: int = Field(
        20, ge=1, description="An address that tries more wrong links in a minute has to wait."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.url and not self.url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
            raise ValueError("url is to begin with https://")
        key = "" if self.key is None else self.key.get_secret_value()
        if key and len(key) < PORTAL_KEY_CHARACTERS and not key.startswith("keyring:"):
            raise ValueError(f"key is to have at least {PORTAL_KEY_CHARACTERS} characters")
        return self


class Alerts(Section):
    """Who is told when something needs a person."""

    to: tuple[str, ...] = Field(
        (), description="Addresses; empty: nobody is written to, `exchange status` tells all the same."
    )
    owners: dict[str, tuple[str, ...]] = Field(
        {}, description='Other addresses for single modules, such as order_import = ["sales@example.org"].'
    )
    digest_minutes: float = Field(
        15.0, ge=0, description="One person gets at most one mail in this time; what comes between waits for the next."
    )
    rejected: int = Field(1, ge=1, description="A file with at least so many rejected records is a cause.")
    waiting_minutes: float = Field(60.0, gt=0, description="A file that waits longer is a cause.")
    overdue_minutes: float = Field(
        30.0, gt=0, description="A schedule that has not ended so long after it was due is a cause."
    )
    quarantine_days: float = Field(
        30.0,
        gt=0,
        description="Files in quarantine are a cause for so long, unless they are taken away or replayed before.",
    )
    free_megabytes: int = Field(1024, ge=0, description="Less free space than this on a disk that is used is a cause.")
    expires: dict[str, date] = Field(
        {}, description='Keys and passwords that end, such as "SFTP key of the agency" = 2027-03-31.'
    )
    expires_days: int = Field(14, ge=0, description="They are a cause from so many days before.")


class Settings(Section):
    """Everything that can be set."""

    language: Literal["de", "en"] = Field("de", description="Language of messages for people.")
    zone: str = Field("Europe/Berlin", description="Time zone of the merchant (IANA name).")
    export_formats: tuple[Literal["xml", "csv", "txt", "json"], ...] = Field(
        ("xml",), description="File types of exports, unless the command names one."
    )
    folders: Folders = Field(Folders(), description="Folders.")
    ledger: LedgerSettings = Field(LedgerSettings(), description="Memory of the exchange.")
    watching: Watching = Field(Watching(), description="Watching of the inbox.")
    limits: LimitSettings = Field(LimitSettings(), description="Largest files.")
    brake: Brake = Field(Brake(), description="Emergency brake.")
    sage: SageSettings = Field(SageSettings(), description="Sage 100.")
    channels: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ChannelSettings] = Field(
        {}, description="Servers and shares that files are fetched from and sent to, as [channels.NAME]."
    )
    shop: ShopSettings = Field(ShopSettings(), description="Lightspeed eCom shop.")
    service: Service = Field(Service(), description="The running service.")
    mail: Mail = Field(Mail(), description="Mails.")
    portal: Portal = Field(Portal(), description="Documents for customers.")
    alerts: Alerts = Field(Alerts(), description="Alerts.")
    schedules: dict[str, Schedule] = Field(
        {},
        description='What runs by itself, one table each: [schedules.stock] with module = "stock" and every = "5m", or at = "06:00" with days and holidays.',
    )
    expected: dict[str, Expected] = Field(
        {},
        description='Files that have to come, one table each: [expected.orders] with module = "order_import", by = "08:00" and days.',
    )
    modules: dict[str, dict[str, Any]] = Field({}, description="Settings of single modules, one table each.")

    root: Path = Field(Path(), exclude=True, description="Folder of exchange.toml; set by the program.")

    @model_validator(mode="after")
    def _plans_are_right(self) -> Self:
        try:
            zone = ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"zone: {self.zone!r} is no time zone; an example is Europe/Berlin") from None
        for table in ("schedules", "expected"):
            for name, each in getattr(self, table).items():
                try:
                    each.plan(zone)
                except ValueError as error:
                    raise ValueError(f"{table}.{name}: {error}") from None
        return self

    def has(self, name: str) -> bool:
        """Whether something is set that a module needs: `sage.url`, a `shop.way` into the shop, a `mail.host`."""
        given = {"sage.url": self.sage.url is not None, "shop.way": self.shop.way != "none"}
        return given.get(name, bool(self.mail.host))

    def folder(self, name: str) -> Path:
        """The absolute path of one of the folders."""
        path: Path = getattr(self.folders, name)
        return (self.root / path).resolve()


def _environment(environ: dict[str, str]) -> dict[str, Any]:
    """Settings out of environment variables. Values that look like TOML (numbers, lists, true) are read as such."""
    result: dict[str, Any] = {}
    for variable, raw in environ.items():
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        *tables, name = variable[len(PREFIX) :].lower().split("__")
        table = result
        for each in tables:
            table = table.setdefault(each, {})
        try:
            table[name] = tomllib.loads(f"v = {raw}")["v"]
        except tomllib.TOMLDecodeError:
            table[name] = raw
    return result


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def load(path: Path, environ: dict[str, str] | None = None) -> Settings:
    """The settings of a file, overridden by the environment. Raises ConfigError that names every wrong entry."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        message = f"{path} does not exist; `exchange init` writes one"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path}: {error}"
        raise ConfigError(message) from error
    merged = _merge(data, _environment(dict(os.environ) if environ is None else environ))
    merged["root"] = path.resolve().parent
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        # Without the input: it may hold a secret.
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False)]
        raise ConfigError(f"{path}: " + "; ".join(problems)) from None


def secret(value: SecretStr) -> str:
    """The plain value of a secret, from the system's keyring where it says so. Raises ConfigError."""
    plain = value.get_secret_value()
    if not plain.startswith("keyring:"):
        return plain
    service, _, user = plain.removeprefix("keyring:").partition("/")
    try:
        import keyring  # noqa: PLC0415 - optional: only who uses it needs it
    except ImportError as error:
        message = (
            "a setting begins with keyring:, but the package keyring is not installed (pip install exchange[keyring])"
        )
        raise ConfigError(message) from error
    found = keyring.get_password(service, user)
    if found is None:
        message = f"the keyring has no entry for service {service!r} and user {user!r}"
        raise ConfigError(message)
    return str(found)
