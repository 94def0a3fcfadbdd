"""The columns of the product file (3.1), and how such files are written and read."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from exchange.sandbox.shop.body import Wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: Texts of a product by column, without its language.
TEXTS = {
    "Title_Short": "title",
    "Title_Long": "fulltitle",
    "Description_Short": "description",
    "Description_Long": "content",
    "URL": "url",
}
#: Metafields of a product by column, without its language (2.7).
META = {
    "Google_Category": "google_product_category",
    "Meta_Title": "meta_title",
    "Meta_Description": "meta_description",
    "Meta_Keywords": "meta_keywords",
}
#: Plain fields of a variant by column; prices, tax and stock tracking have their own way.
VARIANT = {
    "Price_Cost": "priceCost",
    "Price_Unit": "unitPrice",
    "Unit": "unitUnit",
    "Stock_Level": "stockLevel",
    "Stock_Min": "stockMinimum",
    "Stock_Alert": "stockAlert",
    "Article_Code": "articleCode",
    "HS_Code": "hs",
    "EAN": "ean",
    "SKU": "sku",
    "Weight": "weight",
    "Weight_value": "weightValue",
    "Weight_unit": "weightUnit",
    "Volume_Value": "volumeValue",
    "Volume_Unit": "volumeUnit",
    "Volume": "volume",
    "Colli": "colli",
    "Size_X": "sizeX",
    "Size_Y": "sizeY",
    "Size_Z": "sizeZ",
    "Buy_Min": "stockBuyMinimum",
    "Buy_Max": "stockBuyMaximum",
}
DATA = {"Data_01": "data01", "Data_02": "data02", "Data_03": "data03"}
VISIBLE = {"Y": "visible", "N": "hidden", "S": "auto"}
#: `Stock_Track`, `Stock_Disable_Sold_Out` by stock tracking (derived).
TRACKING = {"disabled": ("N", "N"), "indicator": ("Y", "N"), "enabled": ("Y", "Y")}
#: Levels of a category path that fit into a row.
LEVELS = (1, 2, 3)
_SPOKEN = re.compile(r"(?P<language>[A-Z]{2})_(?P<column>\w+)")


def header(languages: Iterable[str]) -> list[str]:
    """The titles in the order of the template, for these languages.

    The columns of the sizes' values and units are left out: how they are written is not known [unsure].
    """
    codes = [code.upper() for code in languages]
    return [
        *("Internal_ID", "Internal_Variant_ID", "Visible", "Brand", "Supplier"),
        *(f"{code}_{column}" for column in (*TEXTS, "Variant") for code in codes),
        *("Price", "Price_Old", "Price_Cost", "Price_Unit", "Unit", "Tax", "Stock_Track", "Stock_Disable_Sold_Out"),
        *(name for name in VARIANT if not name.startswith(("Price", "Unit", "Buy"))),
        *("Matrix", *DATA, "Buy_Min", "Buy_Max"),
        *(f"{code}_Google_Category" for code in codes),
        *(f"{code}_Category_{level}" for level in LEVELS for code in codes),
        *(f"{code}_{column}" for column in META if column != "Google_Category" for code in codes),
        *("Images", "Tags"),
    ]


def spoken(cells: Mapping[str, str], columns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Filled cells of columns with a language, by language and what they hold."""
    found: dict[str, dict[str, str]] = {}
    for title, value in cells.items():
        match = _SPOKEN.fullmatch(title)
        if match and match["column"] in columns and value:
            found.setdefault(match["language"].lower(), {})[columns[match["column"]]] = value
    return found


def parts(cell: str) -> list[str]:
    """What stands in a cell between commas."""
    return [each.strip() for each in cell.split(",") if each.strip()]


def rows(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file with the line that they end in; `,` where a header has no `;`, UTF-8 or else cp1252."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="", restval="")
    for cells in reader:
        if "" in cells:
            raise Wrong(422, f"line {reader.line_num}: more cells than columns")
        yield reader.line_num, cells


def written(titles: Iterable[str], lines: Iterable[Mapping[str, str]]) -> bytes:
    """A file: `;`, CRLF, UTF-8, quotes only where they are needed."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(titles), restval="", delimiter=";", lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode("utf-8")


def said(value: Any) -> str:
    """A value as a cell has it; nothing for `false`."""
    return "" if value is None or value is False else str(value)
