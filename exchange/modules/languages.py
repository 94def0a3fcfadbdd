"""Fremdsprachen: what articles and categories are called in the shop's other languages (`sage-100.md` 2.3).

A text that is missing is taken from the next language of the chain, at last from the basic one. An empty text is never
sent, so nothing that stands in the shop is emptied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field
from sqlalchemy import select

from exchange import khk
from exchange.assortment.catalogue import as_html
from exchange.assortment.relations import Shown
from exchange.assortment.sold import sold
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.module import Module, Options, Reference, Rule, Side
from exchange.records.translation import Translation
from exchange.shop import Part, Ref, joined, metafield

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from exchange.connector import SageSource
    from exchange.shop import ShopView

UNKNOWN_ARTICLE = kind(
    "languages.unknown_article",
    de="Der Artikel „{value}“ ist im Shop noch nicht bekannt.",
    en="The article “{value}” is not known in the shop yet.",
    remedy_de="Übertragen Sie zuerst den Artikel; die Übersetzung wartet darauf. Sonst berichtigen Sie die Nummer.",
    remedy_en="Transfer the article first; the translation waits for it. Otherwise correct the number.",
    severity=Severity.WARNING,
)
NO_TEXT = kind(
    "languages.no_text",
    de="Die Übersetzung enthält keinen einzigen Text.",
    en="The translation holds no text at all.",
    remedy_de="Füllen Sie mindestens einen Text aus, oder lassen Sie die Zeile weg.",
    remedy_en="Fill in at least one text, or leave the row out.",
)
BAD_LANGUAGE = kind(
    "languages.bad_language",
    de="„{value}“ ist keine Sprache des Shops; erlaubt sind zwei Buchstaben wie „en“ oder „nl“.",
    en="“{value}” is no language of the shop; two letters such as “en” or “nl” are allowed.",
    remedy_de="Nehmen Sie das Kürzel, das der Shop in seinen Adressen führt.",
    remedy_en="Use the code that the shop has in its addresses.",
)

#: Texts of a translation, in their order.
TEXTS = ("name", "short_text", "long_text", "meta_title", "meta_description", "meta_keywords")
#: The fields of the shop that the first three go to.
_FIELDS = {"name": "title", "short_text": "description", "long_text": "content"}

Texts = dict[str, str]


class LanguageOptions(Options):
    """Settings of the foreign languages."""

    languages: dict[str, str] = Field(
        {"E": "en"}, description="Shop language per language code of Sage; the basic language is set at `sage`."
    )
    fallback: dict[str, tuple[str, ...]] = Field(
        {},
        description="Which languages of Sage are asked in turn where a text is missing, per language of Sage. Without an"
        ' entry the basic one, such as F = ["E", "D"]; an empty list asks none and leaves the shop\'s text.',
    )
    columns: dict[str, str] = Field(
        {}, description="Own columns of KHKArtikelBezeichnung, such as short_text, meta_title or meta_description."
    )
    category_columns: dict[str, str] = Field(
        {}, description="Own columns of KHKArtikelgruppen with a category's name, per language of Sage."
    )
    category_text_columns: dict[str, str] = Field(
        {}, description="Own columns of KHKArtikelgruppen with a category's text, per language of Sage."
    )


# --- out of Sage -----------------------------------------------------------------------------------------------------


def collect(source: SageSource, options: LanguageOptions) -> Iterator[Translation]:
    """Texts of all articles and categories that are for the shop, language by language."""
    articles, categories = _articles(source, options), _categories(source, options)
    for code, language in options.languages.items():
        chain = (code, *options.fallback.get(code, (source.settings.language,)))
        for thing, things in (("article", articles), ("category", categories)):
            for number, texts in things.items():
                chosen = {name: _first(texts, chain, name) for name in TEXTS}
                if any(chosen.values()):
                    yield Translation(thing, number, language, **chosen)


def _first(texts: Mapping[str, Texts], chain: Sequence[str], name: str) -> str:
    return next((text for code in chain if (text := texts.get(code, {}).get(name, ""))), "")


def _articles(source: SageSource, options: LanguageOptions) -> dict[str, dict[str, Texts]]:
    """Texts per article and language of Sage; the basic language stands at the article itself."""
    article, other, settings = khk.ARTIKEL, khk.ARTIKEL_BEZEICHNUNG, source.settings
    own = {
        field: column
        for field in ("meta_title", "meta_description", "meta_keywords")
        if (column := settings.columns.get(f"products.{field}", ""))
    }
    query = sold(
        source,
        article.c.Bezeichnung1,
        article.c.Bezeichnung2,
        khk.own(article, settings.short_text).label("short_text"),
        khk.own(article, settings.long_text).label("long_text"),
        *(khk.own(article, column).label(field) for field, column in own.items()),
    )
    shown = Shown(source)  # a variant article has no page, and so no texts of its own
    result = {
        row["Artikelnummer"]: {settings.language: _texts(row, ("short_text", "long_text", *own))}
        for row in source.rows(query)
        if row["Artikelnummer"] in shown.numbers
    }
    columns = {field: column for field, column in options.columns.items() if field in TEXTS}
    columns.setdefault("long_text", "Langtext")
    translated = select(
        *(other.c[name] for name in ("Artikelnummer", "Sprache", "Bezeichnung1", "Bezeichnung2")),
        *(khk.own(other, column).label(field) for field, column in columns.items()),
    ).where(other.c.Mandant == settings.mandant)
    for row in source.rows(translated):
        texts, code = result.get(row["Artikelnummer"]), (row["Sprache"] or "").strip()
        if texts is not None and code != settings.language:
            texts[code] = _texts(row, tuple(columns))
    return result


def _texts(row: Any, fields: Sequence[str]) -> Texts:
    name = " ".join(part for part in (_stripped(row["Bezeichnung1"]), _stripped(row["Bezeichnung2"])) if part)
    return {"name": name} | {field: _stripped(row[field]) for field in fields}


def _stripped(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _categories(source: SageSource, options: LanguageOptions) -> dict[str, dict[str, Texts]]:
    """Texts per category (its path) and language, where columns for them are set."""
    if not options.category_columns:
        return {}
    table = khk.ARTIKELGRUPPEN
    names = {code: khk.own(table, column) for code, column in options.category_columns.items()}
    longs = {code: khk.own(table, column) for code, column in options.category_text_columns.items()}
    query = select(
        *(table.c.Hauptartikelgruppe, table.c.VaterArtikelgruppe, table.c.Artikelgruppe, table.c.Bezeichnung),
        *(each.label(f"name_{code}") for code, each in names.items()),
        *(each.label(f"long_{code}") for code, each in longs.items()),
    ).where(table.c.Mandant == source.settings.mandant)
    rows = {
        khk.group(row["Hauptartikelgruppe"], row["VaterArtikelgruppe"], row["Artikelgruppe"]): row
        for row in source.rows(query)
    }
    tree = khk.GroupTree(rows)
    result: dict[str, dict[str, Texts]] = {}
    for group in tree.groups:
        row = rows[group]
        texts = {source.settings.language: {"name": _stripped(row["Bezeichnung"])}}
        for code in names.keys() | longs.keys():
            name = _stripped(row[f"name_{code}"]) if code in names else ""
            texts[code] = {"name": name, "long_text": _stripped(row[f"long_{code}"]) if code in longs else ""}
        result.update(dict.fromkeys(tree.paths(group), texts))
    return result


# --- into the shop ---------------------------------------------------------------------------------------------------


def parts(record: Translation, view: ShopView) -> Iterator[Part]:  # noqa: ARG001 - contract
    """The texts in their language; meta data of an article in its metafields, of a category in its texts (2.8)."""
    resource = "product" if record.thing == "article" else "category"
    owner = Ref(resource, record.number)
    fields = {field: text for name, field in _FIELDS.items() if (text := getattr(record, name))}
    if "title" in fields:
        fields["fulltitle"] = fields["title"]
    if "content" in fields:
        fields["content"] = as_html(fields["content"])
    if resource == "category":
        meta = {"fulltitle": record.meta_title, "description": record.meta_description}
        fields |= {field: text for field, text in meta.items() if text}
    if fields:
        yield Part(resource, record.number, fields, language=record.language, creates=False)
    if resource == "product":
        for name in TEXTS[3:]:
            if getattr(record, name):
                yield metafield(owner, f"{name}_{record.language}", getattr(record, name))


# --- rules -----------------------------------------------------------------------------------------------------------


def _some_text(record: Translation, _options: LanguageOptions) -> Iterator[Finding]:
    if not any(getattr(record, name) for name in TEXTS):
        yield found(NO_TEXT, Locator(field="name"))


def _language(record: Translation, _options: LanguageOptions) -> Iterator[Finding]:
    code = record.language
    if not (len(code) == 2 and code.isascii() and code.isalpha() and code.islower()):  # noqa: PLR2004 - ISO 639-1
        yield found(BAD_LANGUAGE, Locator(field="language"), value=code)


def _article(record: Translation) -> list[tuple[str, str]]:
    return [("number", record.number)] if record.thing == "article" else []


def example() -> Translation:
    """An espresso in English."""
    return Translation(
        thing="article",
        number="10010",
        language="en",
        name="Espresso Napoli 1 kg whole beans",
        short_text="Dark roast",
        long_text="Dark roast with notes of chocolate and hazelnut.",
        meta_title="Espresso Napoli",
        meta_description="Dark espresso beans",
        meta_keywords="espresso, beans",
    )


MODULE = Module(
    name="languages",
    de="Fremdsprachen",
    en="Foreign languages",
    summary_de="Texte und Metadaten von Artikeln und Warengruppen kommen in allen Sprachen in den Shop.",
    summary_en="Texts and meta data of articles and categories go to the shop in all languages.",
    record=Translation,
    key=lambda record: joined(record.thing, record.number, record.language),
    lands=Side.SHOP,
    example=example,
    options=LanguageOptions,
    rules=(
        Rule((NO_TEXT,), _some_text, lambda: Translation("article", "10010", "en", "", "", "", "", "", "")),
        Rule((BAD_LANGUAGE,), _language, lambda: example()._replace(language="E")),
    ),
    references=(Reference("article", UNKNOWN_ARTICLE, _article),),
    collect=collect,
    parts=parts,
    aliases=("language", "fremdsprachen", "uebersetzungen", "translations"),
)
