"""Reading Sage's database: rows, columns, look-ups, the start-up probe, pictures."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from exchange import khk
from exchange.connectors.sage import SageDatabase, code_lists, engine, lookup
from exchange.connectors.sage.pictures import images
from exchange.connectors.sage.terms import find_terms
from exchange.errors import ConfigError, TransientError
from exchange.settings import PaymentTerms, SageOrders, SageSettings, ShippingTerms
from tests.unit.connectors.sage_cases import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def test_rows_stream_while_others_write(sage: SageDatabase) -> None:
    """A reader sees the state of its beginning; it neither blocks nor is blocked."""
    query = select(khk.ARTIKEL.c.Artikelnummer, khk.ARTIKEL.c.Bezeichnung1).order_by(khk.ARTIKEL.c.Artikelnummer)
    reading = sage.rows(query)
    first = next(reading)
    with sage.transaction() as connection:
        connection.execute(update(khk.ARTIKEL).values(Bezeichnung1="anders"))
    assert first["Artikelnummer"] == "00200050"
    assert {row["Bezeichnung1"] for row in reading}.isdisjoint({"anders"})


def test_columns_are_those_that_the_database_has(sage: SageDatabase) -> None:
    """Own columns too, in lower case; a table that is missing has none."""
    assert {"artikelnummer", "user_metatitel"} <= sage.columns("KHKArtikel")
    assert sage.columns("KHKGibtEsNicht") == frozenset()


@pytest.mark.parametrize(
    ("name", "values", "missing"),
    [
        ("article", {"10010", "VERSAND", "10010 ", "nix"}, {"VERSAND", "10010 ", "nix"}),
        ("tax", {"DE:19", "DE:7.0", "CA:5", "FR:20", "DE:16", "DE:", "19"}, {"DE:16", "DE:", "19"}),
        ("customer", {"D100001", "D100005", "K70001", "D9"}, {"D100005", "K70001", "D9"}),
        ("template", {"D99999", "D9"}, {"D9"}),
        ("customer_group", {"B2B", "XX"}, {"XX"}),
        ("payment_terms", {"VK", "XX"}, {"XX"}),
        ("price_list", {"1", "7", "x", "²"}, {"7", "x", "²"}),
        ("payment", {"anything"}, set()),
        ("shipping", {"anything"}, set()),
    ],
)
def test_what_is_missing(sage: SageDatabase, name: str, values: set[str], missing: set[str]) -> None:
    """Each name asks its table; blocked, inactive and not sold does not count as there."""
    assert sage.missing(name, values) == missing


def test_many_values_are_asked_in_portions(sage: SageDatabase) -> None:
    """More than SQL Server takes in one statement."""
    values = {f"X{number}" for number in range(2600)} | {"10010"}
    assert sage.missing("article", values) == values - {"10010"}


def test_another_mandant_is_never_seen(tmp_path: Path) -> None:
    """The second company of the sandbox has one article and no customer."""
    with sandbox(tmp_path, mandant=2) as sage:
        assert sage.missing("article", {"10010", "10011"}) == {"10011"}
        assert sage.missing("customer", {"D100001"}) == {"D100001"}


def test_an_unknown_name_is_a_matter_of_configuration(sage: SageDatabase) -> None:
    """Nothing is silently taken as existing."""
    with pytest.raises(ConfigError, match="weather"):
        sage.missing("weather", {"rain"})


def test_payment_and_shipping_are_answered_by_the_settings() -> None:
    """With entries, what is not mapped is missing; a beginning before `|` maps what follows."""
    orders = SageOrders(payment={"invoice": PaymentTerms()}, shipping={"core|33265": ShippingTerms()})
    asked = lookup(SageSettings(orders=orders), None)
    assert asked.missing("payment", {"invoice", "paypal"}) == {"paypal"}
    assert asked.missing("shipping", {"core|33265|55707", "core|33265", "core|1"}) == {"core|1"}
    assert asked.missing("article", {"nobody knows"}) == set()
    rest = lookup(SageSettings(orders=SageOrders(payment={"*": PaymentTerms()})), None)
    assert rest.missing("payment", {"paypal"}) == set()


def test_the_longest_beginning_decides() -> None:
    """`a|b` goes before `a`, and both before the rest."""
    table = {"a|b": 1, "a": 2, "*": 3}
    assert [find_terms(table, code) for code in ("a|b|c", "a|x", "ab", "")] == [1, 2, 3, 3]
    assert find_terms({"a": 2}, "ab") is None


def test_a_whole_sandbox_has_all_that_is_needed(tmp_path: Path) -> None:
    """Also for writing documents."""
    with sandbox(tmp_path, way="documents", columns={"products.meta_title": "USER_MetaTitel"}) as sage:
        assert sage.check() == []


def test_the_probe_names_what_is_missing(tmp_path: Path) -> None:
    """Tables, columns and the setting that asks for them; columns of late versions may be missing."""
    with sandbox(tmp_path) as sage, sage.transaction() as connection:
        connection.exec_driver_sql('ALTER TABLE "KHKArtikel" DROP COLUMN "Lagerfuehrung"')
        connection.exec_driver_sql('ALTER TABLE "KHKPreislisten" DROP COLUMN "Aktiv"')
        connection.exec_driver_sql('DROP TABLE "KHKTan"')
    columns = {"categories.meta_title": "USER_X", "other.thing": "USER_Y"}
    with sandbox(tmp_path, way="documents", shop_flag="USER_Shop", columns=columns) as sage:
        assert sage.check() == [
            "KHKArtikel.Lagerfuehrung: the column is missing",
            "KHKTan: the table is missing",
            "KHKArtikel.USER_Shop: the column is missing (setting sage.shop_flag)",
            "KHKArtikelgruppen.USER_X: the column is missing (setting sage.columns.categories.meta_title)",
            "KHK….USER_Y: the column is missing (setting sage.columns.other.thing)",
        ]
    with sandbox(tmp_path, way="staging") as sage:
        assert "KHKTan: the table is missing" not in sage.check()


def test_a_busy_database_can_be_tried_again(
    tmp_path: Path, sage: SageDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits longer than the limit gets a TransientError, and nothing is written."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    other = sqlite3.connect(tmp_path / "sage.db", isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError, match="locked"), sage.transaction():
            pass
    finally:
        other.close()


@pytest.mark.parametrize("url", ["nonsense", "martian://x/y", "postgresql+nodriver://x/y"])
def test_a_url_that_says_nothing_is_a_matter_of_configuration(url: str) -> None:
    """The message does not repeat it: it may hold a password."""
    with pytest.raises(ConfigError) as caught:
        SageDatabase(SageSettings(url=url))  # type: ignore[arg-type]
    assert url not in str(caught.value)


def test_a_sandbox_that_does_not_exist_is_not_made_by_looking_at_it(tmp_path: Path) -> None:
    """SQLite would make an empty file, in which every article is missing."""
    with pytest.raises(ConfigError, match="does not exist"):
        SageDatabase(SageSettings(url=f"sqlite:///{tmp_path / 'typo.db'}"))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_without_url_there_is_no_database() -> None:
    """Sage is reached by files only then."""
    with pytest.raises(ConfigError, match=r"sage\.url"):
        SageDatabase(SageSettings())


def test_pictures_are_found_by_their_names(tmp_path: Path) -> None:
    """The main picture first, the others by number; `A_1.jpg` is of `A_1` where there is such an article."""
    names = ["A.jpg", "A_2.png", "A_10.JPG", "A_1.jpg", "A_1_1.jpg", "B.txt", "C.jpg", "AB_1.jpg"]
    for name in names:
        (tmp_path / name).touch()
    assert images(tmp_path, {"A", "A_1", "B"}) == {
        "A": ["A.jpg", "A_2.png", "A_10.JPG"],
        "A_1": ["A_1.jpg", "A_1_1.jpg"],
    }
    assert images(tmp_path / "missing", {"A"}) == {}


def test_new_pictures_are_seen_without_a_restart(tmp_path: Path) -> None:
    """The folder is scanned again when files came or went."""
    folder = tmp_path / "images"
    with sandbox(tmp_path) as sage, SageDatabase(sage.settings, pictures=folder) as with_pictures:
        assert sage.pictures("10010") == with_pictures.pictures("10010") == []
        folder.mkdir()
        (folder / "10010_1.jpg").touch()
        assert with_pictures.pictures("10010") == ["10010_1.jpg"]


def test_code_lists_for_people(sage: SageDatabase) -> None:
    """Promotions are no price list for a customer."""
    lists = code_lists(sage)
    assert ("30", "30 Tage netto") in lists["payment_terms"]
    assert lists["group"] == [("B2B", "Geschäftskunden"), ("B2C", "Privatkunden")]
    assert lists["price_list"] == [("1", "Endkunden"), ("2", "Geschäftskunden")]
    assert lists["template"] == [("D99999", "Vorlage Webshop")]
