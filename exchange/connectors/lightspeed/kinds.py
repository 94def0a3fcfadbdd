"""What can be wrong with a part on its way into the shop."""

from __future__ import annotations

import json

from exchange.finding import CATALOGUE, Finding, Kind, Severity, kind

WAITS_FOR = kind(
    "shop.waits_for",
    de="{thing} „{key}“ ist noch nicht im Shop.",
    en="{thing} “{key}” is not in the shop yet.",
    remedy_de="Nichts zu tun, solange es noch übertragen wird; sonst das Modul ausführen, das es überträgt.",
    remedy_en="Nothing to do while it is still on its way; otherwise run the module that transfers it.",
    severity=Severity.WARNING,
)
NOT_THERE = kind(
    "shop.not_there",
    de="{thing} „{key}“ gibt es im Shop nicht, und dieses Modul legt es nicht an.",
    en="{thing} “{key}” does not exist in the shop, and this module does not create it.",
    remedy_de="Übertragen Sie zuerst den Artikel (Produktexport, Varianten).",
    remedy_en="Transfer the article first (products, variants).",
    severity=Severity.WARNING,
)
NO_ACCOUNT = kind(
    "shop.no_account",
    de="Für den Kunden {key} ist im Shop kein Konto bekannt, auch nicht unter seiner E-Mail-Adresse.",
    en="No account of the shop is known for the customer {key}, nor is there one with his e-mail address.",
    remedy_de="Legen Sie das Konto im Shop an, oder berichtigen Sie die E-Mail-Adresse in Sage; dann geht es weiter.",
    remedy_en="Create the account in the shop, or correct the e-mail address in Sage; it goes on by itself then.",
    severity=Severity.WARNING,
)
ORDER_DIFFERS = kind(
    "shop.order_differs",
    de="Die Bestellung „{key}“ steht im Shop anders als vereinbart: {differences}.",
    en="The order “{key}” is in the shop otherwise than agreed on: {differences}.",
    remedy_de="Die API kann Zeilen einer Bestellung nicht ändern. Die vereinbarten stehen in Metafeld und Notiz der"
    " Bestellung; ändern Sie sie im Shop von Hand, danach: exchange retry.",
    remedy_en="The API cannot change the lines of an order. Those agreed on stand in metafield and memo of the order;"
    " change it in the shop by hand, then: exchange retry.",
    severity=Severity.WARNING,
)
REFUSED = kind(
    "shop.refused",
    de="Der Shop hat {thing} „{key}“ abgelehnt: {message}",
    en="The shop refused {thing} “{key}”: {message}",
    remedy_de="Berichtigen Sie den Wert in Sage; mit der Änderung wird es erneut versucht (sonst: exchange retry).",
    remedy_en="Correct the value in Sage; it is tried again with the change (otherwise: exchange retry).",
)
DUPLICATE = kind(
    "shop.duplicate_sku",
    de="{thing} „{key}“ gibt es im Shop mehrmals ({ids}); es ist nicht klar, was gemeint ist.",
    en="{thing} “{key}” exists more than once in the shop ({ids}); it is not clear which is meant.",
    remedy_de="Löschen oder ändern Sie im Shop die überzähligen; danach: exchange retry.",
    remedy_en="Delete or change the surplus ones in the shop; then: exchange retry.",
)
DELETED_BY_HAND = kind(
    "shop.deleted_by_hand",
    de="{thing} „{key}“ wurde im Shop von Hand gelöscht.",
    en="{thing} “{key}” was deleted in the shop by hand.",
    remedy_de='In Sage sperren, oder mit exchange retry (immer: shop.deleted = "create") neu anlegen.',
    remedy_en='Lock it in Sage, or have it made again by exchange retry (always: shop.deleted = "create").',
)
LIMIT = kind(
    "shop.limit",
    de="Der Tarif des Shops erlaubt höchstens {limit} ({name}); {thing} „{key}“ wäre zu viel.",
    en="The shop's plan allows {limit} at most ({name}); {thing} “{key}” would be one too many.",
    remedy_de="Übertragen Sie weniger, oder wählen Sie einen größeren Tarif; danach: exchange retry.",
    remedy_en="Transfer less, or choose a larger plan; then: exchange retry.",
)
NO_FILE = kind(
    "shop.no_file",
    de="Die Datei „{file}“ liegt nicht im Ordner „{folder}“.",
    en="The file “{file}” does not lie in the folder “{folder}”.",
    remedy_de="Legen Sie die Datei dorthin; sie wird dann von selbst übertragen.",
    remedy_en="Put the file there; it is then transferred by itself.",
    severity=Severity.WARNING,
)
NO_TAX = kind(
    "shop.no_tax",
    de="Der Shop hat keinen Steuersatz von {key} %.",
    en="The shop has no tax rate of {key} %.",
    remedy_de="Legen Sie ihn im Shop unter Einstellungen, Steuern an; danach geht es von selbst weiter.",
    remedy_en="Create it in the shop's settings under taxes; it goes on by itself then.",
    severity=Severity.WARNING,
)
NO_LANGUAGE = kind(
    "shop.no_language",
    de="Die Sprache „{language}“ ist im Shop nicht aktiv.",
    en="The language “{language}” is not active in the shop.",
    remedy_de="Schalten Sie sie im Shop ein, oder nehmen Sie sie aus den Einstellungen.",
    remedy_en="Switch it on in the shop, or take it out of the settings.",
    severity=Severity.WARNING,
)
ORPHAN = kind(
    "shop.orphan_variant",
    de="Die Variante {id} ({code}) gehört zu keinem Produkt.",
    en="Variant {id} ({code}) belongs to no product.",
    remedy_de="Löschen Sie sie im Shop; sie ist ein Rest eines gelöschten Produkts.",
    remedy_en="Delete it in the shop; it is left over from a deleted product.",
    severity=Severity.WARNING,
)
CHANGED_BY_HAND = kind(
    "shop.changed_by_hand",
    de="{thing} „{key}“ wurde im Shop von Hand geändert: {field} ist „{there}“, gesendet wurde „{ours}“.",
    en="{thing} “{key}” was changed in the shop by hand: {field} is “{there}”, sent was “{ours}”.",
    remedy_de="Pflegen Sie den Wert in Sage; er wird mit der nächsten Änderung überschrieben.",
    remedy_en="Maintain the value in Sage; it is written over with the next change.",
    severity=Severity.WARNING,
)


def as_text(finding: Finding) -> str:
    """A finding as a part's row keeps it."""
    return json.dumps({"code": finding.code, "key": finding.key, "values": dict(finding.values)}, ensure_ascii=False)


def from_text(text: str) -> Finding | None:
    """The finding that a part's row keeps, or None."""
    if not text:
        return None
    kept = json.loads(text)
    code = kept["code"]
    return Finding(CATALOGUE.get(code) or Kind(code, code, code, "", ""), values=kept["values"], key=kept["key"])
