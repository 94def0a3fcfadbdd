"""What can be wrong with a sales document on its way into Sage."""

from __future__ import annotations

from exchange.finding import Severity, kind

TOTAL_DIFFERS = kind(
    "sage.total_differs",
    de="Die Zeilen ergeben in Sage {computed} ({side}), der Beleg nennt {stated}; Unterschied {difference}.",
    en="In Sage the lines make {computed} ({side}), the document says {stated}; the difference is {difference}.",
    remedy_de="Prüfen Sie Preise, Rabatte und Steuersätze des Belegs im Vorsystem.",
    remedy_en="Check prices, discounts and tax rates of the document where it comes from.",
)
OTHER_UNIT = kind(
    "sage.other_unit",
    de="Die Zeile ist in „{unit}“, der Artikel „{article}“ wird aber in „{own}“ verkauft.",
    en="The line is in “{unit}”, but the article “{article}” is sold in “{own}”.",
    remedy_de="Rechnen Sie Menge und Preis um, oder lassen Sie die Mengeneinheit leer.",
    remedy_en="Convert quantity and price, or leave the unit empty.",
)
UNKNOWN_PREDECESSOR = kind(
    "sage.unknown_predecessor",
    de="Den Vorgänger {kind} „{number}“ gibt es in Sage nicht.",
    en="Sage has no predecessor {kind} “{number}”.",
    remedy_de="Senden Sie zuerst den Vorgänger, oder nennen Sie seine Nummer in Sage (Jahr-Nummer, etwa 2026-10001).",
    remedy_en="Send the predecessor first, or name its number in Sage (year-number, such as 2026-10001).",
)
OTHER_CUSTOMER = kind(
    "sage.other_customer",
    de="Der Vorgänger {known} gehört dem Kunden {other}, dieser Beleg dem Kunden {account}.",
    en="The predecessor {known} is of the customer {other}, this document of the customer {account}.",
    remedy_de="Berichtigen Sie Kundennummer oder Vorgänger.",
    remedy_en="Correct the customer number or the predecessor.",
)
UNKNOWN_POSITION = kind(
    "sage.unknown_position",
    de="Der Vorgänger {known} hat keine Position {position} mit dem Artikel „{article}“.",
    en="The predecessor {known} has no position {position} with the article “{article}”.",
    remedy_de="Berichtigen Sie die Position im Vorgänger, oder lassen Sie sie leer; dann zählt der Artikel.",
    remedy_en="Correct the position in the predecessor, or leave it empty; then the article counts.",
)
DOCUMENT_EXISTS = kind(
    "sage.document_exists",
    de="In Sage steht schon ein Beleg {known} mit der Referenz „{number}“, der nicht von hier stammt.",
    en="Sage already has a document {known} with the reference “{number}” that does not come from here.",
    remedy_de="Wurde der Beleg schon von Hand erfasst? Wenn nicht, ändern Sie die Referenznummer jenes Belegs.",
    remedy_en="Look whether somebody entered it by hand. If not, change the reference number of that document.",
    severity=Severity.HOLD,
)
UNKNOWN_KIND = kind(
    "sage.unknown_kind",
    de="Das Belegkennzeichen „{kind}“ gibt es in Sage nicht; bekannt sind {known}.",
    en="Sage has no document kind “{kind}”; it knows {known}.",
    remedy_de="Nennen Sie eines der bekannten Kennzeichen.",
    remedy_en="Name one of the known kinds.",
)
UNKNOWN_VARIANT = kind(
    "sage.unknown_variant",
    de="Der Artikel „{article}“ hat in Sage keine Ausprägung {variant}.",
    en="The article “{article}” has no variant {variant} in Sage.",
    remedy_de="Berichtigen Sie die Ausprägung, oder lassen Sie sie leer.",
    remedy_en="Correct the variant, or leave it empty.",
)
