"""Import files for the shop's back office: what stands in them, when there is one, and what a crash leaves."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connectors.lightspeed import backoffice
from exchange.connectors.lightspeed.backoffice import BackOfficeDelivery
from exchange.connectors.lightspeed.backoffice_store import BY_FILE, forget_files
from exchange.connectors.lightspeed.lease import Lease
from exchange.connectors.lightspeed.wishes import CLEAN, DIRTY, GONE
from exchange.settings import Settings
from exchange.shop import Part, Ref, Upload, joined, metafield, product
from tests.unit.connectors.lightspeed.wish_cases import Book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from exchange.shop import Delivered

MUG = product("M")


class Office:
    """A ledger and the files that are made out of it."""

    def __init__(self, folder: Path, ledger_url: str = "", **shop: Any) -> None:
        self.book = Book(folder, ledger_url)
        self.folder = folder
        self.settings = Settings(root=folder, shop={"way": "files", **shop})  # type: ignore[arg-type]
        self.book.settings = self.settings
        for name in ("work", "outbox", "images"):
            (folder / name).mkdir(exist_ok=True)

    def say(self, *parts: Part, module: str = "products", key: str = "M") -> None:
        self.book.say(module, {key: parts})

    def delivery(self) -> BackOfficeDelivery:
        return BackOfficeDelivery(self.book.ledger, self.settings, Lease(self.book.ledger, "here", lambda _name: True))

    def deliver(self) -> Delivered:
        """A run of a process that has just started, a second later."""
        self.book.clock.turn(seconds=1)
        return self.delivery().deliver()

    def files(self) -> list[Path]:
        return sorted((self.folder / "outbox").iterdir())

    def rows(self) -> list[dict[str, str]]:
        """The rows of the newest file."""
        text = io.StringIO(self.files()[-1].read_bytes().decode("utf-8"), newline="")
        return list(csv.DictReader(text, delimiter=";"))

    def states(self) -> dict[str, str]:
        return {name: row.state for name, row in self.book.parts().items()}

    def codes(self) -> dict[str, str]:
        """Why parts wait."""
        return {name: row.finding.split('"')[3] for name, row in self.book.parts().items() if row.finding}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def mug(title: str = "Becher", price: str = "9.95", *more: Part) -> Sequence[Part]:
    fields = {
        "title": "Default",
        "articleCode": "M",
        "priceIncl": Decimal(price),
        "oldPriceIncl": 0,
        "stockLevel": 3,
        "stockTracking": "indicator",
        "weight": 350,
        "hs": "0901",
        "tax": Ref("tax", "19"),
    }
    return (
        Part("category", "K", {"title": "Kaffee", "fulltitle": "Kaffee", "isVisible": True, "description": ""}),
        Part("category", "K/B", {"title": "Becher", "parent": Ref("category", "K")}, Ref("category", "K")),
        Part("brand", "Muster", {"title": "Muster"}),
        Part("product", "M", {"title": title, "visibility": "auto", "brand": Ref("brand", "Muster")}),
        Part("product", "M", {"title": "Mug"}, language="en"),
        Part("variant", "M|0", fields, MUG),
        Part("category_product", "M|K/B", {"category": Ref("category", "K/B"), "product": MUG}, MUG),
        metafield(MUG, "meta_title_de", "Ein Becher"),
        *more,
    )


def size(number: int, name: str) -> Part:
    fields = {"title": f"Größe: {name}", "articleCode": f"M-{name}", "sortOrder": number}
    return Part("variant", f"M|{number}", fields, MUG)


def test_a_row_holds_all_that_the_template_has_columns_for(office: Office) -> None:
    """Tax as a fraction, weight in grams, the category as a path, texts per language."""
    office.say(*mug("Becher; blau\nund groß"))
    done = office.deliver()
    (row,) = office.rows()
    assert (
        row
        | {
            "Visible": "S",
            "Brand": "Muster",
            "DE_Title_Short": "Becher; blau\nund groß",
            "EN_Title_Short": "Mug",
            "DE_Variant": "Default",
            "Price": "9.95",
            "Price_Old": "0",
            "Tax": "0.1900",
            "Stock_Track": "Y",
            "Stock_Disable_Sold_Out": "N",
            "Stock_Level": "3",
            "Article_Code": "M",
            "Weight": "350",
            "HS_Code": "0901",
            "DE_Category_1": "Kaffee",
            "DE_Category_2": "Becher",
            "DE_Meta_Title": "Ein Becher",
        }
        == row
    )
    assert [title for title in row if "Title_Short" in title] == ["DE_Title_Short", "EN_Title_Short"]
    assert (done.done, done.waiting, done.calls, done.ended) == ({"written": 8}, 0, 0, "done")
    assert set(office.states().values()) == {CLEAN}
    assert office.files()[0].read_bytes().count(b"\r\n") == 2


def test_a_ledger_on_postgresql_does_as_well(tmp_path: Path, postgresql_database: str) -> None:
    office = Office(tmp_path, postgresql_database)
    office.say(*mug())
    assert office.deliver().done == {"written": 8}
    assert set(office.states().values()) == {CLEAN}
    forget_files(office.book.ledger)
    assert set(office.states().values()) == {DIRTY}
    office.book.ledger.close()


def test_nothing_new_makes_no_file(office: Office) -> None:
    office.say(*mug())
    office.deliver()
    office.say(*mug())
    assert (office.deliver().done, len(office.files())) == ({}, 1)


def test_only_variants_that_changed_have_a_row(office: Office) -> None:
    office.say(*mug("Becher", "9.95", size(1, "S"), size(2, "M")))
    office.deliver()
    assert [row["Article_Code"] for row in office.rows()] == ["M", "M-S", "M-M"]
    office.say(*mug("Becher", "9.95", size(1, "S"), size(2, "XL")))
    office.deliver()
    assert [(row["Article_Code"], row["DE_Variant"]) for row in office.rows()] == [("M-XL", "Größe: XL")]


def test_a_further_category_has_a_row_of_its_own(office: Office) -> None:
    other = Part("category_product", "M|K", {"category": Ref("category", "K"), "product": MUG}, MUG)
    office.say(*mug("Becher", "9.95", other))
    office.deliver()
    paths = [(row["Article_Code"], row["DE_Category_1"], row["DE_Category_2"]) for row in office.rows()]
    assert paths == [("M", "Kaffee", ""), ("M", "Kaffee", "Becher")]


def test_what_nobody_wants_any_more_is_hidden_by_a_row(office: Office) -> None:
    """And shown again by another one, when it comes back."""
    office.say(*mug())
    office.deliver()
    office.say()
    assert office.deliver().done == {"written": 5}
    (row,) = office.rows()
    assert (row["Article_Code"], row["Visible"], row["DE_Title_Short"]) == ("M", "N", "Becher")
    assert office.states()["product M"] == GONE
    office.say(*mug())
    office.deliver()
    assert (office.rows()[0]["Visible"], office.states()["product M"]) == ("S", CLEAN)


def test_pictures_need_an_address_and_a_changed_one_gets_another(tmp_path: Path) -> None:
    """What lies at the same address the shop would not fetch again."""
    office = Office(tmp_path, images_url="https://pictures.example.org/all/")
    image = tmp_path / "images" / "Becher groß.jpg"
    picture = Part("product_image", joined("M", image.name), {"attachment": Upload(image.name, "images", "")}, MUG)
    image.write_bytes(b"one")
    office.say(*mug("Becher", "9.95", picture))
    office.deliver()
    address = "https://pictures.example.org/all/Becher%20gro%C3%9F.jpg"
    assert office.rows()[0]["Images"] == address
    image.write_bytes(b"another")
    office.deliver()
    assert office.rows()[0]["Images"].startswith(f"{address}?v=")
    assert len(office.files()) == 2


def test_what_has_no_column_waits_and_says_why(office: Office) -> None:
    """It does not make a file again and again, and does not keep the rest from going."""
    deep = [Part("category", "/".join("abcd"[: n + 1]), {"title": str(n)}) for n in range(4)]
    deep = [each._replace(fields={**each.fields, "parent": Ref("category", each.key[:-2])}) for each in deep[1:]]
    office.say(
        *mug("Becher", "9.95", *deep, Part("category", "a", {"title": "a"})),
        Part("category_product", "M|a/b/c/d", {"category": Ref("category", "a/b/c/d"), "product": MUG}, MUG),
        Part("product_relation", "M|X", {"relatedProduct": product("X")}, MUG),
        metafield(MUG, "accessories", "x"),
        Part("product_image", "M|x.jpg", {"attachment": Upload("x.jpg", "images", "")}, MUG),
        Part("variant", "X|0", {"stockLevel": 1}, product("X"), creates=False),
    )
    assert office.deliver().waiting == 9
    assert office.codes() == {
        "category a": "shop.category_not_in_file",
        "category a/b": "shop.category_not_in_file",
        "category a/b/c": "shop.category_not_in_file",
        "category a/b/c/d": "shop.category_not_in_file",
        "category_product M|a/b/c/d": "shop.category_not_in_file",
        "product_relation M|X": "shop.no_column",
        "product_metafield M|accessories": "shop.not_all_in_file",
        "product_image M|x.jpg": "shop.no_picture_address",
        "variant X|0": "shop.not_all_in_file",
    }
    assert office.deliver().done == {}
    left = {step.resource: step.parts for step in office.delivery().plan().steps}
    names = ("category_product", "product_relation", "product_metafield", "product_image", "variant")
    assert left == {"category": 4} | dict.fromkeys(names, 1)


def test_a_long_list_becomes_several_files(tmp_path: Path) -> None:
    """An article is never torn apart."""
    office = Office(tmp_path, file_rows=2)
    for number in ("A", "B", "C"):
        variants = [
            Part("variant", f"{number}|{n}", {"title": str(n), "articleCode": f"{number}{n}"}, product(number))
            for n in (0, 1)
        ]
        office.say(Part("product", number, {"title": number}), *variants, key=number)
    office.deliver()
    assert len(office.files()) == 3


def test_what_was_in_a_lost_file_is_written_again_on_request(office: Office) -> None:
    """Of one article, with what is below it."""
    office.say(*mug())
    office.say(
        Part("product", "X", {"title": "X"}), Part("variant", "X|0", {"articleCode": "X"}, product("X")), key="X"
    )
    office.deliver()
    assert office.delivery().retry("X") == 2
    assert office.deliver().done == {"written": 2}
    assert [row["Article_Code"] for row in office.rows()] == ["X"]
    assert office.delivery().retry() == 10


class Killed(BaseException):
    """The process ends here."""


def _dies(*_arguments: Any, **_named: Any) -> Any:
    raise Killed


@pytest.mark.parametrize("point", ["before the entry", "after the entry", "after publishing"])
def test_a_process_that_dies_leaves_no_change_unsent_and_none_sent_twice(
    office: Office, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """Exactly one file comes out of it, with the row; the part is sent exactly when there is a file."""
    office.say(*mug())
    real = backoffice.replace
    name = "confirm" if point == "before the entry" else "replace"
    ends = (lambda part, final: _dies(real(part, final))) if point == "after publishing" else _dies
    with monkeypatch.context() as patch:
        patch.setattr(backoffice, name, ends)
        with pytest.raises(Killed):
            office.deliver()
    published = [path.read_bytes() for path in office.files()]
    assert (office.states()["product M"] == DIRTY) == (point == "before the entry")
    office.deliver()
    office.deliver()
    assert len(office.files()) == 1
    assert published in ([], [office.files()[0].read_bytes()])
    assert [row["Article_Code"] for row in office.rows()] == ["M"]
    assert set(office.states().values()) == {CLEAN}
    assert list((office.folder / "work").iterdir()) == []


def test_a_change_that_comes_while_the_file_is_written_goes_with_the_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.say(*mug())
    real = backoffice.confirm

    def confirm(connection: Any, parts: Any) -> None:
        monkeypatch.setattr(backoffice, "confirm", real)
        real(connection, parts)

    def rows(*arguments: Any) -> Any:
        made = real_rows(*arguments)
        office.say(*mug("Tasse"))
        return made

    real_rows = backoffice.Renderer.rows
    monkeypatch.setattr(backoffice, "confirm", confirm)
    with monkeypatch.context() as patch:
        patch.setattr(backoffice.Renderer, "rows", rows)
        office.deliver()
    assert (office.rows()[0]["DE_Title_Short"], office.states()["product M"]) == ("Becher", DIRTY)
    office.deliver()
    assert (office.rows()[0]["DE_Title_Short"], office.states()["product M"]) == ("Tasse", CLEAN)


def test_the_api_looks_for_what_was_sent_by_file(office: Office) -> None:
    """From the day on that the shop is reached by its API."""
    office.say(*mug())
    office.deliver()
    assert {row.shop_id for row in office.book.parts().values()} == {BY_FILE}
    forget_files(office.book.ledger)
    assert {(row.shop_id, row.state) for row in office.book.parts().values()} == {("", DIRTY)}
