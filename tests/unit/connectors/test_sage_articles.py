"""Articles and article groups of the shop in Sage."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from exchange import khk
from exchange.connector import Applied, Change, Landing, Outcome
from exchange.connectors.sage import DocumentsTarget, SageDatabase, StagingTarget
from exchange.connectors.sage.article_staging import ARTICLE, ARTICLE_PRICE, GROUP
from exchange.errors import ConfigError
from exchange.modules import category_import
from exchange.modules.product_import import example
from exchange.record import fingerprint
from exchange.records.product import ProductCategory, ProductPrice
from exchange.settings import SageArticles
from tests.unit.connectors.sage_cases import codes, rows, sandbox, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.records.category import Category


@pytest.fixture
def sage(tmp_path: Path) -> Iterator[SageDatabase]:
    with sandbox(tmp_path) as database:
        yield database


def land(target: Any, *records: Any, batch: str = "b1", outcome: Outcome = Outcome.CREATED) -> list[Applied]:
    changes = [
        Change(seq, seq + 1, record.number.casefold(), outcome, fingerprint(record), record)
        for seq, record in enumerate(records, 1)
    ]
    return list(target.apply(Landing(batch, "product_import"), iter(changes)))


def article(sage: SageDatabase, number: str = "00200099") -> Any:
    return rows(sage, khk.ARTIKEL, Artikelnummer=number)[0]


def price(amount: str, *, gross: bool = True, price_list: str = "1", currency: str = "EUR") -> ProductPrice:
    return ProductPrice(price_list, currency, gross=gross, from_quantity=None, price=Decimal(amount))


def category(number: str, **more: Any) -> Category:
    above, _, name = number.rpartition("/")
    given = {"number": number, "parent_number": above, "name": name, "level": number.count("/") + 1, **more}
    return category_import.example()._replace(**given)


# --- articles --------------------------------------------------------------------------------------------------------


def test_a_new_article_has_its_variant_price_group_and_tax_class(sage: SageDatabase) -> None:
    (applied,) = land(DocumentsTarget(sage), example())
    assert applied == Applied(1, Outcome.CREATED, "00200099", ())
    row = article(sage)
    assert values(row, "Bezeichnung1", "Hersteller", "Steuerklasse") == ("Kaffeebecher grün", "Musterwerk", 1)
    assert values(row, "Hauptartikelgruppe", "Vaterartikelgruppe", "Artikelgruppe") == (
        *("ZUBEHOER", "GESCHIRR", "BECHER"),
    )
    assert values(row, "Langtext", "LangtextHTML") == ("Zweimal gebrannt", "<p>Zweimal gebrannt</p>")
    assert values(row, "IstVerkaufsartikel", "Aktiv", "Lagerfuehrung", "Gewichtseinheit") == (-1, -1, -1, "kg")
    (variant,) = rows(sage, khk.ARTIKEL_VARIANTEN, Artikelnummer="00200099")
    assert values(variant, "AuspraegungID", "EANNummer", "GewichtLME") == (0, "4006381333931", Decimal("0.35"))
    (priced,) = rows(sage, khk.PREISLISTEN_ARTIKEL, Artikelnummer="00200099")
    assert values(priced, "ListeID", "AbMenge", "Einzelpreis") == (1, 0, Decimal("9.95"))


def test_the_same_batch_again_has_no_second_effect(sage: SageDatabase) -> None:
    """And the same answer."""
    first = land(DocumentsTarget(sage), example())
    with sage.transaction() as connection:
        connection.execute(update(khk.ARTIKEL).values(Bezeichnung1="von Hand"))
    assert land(DocumentsTarget(sage), example()) == first
    assert article(sage)["Bezeichnung1"] == "von Hand"


def test_a_price_is_written_as_its_list_has_them(sage: SageDatabase) -> None:
    """List 2 is without tax, and four places keep the price with tax exact."""
    land(DocumentsTarget(sage), example()._replace(prices=(price("9.95"), price("9.95", price_list="2"))))
    both = rows(sage, khk.PREISLISTEN_ARTIKEL, Artikelnummer="00200099")
    assert [values(row, "ListeID", "Einzelpreis") for row in both] == [(1, Decimal("9.95")), (2, Decimal("8.3613"))]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tax_rate": Decimal(16)}, "sage.article_without_tax_class"),
        ({"tax_rate": None}, "sage.article_without_tax_class"),
        ({"tax_class": "9"}, "sage.article_without_tax_class"),
        ({"tax_class": "eins"}, "sage.article_without_tax_class"),
        ({"categories": (ProductCategory("Zubehör/Unbekannt"),)}, "sage.article_without_group"),
        ({"categories": ()}, "sage.article_without_group"),
        ({"prices": (price("1", price_list="77"),)}, "sage.article_price_list"),
        ({"prices": (price("1", currency="CHF"),)}, "sage.article_price_list"),
        ({"name": "Kaffeebecher \U0001f600"}, "sage.not_in_charset"),
    ],
)
def test_what_sage_cannot_take_is_told_and_leaves_no_trace(
    sage: SageDatabase, change: dict[str, Any], code: str
) -> None:
    (applied,) = land(DocumentsTarget(sage), example()._replace(**change))
    assert applied.outcome in (Outcome.HELD, Outcome.REJECTED)
    assert codes(applied) == [code]
    for table in (khk.ARTIKEL, khk.ARTIKEL_VARIANTEN, khk.PREISLISTEN_ARTIKEL):
        assert rows(sage, table, Artikelnummer="00200099") == []


def test_several_tax_classes_of_one_rate_need_the_setting(tmp_path: Path) -> None:
    """Which one is meant is not guessed."""
    with sandbox(tmp_path) as sage:
        with sage.transaction() as connection:
            connection.execute(insert(khk.STEUERKLASSEN), {"Steuerklasse": 7, "Land": "*", "Lieferung": 3})
        (held,) = land(DocumentsTarget(sage), example())
        assert codes(held) == ["sage.article_without_tax_class"]
    with sandbox(tmp_path, articles=SageArticles(tax_classes={Decimal("19.0"): 7})) as sage:
        land(DocumentsTarget(sage), example())
        assert article(sage)["Steuerklasse"] == 7


def test_further_categories_and_long_names_are_told(sage: SageDatabase) -> None:
    """The article is taken over all the same."""
    more = (*example().categories, ProductCategory("Geschenke"))
    (applied,) = land(DocumentsTarget(sage), example()._replace(categories=more, brand="Manufaktur für Steingut"))
    assert applied.outcome is Outcome.CREATED
    assert codes(applied) == ["sage.article_further_categories", "sage.article_text_cut"]
    assert article(sage)["Hersteller"] == "Manufaktur für Stein"


def test_sage_is_asked_for_tax_classes_and_groups_before(sage: SageDatabase) -> None:
    """By rates, and by names or codes in any letters."""
    assert sage.missing("tax_class", {"19", "7.0", "16"}) == {"16"}
    named = {"zubehör/geschirr/becher", "KAFFEE/BOHNEN", "Bio", "Tee/Bio", "Zubehör/Bio"}
    assert sage.missing("article_group", named) == {"Bio", "Zubehör/Bio"}


def test_the_settings_say_which_group_a_category_is(tmp_path: Path) -> None:
    """Also for articles without any."""
    given = SageArticles(groups={"Zubehör/Geschirr/Becher": "KAFFEE", "*": "GESCHENKE"})
    with sandbox(tmp_path, articles=given) as sage:
        land(DocumentsTarget(sage), example(), example()._replace(number="OHNE", categories=()))
        assert values(article(sage), "Artikelgruppe", "Vaterartikelgruppe") == ("KAFFEE", "EMPTY")
        assert article(sage, "OHNE")["Artikelgruppe"] == "GESCHENKE"


def test_an_article_of_sage_is_left_alone(sage: SageDatabase) -> None:
    """Also where its number is spelt in other letters; when it changes in the shop a person decides."""
    mug = example()._replace(number="set-barista")
    before = rows(sage, khk.ARTIKEL)
    (applied,) = land(DocumentsTarget(sage), mug)
    assert applied.outcome is Outcome.UNCHANGED
    (held,) = land(DocumentsTarget(sage), mug._replace(name="Neu"), batch="b2", outcome=Outcome.UPDATED)
    assert codes(held) == ["sage.article_exists"]
    assert rows(sage, khk.ARTIKEL) == before


def test_where_the_shop_may_overwrite_only_what_it_fills_in_is_changed(tmp_path: Path) -> None:
    with sandbox(tmp_path, articles=SageArticles(existing="update")) as sage:
        before = article(sage, "00200050")
        tiers = len(rows(sage, khk.PREISLISTEN_ARTIKEL, Artikelnummer="00200050"))
        (applied,) = land(DocumentsTarget(sage), example()._replace(number="00200050", brand="", prices=(price("7"),)))
        assert (applied.outcome, applied.foreign_id) == (Outcome.UPDATED, "00200050")
        after = article(sage, "00200050")
        assert after["Bezeichnung1"] == "Kaffeebecher grün"
        kept = ("Hersteller", "Verkaufsmengeneinheit", "Erloescode", "Lagerfuehrung", "Bezeichnung2")
        assert values(after, *kept) == values(before, *kept)
        prices = rows(sage, khk.PREISLISTEN_ARTIKEL, Artikelnummer="00200050")
        assert len(prices) == tiers
        assert [row["Einzelpreis"] for row in prices if (row["ListeID"], row["AbMenge"]) == (1, 0)] == [7]


def test_a_new_article_is_copied_from_its_template(tmp_path: Path) -> None:
    """What the shop knows nothing of; texts and numbers of the template are its own."""
    with sandbox(tmp_path, articles=SageArticles(template="10010")) as sage:
        with sage.transaction() as connection:
            connection.exec_driver_sql("ALTER TABLE KHKArtikel ADD COLUMN USER_Zoll TEXT")
            connection.exec_driver_sql("UPDATE KHKArtikel SET USER_Zoll = 'A', Rabattgruppe = 'R1'")
        land(DocumentsTarget(sage), example()._replace(long_text="", short_text=""))
        row = article(sage)
        assert values(row, "Rabattgruppe", "Grundpreiseinheit", "Langtext", "Dimensionstext") == (
            "R1",
            "kg",
            None,
            None,
        )
        with sage.reading() as connection:
            own = connection.exec_driver_sql("SELECT USER_Zoll FROM KHKArtikel WHERE Artikelnummer = '00200099'")
            assert own.scalar() == "A"
    with (
        sandbox(tmp_path, articles=SageArticles(template="FEHLT")) as sage,
        pytest.raises(ConfigError, match="FEHLT"),
    ):
        land(DocumentsTarget(sage), example()._replace(number="00200098"))


def test_an_article_waits_with_its_price_for_the_importer(sage: SageDatabase) -> None:
    """Nothing of Sage's own tables is touched; a change before it was taken over replaces the row."""
    with sage.reading() as connection:
        before = connection.execute(select(khk.ARTIKEL.c.Artikelnummer)).all()
    (applied,) = land(StagingTarget(sage), example())
    assert (applied.outcome, applied.foreign_id) == (Outcome.CREATED, "ExchangeArticle 00200099")
    cheaper = example()._replace(prices=(price("8.95"),))
    (again,) = land(StagingTarget(sage), cheaper, batch="b2", outcome=Outcome.UPDATED)
    assert again.outcome is Outcome.UPDATED
    (row,) = rows(sage, ARTICLE)
    assert values(row, "Artikelnummer", "Artikelgruppe", "Steuerklasse", "IstImportiert", "Batch") == (
        *("00200099", "BECHER", 1, 0, "b2"),
    )
    assert values(row, "Verkaufsmengeneinheit", "EANNummer", "Vorlageartikel") == ("Stk", "4006381333931", "")
    (priced,) = rows(sage, ARTICLE_PRICE)
    assert values(priced, "ListeID", "Einzelpreis") == (1, Decimal("8.95"))
    with sage.reading() as connection:
        assert connection.execute(select(khk.ARTIKEL.c.Artikelnummer)).all() == before


# --- groups ----------------------------------------------------------------------------------------------------------


def test_new_groups_stand_below_those_that_sage_has(sage: SageDatabase) -> None:
    """Parents and children of one file; codes come from the titles, and the group above is marked."""
    made = land(DocumentsTarget(sage), category("Zubehör/Öfen & Töpfe"), category("Zubehör/Öfen & Töpfe/Gußeisen"))
    assert [(each.outcome, each.foreign_id) for each in made] == [
        (Outcome.CREATED, "ZUBEHOER/OEFENTOEPFE"),
        (Outcome.CREATED, "ZUBEHOER/OEFENTOEPFE/GUSSEISEN"),
    ]
    (oven,) = rows(sage, khk.ARTIKELGRUPPEN, Artikelgruppe="OEFENTOEPFE")
    assert values(oven, "Hauptartikelgruppe", "VaterArtikelgruppe", "Gruppenebene", "HatUntergruppen") == (
        *("ZUBEHOER", "ZUBEHOER", 1, -1),
    )
    (iron,) = rows(sage, khk.ARTIKELGRUPPEN, Artikelgruppe="GUSSEISEN")
    assert values(iron, "Hauptartikelgruppe", "VaterArtikelgruppe", "Bezeichnung", "HatUntergruppen") == (
        *("ZUBEHOER", "OEFENTOEPFE", "Gußeisen", 0),
    )


def test_a_group_that_sage_has_is_left_alone(sage: SageDatabase) -> None:
    """Known by its names in any letters, or by its codes."""
    before = rows(sage, khk.ARTIKELGRUPPEN)
    done = land(DocumentsTarget(sage), category("kaffee/Ganze Bohnen"), category("KAFFEE/BOHNEN/ESPRESSO"))
    assert [each.outcome for each in done] == [Outcome.UNCHANGED, Outcome.UNCHANGED]
    assert [each.foreign_id for each in done] == ["KAFFEE/BOHNEN", "KAFFEE/BOHNEN/ESPRESSO"]
    assert rows(sage, khk.ARTIKELGRUPPEN) == before


def test_a_group_that_has_no_place_or_no_code_waits(sage: SageDatabase) -> None:
    """No group above; a title without letters; a code that another group has."""
    done = land(
        DocumentsTarget(sage),
        category("Nirgends/Becher"),
        category("!!!"),
        category("Zubehör/Textil"),
        category("Mit eigenem Kürzel", code="SEHRLANGERCODE123"),
    )
    taken = "sage.group_code_taken"
    assert [each.outcome for each in done] == [Outcome.HELD] * 4
    assert [codes(each) for each in done] == [["sage.group_without_parent"], [taken], [taken], [taken]]


def test_several_groups_of_one_name_need_the_setting(tmp_path: Path) -> None:
    double = {
        "Mandant": 1,
        "Hauptartikelgruppe": "KAFFEE2",
        "VaterArtikelgruppe": "EMPTY",
        "Artikelgruppe": "KAFFEE2",
        "Bezeichnung": "Kaffee",
    }
    with sandbox(tmp_path) as sage:
        with sage.transaction() as connection:
            connection.execute(insert(khk.ARTIKELGRUPPEN), double)
        (held,) = land(DocumentsTarget(sage), category("Kaffee"))
        assert codes(held) == ["sage.group_ambiguous"]
    with sandbox(tmp_path, articles=SageArticles(groups={"Kaffee": "KAFFEE2"})) as sage:
        (known,) = land(DocumentsTarget(sage), category("Kaffee"), batch="b2")
        assert (known.outcome, known.foreign_id) == (Outcome.UNCHANGED, "KAFFEE2")


def test_the_settings_give_a_new_group_its_code(tmp_path: Path) -> None:
    with sandbox(tmp_path, articles=SageArticles(groups={"Zubehör/Textil": "ZUBEHOER/STOFFE"}, group_level=1)) as sage:
        (made,) = land(StagingTarget(sage), category("Zubehör/Textil"))
        assert made.foreign_id == "ZUBEHOER/STOFFE"
        (row,) = rows(sage, GROUP)
        assert values(row, "Artikelgruppe", "Bezeichnung", "Gruppenebene", "IstImportiert") == (
            "STOFFE",
            "Textil",
            2,
            0,
        )
