"""What belongs to an article, as a customer of the shop sees it: variants, languages, sets, relations, documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from exchange.modules import languages
from exchange.sandbox.shop.faults import Fault
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.end_to_end.test_prices_in_shop import dropped
from tests.unit.sandbox.shop.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SIZES = {"modules.variants.dimensions": {"Größe": "USER_Groesse", "Farbe": "USER_Farbe"}}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def page(shop: Reached, code: str, language: str = "de") -> Any:
    """The product page that an article stands on."""
    product = shop.variants()[code]["product"]
    slug = next(row["url"] for row in shop.rows("product") if row["id"] == product)
    return html.fromstring(Client(shop.running).page(f"/{language}/p/{slug}.html").data)


def section(shop: Reached, code: str, name: str) -> list[str]:
    """Articles that a section of the page shows."""
    return [str(each) for each in page(shop, code).xpath(f"//section[@id='{name}']//@data-product")]


def test_native_variants_stand_in_their_order(tmp_path: Path, shop: Reached) -> None:
    """With both dimensions, EAN and stock of their own; the shop's own default variant is one of them, not a fourth."""
    installation = connected(tmp_path, shop, **SIZES)
    with opened(installation) as app:
        synced(app, "categories", "products", "stock", "variants")
        seen = page(shop, "32010-1")
        assert seen.xpath("//@data-variant") == ["32010-1", "32010-2", "32010-3"]
        titles = [each.text_content().strip() for each in seen.xpath("//td[@class='title']")]
        assert titles == [f"Größe: {size}, Farbe: Schwarz" for size in "SML"]
        assert seen.xpath("//@data-stock") == ["6", "14", "9"]
        assert len(set(seen.xpath("//@data-ean"))) == 3

        gone = "WHERE Artikelnummer = '32010' AND AuspraegungID = 2"
        change(installation, f"DELETE FROM KHKArtikelVarianten {gone}", f"DELETE FROM KHKLagerplatzbestaende {gone}")
        synced(app, "stock", "variants")
        assert page(shop, "32010-1").xpath("//@data-variant") == ["32010-1", "32010-3"]
        shop.writes()
        synced(app, "variants")
        assert shop.called() == 0


def test_an_article_comes_by_its_variants_and_back(tmp_path: Path, shop: Reached) -> None:
    """It is hidden while it has none, for the shop would sell it for nothing; there is never one variant too many."""
    installation = connected(tmp_path, shop, **SIZES)
    only = "WHERE Artikelnummer = '32010' AND AuspraegungID > 0"
    sizes, again = f"CREATE TABLE sizes AS SELECT * FROM KHKArtikelVarianten {only}", "INSERT INTO KHKArtikelVarianten"
    withdrawn = f"DELETE FROM KHKArtikelVarianten {only}"

    def codes() -> list[str]:
        return sorted(code for code in shop.variants() if code and code.startswith("32010"))

    def visible() -> str:
        (row,) = (row for row in shop.rows("product") if row["title"].startswith("Barista-Schürze"))
        return str(row["visibility"])

    with opened(installation) as app:
        change(installation, sizes, withdrawn)
        synced(app, "categories", "products", "stock", "variants")
        assert (codes(), visible()) == ([], "hidden")
        change(installation, f"{again} SELECT * FROM sizes")
        synced(app, "products", "stock", "variants")
        assert (codes(), visible()) == (["32010-1", "32010-2", "32010-3"], "visible")
        change(installation, f"{withdrawn} AND AuspraegungID <> 2")  # their stock is still there
        synced(app, "products", "stock", "variants")
        assert codes() == ["32010-2"]
        change(installation, withdrawn, "UPDATE KHKArtikel SET Variante = NULL WHERE Artikelnummer = '32010'")
        synced(app, "products", "stock", "variants")
        assert (codes(), visible()) == (["32010"], "visible")
        change(
            installation,
            "UPDATE KHKArtikel SET Variante = 'Größe' WHERE Artikelnummer = '32010'",
            f"{again} SELECT * FROM sizes",
        )
        synced(app, "products", "stock", "variants")
        assert codes() == ["32010-1", "32010-2", "32010-3"]
        shop.writes()
        assert app.deliver().calls == shop.called() == 0


def test_articles_that_name_a_parent_are_its_variants(tmp_path: Path, shop: Reached) -> None:
    """One product in three colours, each with its own price and tiers; a variant before its parent waits."""
    own = {"sage.parent_column": "USER_Vaterartikel", "modules.variants.dimensions": {"Farbe": "USER_Farbe"}}
    installation = connected(tmp_path, shop, **own, **{"sage.price_lists": [1]})
    price = "UPDATE KHKPreislistenArtikel SET Einzelpreis = 11 WHERE ListeID = 1 AND Artikelnummer = '00200051'"
    tier = (
        "INSERT INTO KHKPreislistenArtikel (ListeID, Artikelnummer, AuspraegungID, AbMenge, Mandant, Einzelpreis) "
        "VALUES (1, '00200052', 0, 6, 1, 8)"
    )
    change(installation, price, tier)
    with opened(installation) as app:
        app.export("variants")
        assert app.deliver().waiting == 4  # and what they say of their product
        synced(app, "categories", "products", "tier_prices", "variants")
        seen = page(shop, "00200050")
        assert sorted(seen.xpath("//@data-variant")) == ["00200050", "00200051", "00200052"]
        assert seen.xpath("//tr[@data-variant='00200051']//@data-price")[0] in ("11", "11.0")
        assert seen.xpath("//tr[@data-variant='00200052']//@data-tier") == ["6"]
        assert seen.xpath("//tr[@data-variant='00200051']//@data-tier") == []
        assert len([row for row in shop.rows("product") if "Kaffeebecher" in row["title"]]) == 1

        of_a_variant = languages.example()._replace(number="00200051", name="Green mug")
        dropped(app, tmp_path, "languages", of_a_variant, "json")
        synced(app, "languages")
        assert page(shop, "00200050", "en").findtext(".//h1") == "Coffee mug blue Stoneware, 300 ml"


def test_texts_come_in_other_languages_and_none_is_emptied(tmp_path: Path, shop: Reached) -> None:
    """A missing one falls back to the basic language; a withdrawn one too."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "languages")
        assert page(shop, "10010", "en").findtext(".//h1") == "Espresso Napoli 1 kg whole beans"
        assert page(shop, "11010", "en").findtext(".//h1") == page(shop, "11010").findtext(".//h1")
        change(installation, "UPDATE KHKArtikelBezeichnung SET Bezeichnung1 = 'Napoli' WHERE Artikelnummer = '10010'")
        synced(app, "languages")
        assert page(shop, "10010", "en").findtext(".//h1") == "Napoli 1 kg whole beans"
        change(installation, "DELETE FROM KHKArtikelBezeichnung WHERE Artikelnummer = '10010'")
        synced(app, "languages")
        assert page(shop, "10010", "en").findtext(".//h1") == page(shop, "10010").findtext(".//h1")


def test_a_bundle_shows_its_parts_and_what_they_allow(tmp_path: Path, shop: Reached) -> None:
    """The scarcest part decides; a missing part refuses the bundle."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "stock", "bundles")
        seen = page(shop, "SET-BARISTA")
        assert seen.xpath("//@data-part") == ["10011", "00200070", "33040"]
        assert seen.xpath("//section[@id='bundle']//@data-quantity") == ["1", "2", "1"]
        assert seen.xpath("//tr[@data-variant='SET-BARISTA']//@data-stock") == ["40"]
        change(installation, "UPDATE KHKLagerplatzbestaende SET Bestand = 0 WHERE Artikelnummer = '00200070'")
        synced(app, "bundles")
        assert page(shop, "SET-BARISTA").xpath("//tr[@data-variant='SET-BARISTA']//@data-stock") == ["0"]
        change(installation, "UPDATE KHKArtikel SET Aktiv = 0 WHERE Artikelnummer = '33040'")
        batch = app.export("bundles")
        assert [finding.code for finding in app.ledger.findings(batch, 9)] == ["bundles.missing_part"]


def test_relations_share_the_shops_places_by_a_visible_rule(tmp_path: Path, shop: Reached) -> None:
    """Accessories first, then what others bought, then better ones; the rest stands in the metafields only."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products", "stock", "accessories", "cross_selling", "up_selling")
        assert section(shop, "33010", "accessories") == ["33020"]
        assert section(shop, "10010", "cross_selling") == ["31010"]
        assert section(shop, "33010", "related")[0] == "33020"
        assert all(len(section(shop, code, "related")) <= 5 for code in ("10010", "30010", "33010"))
        change(installation, "DELETE FROM KHKArtikelZubehoer WHERE Ursprungsnummer = '33010'")
        synced(app, "accessories")
        assert section(shop, "33010", "accessories") == []


def test_documents_stand_beside_their_article(tmp_path: Path, shop: Reached) -> None:
    """Per language; a changed file is sent anew, an unchanged one not; confidential ones and what is no PDF never."""
    installation = connected(tmp_path, shop)
    folder = tmp_path / "attachments"
    (folder / "intern").mkdir(parents=True)
    for name in ("30010_Datenblatt.de.pdf", "30010_Data sheet.en.pdf", "intern/30010_Kalkulation.pdf"):
        (folder / name).write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "categories", "products", "attachments")
        assert page(shop, "30010").xpath("//@data-attachment") == ["Datenblatt"]
        assert page(shop, "30010", "en").xpath("//@data-attachment") == ["Data sheet"]
        (link,) = page(shop, "30010").xpath("//section[@id='attachments']//@href")
        assert Client(shop.running).http.request("GET", link).data == PDF
        assert not any("Kalkulation" in row["title"] for row in shop.rows("file"))

        shop.writes()
        synced(app, "attachments")
        assert shop.called() == 0
        (folder / "30010_Datenblatt.de.pdf").write_bytes(PDF + b"\n")
        app.deliver()  # without a batch: what is dropped by hand names the file only
        assert list(shop.writes()) == ["POST files", "PUT products/#/metafields/#", "DELETE files/#"]
        (changed,) = page(shop, "30010").xpath("//section[@id='attachments']//@href")
        assert changed != link
        assert Client(shop.running).http.request("GET", changed).data == PDF + b"\n"
        synced(app, "attachments")
        assert len(shop.rows("file")) == 2

        (folder / "30010_Data sheet.en.pdf").unlink()
        shop.writes()
        synced(app, "attachments")
        assert page(shop, "30010", "en").xpath("//@data-attachment") == []
        assert list(shop.writes()) == ["PUT products/#/metafields/#", "DELETE files/#"]

        (folder / "30010_Datenblatt.de.pdf").write_bytes(b"no pdf at all")
        batch = app.export("attachments")
        assert [finding.code for finding in app.ledger.findings(batch, 9)] == ["attachments.no_pdf"]


@pytest.mark.parametrize("fault", ["drop_after", "cut"])
def test_a_document_whose_answer_is_lost_is_there_once(tmp_path: Path, shop: Reached, fault: str) -> None:
    """It is recognised by its name, which holds the beginning of its content hash."""
    installation = connected(tmp_path, shop)
    (tmp_path / "attachments").mkdir(exist_ok=True)
    (tmp_path / "attachments" / "30010_Datenblatt.de.pdf").write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "categories", "products")
        shop.shop.faults.add(Fault(fault, "POST", "files"))
        synced(app, "attachments")
        app.deliver()
        assert [row["title"].rpartition("-")[0] for row in shop.rows("file")] == ["30010_Datenblatt.de"]
        assert page(shop, "30010").xpath("//@data-attachment") == ["Datenblatt"]
        assert app.deliver().waiting == 0


@pytest.mark.parametrize("form", ["csv", "txt", "xml", "json"])
def test_dropped_files_have_the_same_effect(tmp_path: Path, shop: Reached, form: str) -> None:
    """Each module by its own example, for the Sage that nobody may read."""
    installation = connected(tmp_path, shop)
    (tmp_path / "attachments").mkdir(exist_ok=True)
    for name in ("30010_Datenblatt.de.pdf", "30010_Data sheet.en.pdf"):
        (tmp_path / "attachments" / name).write_bytes(PDF)
    with opened(installation) as app:
        synced(app, "categories", "products")
        modules = app.registry.modules
        names = ("variants", "languages", "bundles", "accessories", "cross_selling", "up_selling", "attachments")
        for name in names:
            batch = dropped(app, tmp_path, name, modules[name].example(), form)
            assert (batch.module, batch.counts.rejected, batch.counts.created) == (name, 0, 1), name
        app.deliver()
        assert "32010-2" in page(shop, "32010-2").xpath("//@data-variant")
        assert page(shop, "10010", "en").findtext(".//h1") == "Espresso Napoli 1 kg whole beans"
        assert page(shop, "SET-BARISTA").xpath("//@data-part") == ["10011", "00200070"]
        assert section(shop, "33010", "accessories") == ["33020"]
        assert section(shop, "10010", "cross_selling") == ["31010"]
        assert section(shop, "30010", "up_selling") == ["30020"]
        assert page(shop, "30010", "en").xpath("//@data-attachment") == ["Data sheet"]
