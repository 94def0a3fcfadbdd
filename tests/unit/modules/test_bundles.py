"""Bundles out of Sage: what is in them, how many of them there are, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from sqlalchemy import insert, update

from exchange import khk
from exchange.modules import bundles
from exchange.sandbox import sage as sandbox
from exchange.settings import Settings
from exchange.shop import Rank, Ref, ShopView
from tests.unit.modules.sage_cases import alter, collected, execute, told

if TYPE_CHECKING:
    from pathlib import Path

    from exchange.records.bundle import Bundle

SET = "SET-BARISTA"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def holds(path: Path, whole: str, part: str, quantity: str, place: int = 9) -> None:
    """One line of a list of parts."""
    values = {"Mandant": 1, "Stueckliste": whole, "Element": part, "AuspraegungID": 0, "Sortierung": place}
    execute(path, insert(khk.ARTIKEL_STUECKLISTE).values(**values, Menge=Decimal(quantity)))


def stocked(path: Path, number: str, quantity: int) -> None:
    """What lies in the one warehouse that counts here."""
    table = khk.LAGERPLATZBESTAENDE
    row = table.c.Artikelnummer == number, table.c.Lagerkennung == "LADEN"
    execute(path, update(table).where(*row).values(Bestand=quantity))


def one(path: Path, number: str = SET) -> Bundle:
    found: Bundle = collected(path, bundles.MODULE, warehouses=["LADEN"])[number]
    return found


def rows(record: Bundle) -> list[tuple[int | None, str, str]]:
    return [(each.level, each.part_number, each.state) for each in record.parts]


def codes(record: Bundle) -> list[str]:
    return [each.code for each in told(bundles.MODULE, record)]


def test_the_scarcest_part_decides_how_many_there_are(path: Path) -> None:
    """Two cups each: of seven cups three sets, however much there is of the rest."""
    stocked(path, "00200070", 7)
    record = one(path)
    assert [(each.part_number, each.quantity) for each in record.parts] == [
        ("10011", Decimal(1)),
        ("00200070", Decimal(2)),
        ("33040", Decimal(1)),
    ]
    assert record.available == 3
    assert codes(record) == []


def test_bundles_in_bundles_are_resolved(path: Path) -> None:
    """What is in them counts times how often they are in it, and together with the same article elsewhere."""
    alter(path, khk.ARTIKEL, "40010", Stuecklistentyp=1)
    holds(path, "40010", SET, "2", 1)
    holds(path, "40010", "33040", "1", 2)
    stocked(path, "33040", 10)
    record = one(path, "40010")
    assert rows(record) == [
        (1, SET, "bundle"),
        (2, "10011", "stocked"),
        (2, "00200070", "stocked"),
        (2, "33040", "stocked"),
        (1, "33040", "stocked"),
    ]
    assert record.available == 3  # three jugs for each of them
    assert codes(record) == []


def test_a_bundle_that_holds_itself_is_refused(path: Path) -> None:
    """Over however many steps; and reading it ends."""
    alter(path, khk.ARTIKEL, "40010", Stuecklistentyp=1)
    holds(path, SET, "40010", "1")
    holds(path, "40010", SET, "1")
    found = [each for each in told(bundles.MODULE, one(path)) if each.code == "bundles.cycle"]
    assert [each.values["path"] for each in found] == ["SET-BARISTA → 40010 → SET-BARISTA"]


def test_a_missing_or_inactive_part_is_refused(path: Path) -> None:
    alter(path, khk.ARTIKEL, "33040", Aktiv=khk.NO)
    assert rows(one(path))[2] == (1, "33040", "missing")
    assert codes(one(path)) == ["bundles.missing_part"]


def test_parts_without_stock_keeping_do_not_limit(path: Path) -> None:
    """If all are like that, nothing is said of the stock: missing is never zero."""
    for number in ("10011", "33040"):
        alter(path, khk.ARTIKEL, number, Lagerfuehrung=khk.NO)
    stocked(path, "00200070", 4)
    assert one(path).available == 2
    alter(path, khk.ARTIKEL, "00200070", Lagerfuehrung=khk.NO)
    assert one(path).available is None
    assert [each.resource for each in made(one(path))] == ["product_metafield"]


def test_oversold_parts_leave_none(path: Path) -> None:
    stocked(path, "00200070", -5)
    assert one(path).available == 0


def test_a_list_of_parts_of_another_kind_is_no_bundle(path: Path) -> None:
    """Production lists are another value of Stuecklistentyp; which one counts is a setting."""
    alter(path, khk.ARTIKEL, SET, Stuecklistentyp=2)
    assert SET not in collected(path, bundles.MODULE)
    assert SET in collected(path, bundles.MODULE, {"types": [1, 2]})


def made(record: Bundle, **options: Any) -> list[Any]:
    return list(bundles.parts(record, ShopView(Settings(), bundles.BundleOptions(**options))))


def test_the_shop_shows_the_parts_and_sells_what_they_allow() -> None:
    """The stock is above the one that the article itself may have."""
    shown, stock = made(bundles.example())
    assert shown.owner == Ref("product", SET)
    assert [(each["article"], each["quantity"]) for each in orjson.loads(shown.fields["value"])] == [
        ("10011", "1"),
        ("00200070", "2"),
    ]
    assert (stock.key, stock.fields["stockLevel"], stock.creates) == ("SET-BARISTA|0", 20, False)
    assert stock.rank == Rank.BUNDLE > Rank.STOCK
    assert [each.resource for each in made(bundles.example(), set_stock=False)] == ["product_metafield"]


def test_a_list_that_skips_a_level_is_refused() -> None:
    """Nobody could say what the part belongs to; and then nothing is said of the stock."""
    record = bundles.example()
    wrong = record._replace(parts=(record.parts[0], record.parts[1]._replace(level=3)), available=None)
    assert codes(wrong) == ["bundles.no_level"]
    assert [each.resource for each in made(wrong)] == ["product_metafield"]
