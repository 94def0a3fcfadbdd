"""The back office's imports and exports: product and customer CSV (`lightspeed-ecom.md` 3)."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from exchange.sandbox.shop import rules
from exchange.sandbox.shop.kinds import KINDS
from exchange.sandbox.shop.store import OWNER, TEXTS
from exchange.sandbox.shop.wire import Wrong, new

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from exchange.sandbox.shop.server import Shop
    from exchange.sandbox.shop.store import Row, Store

#: Texts of a product by column, without its language.
TEXT_COLUMNS = {
    "Title_Short": "title",
    "Title_Long": "fulltitle",
    "Description_Short": "description",
    "Description_Long": "content",
    "URL": "url",
}
META_COLUMNS = ("Meta_Title", "Meta_Description", "Meta_Keywords")
#: Plain fields of a variant by column.
VARIANT_COLUMNS = {
    "Stock_Level": "stockLevel",
    "Stock_Min": "stockMinimum",
    "Stock_Alert": "stockAlert",
    "Article_Code": "articleCode",
    "HS_Code": "hs",
    "EAN": "ean",
    "SKU": "sku",
    "Weight": "weight",
    "Colli": "colli",
    "Size_X": "sizeX",
    "Size_Y": "sizeY",
    "Size_Z": "sizeZ",
    "Buy_Min": "stockBuyMinimum",
    "Buy_Max": "stockBuyMaximum",
    "Price_Cost": "priceCost",
    "Price_Unit": "unitPrice",
    "Unit": "unitUnit",
}
CUSTOMER_COLUMNS = (
    ("Internal ID", "id"),
    ("Registered", "type"),
    ("Language", "language"),
    ("Firstname", "firstname"),
    ("LastnamePreposition", "middlename"),
    ("Lastname", "lastname"),
    ("E-Mail", "email"),
    ("Phone", "phone"),
    ("Mobile", "mobile"),
    ("Customer type", "isCompany"),
    ("Company", "companyName"),
    ("Coc number", "companyCoCNumber"),
    ("Vat number", "companyVatNumber"),
    ("Attn", "addressBillingName"),
    ("Streetname", "addressBillingStreet"),
    ("Address 2", "addressBillingStreet2"),
    ("Number", "addressBillingNumber"),
    ("Extension", "addressBillingExtension"),
    ("Zipcode", "addressBillingZipcode"),
    ("City", "addressBillingCity"),
    ("Region", "addressBillingRegion"),
    ("Country", "addressBillingCountry"),
    ("Shipping Attn", "addressShippingName"),
    ("Shipping company", "addressShippingCompany"),
    ("Shipping Streetname", "addressShippingStreet"),
    ("Shipping Address 2", "addressShippingStreet2"),
    ("Shipping Number", "addressShippingNumber"),
    ("Shipping Extension", "addressShippingExtension"),
    ("Shipping Zipcode", "addressShippingZipcode"),
    ("Shipping City", "addressShippingCity"),
    ("Shipping Region", "addressShippingRegion"),
    ("Shipping Country", "addressShippingCountry"),
)
_VISIBLE = {"Y": "visible", "N": "hidden", "S": "auto"}
_TITLE = re.compile(r"(?P<language>[A-Z]{2})_(?P<column>\w+)")


class BackOffice:
    """Imports and exports of a shop."""

    def __init__(self, store: Store, basic: Callable[[], str]) -> None:
        self.store = store
        self.basic = basic

    # Products in

    def import_products(self, content: bytes) -> dict[str, int]:
        """One row per variant; rows of the same Internal_ID are one product. Missing columns change nothing."""
        counts = {"created": 0, "updated": 0}
        last: Row | None = None
        for cells in _rows(content):
            product = self._product(cells, last)
            counts["updated" if product else "created"] += 1
            last = self._take_product(cells, product)
            self._take_variant(cells, last, fresh=product is None)
        return counts

    def _product(self, cells: Mapping[str, str], last: Row | None) -> Row | None:
        """By Internal_ID; without one, by the article code, or the product of the row above with the same title."""
        if cells.get("Internal_ID"):
            return self.store.get("products", cells["Internal_ID"])
        code = cells.get("Article_Code", "")
        variant = self.store.first("variants", articleCode=code) if code else None
        if variant is not None:
            return self.store.get("products", variant["product"])
        title = cells.get(f"{self.basic().upper()}_Title_Short", "")
        return last if last is not None and title and last["title"] == title else None

    def _take_product(self, cells: Mapping[str, str], row: Row | None) -> Row:
        kind = KINDS["products"]
        texts = self._texts(cells)
        values: dict[str, Any] = dict(texts.pop(self.basic(), {}))
        if "Visible" in cells:
            values["visibility"] = _VISIBLE.get(cells["Visible"], "hidden")
        for column, path, field in (("Brand", "brands", "brand"), ("Supplier", "suppliers", "supplier")):
            if cells.get(column):
                values[field] = self._named(path, cells[column])
        values |= {
            name: cells[title]
            for title, name in (("Data_01", "data01"), ("Data_02", "data02"), ("Data_03", "data03"))
            if title in cells
        }
        if row is None:
            if not values.get("title"):
                raise Wrong(422, "Title_Short is required")
            row = self.store.add(kind.path, new(kind) | values)
            rules.made(self.store, kind, row)
        else:
            self.store.put(kind.path, row, **values)
            rules.changed(self.store, kind, row, values)
        if texts:
            self.store.put(kind.path, row, **{TEXTS: {**row.get(TEXTS, {}), **texts}})
        self._categories(cells, row)
        self._images(cells, row)
        self._meta(cells, row)
        return row

    def _texts(self, cells: Mapping[str, str]) -> dict[str, dict[str, str]]:
        texts: dict[str, dict[str, str]] = {}
        for title, value in cells.items():
            match = _TITLE.fullmatch(title)
            if match and match["column"] in TEXT_COLUMNS and value:
                texts.setdefault(match["language"].lower(), {})[TEXT_COLUMNS[match["column"]]] = value
        return texts

    def _named(self, path: str, title: str) -> int:
        row = self.store.first(path, title=title)
        if row is None:
            kind = KINDS[path]
            row = self.store.add(path, new(kind) | {"title": title})
            rules.made(self.store, kind, row)
        return int(row["id"])

    def _categories(self, cells: Mapping[str, str], product: Row) -> None:
        """Three columns are one path."""
        parent: Any = False
        for level in (1, 2, 3):
            title = cells.get(f"{self.basic().upper()}_Category_{level}", "")
            if not title:
                break
            kind = KINDS["categories"]
            known = [row for row in self.store.all("categories", title=title) if (row["parent"] or False) == parent]
            row = (
                known[0]
                if known
                else self.store.add(kind.path, new(kind) | {"title": title, "fulltitle": title, "parent": parent})
            )
            if not known:
                rules.made(self.store, kind, row)
            parent = row["id"]
        if parent and not self.store.first("categories/products", category=parent, product=product["id"]):
            kind = KINDS["categories/products"]
            self.store.add(kind.path, new(kind) | {"category": parent, "product": product["id"]})

    def _images(self, cells: Mapping[str, str], product: Row) -> None:
        kind = KINDS["products/images"]
        have = {row["src"] for row in self.store.all(kind.path, product["id"])}
        for address in filter(None, (each.strip() for each in cells.get("Images", "").split(","))):
            if address not in have:
                name = address.rpartition("/")[2]
                stem, _, extension = name.rpartition(".")
                values = {
                    "src": address,
                    "thumb": address,
                    "title": stem,
                    "extension": extension,
                    "sortOrder": len(have) + 1,
                }
                row = self.store.add(kind.path, new(kind) | values, product["id"])
                have.add(address)
                rules.changed(self.store, kind, row, values)

    def _meta(self, cells: Mapping[str, str], product: Row) -> None:
        kind = KINDS["products/metafields"]
        for title, value in cells.items():
            match = _TITLE.fullmatch(title)
            if match and match["column"] in META_COLUMNS and value:
                key = f"{match['column'].lower()}_{match['language'].lower()}"
                row = self.store.first(kind.path, key=key, **{OWNER: product["id"]})
                if row is None:
                    self.store.add(kind.path, new(kind) | {"key": key, "value": value}, product["id"])
                else:
                    self.store.put(kind.path, row, value=value)

    def _take_variant(self, cells: Mapping[str, str], product: Row, *, fresh: bool) -> None:
        kind = KINDS["variants"]
        title = cells.get(f"{self.basic().upper()}_Variant", "") or "Default"
        row = self._variant(cells, product, title, fresh=fresh)
        values: dict[str, Any] = {"title": title}
        for column, field in VARIANT_COLUMNS.items():
            if cells.get(column, "") != "" or (column in cells and field in ("ean", "sku", "articleCode")):
                default = kind.fields[field].default
                values[field] = (
                    _number(cells[column])
                    if isinstance(default, int) and not isinstance(default, bool)
                    else cells[column]
                )
        side = "Excl" if (self.store.first("shop") or {}).get("isB2b") else "Incl"
        values |= {
            f"{field}{side}": _number(cells[column])
            for column, field in (("Price", "price"), ("Price_Old", "oldPrice"))
            if cells.get(column)
        }
        if cells.get("Tax"):
            values["tax"] = self._tax(cells["Tax"])
        if "Stock_Track" in cells:
            track, strict = cells["Stock_Track"] == "Y", cells.get("Stock_Disable_Sold_Out") == "Y"
            values["stockTracking"] = ("enabled" if strict else "indicator") if track else "disabled"
        if row is None:
            row = self.store.add(
                kind.path,
                new(kind)
                | values
                | {"product": product["id"], "sortOrder": len(self.store.all("variants", product=product["id"])) + 1},
            )
        else:
            self.store.put(kind.path, row, **values)
        rules.changed(self.store, kind, row, values)

    def _variant(self, cells: Mapping[str, str], product: Row, title: str, *, fresh: bool) -> Row | None:
        if cells.get("Internal_Variant_ID"):
            return self.store.get("variants", cells["Internal_Variant_ID"])
        rows = self.store.all("variants", product=product["id"])
        code = cells.get("Article_Code", "")
        for row in rows:
            if (code and row["articleCode"] == code) or (row["title"] == title and (fresh or not code)):
                return row
        # The default variant that came with the product is the first one.
        return (
            rows[0]
            if fresh or (len(rows) == 1 and rows[0]["title"] == "Default" and not rows[0]["articleCode"])
            else None
        )

    def _tax(self, text: str) -> int:
        rate = float(text)
        for row in self.store.all("taxes"):
            if abs(float(row["rate"]) - rate) < 0.00005:  # noqa: PLR2004 - half of the last of four places
                return int(row["id"])
        raise Wrong(422, f"Tax {text} does not exist")

    # Products out

    def export_products(self) -> bytes:
        """Everything, with all columns of the template."""
        languages = [row["code"] for row in self.store.all("languages") if row["isActive"]]
        header = product_header(languages)
        rows = []
        for product in self.store.all("products"):
            shared = self._exported(product, languages)
            rows += [
                shared | self._exported_variant(variant, languages)
                for variant in self.store.all("variants", product=product["id"])
            ]
        return _written(header, rows)

    def _exported(self, product: Row, languages: Iterable[str]) -> dict[str, str]:
        codes = {text: code for code, text in _VISIBLE.items()}
        cells = {"Internal_ID": str(product["id"]), "Visible": codes[product["visibility"]]}
        for column, path, field in (("Brand", "brands", "brand"), ("Supplier", "suppliers", "supplier")):
            cells[column] = str((self.store.get(path, product[field]) or {}).get("title", ""))
        for code in languages:
            own = product.get(TEXTS, {}).get(code, {})
            cells |= {
                f"{code.upper()}_{column}": str(own.get(field, product[field]))
                for column, field in TEXT_COLUMNS.items()
            }
            for column in META_COLUMNS:
                row = self.store.first("products/metafields", key=f"{column.lower()}_{code}", **{OWNER: product["id"]})
                cells[f"{code.upper()}_{column}"] = str(row["value"]) if row else ""
        cells |= {f"Data_0{number}": str(product[f"data0{number}"]) for number in (1, 2, 3)}
        images = sorted(self.store.all("products/images", product["id"]), key=lambda row: (row["sortOrder"], row["id"]))
        cells["Images"] = ",".join(row["src"] for row in images)
        link = self.store.first("categories/products", product=product["id"])
        category = self.store.get("categories", link["category"]) if link else None
        above = [self.store.get("categories", number) for number in reversed(category["path"])] if category else []
        for level, each in enumerate(above[:3], 1):
            for code in languages:
                own = (each or {}).get(TEXTS, {}).get(code, {})
                cells[f"{code.upper()}_Category_{level}"] = str(own.get("title", (each or {}).get("title", "")))
        return cells

    def _exported_variant(self, variant: Row, languages: Iterable[str]) -> dict[str, str]:
        side = "Excl" if (self.store.first("shop") or {}).get("isB2b") else "Incl"
        cells = {"Internal_Variant_ID": str(variant["id"]), "Tax": f"{rules.rate(self.store, variant):.4f}"}
        cells |= {
            column: "" if variant[field] is None else str(variant[field]) for column, field in VARIANT_COLUMNS.items()
        }
        cells |= {"Price": str(variant[f"price{side}"]), "Price_Old": str(variant[f"oldPrice{side}"])}
        for code in languages:
            cells[f"{code.upper()}_Variant"] = str(variant.get(TEXTS, {}).get(code, {}).get("title", variant["title"]))
        cells["Stock_Track"] = "N" if variant["stockTracking"] == "disabled" else "Y"
        cells["Stock_Disable_Sold_Out"] = "Y" if variant["stockTracking"] == "enabled" else "N"
        return cells

    # Customers

    def import_customers(self, content: bytes) -> dict[str, int]:
        """By Internal ID or e-mail; passwords are never imported."""
        counts = {"created": 0, "updated": 0}
        kind = KINDS["customers"]
        for cells in _rows(content):
            values: dict[str, Any] = {field: cells[title] for title, field in CUSTOMER_COLUMNS[2:] if title in cells}
            if not all(values.get(name) for name in ("firstname", "lastname", "email")):
                raise Wrong(422, "Firstname, Lastname and E-Mail are required")
            for name in ("addressBillingCountry", "addressShippingCountry", "language"):
                values[name] = str(values.get(name, "")).lower()
            values["isCompany"] = bool(values.get("companyName"))
            row = self.store.get("customers", cells.get("Internal ID")) or self.store.first(
                "customers", email=values["email"]
            )
            counts["updated" if row else "created"] += 1
            if row is None:
                row = self.store.add(kind.path, new(kind) | values)
            else:
                self.store.put(kind.path, row, **values)
            self._groups(cells, row)
        return counts

    def _groups(self, cells: Mapping[str, str], customer: Row) -> None:
        kind = KINDS["groups/customers"]
        for title in filter(None, (each.strip() for each in cells.get("Groups", "").split(","))):
            group = self._named("groups", title)
            if not self.store.first(kind.path, group=group, customer=customer["id"]):
                self.store.add(kind.path, new(kind) | {"group": group, "customer": customer["id"]})

    def export_customers(self) -> bytes:
        """Everything but passwords."""
        rows = []
        for customer in self.store.all("customers"):
            cells = {title: _said(customer.get(field)) for title, field in CUSTOMER_COLUMNS}
            cells["Registered"] = "Y" if customer["type"] == "registered" else "N"
            cells["Customer type"] = "company" if customer["isCompany"] else "private"
            links = self.store.all("groups/customers", customer=customer["id"])
            titles = [(self.store.get("groups", link["group"]) or {}).get("title", "") for link in links]
            rows.append(cells | {"Groups": ",".join(titles)})
        return _written([*(title for title, _ in CUSTOMER_COLUMNS), "Groups"], rows)


def product_header(languages: Iterable[str]) -> list[str]:
    """The template's columns in their order (3.1), for these languages."""
    codes = [code.upper() for code in languages]
    return [
        *("Internal_ID", "Internal_Variant_ID", "Visible", "Brand", "Supplier"),
        *(f"{code}_{column}" for column in (*TEXT_COLUMNS, "Variant") for code in codes),
        *("Price", "Price_Old", "Price_Cost", "Price_Unit", "Unit", "Tax", "Stock_Track", "Stock_Disable_Sold_Out"),
        *("Stock_Level", "Stock_Min", "Stock_Alert", "Article_Code", "HS_Code", "EAN", "SKU", "Weight", "Colli"),
        *("Size_X", "Size_Y", "Size_Z", "Data_01", "Data_02", "Data_03", "Buy_Min", "Buy_Max"),
        *(f"{code}_Category_{level}" for level in (1, 2, 3) for code in codes),
        *(f"{code}_{column}" for column in META_COLUMNS for code in codes),
        *("Images", "Tags"),
    ]


def register(app: Flask, shop: Shop) -> None:
    """`/backoffice/products` and `/backoffice/customers`: GET exports, POST imports (`file`, or the body)."""
    office = BackOffice(shop.store, lambda: shop.api.basic)

    def products() -> Response:
        return _handled(shop, office.import_products, office.export_products, "products_export.csv")

    def customers() -> Response:
        return _handled(shop, office.import_customers, office.export_customers, "customers_export.csv")

    for name, view in (("products", products), ("customers", customers)):
        app.add_url_rule(f"/backoffice/{name}", f"backoffice_{name}", view, methods=["GET", "POST"])


def _handled(shop: Shop, taken: Callable[[bytes], dict[str, int]], given: Callable[[], bytes], name: str) -> Response:
    if request.method == "GET":
        with shop.store.change():
            return Response(
                given(), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
            )
    uploaded = request.files.get("file")
    content = uploaded.read() if uploaded else request.get_data()
    try:
        with shop.store.change():
            counts = taken(content)
    except Wrong as wrong:
        return Response(wrong.message, wrong.code, mimetype="text/plain")
    return Response("\n".join(f"{name}: {number}" for name, number in counts.items()), mimetype="text/plain")


def _rows(content: bytes) -> Iterable[dict[str, str]]:
    """The rows of a CSV; `,` where a header has no `;`, utf-8 or else cp1252."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    header = text.partition("\n")[0]
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if ";" in header else ",", restval="")


def _written(header: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(header), restval="", delimiter=";", lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


def _said(value: Any) -> str:
    return "" if value is None or value is False else str(value)
