"""recognise: what a file is, by its content; what fits nothing, or too much, is a question to the sender."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from exchange.errors import BatchError, ConfigError
from exchange.ledger import Batch
from exchange.pipeline.recognise import recognise
from exchange.registry import Registry, build
from exchange.sandbox.orders import Buyer, Line
from exchange.sandbox.orders import order as shop_order
from tests.end_to_end.conftest import order, orders_file
from tests.inside import STOCK

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

SHIPPED = build()
BUYER = Buyer(7001, "Nora", "Neu", "nora@example.org", "Ringstraße", "7", "04109", "Leipzig")
ONE = json.dumps(shop_order("ORD1", BUYER, [Line("00200050", "Kaffeebecher blau", 2, Decimal("9.95"))]))


def profile(
    tmp_path: Path, content: bytes | str, name: str = "x.csv", registry: Registry = SHIPPED, **hints: str
) -> str:
    """The profile that is recognised, or the code of the finding that says why not."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    at: datetime = None  # type: ignore[assignment] - not looked at
    batch = Batch(uid="u", file_name=name, received_at=at, **hints)  # type: ignore[arg-type]
    try:
        return recognise(path, batch, registry)[0].name
    except BatchError as error:
        return error.findings[0].code


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", STOCK, "stock_csv"),
        ("a.txt", STOCK, "stock_csv"),  # the content says what it is, not the suffix
        ("a.csv", "Artikelnummer;Bestand\r\n1;2\r\n", "stock_csv"),
        ("a.csv", " ARTIKELNUMMER* ;Available\r\n1;2\r\n", "stock_csv"),
        ("a.json", orders_file(order("ORD1")), "order_import_json"),
        ("a.json", json.dumps([{"number": "1", "name": "Eins", "active": True, "ean": ""}]), "products_json"),
        ("a.json", json.dumps([{"number": "1", "name": "Eins", "active": True}]), "file.ambiguous"),
        ("warengruppen.json", json.dumps([{"number": "1", "name": "Eins", "level": 1}]), "categories_json"),
        ("a.json", ONE, "lightspeed_order_json"),
        ("a.json", f"[{ONE}]", "lightspeed_order_json"),
        ("a.json", f'{{"orders": [{ONE}]}}', "lightspeed_order_json"),
        ("a.xml", '<exchange module="stock"><stock><article_number>1</article_number></stock></exchange>', "stock_xml"),
        ("a.xml", "<ORDER><ORDER_INFO><ORDER_ID>1</ORDER_ID></ORDER_INFO></ORDER>", "sage_order_xml"),
        ("a.csv", "Name;Von\r\nErika;heute\r\n", "file.not_recognised"),
        ("a.bin", b"\x00\x01\x02\xff" * 50, "file.not_recognised"),
        ("a.xlsx", b"PK\x03\x04 cut off", "xlsx.damaged"),
        ("a.csv", "Firstname;Lastname;E-Mail\r\nA;B;c@d.example\r\n", "lightspeed_customer_csv"),
        ("a.zip", b"PK\x03\x04 something", "file.packed"),
        ("a.json.gz", b"\x1f\x8b\x08\x00 something", "file.packed"),
        ("a.pdf", b"%PDF-1.7 something", "file.pdf"),
    ],
)
def test_the_content_tells(tmp_path: Path, name: str, content: bytes | str, expected: str) -> None:
    """Module mark, titles in both languages, keys, elements; else a finding."""
    found = profile(tmp_path, content, name)
    assert found == expected or (expected.startswith("xlsx.") and found.startswith(("xlsx.", "file.not_readable")))


def test_a_workbook_that_is_in_order_but_unknown_is_just_unknown(tmp_path: Path) -> None:
    """Only of one that cannot be opened, the reason is told."""
    book = Workbook()
    book.worksheets[0].append(["Name", "Von"])
    book.worksheets[0].append(["Erika", "heute"])
    out = io.BytesIO()
    book.save(out)
    assert profile(tmp_path, out.getvalue(), "urlaub.xlsx") == "file.not_recognised"


def test_sender_folder_and_module_help(tmp_path: Path) -> None:
    """A named profile is taken at its word; a folder narrows down; a wrong folder is told as such."""
    assert profile(tmp_path, "?", profile="sage_order_csv") == "sage_order_csv"
    with pytest.raises(ConfigError):
        profile(tmp_path, "?", profile="nichts")
    assert profile(tmp_path, STOCK, folder="vom lager/Bestand") == "stock_csv"
    assert profile(tmp_path, STOCK, folder="unbekannt") == "stock_csv"
    assert profile(tmp_path, orders_file(order("1")), "a.json", module="stock") == "file.fits_no_profile"
    assert profile(tmp_path, "Artikelnummer;Menge\r\n1;2\r\n", module="stock") == "stock_csv"
    assert profile(tmp_path, "Name;Von\r\n1;2\r\n", module="stock") == "file.fits_no_profile"


def test_a_file_of_no_known_type_is_read_as_the_sender_says(tmp_path: Path) -> None:
    """The suffix then names the format; reading tells what is wrong with it."""
    garbage = b"\x00\x01\x02\xff" * 50
    assert profile(tmp_path, garbage, "a.csv", module="stock") == "stock_csv"
    assert profile(tmp_path, garbage, "a.txt", module="stock") == "stock_txt"
    assert profile(tmp_path, garbage, "a.xyz", module="stock") == "file.fits_no_profile"


def test_a_form_without_header_is_taken_only_where_its_module_is_named(tmp_path: Path) -> None:
    """Numbers for columns fit every file."""
    for rows in ("D100001;23.11.2026;ORD1;\r\n1;00200050;2;9,95\r\n", "Kunde;heute;Bestellung;eilig\r\n"):
        assert profile(tmp_path, rows) == "file.not_recognised"
        assert profile(tmp_path, rows, folder="Bestellimport") == "sage_order_csv"


def test_of_two_that_fit_the_better_then_the_named_one_is_taken(tmp_path: Path) -> None:
    """Better is who knows more of the names; then the name of the file decides; else the sender is asked."""
    own = SHIPPED.profiles["stock_csv"]
    sku = replace(own, name="meier_stock", canonical=False, recognise=("article_number", "available"))
    twin = replace(sku, name="schulz_stock")
    registry = Registry(SHIPPED.modules, SHIPPED.codecs, {**SHIPPED.profiles, sku.name: sku, twin.name: twin})
    del registry.profiles["stock_csv"]  # type: ignore[attr-defined]

    assert profile(tmp_path, STOCK, registry=registry) == "file.ambiguous"
    assert profile(tmp_path, STOCK, "schulz_stock_0815.csv", registry) == "schulz_stock"
    assert profile(tmp_path, STOCK, "stock.csv", registry) == "file.ambiguous"
