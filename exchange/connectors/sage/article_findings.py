"""What can be wrong with an article of the shop on its way into Sage."""

from __future__ import annotations

from exchange.finding import Severity, kind

ARTICLE_EXISTS = kind(
    "sage.article_exists",
    de="Der Artikel „{number}“ wurde im Shop geändert; Sage hat ihn schon, und der Shop überschreibt ihn nicht.",
    en="The article “{number}” was changed in the shop; Sage has it already, and the shop does not overwrite it.",
    remedy_de='Ändern Sie ihn in Sage, oder lassen Sie den Shop überschreiben: sage.articles.existing = "update".',
    remedy_en='Change it in Sage, or let the shop overwrite it: sage.articles.existing = "update".',
    severity=Severity.HOLD,
)
ARTICLE_TAX = kind(
    "sage.article_without_tax_class",
    de="Zum Steuersatz „{rate}“ (Steuerklasse „{tax_class}“) hat Sage nicht genau eine Steuerklasse.",
    en="Sage does not have exactly one tax class for the rate “{rate}” (tax class “{tax_class}”).",
    remedy_de="Tragen Sie sie unter sage.articles.tax_classes ein, oder berichtigen Sie den Steuersatz im Shop.",
    remedy_en="Enter it at sage.articles.tax_classes, or correct the tax rate in the shop.",
    severity=Severity.HOLD,
)
ARTICLE_GROUP = kind(
    "sage.article_without_group",
    de="Zur Kategorie „{category}“ hat Sage nicht genau eine Artikelgruppe.",
    en="Sage does not have exactly one article group for the category “{category}”.",
    remedy_de="Übernehmen Sie zuerst die Kategorien, oder setzen Sie sage.articles.groups (`*` für Artikel ohne).",
    remedy_en="Take the categories over first, or set sage.articles.groups (`*` for articles without one).",
    severity=Severity.HOLD,
)
ARTICLE_PRICE_LIST = kind(
    "sage.article_price_list",
    de="Der Preis ist in {currency} für die Preisliste „{price_list}“; diese gibt es in Sage nicht, oder in {known}.",
    en="The price is in {currency} for the price list “{price_list}”; Sage does not have it, or has it in {known}.",
    remedy_de="Prüfen Sie sage.price_lists und die Währung der Preisliste.",
    remedy_en="Check sage.price_lists and the currency of the price list.",
    severity=Severity.HOLD,
)
ARTICLE_PRICE_TAX = kind(
    "sage.article_price_without_tax_rate",
    de="Die Preisliste „{price_list}“ ist anders (mit oder ohne Steuer), und ein Steuersatz ist nicht bekannt.",
    en="The price list “{price_list}” is another kind (with or without tax), and no tax rate is known.",
    remedy_de="Hinterlegen Sie den Steuersatz beim Artikel im Shop.",
    remedy_en="Set the tax rate of the article in the shop.",
    severity=Severity.HOLD,
)
ARTICLE_TEMPLATE = kind(
    "sage.article_template_missing",
    de="Den Vorlageartikel „{number}“ gibt es in Sage nicht.",
    en="Sage has no template article “{number}”.",
    remedy_de="Legen Sie ihn in Sage an, oder ändern Sie sage.articles.template.",
    remedy_en="Create it in Sage, or change sage.articles.template.",
    severity=Severity.HOLD,
)
TEXT_CUT = kind(
    "sage.article_text_cut",
    de="„{value}“ ist für {column} zu lang und wurde auf {limit} Zeichen gekürzt.",
    en="“{value}” is too long for {column} and was cut to {limit} characters.",
    remedy_de="Kürzen Sie den Wert im Shop, oder ergänzen Sie ihn in Sage.",
    remedy_en="Shorten the value in the shop, or complete it in Sage.",
    severity=Severity.WARNING,
)
FURTHER_CATEGORIES = kind(
    "sage.article_further_categories",
    de="Ein Artikel steht in Sage in einer Gruppe; es bleiben weg: {categories}.",
    en="An article stands in one group of Sage; these are left out: {categories}.",
    remedy_de="Tragen Sie sie in eine eigene Spalte ein (modules.products.category_columns), wenn nötig.",
    remedy_en="Enter them in a column of your own (modules.products.category_columns) if they are needed.",
    severity=Severity.WARNING,
)
GROUP_PARENT = kind(
    "sage.group_without_parent",
    de="Über der Kategorie „{number}“ gibt es in Sage keine Artikelgruppe „{parent}“.",
    en="There is no article group “{parent}” of Sage above the category “{number}”.",
    remedy_de="Übernehmen Sie zuerst die übergeordnete Kategorie.",
    remedy_en="Take the category above over first.",
    severity=Severity.HOLD,
)
GROUP_AMBIGUOUS = kind(
    "sage.group_ambiguous",
    de="Mehrere Artikelgruppen in Sage heißen „{number}“.",
    en="Several article groups of Sage are called “{number}”.",
    remedy_de="Sagen Sie unter sage.articles.groups, welche gemeint ist.",
    remedy_en="Say at sage.articles.groups which one is meant.",
    severity=Severity.HOLD,
)
GROUP_CODE = kind(
    "sage.group_code_taken",
    de="Für die neue Artikelgruppe „{number}“ ist das Kürzel „{code}“ schon vergeben, leer oder zu lang.",
    en="The code “{code}” for the new article group “{number}” is taken already, empty or too long.",
    remedy_de="Geben Sie unter sage.articles.groups ein Kürzel vor, höchstens 15 Zeichen.",
    remedy_en="Give a code at sage.articles.groups, of at most 15 characters.",
    severity=Severity.HOLD,
)
