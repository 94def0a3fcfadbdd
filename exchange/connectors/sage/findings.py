"""What can be wrong with a record on its way into Sage."""

from __future__ import annotations

from exchange.finding import Severity, kind

NOT_IN_CHARSET = kind(
    "sage.not_in_charset",
    de="„{field}“ enthält „{character}“ ({code}), das der Zeichensatz {charset} der Sage-Datenbank nicht kennt.",
    en="The field “{field}” contains “{character}” ({code}), which the charset {charset} of Sage's database lacks.",
    remedy_de="Ersetzen Sie das Zeichen (etwa ł durch l) und senden Sie den Datensatz neu.",
    remedy_en="Replace the character (such as ł by l) and send the record again.",
)
TOO_LONG = kind(
    "sage.too_long",
    de="„{value}“ hat {length} Zeichen, in Sage passen in {field} nur {limit}.",
    en="“{value}” has {length} characters; {field} of Sage holds {limit}.",
    remedy_de="Kürzen Sie den Wert und senden Sie den Datensatz neu.",
    remedy_en="Shorten the value and send the record again.",
)
ORDER_CHANGED = kind(
    "sage.order_changed",
    de="Die Bestellung „{key}“ wurde schon als {known} angelegt, kommt jetzt aber mit anderem Inhalt.",
    en="The order “{key}” was already entered as {known}, but now comes with other content.",
    remedy_de="Vergleichen Sie den Beleg in Sage mit dem Shop und ändern Sie ihn von Hand.",
    remedy_en="Compare the document in Sage with the shop and change it by hand.",
    severity=Severity.HOLD,
)
ORDER_EXISTS = kind(
    "sage.order_exists",
    de="In Sage steht schon ein Beleg mit der Bestellnummer „{number}“ ({known}), der nicht von hier stammt.",
    en="Sage already has a document with the order number “{number}” ({known}) that does not come from here.",
    remedy_de="Wurde die Bestellung schon von Hand erfasst? Wenn nicht, ändern Sie die Referenznummer jenes Belegs.",
    remedy_en="Look whether somebody entered the order by hand. If not, change the reference number of that document.",
    severity=Severity.HOLD,
)
TOTALS_DIFFER = kind(
    "sage.totals_differ",
    de="Der Beleg ergibt {computed} brutto, die Bestellung nennt {total}; Unterschied {difference}, erlaubt {limit}.",
    en="The document makes {computed} incl. tax, the order says {total}; the difference {difference} exceeds {limit}.",
    remedy_de="Prüfen Sie Preise, Rabatte und Steuersätze der Bestellung im Shop.",
    remedy_en="Check prices, discounts and tax rates of the order in the shop.",
)
NO_PRICE = kind(
    "sage.no_price",
    de="Die Zeile nennt weder Preis noch Summe.",
    en="The line has neither price nor total.",
    remedy_de="Ergänzen Sie den Preis im Shop; ein fehlender Preis ist nicht null.",
    remedy_en="Add the price in the shop; a missing price is not zero.",
)
UNKNOWN_ARTICLE = kind(
    "sage.unknown_article",
    de="Den Artikel „{number}“ gibt es in Sage nicht.",
    en="Sage has no article “{number}”.",
    remedy_de="Legen Sie den Artikel in Sage an, oder stellen Sie in [sage.orders] den richtigen ein.",
    remedy_en="Create the article in Sage, or set the right one in [sage.orders].",
)
UNKNOWN_TAX = kind(
    "sage.unknown_tax",
    de="Für {rate} % in {country} gibt es in Sage keinen Steuercode.",
    en="Sage has no tax code for {rate} % in {country}.",
    remedy_de="Legen Sie den Steuercode in Sage an oder prüfen Sie den Steuersatz im Shop.",
    remedy_en="Create the tax code in Sage or check the rate in the shop.",
)
UNMAPPED = kind(
    "sage.unmapped",
    de="„{code}“ fehlt in der Zuordnung [{setting}].",
    en="“{code}” is missing in the mapping [{setting}].",
    remedy_de="Ergänzen Sie den Eintrag in exchange.toml; `*` gilt für alle übrigen.",
    remedy_en="Add the entry in exchange.toml; `*` stands for all others.",
)
CURRENCY = kind(
    "sage.foreign_currency",
    de="Die Bestellung ist in {currency}, Sage wird in {own} geführt.",
    en="The order is in {currency}, Sage is kept in {own}.",
    remedy_de="Erfassen Sie die Bestellung von Hand.",
    remedy_en="Enter the order by hand.",
)
CUSTOMER_AMBIGUOUS = kind(
    "sage.customer_ambiguous",
    de="Zu „{value}“ gibt es mehrere Kunden in Sage: {accounts}.",
    en="Several customers of Sage fit “{value}”: {accounts}.",
    remedy_de="Tragen Sie beim richtigen die Shop-Kundennummer ein (WSKdNr), oder nennen Sie seine Kundennummer.",
    remedy_en="Enter the shop's customer number at the right one (WSKdNr), or name his customer number.",
    severity=Severity.HOLD,
)
CUSTOMER_BLOCKED = kind(
    "sage.customer_blocked",
    de="Der Kunde {account} ist in Sage gesperrt oder nicht aktiv.",
    en="The customer {account} is blocked or not active in Sage.",
    remedy_de="Geben Sie den Kunden in Sage frei oder lehnen Sie die Bestellung ab.",
    remedy_en="Release the customer in Sage or refuse the order.",
    severity=Severity.HOLD,
)
CUSTOMER_UNKNOWN = kind(
    "sage.customer_unknown",
    de="Den Kunden „{account}“ gibt es in Sage nicht.",
    en="Sage has no customer “{account}”.",
    remedy_de="Berichtigen Sie die Kundennummer oder legen Sie den Kunden an.",
    remedy_en="Correct the customer number or create the customer.",
)
NOT_A_CUSTOMER = kind(
    "sage.not_a_customer",
    de="Das Konto „{account}“ ist in Sage kein Kundenkonto.",
    en="The account “{account}” is no customer's account in Sage.",
    remedy_de="Nennen Sie eine andere Kundennummer.",
    remedy_en="Name another customer number.",
)
TEMPLATE_MISSING = kind(
    "sage.template_missing",
    de="Für {country} gibt es keinen Vorlagekunden („{template}“).",
    en="There is no template customer for {country} (“{template}”).",
    remedy_de="Legen Sie ihn in Sage an oder ändern Sie [sage.customers.templates].",
    remedy_en="Create it in Sage or change [sage.customers.templates].",
)
REFUSED = kind(
    "sage.refused",
    de="Die Sage-Datenbank nimmt den Datensatz nicht an: {reason}",
    en="Sage's database refuses the record: {reason}",
    remedy_de="Prüfen Sie den genannten Wert; im Zweifel hilft Ihr Sage-Partner.",
    remedy_en="Check the value named; if in doubt ask your Sage partner.",
)
