"""The settings, typed and documented. One file `exchange.toml`, every value also by environment (`EXCHANGE_SAGE__URL`).

The descriptions feed `exchange init`, which writes them as comments, and the reference page. Unknown keys are refused.
Secrets are `SecretStr`: they never show in a log, an error or `repr`; the value may be `keyring:SERVICE/USER` to take it
from the system's keyring.
"""

from __future__ import annotations

import os
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from exchange.errors import ConfigError

#: Environment variables that hold settings begin so; `__` separates levels.
PREFIX = "EXCHANGE_"


class Section(BaseModel):
    """A table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Folders(Section):
    """Where files lie; relative paths start at the folder of `exchange.toml`."""

    inbox: Path = Field(Path("inbox"), description="Watched: dropped files are taken from here, also from subfolders named after a module.")
    outbox: Path = Field(Path("outbox"), description="Exported files, receipts and rejects.")
    work: Path = Field(Path("work"), description="Files being processed. Same volume as the inbox, never a network share.")
    archive: Path = Field(Path("archive"), description="Originals of files that were applied.")
    quarantine: Path = Field(Path("quarantine"), description="Originals of files that could not be used.")
    profiles: Path = Field(Path("profiles"), description="Your own profiles (*.toml); one with the name of a shipped profile replaces it.")
    images: Path = Field(Path("images"), description="Article pictures, named ARTICLE.jpg or ARTICLE_1.jpg; scanned by the product export.")
    attachments: Path = Field(Path("attachments"), description="PDFs of articles, named ARTICLE.pdf, ARTICLE_Title.pdf or ARTICLE_Title.en.pdf, also in folders below.")


class LedgerSettings(Section):
    """Where the exchange remembers what it did."""

    url: SecretStr = Field(SecretStr("sqlite:///ledger.sqlite"), description="SQLAlchemy URL: sqlite:///FILE, or postgresql+psycopg://USER@HOST/DB for many workers. Never on a network share.")


class Watching(Section):
    """How dropped files are noticed."""

    settle_seconds: float = Field(2.0, ge=0, description="A file is taken when size and time stamp have not changed for this long, by our own clock.")
    scan_seconds: float = Field(10.0, gt=0, description="The folder is searched at least this often; events only make it quicker.")
    ignore: tuple[str, ...] = Field(
        ("~$*", ".*", "*.tmp", "*.part", "*.filepart", "*.crdownload", "*.swp", "Thumbs.db", "desktop.ini", "README*"),
        description="Names that are never taken (leftovers of editors and transfers); they are counted.",
    )
    tries: int = Field(3, ge=1, description="A file that made the program fail this often is put into quarantine.")
    lease_seconds: float = Field(60.0, gt=0, description="A file of a worker that has not been heard of for this long is taken over.")


class LimitSettings(Section):
    """What a file may be at most."""

    file_megabytes: int = Field(2048, gt=0, description="Size of a file.")
    field_characters: int = Field(1_000_000, gt=0, description="Length of one value.")
    attachment_megabytes: int = Field(20, gt=0, description="Size of a PDF of an article.")
    unpacked_megabytes: int = Field(512, gt=0, description="Size of an Excel workbook when unpacked.")


class Brake(Section):
    """Stops a full export or import that would do too much at once."""

    deleted_percent: Decimal = Field(Decimal(20), ge=0, le=100, description="A full file in which more than this share of the known records is missing is held.")
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

    document_kind: str = Field("VVA", max_length=3, description="Belegkennzeichen of new orders; VVA is the order confirmation (sage-100.md 2.14).")
    price_mode: Literal["gross", "net", "company_net"] = Field("gross", description="Prices of the document: gross, net, or net for orders of companies.")
    shipping_article: str = Field("VERSAND", max_length=31, description="Article that carries shipping costs.")
    payment_article: str = Field("ZAHLUNG", max_length=31, description="Article that carries payment fees (a negative fee is a discount).")
    rounding_article: str = Field("RUNDUNG", max_length=31, description="Article that carries a rounding difference; empty: any difference rejects the order.")
    rounding_limit: Decimal = Field(Decimal("0.05"), ge=0, description="Largest difference that is booked as rounding.")
    payment: dict[str, PaymentTerms] = Field({}, description="Shop's payment method = Sage's codes. Empty: the customer's own terms. With entries, an unmapped method rejects the order; `*` maps the rest.")
    shipping: dict[str, ShippingTerms] = Field({}, description="Shop's shipping method = Sage's codes; rules as for payment. A key such as `core|33265` also maps `core|33265|55707`.")
    file_profile: str = Field("sage_order_xml", description="Way `files`: profile of the order file that a Sage-side importer takes (sage_order_xml, sage_order_csv, or our own order_import_xml).")


class SageCustomers(Section):
    """How customers are found and created in Sage."""

    templates: dict[str, str] = Field({"*": "D99999"}, description="Template customer (Vorlagekunde) per country; `*` for all others.")
    prefix: str = Field("D", max_length=5, description="Letters before the number of a new customer.")
    first_number: int = Field(100000, ge=0, description="Lowest number for new customers.")
    guests: Literal["create", "one_off"] = Field("create", description="Guest orders: create a customer, or book on the one-off customer.")
    one_off: str = Field("", max_length=20, description="Collective account for one-off customers (Einmalvorgänge).")
    file_profile: str = Field("customer_import_csv", description="Way `files`: profile of the customer file for Sage.")


class SageSettings(Section):
    """The ERP: how it is reached and what of it is used."""

    url: SecretStr | None = Field(None, description="SQLAlchemy URL of the Sage database (mssql+pyodbc://...), or of the sandbox. Without it, Sage is reached by files only.")
    mandant: int = Field(1, ge=1, description="Mandant (tenant).")
    way: Literal["files", "staging", "documents"] = Field("files", description="How orders and customers land: order files for a Sage-side importer, staging tables beside Sage's, or Sage's own tables.")
    allow_documents: bool = Field(False, description="Way `documents` writes Sage's own tables by SQL. That is meant for the sandbox; on a live Sage it skips everything that Sage's own program does (sage-100.md 5.1). Set true only if you know that.")
    charset: str = Field("cp1252", description="Code page of the database (varchar); characters outside of it are rejected, not lost.")
    language: str = Field("D", max_length=3, description="Sage's language code of the basic texts.")
    shop_language: str = Field("de", max_length=5, description="The shop's code for the same language.")
    currency: str = Field("EUR", min_length=3, max_length=3, description="Own currency; used where an order names none. Any other rejects the order.")
    price_lists: tuple[int, ...] = Field((1,), description="Price lists (price groups) that are exported; the first is the basic one.")
    warehouses: tuple[str, ...] = Field((), description="Warehouses (Lagerkennung) whose stock is summed; empty: all active ones.")
    short_text: str = Field("Dimensionstext", description="Column of KHKArtikel that holds the short text.")
    long_text: str = Field("Langtext", description="Column of KHKArtikel that holds the long text.")
    shop_flag: str = Field("", description="Own column of KHKArtikel (such as USER_WebShop) that must be set for an article to be exported; empty: all active articles for sale.")
    parent_column: str = Field("", description="Own column of KHKArtikel that names the parent article, where variants are articles of their own; empty: variants are Sage's own (Ausprägungen).")
    columns: dict[str, str] = Field({}, description='Own columns for further fields, such as products.meta_title = "USER_MetaTitel".')
    orders: SageOrders = Field(SageOrders(), description="Orders.")
    customers: SageCustomers = Field(SageCustomers(), description="Customers.")


class Settings(Section):
    """Everything that can be set."""

    language: Literal["de", "en"] = Field("de", description="Language of messages for people.")
    zone: str = Field("Europe/Berlin", description="Time zone of the merchant (IANA name).")
    export_formats: tuple[Literal["xml", "csv", "txt", "json"], ...] = Field(("xml",), description="File types of exports, unless the command names one.")
    folders: Folders = Field(Folders(), description="Folders.")
    ledger: LedgerSettings = Field(LedgerSettings(), description="Memory of the exchange.")
    watching: Watching = Field(Watching(), description="Watching of the inbox.")
    limits: LimitSettings = Field(LimitSettings(), description="Largest files.")
    brake: Brake = Field(Brake(), description="Emergency brake.")
    sage: SageSettings = Field(SageSettings(), description="Sage 100.")
    modules: dict[str, dict[str, Any]] = Field({}, description="Settings of single modules, one table each.")

    root: Path = Field(Path(), exclude=True, description="Folder of exchange.toml; set by the program.")

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
        message = "a setting begins with keyring:, but the package keyring is not installed (pip install exchange[keyring])"
        raise ConfigError(message) from error
    found = keyring.get_password(service, user)
    if found is None:
        message = f"the keyring has no entry for service {service!r} and user {user!r}"
        raise ConfigError(message)
    return str(found)
