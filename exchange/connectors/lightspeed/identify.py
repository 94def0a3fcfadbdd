"""Finds a part among what the shop has already: made before us, or by a call whose answer we never got.

The business key decides, never a guess: several candidates are several, and a person has to say which is meant.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.connectors.lightspeed.quotes import CLOCKS_DIFFER, QUOTE, QUOTE_ID
from exchange.connectors.lightspeed.refs import file_name
from exchange.connectors.lightspeed.values import thaw
from exchange.shop import article_key
from exchange.trade.marks import marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.refs import Refs
    from exchange.connectors.lightspeed.store import Store
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.settings import Settings

#: Fields of an order that tell which document it is.
ORDER_FIELDS = "id,comment,memo,quote"
#: Fields of a variant that are read to recognise articles.
VARIANT_FIELDS = "id,product,isDefault,articleCode,sku,ean,title"


class Known(NamedTuple):
    """A variant that the shop has."""

    variant_id: str
    product_id: str
    default: bool


class Snapshot:
    """The shop's variants by article, and its categories and other named things; read once, when first needed."""

    def __init__(self, gateway: Gateway, article_field: str) -> None:
        self.gateway = gateway
        self.article_field = article_field
        self._variants: dict[str, list[Known]] | None = None
        self._named: dict[str, list[Mapping[str, Any]]] = {}

    def variants(self, code: str) -> list[Known]:
        """The variants of an article number."""
        if self._variants is None:
            self._variants = {}
            for row in self.gateway.read("variant", fields=VARIANT_FIELDS):
                number = str(row.get(self.article_field) or "").strip()
                if number and row.get("product"):
                    known = Known(str(row["id"]), str(row["product"]), bool(row.get("isDefault")))
                    self._variants.setdefault(number, []).append(known)
        return self._variants.get(code, [])

    def named(self, resource: str) -> list[Mapping[str, Any]]:
        """All things of a resource that has not many."""
        if resource not in self._named:
            self._named[resource] = list(self.gateway.read(resource))
        return self._named[resource]


class Identify:
    """Looks for parts in the shop.

    Args:
        gateway, store, refs: of this run.
        settings: `shop.article_field` says what holds our article number.
    """

    def __init__(self, gateway: Gateway, store: Store, refs: Refs, settings: Settings) -> None:
        self.gateway = gateway
        self.store = store
        self.refs = refs
        self.snapshot = Snapshot(gateway, settings.shop.article_field)

    def found(self, thing: Thing) -> list[str]:
        """The shop's ids of everything that may be the thing; those that are known as something else are left out."""
        finder = _FINDERS.get(thing.ref.resource)
        if finder is None:
            finder = Identify._metafield if thing.ref.resource.endswith("_metafield") else Identify._nothing
        candidates = list(dict.fromkeys(finder(self, thing)))
        if not candidates:
            return []
        taken = self.store.mapped(thing.ref.resource, candidates)
        return [each for each in candidates if each not in taken]

    def _nothing(self, _thing: Thing) -> Iterable[str]:
        return ()

    def _below(self, thing: Thing) -> Sequence[Mapping[str, Any]]:
        assert thing.owner is not None  # noqa: S101 - resources that are looked for so live under something
        return self.gateway.read(thing.ref.resource, self.refs.id(thing.owner))

    # Articles

    def _product(self, thing: Thing) -> Iterable[str]:
        yield from (each.product_id for each in self.snapshot.variants(thing.ref.key))
        if thing.intent:
            yield from self._half_made(thing)

    def _half_made(self, thing: Thing) -> Iterable[str]:
        """Products that were made since the lost call began, with our title, and have no article number yet."""
        since = datetime.fromisoformat(thing.intent.split(" ", 1)[1]) - CLOCKS_DIFFER
        for row in self.gateway.read("product", created_at_min=since):
            if row.get("title") == thing.asked.get("title"):
                variants = self.gateway.read("variant", product=row["id"])
                if not any(each.get(self.snapshot.article_field) for each in variants):
                    yield str(row["id"])

    def _variant(self, thing: Thing) -> Iterable[str]:
        assert thing.owner is not None  # noqa: S101 - a variant lives under its product
        field, default = self.snapshot.article_field, thing.ref.key == article_key(thing.owner.key)
        code = str(thing.asked.get(field) or (thing.owner.key if default else ""))
        if not code:
            return  # nothing tells this variant from its siblings
        if not thing.wish.creates and not self.refs.knows(thing.owner):  # stock alone, of a product we did not bring
            yield from (each.variant_id for each in self.snapshot.variants(code))
            return
        here = self.gateway.read("variant", product=self.refs.id(thing.owner))
        same = [row for row in here if str(row.get(field) or "").strip() == code]
        if not same and thing.wish.creates and (default or self._unclaimed(thing, here)):
            same = [row for row in here if row.get("isDefault")]
        yield from (str(row["id"]) for row in same)

    def _unclaimed(self, thing: Thing, here: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the product's default variant is as it came, or what was left: it becomes our first."""
        assert thing.owner is not None  # noqa: S101 - as above
        own = self.store.thing(thing.ref._replace(key=article_key(thing.owner.key)))
        if own is not None and own.wish.creates:
            return False
        codes = [row.get(self.snapshot.article_field) for row in here if row.get("isDefault")]
        return len(codes) == 1 and (self.refs.made(thing.owner) or codes[0] in (None, "", thing.owner.key))

    # Things with names

    def _titled(self, thing: Thing) -> Iterable[str]:
        wanted = _same(thing.asked.get("title"))
        rows = self.snapshot.named(thing.ref.resource) if not thing.intent else self.gateway.read(thing.ref.resource)
        yield from (str(row["id"]) for row in rows if _same(row.get("title")) == wanted)

    def _category(self, thing: Thing) -> Iterable[str]:
        parent = self.refs.id(thing.owner) if thing.owner else ""
        wanted = _same(thing.asked.get("title"))
        rows = self.snapshot.named("category") if not thing.intent else self.gateway.read("category")
        for row in rows:
            if _same(row.get("title")) == wanted and str(row.get("parent") or "") == parent:
                yield str(row["id"])

    # Things below others

    def _image(self, thing: Thing) -> Iterable[str]:
        stem = file_name(thaw(thing.asked["attachment"])).rpartition(".")[0].casefold()
        for row in self._below(thing):
            if stem in str(row.get("title") or "").casefold() or f"/{stem}." in str(row.get("src") or "").casefold():
                yield str(row["id"])

    def _file(self, thing: Thing) -> Iterable[str]:
        stem = file_name(thaw(thing.asked["attachment"])).rpartition(".")[0].casefold()
        rows = self.snapshot.named("file") if not thing.intent else self.gateway.read("file")
        yield from (str(row["id"]) for row in rows if _same(row.get("title")) == stem)

    def _relation(self, thing: Thing) -> Iterable[str]:
        related = self.refs.id(thaw(thing.asked["relatedProduct"]))
        yield from (str(row["id"]) for row in self._below(thing) if str(row.get("relatedProduct")) == related)

    def _assignment(self, thing: Thing) -> Iterable[str]:
        product, category = (self.refs.id(thaw(thing.asked[name])) for name in ("product", "category"))
        rows = self.gateway.read("category_product", product=product)
        yield from (str(row["id"]) for row in rows if str(row.get("category")) == category)

    def _metafield(self, thing: Thing) -> Iterable[str]:
        yield from (str(row["id"]) for row in self._below(thing) if row.get("key") == thing.asked["key"])

    # What the shop alone makes

    def _order(self, thing: Thing) -> Iterable[str]:
        """One that we make, by the mark of its document or the quote that it came from; any other by its number."""
        if QUOTE not in thing.asked:
            yield from self._orders(thing.ref.key)
            return
        asked = thaw(thing.asked[QUOTE])
        for row in self.gateway.read("order", customer=self.refs.id(asked["customer"]), fields=ORDER_FIELDS):
            texts = (str(row.get(name) or "") for name in ("comment", "memo"))
            quote = str(row.get("quote") or "")
            if marked(*texts) == asked["comment"] or (quote and quote == thing.sending.get(QUOTE_ID)):
                yield str(row["id"])

    def _customer(self, thing: Thing) -> Iterable[str]:
        """By the e-mail address, among those who have an account."""
        email = _same(thing.asked.get("email"))
        rows = self.gateway.read("customer", email=thing.asked["email"]) if email else ()
        for row in rows:
            if _same(row.get("email")) == email and row.get("type") != "guest":
                yield str(row["id"])

    def _shipment(self, thing: Thing) -> Iterable[str]:
        """An order has one shipment, made together with it (2.20)."""
        for order in self._orders(thing.ref.key):
            yield from (str(row["id"]) for row in self.gateway.read("shipment", order=order))

    def _orders(self, number: str) -> Iterable[str]:
        rows = self.gateway.read("order", number=number)
        return [str(row["id"]) for row in rows if _same(row.get("number")) == _same(number)]

    def _discount(self, thing: Thing) -> Iterable[str]:
        wanted = self.refs.wire({name: thing.asked[name] for name in _STEP if name in thing.asked})
        for row in self.gateway.read("quantity_discount", product=wanted["product"]):
            if all(_same(row.get(name)) == _same(value) for name, value in wanted.items()):
                yield str(row["id"])


#: What tells two quantity discounts apart.
_STEP = ("product", "variant", "quantity", "customerGroup", "startDate", "endDate")

_FINDERS: Mapping[str, Callable[[Identify, Thing], Iterable[str]]] = {
    "product": Identify._product,  # noqa: SLF001 - a table of its own methods
    "variant": Identify._variant,  # noqa: SLF001
    "brand": Identify._titled,  # noqa: SLF001
    "supplier": Identify._titled,  # noqa: SLF001
    "group": Identify._titled,  # noqa: SLF001
    "category": Identify._category,  # noqa: SLF001
    "product_image": Identify._image,  # noqa: SLF001
    "file": Identify._file,  # noqa: SLF001
    "product_relation": Identify._relation,  # noqa: SLF001
    "category_product": Identify._assignment,  # noqa: SLF001
    "customer": Identify._customer,  # noqa: SLF001
    "order": Identify._order,  # noqa: SLF001
    "shipment": Identify._shipment,  # noqa: SLF001
    "quantity_discount": Identify._discount,  # noqa: SLF001
}


def _same(value: Any) -> str:
    """A value as two systems may spell it: blanks around it and letter case do not count, empty is empty."""
    return str(value or "").strip().casefold()
