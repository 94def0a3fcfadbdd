"""The product file into the shop (3.1)."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.backoffice.table import DATA, LEVELS, META, TEXTS, TRACKING, VARIANT, VISIBLE, parts, rows
from exchange.sandbox.shop.backoffice.table import spoken as columns_of
from exchange.sandbox.shop.body import Wrong
from exchange.sandbox.shop.kind import OWNER
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.prices import exact, keeps_excl
from exchange.sandbox.shop.wire import spoken, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchange.sandbox.shop.rules import Rules
    from exchange.sandbox.shop.store import Row, Store
    from exchange.sandbox.shop.wire import Wire

_TRACKED = {cells: tracking for tracking, cells in TRACKING.items()}


class Products:
    """One import.

    Args:
        store, rules, wire: of the shop.
    """

    def __init__(self, store: Store, rules: Rules, wire: Wire) -> None:
        self.store, self.rules = store, rules
        self.languages = wire.languages
        self.basic = self.languages[0].upper()
        self._grouped: dict[str, Row] = {}

    def take(self, content: bytes) -> dict[str, int]:
        """One row per variant; rows of the same Internal_ID are one product. Missing columns change nothing.

        Raises Wrong with the line of the first row that makes no sense.
        """
        counts = {"created": 0, "updated": 0}
        last: Row | None = None
        for line, cells in rows(content):
            try:
                product = self._known(cells, last)
                counts["updated" if product else "created"] += 1
                last = self._product(cells, product)
                self._grouped[cells.get("Internal_ID", "")] = last
                self._variant(cells, last, fresh=product is None)
            except Wrong as wrong:
                raise Wrong(wrong.code, f"line {line}: {wrong.message}") from None
        return counts

    # Products

    def _known(self, cells: Mapping[str, str], last: Row | None) -> Row | None:
        """By Internal_ID; without one, by the article code, or the product of the row above with the same title.

        An Internal_ID that the shop does not know holds the rows of a new product together (3.1).
        """
        number = cells.get("Internal_ID")
        if number:
            return self._grouped.get(number) or self.store.get("products", number)
        code = cells.get("Article_Code")
        variant = self.store.first("variants", articleCode=code) if code else None
        if variant is not None:
            return self.store.get("products", variant["product"])
        title = cells.get(f"{self.basic}_Title_Short", "")
        return last if last is not None and title and last["title"] == title else None

    def _product(self, cells: Mapping[str, str], row: Row | None) -> Row:
        kind, texts = KINDS["products"], columns_of(cells, TEXTS)
        values: dict[str, Any] = {name: cells[title] for title, name in DATA.items() if title in cells}
        if cells.get("Visible"):
            if cells["Visible"] not in VISIBLE:
                raise Wrong(422, f"Visible {cells['Visible']} is not one of {', '.join(VISIBLE)}")
            values["visibility"] = VISIBLE[cells["Visible"]]
        for column, path in (("Brand", "brands"), ("Supplier", "suppliers")):
            if cells.get(column):
                values[column.lower()] = self._named(path, cells[column])
        own = texts.pop(self.languages[0], {})
        if row is None:
            values |= own
            self.rules.check(kind, values, None, 0)
            row = self.rules.add(kind, values)
        else:
            values |= spoken(row, self.languages[0], self.languages, own)
            self.rules.change(kind, row, values)
        for code in texts.keys() & set(self.languages):
            self.rules.change(kind, row, spoken(row, code, self.languages, texts[code]))
        self._categories(cells, row)
        self._images(cells, row)
        self._meta(cells, row)
        self._tags(cells, row)
        return row

    def _named(self, path: str, title: str) -> int:
        row = self.store.first(path, title=title)
        if row is None:
            self.rules.check(KINDS[path], {"title": title}, None, 0)
            row = self.rules.add(KINDS[path], {"title": title})
        return int(row["id"])

    def _categories(self, cells: Mapping[str, str], product: Row) -> None:
        """The three columns are one path; what is not there is made."""
        kind, parent = KINDS["categories"], False
        for level in LEVELS:
            title = cells.get(f"{self.basic}_Category_{level}")
            if not title:
                break
            row = self.store.first("categories", parent=parent, title=title)
            if row is None:
                row = self.rules.add(kind, {"title": title, "fulltitle": title, "parent": parent})
            for code in self.languages[1:]:
                name = cells.get(f"{code.upper()}_Category_{level}")
                if name:
                    self.rules.change(kind, row, spoken(row, code, self.languages, {"title": name}))
            parent = row["id"]
        if parent:
            self._assigned("categories/products", "category", parent, product)

    def _assigned(self, path: str, name: str, number: Any, product: Row) -> None:
        values = {name: number, "product": product["id"]}
        if self.store.first(path, **values) is None:
            self.rules.check(KINDS[path], values, None, 0)
            self.rules.add(KINDS[path], values)

    def _images(self, cells: Mapping[str, str], product: Row) -> None:
        """Addresses, or `!ID:…` of a file; those that are there already are not made twice."""
        kind = KINDS["products/images"]
        have = {row["src"] for row in self.store.all(kind.path, product["id"])}
        for each in parts(cells.get("Images", "")):
            file = self.store.get("files", each.removeprefix("!ID:")) if each.startswith("!ID:") else None
            address = file["src"] if file else each
            if address not in have:
                have.add(address)
                name = PurePosixPath(address.partition("?")[0])
                values = {"src": address, "thumb": address, "title": name.stem, "sortOrder": len(have)}
                values["extension"] = name.suffix.lstrip(".").lower()
                self.rules.check(kind, values, None, product["id"])
                self.rules.add(kind, values, product["id"])

    def _meta(self, cells: Mapping[str, str], product: Row) -> None:
        kind = KINDS["products/metafields"]
        for code, found in columns_of(cells, META).items():
            for name, value in found.items():
                row = self.store.first(kind.path, key=f"{name}_{code}", **{OWNER: product["id"]})
                if row is None:
                    self.rules.add(kind, {"key": f"{name}_{code}", "value": value}, product["id"])
                elif row["value"] != value:
                    self.rules.change(kind, row, {"value": value})

    def _tags(self, cells: Mapping[str, str], product: Row) -> None:
        for title in parts(cells.get("Tags", "")):
            self._assigned("tags/products", "tag", self._named("tags", title), product)

    # Variants

    def _variant(self, cells: Mapping[str, str], product: Row, *, fresh: bool) -> None:
        kind, title = KINDS["variants"], cells.get(f"{self.basic}_Variant") or "Default"
        row = self._known_variant(cells, product, title, fresh=fresh)
        values = self._values(cells)
        if row is None:
            order = len(self.store.all("variants", product=product["id"])) + 1
            values |= {"title": title, "product": product["id"], "sortOrder": order}
            self.rules.check(kind, values, None, 0)
            row = self.rules.add(kind, values)
        else:
            self.rules.change(kind, row, values | spoken(row, self.languages[0], self.languages, {"title": title}))
        for code in self.languages[1:]:
            other = cells.get(f"{code.upper()}_Variant")
            if other:
                self.rules.change(kind, row, spoken(row, code, self.languages, {"title": other}))

    def _known_variant(self, cells: Mapping[str, str], product: Row, title: str, *, fresh: bool) -> Row | None:
        if cells.get("Internal_Variant_ID"):
            row = self.store.get("variants", cells["Internal_Variant_ID"])
            if row is None or row["product"] != product["id"]:
                raise Wrong(422, f"Internal_Variant_ID {cells['Internal_Variant_ID']} does not exist")
            return row
        have = self.store.all("variants", product=product["id"])
        code = cells.get("Article_Code", "")
        for row in have:
            if (code and row["articleCode"] == code) or (row["title"] == title and (fresh or not code)):
                return row
        untouched = len(have) == 1 and have[0]["title"] == "Default" and not have[0]["articleCode"]
        return have[0] if fresh or untouched else None  # the variant that came with the product is the first one

    def _values(self, cells: Mapping[str, str]) -> dict[str, Any]:
        kind = KINDS["variants"]
        values: dict[str, Any] = {
            name: typed(column, cells[column], kind.fields[name])
            for column, name in VARIANT.items()
            if cells.get(column) or (column in cells and name in ("articleCode", "ean", "sku", "hs"))
        }
        side = "Excl" if keeps_excl(self.store) else "Incl"
        for column, name in (("Price", f"price{side}"), ("Price_Old", f"oldPrice{side}")):
            if cells.get(column):
                values[name] = typed(column, cells[column], kind.fields[name])
        if cells.get("Tax"):
            values["tax"] = self._tax(cells["Tax"])
        if cells.get("Stock_Track"):
            strict = cells.get("Stock_Disable_Sold_Out") or "N"
            tracked = _TRACKED.get((cells["Stock_Track"], strict if cells["Stock_Track"] == "Y" else "N"))
            if tracked is None:
                raise Wrong(422, f"Stock_Track {cells['Stock_Track']}, Stock_Disable_Sold_Out {strict}")
            values["stockTracking"] = tracked
        return values

    def _tax(self, text: str) -> int:
        wanted = exact(typed("Tax", text, KINDS["taxes"].fields["rate"]))
        for row in self.store.all("taxes"):
            if exact(row["rate"]) == wanted:
                return int(row["id"])
        raise Wrong(422, f"Tax {text} does not exist")
