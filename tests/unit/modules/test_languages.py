"""Texts in other languages: what Sage has, what stands in for what is missing, and that nothing is emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, text, update

from exchange import khk
from exchange.modules import languages
from exchange.sandbox import sage as sandbox
from exchange.settings import Settings
from exchange.shop import Ref, ShopView
from tests.unit.modules.sage_cases import collected, execute, told

if TYPE_CHECKING:
    from pathlib import Path

TEXT = khk.ARTIKEL_BEZEICHNUNG


@pytest.fixture
def path(tmp_path: Path) -> Path:
    sandbox.create(tmp_path / "sage.db")
    return tmp_path / "sage.db"


def translate(path: Path, language: str, name: str, number: str = "10010") -> None:
    values = {"Artikelnummer": number, "Sprache": language, "Mandant": 1, "Bezeichnung1": name}
    execute(path, insert(TEXT).values(values))


def test_texts_come_in_the_shops_languages(path: Path) -> None:
    """Codes of Sage are mapped; both lines of the name are one."""
    record = collected(path, languages.MODULE)["article|10010|en"]
    assert record.name == "Espresso Napoli 1 kg whole beans"
    assert record.long_text == "Dark roast with notes of chocolate and hazelnut."
    assert not [key for key in collected(path, languages.MODULE, {"languages": {"E": "nl"}}) if key.endswith("|en")]


def test_a_missing_text_comes_from_the_next_language_of_the_chain(path: Path) -> None:
    """Each text for itself; without a rule from the basic language."""
    translate(path, "F", "Espresso Naples")
    german = collected(path, languages.MODULE, {"languages": {"F": "fr"}})["article|10010|fr"]
    assert german.name == "Espresso Naples"
    assert german.long_text not in ("", "Dark roast with notes of chocolate and hazelnut.")
    chain = {"languages": {"F": "fr"}, "fallback": {"F": ["E", "D"]}}
    english = collected(path, languages.MODULE, chain)
    assert english["article|10010|fr"].name == "Espresso Naples"
    assert english["article|10010|fr"].long_text == "Dark roast with notes of chocolate and hazelnut."
    assert english["article|11010|fr"].name == collected(path, languages.MODULE)["article|11010|en"].name


def test_without_a_fallback_what_is_missing_is_left_to_the_shop(path: Path) -> None:
    """Only what was translated goes there."""
    found = collected(path, languages.MODULE, {"fallback": {"E": []}})
    assert sorted(found) == ["article|00200050|en", "article|10010|en", "article|30010|en"]


def test_blanks_are_no_text(path: Path) -> None:
    execute(path, update(TEXT).where(TEXT.c.Artikelnummer == "10010").values(Bezeichnung1=" ", Bezeichnung2=None))
    german = collected(path, languages.MODULE, {"languages": {"D": "de"}})["article|10010|de"]
    assert collected(path, languages.MODULE)["article|10010|en"].name == german.name != ""


def test_articles_that_are_not_sold_have_no_texts(path: Path) -> None:
    execute(path, update(khk.ARTIKEL).where(khk.ARTIKEL.c.Artikelnummer == "10010").values(Aktiv=khk.NO))
    assert "article|10010|en" not in collected(path, languages.MODULE)


def test_a_merchants_columns_hold_more_texts(path: Path) -> None:
    """Short texts and meta data of articles, and names of categories."""
    own = "ALTER TABLE KHKArtikelBezeichnung ADD USER_Kurz VARCHAR(50)", "ALTER TABLE KHKArtikelgruppen ADD USER_E TEXT"
    filled = (
        "UPDATE KHKArtikelBezeichnung SET USER_Kurz = 'Dark' WHERE Artikelnummer = '10010'",
        "UPDATE KHKArtikelgruppen SET USER_E = 'Coffee' WHERE Artikelgruppe = 'KAFFEE'",
    )
    execute(path, *map(text, (*own, *filled)))
    options = {"columns": {"short_text": "USER_Kurz"}, "category_columns": {"E": "USER_E"}}
    found = collected(path, languages.MODULE, options)
    assert found["article|10010|en"].short_text == "Dark"
    categories = {record.number: record.name for record in found.values() if record.thing == "category"}
    assert "Coffee" in categories.values()
    assert "" not in categories.values()  # the German name stands in for the others


def test_a_withdrawn_translation_falls_back(path: Path) -> None:
    execute(path, delete(TEXT))
    assert collected(path, languages.MODULE)["article|10010|en"].name.startswith("Espresso Napoli")


def made(record: Any) -> list[Any]:
    return list(languages.parts(record, ShopView(Settings(), languages.LanguageOptions())))


def test_the_shop_gets_the_texts_in_their_language_and_meta_data_beside_them() -> None:
    """They make no product; and what is plain text keeps its lines."""
    shown, *meta = made(languages.example()._replace(long_text="dark\n& strong"))
    assert (shown.resource, shown.key, shown.language, shown.creates) == ("product", "10010", "en", False)
    assert shown.fields == {
        "title": "Espresso Napoli 1 kg whole beans",
        "fulltitle": "Espresso Napoli 1 kg whole beans",
        "description": "Dark roast",
        "content": "dark<br>\n&amp; strong",
    }
    assert [(each.owner, each.fields["key"], each.fields["value"]) for each in meta] == [
        (Ref("product", "10010"), "meta_title_en", "Espresso Napoli"),
        (Ref("product", "10010"), "meta_description_en", "Dark espresso beans"),
        (Ref("product", "10010"), "meta_keywords_en", "espresso, beans"),
    ]


def test_an_empty_text_is_never_sent() -> None:
    record = languages.example()._replace(short_text="", long_text="", meta_title="", meta_description="")
    shown, meta = made(record)
    assert sorted(shown.fields) == ["fulltitle", "title"]
    assert meta.fields["key"] == "meta_keywords_en"


def test_a_category_has_texts_too() -> None:
    """The shop has no meta data of categories: title and description of their page are what search engines see."""
    record = languages.example()._replace(thing="category", number="KAFFEE", name="Coffee", long_text="")
    (shown,) = made(record)
    assert (shown.resource, shown.key, shown.language) == ("category", "KAFFEE", "en")
    texts = {"title": "Coffee", "fulltitle": "Espresso Napoli", "description": "Dark espresso beans"}
    assert shown.fields == texts
    (plain,) = made(record._replace(meta_title="", meta_description=""))
    assert plain.fields == {"title": "Coffee", "fulltitle": "Coffee", "description": "Dark roast"}


def test_a_language_is_named_as_the_shop_names_it() -> None:
    for code in ("EN", "e", "eng", "ü2", ""):
        found = told(languages.MODULE, languages.example()._replace(language=code))
        assert [each.code for each in found] == ["languages.bad_language"], code
