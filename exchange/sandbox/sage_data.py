"""The invented data of the stand-in Sage: a small coffee shop."""

from __future__ import annotations

from typing import NamedTuple

MANDANT = 1
#: A second company in the same database: nothing of it may ever be seen.
OTHER_MANDANT = 2


class Item(NamedTuple):
    """One article: gross price in cents, weight in grams, stock in two warehouses, tax class (1: 19 %, 2: 7 %)."""

    number: str
    title1: str
    title2: str
    group: str
    cents: int
    grams: int
    main_stock: int
    shop_stock: int
    tax_class: int = 1


#: Main group, parent, code, name. BIO stands under two parents; Dummy is Sage's own technical group.
GROUPS = (
    ("KAFFEE", "EMPTY", "KAFFEE", "Kaffee"),
    ("KAFFEE", "KAFFEE", "BOHNEN", "Ganze Bohnen"),
    ("KAFFEE", "BOHNEN", "ESPRESSO", "Espresso"),
    ("KAFFEE", "BOHNEN", "FILTER", "Filterkaffee"),
    ("KAFFEE", "BOHNEN", "BIO", "Bio"),
    ("KAFFEE", "KAFFEE", "GEMAHLEN", "Gemahlen"),
    ("TEE", "", "TEE", "Tee"),
    ("TEE", "TEE", "SCHWARZ", "Schwarztee"),
    ("TEE", "TEE", "BIO", "Bio"),
    ("ZUBEHOER", "EMPTY", "ZUBEHOER", "Zubehör"),
    ("ZUBEHOER", "ZUBEHOER", "GESCHIRR", "Geschirr"),
    ("ZUBEHOER", "GESCHIRR", "BECHER", "Becher"),
    ("ZUBEHOER", "GESCHIRR", "TASSEN", "Tassen"),
    ("ZUBEHOER", "ZUBEHOER", "MUEHLEN", "Mühlen"),
    ("ZUBEHOER", "ZUBEHOER", "PFLEGE", "Reinigung & Pflege"),
    ("ZUBEHOER", "ZUBEHOER", "TEXTIL", "Textilien"),
    ("PFLANZEN", "EMPTY", "PFLANZEN", "Pflanzen"),
    ("GESCHENKE", "EMPTY", "GESCHENKE", "Geschenke"),
    ("Dummy", "EMPTY", "Dummy", "Dummy"),
)

ITEMS = (
    Item("10010", "Espresso Napoli", "1 kg ganze Bohne", "ESPRESSO", 2190, 1000, 120, 14, 2),
    Item("10011", "Espresso Napoli", "250 g ganze Bohne", "ESPRESSO", 699, 250, 210, 30, 2),
    Item("10020", "Espresso Siena", "1 kg ganze Bohne", "ESPRESSO", 2490, 1000, 64, 9, 2),
    Item("10021", "Espresso Siena", "250 g ganze Bohne", "ESPRESSO", 789, 250, 88, 22, 2),
    Item("10030", "Espresso Decaf", "250 g ganze Bohne", "ESPRESSO", 849, 250, 35, 6, 2),
    Item("11010", "Hausröstung", "1 kg ganze Bohne", "FILTER", 1890, 1000, 97, 12, 2),
    Item("11011", "Hausröstung", "250 g ganze Bohne", "FILTER", 599, 250, 160, 25, 2),
    Item("11020", "Äthiopien Sidamo", "250 g ganze Bohne", "FILTER", 949, 250, 48, 8, 2),
    Item("11030", "Guatemala Antigua", "250 g ganze Bohne", "FILTER", 929, 250, 41, 7, 2),
    Item("12010", "Bio-Crema", "1 kg ganze Bohne", "BIO", 2390, 1000, 55, 10, 2),
    Item("12011", "Bio-Crema", "250 g ganze Bohne", "BIO", 759, 250, 70, 16, 2),
    Item("13010", "Hausröstung gemahlen", "500 g", "GEMAHLEN", 1090, 500, 80, 20, 2),
    Item("13020", "Mokka fein gemahlen", "250 g", "GEMAHLEN", 649, 250, 33, 5, 2),
    Item("20010", "Assam", "100 g loser Tee", "SCHWARZ", 590, 100, 60, 18, 2),
    Item("20020", "Darjeeling First Flush", "100 g loser Tee", "SCHWARZ", 1290, 100, 22, 6, 2),
    Item("20030", "Earl Grey", "100 g loser Tee", "SCHWARZ", 620, 100, 47, 11, 2),
    Item("21010", "Bio-Kamille", "50 g", "BIO", 450, 50, 39, 8, 2),
    Item("00200050", "Kaffeebecher blau", "Steingut, 300 ml", "BECHER", 995, 350, 140, 24),
    Item("00200051", "Kaffeebecher grün", "Steingut, 300 ml", "BECHER", 995, 350, 118, 19),
    Item("00200052", "Kaffeebecher weiß", "Steingut, 300 ml", "BECHER", 995, 350, 0, 3),
    Item("00200060", "Thermobecher Edelstahl", "400 ml, auslaufsicher", "BECHER", 2495, 310, 42, 6),
    Item("00200070", "Espressotasse mit Untertasse", "Porzellan, 60 ml", "TASSEN", 890, 180, 96, 12),
    Item("00200071", "Cappuccinotasse mit Untertasse", "Porzellan, 160 ml", "TASSEN", 1190, 320, 84, 12),
    Item("00200072", "Latte-Macchiato-Glas", "doppelwandig, 2er-Set", "TASSEN", 1990, 280, 37, 5),
    Item("30010", "Handmühle Holz", "mit Kegelmahlwerk", "MUEHLEN", 4990, 620, 18, 3),
    Item("30020", "Kaffeemühle elektrisch", "mit 15 Mahlstufen", "MUEHLEN", 12900, 2400, 9, 1),
    Item("30030", "Kaffeewaage", "mit Timer, 0,1 g genau", "MUEHLEN", 3490, 410, 26, 4),
    Item("31010", "Entkalker flüssig", "500 ml", "PFLEGE", 890, 560, 75, 15),
    Item("31020", "Reinigungstabletten", "Dose mit 100 Stück", "PFLEGE", 1290, 260, 52, 9),
    Item("31030", "Milchsystemreiniger", "1 Liter", "PFLEGE", 1490, 1080, 31, 6),
    Item("31040", "Gruppenbürste", "für Siebträger", "PFLEGE", 690, 60, 45, 7),
    Item("32010", "Barista-Schürze", "Baumwolle, schwarz", "TEXTIL", 2990, 380, 0, 0),
    Item("33010", "Handfilter Porzellan", "Größe 4", "ZUBEHOER", 1890, 540, 29, 5),
    Item("33020", "Filtertüten Größe 4", "100 Stück", "ZUBEHOER", 349, 180, 300, 60),
    Item("33030", "French Press", "1 Liter, Edelstahl", "ZUBEHOER", 3990, 890, 16, 4),
    Item("33040", "Milchkännchen", "Edelstahl, 350 ml", "ZUBEHOER", 1690, 220, 34, 6),
    Item("40010", "Geschenkkarton groß", "mit Holzwolle", "GESCHENKE", 490, 300, 64, 10),
    Item("SET-BARISTA", "Barista-Set", "Espresso, Tasse, Kännchen", "GESCHENKE", 4290, 1400, 0, 0),
    Item("anacampseros", "Anacampseros", "im Topf", "PFLANZEN", 833, 250, 40, 6),
    Item("butterprintbowl", "Butterprint Bowl", "Vintage", "GESCHIRR", 2975, 900, 12, 2),
    Item("99010", "Milchschäumer alt", "ersetzt durch 33040", "ZUBEHOER", 1490, 240, 2, 0),
)

#: Articles without stock and without a place in the shop: shipping costs, payment fees, rounding (tax class 0).
FEES = (
    Item("VERSAND", "Versandkosten", "", "ZUBEHOER", 590, 0, 0, 0),
    Item("ZAHLUNG", "Zahlungsgebühr", "", "ZUBEHOER", 0, 0, 0, 0),
    Item("RUNDUNG", "Rundungsdifferenz", "", "ZUBEHOER", 0, 0, 0, 0, 0),
)

#: Price from so many pieces on, net, in price list 2.
TIERS = {"10010": ((6, "17.5000"), (24, "16.2000")), "00200050": ((12, "6.9000"), (48, "6.2000"))}
#: Gross prices for everyone from a quantity on.
BASIC_TIERS = {"31010": ((3, "8.4000"), (10, "7.9000"))}
#: Gross prices of the promotion.
PROMOTION = {"10020": "21.9900", "00200060": "19.9500", "30010": "44.9000"}
#: Net price, or discount in percent, of one customer.
CUSTOMER_PRICES = (
    ("D100001", "10010", "16.9000", None),
    ("D100001", "00200050", None, "12.5000"),
    ("D100002", "11010", "14.2000", None),
)
ENGLISH = {
    "10010": ("Espresso Napoli", "1 kg whole beans", "Dark roast with notes of chocolate and hazelnut."),
    "00200050": ("Coffee mug blue", "Stoneware, 300 ml", "Fired twice, dishwasher safe."),
    "30010": ("Hand grinder wood", "with conical burrs", "Grinds from Turkish to French press."),
}
#: Set, part, quantity.
PARTS = (("SET-BARISTA", "10011", "1"), ("SET-BARISTA", "00200070", "2"), ("SET-BARISTA", "33040", "1"))
#: Article, accessory, added without asking.
ACCESSORIES = (("33010", "33020", 0), ("30020", "31040", 0), ("10020", "31010", 0))
#: The article with native variants; their id, size, stock.
SIZED = "32010"
SIZES = ((1, "S", 6), (2, "M", 14), (3, "L", 9))

#: Articles of their own that name a parent: the mug in three colours. The first is the parent itself.
COLOURED = "00200050"
COLOURS = {"00200050": "Blau", "00200051": "Grün", "00200052": "Weiß"}


class Person(NamedTuple):
    """A customer; B2B customers buy net."""

    kto: str
    salutation: str
    name1: str
    name2: str
    street: str
    country: str
    zip: str
    city: str
    email: str
    group: str
    terms: str
    price_list: int
    shop_id: str = ""
    vat_number: str = ""
    blocked: bool = False


#: Two share an e-mail, one is blocked.
PEOPLE = (
    Person(
        "D100001",
        "Firma",
        "Café Morgenrot GmbH",
        "Einkauf",
        "Alaunstraße 36",
        "DE",
        "01099",
        "Dresden",
        "einkauf@morgenrot.example",
        "B2B",
        "30",
        2,
        "9001",
    ),
    Person(
        "D100002",
        "Firma",
        "Hotel Elbblick KG",
        "",
        "Uferweg 2",
        "DE",
        "01326",
        "Dresden",
        "bestellung@elbblick.example",
        "B2B",
        "14",
        2,
    ),
    Person(
        "D100003",
        "Frau",
        "Erika Muster",
        "",
        "Hauptstraße 5",
        "DE",
        "01067",
        "Dresden",
        "familie@muster.example",
        "B2C",
        "VK",
        1,
    ),
    Person(
        "D100004",
        "Herr",
        "Max Muster",
        "",
        "Hauptstraße 5",
        "DE",
        "01067",
        "Dresden",
        "familie@muster.example",
        "B2C",
        "VK",
        1,
    ),
    Person(
        "D100005",
        "Herr",
        "Jürgen Säumig",
        "",
        "Am Berg 7",
        "DE",
        "80331",
        "München",
        "saeumig@example.org",
        "B2C",
        "VK",
        1,
        "9005",
        "",
        blocked=True,
    ),
    Person(
        "D100006",
        "Firma",
        "Brûlerie du Midi SARL",
        "",
        "12 rue de la République",
        "FR",
        "13001",
        "Marseille",
        "achats@brulerie.example",
        "B2B",
        "14",
        2,
        "",
        "83404833048",
    ),
)
#: Copied for new customers, and the account that guests may be booked on. KtoTyp 1 and 2 are this sandbox's marks.
TEMPLATE = Person("D99999", "", "Vorlage Webshop", "", "", "DE", "", "", "", "B2C", "VK", 1)
ONE_OFF = Person("D99998", "", "Einmalkunde Webshop", "", "", "DE", "", "", "", "B2C", "VK", 1)

GROUPS_OF_CUSTOMERS = (("B2B", "Geschäftskunden"), ("B2C", "Privatkunden"))
TERMS = (("VK", "Vorkasse", "0;0"), ("14", "14 Tage netto", "1;14"), ("30", "30 Tage netto", "1;30"))
#: Steuercode, percent, country, type (0: sales, 1: purchases).
TAX_CODES = (
    *((1, 0, "*", 0), (2, 7, "*", 0), (3, 19, "*", 0), (20, 5, "CA", 0), (30, 0, "CA", 0)),
    *((31, 20, "AT", 0), (32, 10, "AT", 0), (33, 20, "FR", 0), (103, 19, "*", 1)),
)
#: Steuerklasse, country, Steuercode of sales.
TAX_CLASSES = ((0, "*", 1), (1, "*", 3), (2, "*", 2), (1, "CA", 20), (1, "AT", 31), (2, "AT", 32), (1, "FR", 33))
#: Kennzeichen, name, effect on turnover, on stock, handed to accounting (`sage-100.md` 2.14).
KINDS = (
    ("VPA", "Angebot", 0, 0, 0),
    ("VVA", "Auftragsbestätigung", 0, 0, 0),
    ("VLL", "Lieferschein", 0, -1, 0),
    ("VLR", "Rücklieferschein", 0, 1, 0),
    ("VFR", "Rechnung", 1, 0, -1),
    ("VFG", "Gutschrift", -1, 0, -1),
    ("VFS", "Stornorechnung", -1, 0, -1),
    ("VFP", "Proformarechnung", 0, 0, 0),
    ("VSD", "Direktrechnung", 1, -1, -1),
)
#: What is bought together in the sales history: customer, articles.
BASKETS = (
    ("D100001", ("10010", "31010", "00200070")),
    ("D100001", ("10010", "31010")),
    ("D100001", ("10010", "31010", "33040")),
    ("D100002", ("11010", "33020", "00200071")),
    ("D100002", ("11010", "33020")),
    ("D100003", ("33010", "33020", "11011")),
    ("D100003", ("33010", "33020")),
    ("D100004", ("00200050", "10011")),
    ("D100004", ("00200050", "20030")),
    ("D100006", ("30020", "31040", "10020")),
    ("D100006", ("30020", "10020")),
)
#: Open orders: customer, article, quantity, whether the line is delivered already.
OPEN_ORDERS = (("D100001", "10010", 6, False), ("D100002", "00200050", 12, False), ("D100002", "11010", 5, True))
#: Yesterday's delivery notes: customer, shipping method, articles.
DELIVERIES = (
    ("D100001", "DHL", ("10010", "31010")),
    ("D100002", "DPD", ("11010",)),
    ("D100003", "SPEDITION", ("33010",)),
)
