"""Why something cannot go into an import file for the shop's back office."""

from __future__ import annotations

from exchange.finding import Severity, kind

_BY_HAND_DE = 'Pflegen Sie es im Shop von Hand, oder erreichen Sie ihn über die API (shop.way = "api").'
_BY_HAND_EN = 'Maintain it in the shop by hand, or reach the shop by its API (shop.way = "api").'
NO_COLUMN = kind(
    "shop.no_column",
    de="Für {thing} hat die Importdatei des Shops keine Spalte.",
    en="The shop's import file has no column for {thing}.",
    remedy_de=_BY_HAND_DE,
    remedy_en=_BY_HAND_EN,
    severity=Severity.WARNING,
)
NOT_ALL_IN_FILE = kind(
    "shop.not_all_in_file",
    de="{thing}: nicht alles passt in die Importdatei (Felder ohne Spalte, Löschen), oder Artikel oder Variante fehlt.",
    en="{thing}: not all fits into the import file (fields without column, deleting), or article or variant is absent.",
    remedy_de=_BY_HAND_DE,
    remedy_en=_BY_HAND_EN,
    severity=Severity.WARNING,
)
CATEGORY_NOT_IN_FILE = kind(
    "shop.category_not_in_file",
    de="{thing}: die Importdatei nennt nur Titel, höchstens {levels} Ebenen, und nur die Kategorien von Artikeln.",
    en="{thing}: the import file names titles of {levels} levels at most, and only the categories of articles.",
    remedy_de=_BY_HAND_DE,
    remedy_en=_BY_HAND_EN,
    severity=Severity.WARNING,
)
NO_PICTURE_ADDRESS = kind(
    "shop.no_picture_address",
    de="Ohne Adresse, unter der der Shop Bilder abholt, stehen in der Importdatei keine (Einstellung shop.images_url).",
    en="Without an address where the shop fetches pictures, the import file has none (setting shop.images_url).",
    remedy_de="Veröffentlichen Sie den Bilderordner auf einem Webserver und setzen Sie shop.images_url.",
    remedy_en="Publish the folder of pictures on a web server and set shop.images_url.",
    severity=Severity.WARNING,
)
