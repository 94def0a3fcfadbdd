"""A sales document on its way into Sage: priced, taxed, added up once more, and compared with what it says itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from exchange import khk
from exchange.connector import chunks
from exchange.connectors.sage import sales_places, taxes
from exchange.connectors.sage.accounts import Account, Accounts
from exchange.connectors.sage.articles import Articles
from exchange.connectors.sage.charset import Charset
from exchange.connectors.sage.draft import VAT_CHARACTERS, Unfit
from exchange.connectors.sage.findings import (
    CURRENCY,
    CUSTOMER_BLOCKED,
    NO_PRICE,
    TOO_LONG,
    UNKNOWN_ARTICLE,
    UNKNOWN_TAX,
)
from exchange.connectors.sage.lookup import IN_VALUES
from exchange.connectors.sage.recognition import Wanted
from exchange.connectors.sage.sales_findings import OTHER_UNIT, TOTAL_DIFFERS, UNKNOWN_KIND, UNKNOWN_VARIANT
from exchange.connectors.sage.taxes import EU_COMPANY, EU_PRIVATE, Area, TaxFinder, taxation, vat
from exchange.connectors.sage.totals import Position, Totals, add_up
from exchange.convert import half_up
from exchange.finding import Finding, Locator, found
from exchange.record import Kind, schema
from exchange.records.sales_document import SalesDocument
from exchange.trade.amounts import CENT, HALF_CENT, ZERO, cents, line_total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from exchange.connectors.sage.addresses import Place
    from exchange.connectors.sage.articles import Article
    from exchange.connectors.sage.database import SageDatabase
    from exchange.records.sales_document import DocumentLine

#: A price in Sage has this many decimals.
PRICE_PLACES = 4
ONE = Decimal(1)
#: Where a finding about the customer points to.
FIELDS = ("customer_number", "customer_number", "email")
#: Texts that stay where they are; all others are written, and must fit into the database's code page.
_STAY = frozenset({"status", "phone"})
WRITTEN = tuple(each.name for each in schema(SalesDocument).fields if each.kind is Kind.TEXT and each.name not in _STAY)


class SalesLine(NamedTuple):
    """A line of a document.

    Attributes:
        line: as it came; None for a rounding difference.
        position: what it comes to; None for text.
    """

    line: DocumentLine | None
    position: Position | None


@dataclass(slots=True)
class SalesDraft:
    """A priced document.

    Attributes:
        document: where it comes from.
        account: whose it is.
        dated: midnight of its day; Sage knows no zones.
        taxation: Besteuerung.
        eu_country, vat_number: EULand and EUUStID.
        billing, delivery: addresses.
        lines, totals: what it comes to.
    """

    document: SalesDocument
    account: Account
    dated: datetime
    taxation: int
    eu_country: str
    vat_number: str
    billing: Place
    delivery: Place
    lines: list[SalesLine]
    totals: Totals

    @property
    def gross(self) -> bool:
        """Whether prices include tax."""
        return bool(self.document.gross)


class SalesDrafter:
    """Prices sales documents.

    Args:
        sage: the database.

    Attributes:
        kinds: Belegart of each Belegkennzeichen.
    """

    def __init__(self, sage: SageDatabase) -> None:
        self.settings = sage.settings
        self.charset = Charset(sage.settings.charset)
        self.articles = Articles(sage.settings.mandant)
        self.accounts = Accounts(sage)
        self.kinds: dict[str, str] = {}
        self.vat_numbers: dict[str, str] = {}
        self.variants: set[tuple[str, int]] = set()
        self.taxes: TaxFinder | None = None

    def begin(self, connection: Connection) -> None:
        """Read the small tables, at the first time."""
        if self.taxes is None:
            self.taxes = TaxFinder(taxes.load(connection), self.settings.orders.tax_free_codes)
            table = khk.BELEGARTEN.c
            rows = connection.execute(select(table.Kennzeichen, table.Bezeichnung))
            self.kinds = {kind.strip(): label or "" for kind, label in rows}

    def load(self, connection: Connection, documents: Sequence[SalesDocument]) -> None:
        """Read the articles and the customers of documents."""
        numbers = {line.article_number for document in documents for line in document.lines}
        self.articles.load(connection, (numbers | {self.settings.orders.rounding_article}) - {""})
        self._load_variants(connection, documents)
        wanted = {document.customer_number for document in documents}
        self.accounts.load(connection, [Wanted(number, "", "", FIELDS) for number in sorted(wanted)])
        account = khk.KONTOKORRENT.c
        for some in chunks(sorted(wanted), IN_VALUES):
            query = select(account.Kto, account.EULand, account.EUUStID).where(
                account.Mandant == self.settings.mandant, account.Kto.in_(some)
            )
            for kto, land, number in connection.execute(query):
                prefix = (land or "").strip()  # stands apart (section 4)
                self.vat_numbers[kto] = f"{prefix}{number.strip().removeprefix(prefix)}" if number else ""

    def _load_variants(self, connection: Connection, documents: Sequence[SalesDocument]) -> None:
        lines = [line for document in documents for line in document.lines if line.variant_id]
        variant = khk.ARTIKEL_VARIANTEN.c
        for some in chunks(sorted({line.article_number for line in lines}), IN_VALUES):
            query = select(variant.Artikelnummer, variant.AuspraegungID).where(
                variant.Mandant == self.settings.mandant, variant.Artikelnummer.in_(some)
            )
            self.variants.update((number, variant_id) for number, variant_id in connection.execute(query))

    def faults(self, document: SalesDocument) -> Sequence[Finding]:
        """Characters that the database cannot hold."""
        return tuple(self.charset.faults(document, WRITTEN))

    def draft(self, document: SalesDocument, account: Account) -> SalesDraft:
        """The document, priced. Raises Unfit."""
        if document.kind not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            raise Unfit(found(UNKNOWN_KIND, Locator(field="kind"), kind=document.kind, known=known))
        own = self.settings.currency
        if document.currency not in ("", own):
            raise Unfit(found(CURRENCY, Locator(field="currency"), currency=document.currency, own=own))
        billing = sales_places.billing(document, account)
        delivery = sales_places.delivery(document, billing)
        taxed, eu_country, vat_number = self._vat(document, delivery.country)
        area = Area(delivery.country, taxed)
        lines = [self._line(line, index, area) for index, line in enumerate(document.lines)]
        totals = self._balanced(document, lines, area)
        assert document.dated_on is not None  # noqa: S101 - required
        dated = datetime.combine(document.dated_on, time())
        return SalesDraft(
            document, account, dated, taxed, eu_country, vat_number, billing, delivery, lines, totals
        )  # fmt: skip

    def account(self, document: SalesDocument) -> Account:
        """Its customer's. Raises Unfit."""
        account = self.accounts.by_number(document.customer_number, FIELDS[0])
        if isinstance(account, Finding):
            raise Unfit(account)
        if not account.open:
            raise Unfit(found(CUSTOMER_BLOCKED, Locator(field=FIELDS[0]), account=account.kto))
        return account

    def _vat(self, document: SalesDocument, country: str) -> tuple[int, str, str]:
        """Besteuerung, EULand and EUUStID, by the customer's own VAT number where the document names none."""
        stated = document.vat_number or self.vat_numbers.get(document.customer_number, "")
        prefix, number = vat(stated)
        if len(number) > VAT_CHARACTERS:
            at = Locator(field="vat_number")
            raise Unfit(found(TOO_LONG, at, value=number, length=len(number), field="EUUStID", limit=VAT_CHARACTERS))
        kind = taxation(country, stated, taxed=any(line.tax_rate for line in document.lines))
        of_eu = {EU_COMPANY: prefix or country, EU_PRIVATE: country}
        return kind, of_eu.get(kind, ""), number

    def _line(self, line: DocumentLine, index: int, area: Area) -> SalesLine:
        if not line.article_number:
            return SalesLine(line, None)
        article = self._article(line.article_number, f"lines[{index}].article_number")
        if line.variant_id and (article.number, line.variant_id) not in self.variants:
            at = Locator(field=f"lines[{index}].variant_id")
            raise Unfit(found(UNKNOWN_VARIANT, at, article=article.number, variant=line.variant_id))
        own = {article.sales_unit.casefold(), ""}
        if line.unit.casefold() not in own:
            at = Locator(field=f"lines[{index}].unit")
            raise Unfit(found(OTHER_UNIT, at, unit=line.unit, article=article.number, own=article.sales_unit))
        code, rate = self._tax(article, line.tax_rate, area, f"lines[{index}].tax_rate")
        quantity, discount = line.quantity or ZERO, line.discount or ZERO
        unit = line.unit_price
        if unit is None:
            if line.total is None or not quantity:
                raise Unfit(found(NO_PRICE, Locator(field=f"lines[{index}].unit_price")))
            unit = half_up((line.total + discount) / quantity, PRICE_PLACES)
        elif line.total is not None and cents(quantity * unit - discount) != cents(line.total):
            unit = _exact(quantity, unit, discount, line.total)
        total = line_total(quantity, unit, discount)
        return SalesLine(line, Position(article, quantity, unit, discount, total, code, rate, discountable=True))

    def _article(self, number: str, field: str) -> Article:
        article = self.articles.get(number)
        if article is None:
            raise Unfit(found(UNKNOWN_ARTICLE, Locator(field=field), number=number))
        return article

    def _tax(self, article: Article, rate: Decimal | None, area: Area, field: str) -> tuple[int, Decimal]:
        assert self.taxes is not None  # noqa: S101 - read in `begin`
        known = self.taxes.find(article.tax_class, rate, area)
        if known is None:
            shown = "?" if rate is None else rate
            raise Unfit(found(UNKNOWN_TAX, Locator(field=field), rate=shown, country=area.country))
        return known

    def _balanced(self, document: SalesDocument, lines: list[SalesLine], area: Area) -> Totals:
        """The totals; a small difference from those of the document becomes a line. Raises Unfit for a larger one."""
        gross, discount = bool(document.gross), cents(document.discount or ZERO)
        positions = [each.position for each in lines if each.position is not None]
        totals = add_up(positions, discount, gross=gross)
        side = "gross" if document.total_gross is not None else "net"
        wanted = cents(getattr(document, f"total_{side}") or ZERO)
        unsaid = document.total_gross is None and document.total_net is None
        difference: Decimal = ZERO if unsaid else wanted - getattr(totals, side)
        setup = self.settings.orders
        limit = setup.rounding_limit if setup.rounding_article else ZERO
        if difference and abs(difference) <= limit:
            article = self._article(setup.rounding_article, f"total_{side}")
            code, rate = self._tax(article, None, area, f"total_{side}")
            for amount in (difference, difference + CENT, difference - CENT):
                rounding = Position(article, ONE, amount, ZERO, amount, code, rate)
                balanced = add_up([*positions, rounding], discount, gross=gross)
                if getattr(balanced, side) == wanted:
                    lines.append(SalesLine(None, rounding))
                    totals = balanced
                    break
        _compare(document, totals, limit, side)
        return totals


def _compare(document: SalesDocument, totals: Totals, limit: Decimal, exact: str) -> None:
    """Each total of the document is the one of its lines: to the cent where it leads. Raises Unfit."""
    for side in ("gross", "net", "tax"):
        stated, computed = getattr(document, f"total_{side}"), getattr(totals, side)
        allowed = ZERO if side == exact else limit
        if stated is not None and abs(cents(stated) - computed) > allowed:
            at = Locator(field=f"total_{side}")
            difference = cents(stated) - computed
            raise Unfit(found(TOTAL_DIFFERS, at, computed=computed, stated=stated, difference=difference, side=side))


def _exact(quantity: Decimal, unit: Decimal, discount: Decimal, stated: Decimal) -> Decimal:
    """The unit price that gives the line total: whoever shows cents may have lost half a cent a piece."""
    if abs(quantity * unit - discount - stated) > CENT + abs(quantity) * HALF_CENT:
        return unit
    exact = half_up((stated + discount) / quantity, PRICE_PLACES)
    return exact if line_total(quantity, exact, discount) == cents(stated) else unit
