"""`exchange demo --day`: a day of a merchant on the stand-ins, hour by hour; then the same day again, without effect.

The hours are those of the story; only the promotion that starts at midnight turns the clock.
"""

from __future__ import annotations

import json
import re
import secrets
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import urllib3
from rich.panel import Panel
from sqlalchemy import create_engine, func, select, text

from exchange import screen
from exchange.app import App
from exchange.demo import IN_THE_SHOP, SHOP, WINDOWS, Story
from exchange.khk import BELEGE, KONTOKORRENT
from exchange.portal import serve
from exchange.sandbox import post
from exchange.sandbox.office import Office, tomorrow
from exchange.sandbox.sage import create
from exchange.sandbox.shop import Shop
from exchange.sandbox.visitor import Visitor
from exchange.settings import load
from exchange.setup import init

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.sandbox.post import Letterbox
    from exchange.sandbox.shop import Running

#: A customer of Sage who has an account in the shop: the address joins the two.
CAFE = ("Anna", "Becker", "einkauf@morgenrot.example", ("Alaunstraße", "36", "01099", "Dresden"))
LENA = ("Lena", "Neumann", "lena.neumann@example.org", ("Ringstraße", "7", "04109", "Leipzig"))
ORDER_FILE = """<?xml version="1.0" encoding="UTF-8"?>
<ORDER version="2.1" type="standard" xmlns="http://www.opentrans.org/XMLSchema/2.1"
 xmlns:bmecat="http://www.bmecat.org/bmecat/2005"><!-- {copy} -->
 <ORDER_HEADER><ORDER_INFO><ORDER_ID>EK-2077</ORDER_ID><ORDER_DATE>{day}T08:05:00+01:00</ORDER_DATE><PARTIES>
  <PARTY><bmecat:PARTY_ID type="supplier_specific">D100002</bmecat:PARTY_ID><PARTY_ROLE>buyer</PARTY_ROLE>
   <ADDRESS><bmecat:NAME>Hotel Elbblick KG</bmecat:NAME><bmecat:STREET>Uferweg 2</bmecat:STREET>
    <bmecat:ZIP>01326</bmecat:ZIP><bmecat:CITY>Dresden</bmecat:CITY><bmecat:COUNTRY_CODED>DE</bmecat:COUNTRY_CODED>
   </ADDRESS></PARTY></PARTIES>
  <ORDER_PARTIES_REFERENCE><bmecat:BUYER_IDREF>b</bmecat:BUYER_IDREF><bmecat:SUPPLIER_IDREF>s</bmecat:SUPPLIER_IDREF>
  </ORDER_PARTIES_REFERENCE></ORDER_INFO></ORDER_HEADER>
 <ORDER_ITEM_LIST><ORDER_ITEM><LINE_ITEM_ID>1</LINE_ITEM_ID>
  <PRODUCT_ID><bmecat:SUPPLIER_PID>11010</bmecat:SUPPLIER_PID></PRODUCT_ID><QUANTITY>10</QUANTITY>
  <bmecat:ORDER_UNIT>C62</bmecat:ORDER_UNIT>
  <PRODUCT_PRICE_FIX><bmecat:PRICE_AMOUNT>14.20</bmecat:PRICE_AMOUNT></PRODUCT_PRICE_FIX>
  <PRICE_LINE_AMOUNT>142.00</PRICE_LINE_AMOUNT></ORDER_ITEM></ORDER_ITEM_LIST>
 <ORDER_SUMMARY><TOTAL_ITEM_NUM>1</TOTAL_ITEM_NUM><TOTAL_AMOUNT>142.00</TOTAL_AMOUNT></ORDER_SUMMARY>
</ORDER>"""
#: How the customers of the story reach their documents.
PORTAL = "https://belege.kaffeekontor.example"
_LINK = re.compile(rf"{PORTAL}/d/[^\"]+")
PARCEL = "00340434161094042557"


@dataclass
class Marks:
    """What the day has changed, counted; the second time nothing may be added."""

    documents: int = 0
    customers: int = 0
    orders_in_shop: int = 0
    mails: int = 0
    calls: int = 0


@dataclass
class Day:
    """One day; every scene can be played again.

    Attributes:
        app, shop, box: the exchange, the shop, and who gets mails.
        story: tells it.
        office: who works with Sage.
        bought: number of the order that Lena placed.
        phoned: number in Sage of the order on the phone.
        copies: makes every dropped file a new one.
        told: number of mails that were told of.
    """

    app: App
    shop: Running
    made: Shop
    box: Letterbox
    story: Story
    office: Office
    bought: str = ""
    phoned: str = ""
    copies: int = 0
    told: int = 0
    people: dict[str, Visitor] = field(default_factory=dict)

    # What happens in the world

    def shopping(self) -> None:
        """People open accounts and order."""
        for who, company in ((CAFE, "Café Morgenrot GmbH"), (LENA, "")):
            self.people[who[2]] = Visitor(self.shop, *who, company)
            self.people[who[2]].register()
        order = self.people[LENA[2]].buy([("00200050", 2), ("10010", 1)])
        self.bought = str(order["number"])

    def calling(self) -> None:
        self.phoned = self.office.phone_order("D100001", [("00200050", 24, "6.60"), ("10010", 6, "16.50")])

    def packing(self) -> None:
        """The orders are delivered and invoiced."""
        with self.office.engine.connect() as connection:
            head = BELEGE.c
            named = select(head.Belegjahr, head.Belegnummer).where(
                head.Belegkennzeichen == "VVA", head.Referenznummer == self.bought
            )
            year, number = connection.execute(named).one()
        for kind in ("VLL", "VFR"):
            self.office.follow(kind, f"{year}-{number}")

    # What the exchange does

    def morning(self) -> None:
        self.story.say("06:00  Sortiment", "Warengruppen, Artikel, Preise und Bestand gehen in den Shop.")
        for module in IN_THE_SHOP:
            self.app.export(module)
        screen.delivered(self.app.deliver(), "de")

    def orders(self) -> None:
        self.story.say(
            "08:10  Bestellungen",
            "Lena Neumann hat im Shop bestellt, das Hotel Elbblick schickt eine Bestellung als openTRANS-Datei.",
        )
        for module in ("customer_export", "order_import"):
            batch = self.app.pull(module)
            if batch is not None:
                screen.batch(batch, self.app.ledger.findings(batch), "de")
        self._drop("hotel-elbblick.xml", ORDER_FILE.replace("{day}", f"{self.office.now:%Y-%m-%d}"))

    def phone(self) -> None:
        self.story.say("09:30  Anruf", "Das Café Morgenrot bestellt am Telefon; der Auftrag wird in Sage erfasst.")
        self._exported("order_export")
        screen.delivered(self.app.deliver(), "de")

    def offers(self) -> None:
        self.story.say("10:15  Angebot", "Das Angebotsprogramm legt ein Angebot als Datei ab; es steht danach in Sage.")
        line = {
            "position": "1", "article_number": "30020", "quantity": "1", "unit": "Stk", "unit_price": "100.00",
            "total": "100.00", "tax_rate": "19",
        }  # fmt: skip
        offer = {
            "kind": "VPA", "number": "AN-77", "dated_on": f"{self.office.now:%Y-%m-%d}", "customer_number": "D100001",
            "gross": "0", "total_net": "100.00", "total_tax": "19.00", "total_gross": "119.00",
            "foot_text": "Gültig vier Wochen.", "lines": [line],
        }  # fmt: skip
        self._drop("angebot.json", json.dumps({"exchange": {"module": "sales_documents"}, "records": [offer]}))

    def papers(self) -> None:
        self.story.say(
            "11:00  Belege", "Auftragsbestätigung, Lieferschein und Rechnung stehen im Kundenkonto, als PDF."
        )
        self._exported("documents")
        screen.delivered(self.app.deliver(), "de")
        link = next(iter(_LINK.findall(self.people[LENA[2]].account())), "")
        with serve(self.app) as portal:
            answer = urllib3.request("GET", f"http://127.0.0.1:{portal.port}{link.removeprefix(PORTAL)}")
        screen.OUT.print(f"  → Lena öffnet ein Dokument: {answer.status}, PDF mit {len(answer.data)} Byte")

    def shipping(self) -> None:
        self.story.say("13:00  Versand", "Die Lieferscheine gehen als Datei an den Frachtführer.")
        self._exported("shipping")

    def parcels(self) -> None:
        self.story.say(
            "16:00  Paketnummern", "Die Rückmeldung kommt; der Kunde erfährt seine Nummer, im Shop und per Mail."
        )
        year, number = self._latest("VLL")
        line = f"{self.bought}/VLL-{year}-{number};{PARCEL};{self.office.now:%d.%m.%Y}"
        self._drop("dhl-rueckmeldung.csv", f"Sendungsreferenz;Sendungsnummer;Sendungsdatum\r\n{line}\r\n")
        self._mails()

    def dunning(self) -> None:
        self.story.say("17:00  Zahlung", "Die Rechnung ist fällig; eine Mail bittet um Zahlung.")
        year, number = self._latest("VFR")
        title = "document;order_number;name;email;language;amount;currency;due_on;paid"
        due = f"{self.office.now:%Y-%m-%d}"
        row = f"VFR-{year}-{number};{self.bought};Lena Neumann;{LENA[2]};DE;41.80;EUR;{due};0"
        self._drop("payment_requests/offene-posten.csv", f"{title}\r\n{row}\r\n")
        self._mails()

    def evening(self) -> None:
        self.story.say("18:00  Bestand", "Was heute bestellt wurde, ist im Shop nicht mehr zu haben.")
        self._exported("stock")
        screen.delivered(self.app.deliver(), "de")

    def midnight(self) -> None:
        self.story.say("00:01  Aktion", "Um Mitternacht beginnt eine Aktion; niemand muss wach sein.")
        self.app.ledger.now = lambda: tomorrow(self.office.now)
        self.app.export("promotions")
        screen.delivered(self.app.deliver(), "de")

    def _exported(self, module: str) -> None:
        batch = self.app.export(module)
        if batch.target == "shop":
            screen.batches([batch], "de")
        else:
            self.story.exported([batch])

    def _drop(self, name: str, content: str) -> None:
        """A file falls into the inbox; each time it is another one, as senders do."""
        self.copies += 1
        folder, _, file = name.rpartition("/")
        content = content.replace("{copy}", f"Kopie {self.copies}") + "\n" * self.copies
        self.story.drop(f"{folder}{'/' if folder else ''}{self.copies}-{file}", content.encode())
        self.story.process()

    def _mails(self) -> None:
        """Send what is due, and tell of all that came since the last time."""
        self.app.send_mails()
        for mail in self.box.taken[self.told :]:
            screen.OUT.print(f"  → Mail an {mail['To']}: {mail['Subject']}")
        self.told = len(self.box.taken)

    def _latest(self, kind: str) -> tuple[int, int]:
        head = BELEGE.c
        with self.office.engine.connect() as connection:
            row = connection.execute(
                select(head.Belegjahr, head.Belegnummer)
                .where(head.Belegkennzeichen == kind)
                .order_by(head.BelID.desc())
            ).first()
        assert row is not None  # noqa: S101 - made in `packing`
        return int(row[0]), int(row[1])

    # The count

    def marks(self) -> Marks:
        """What there is now in Sage, in the shop and in the letterboxes."""
        with self.office.engine.connect() as connection:
            documents = connection.execute(select(func.count()).select_from(BELEGE)).scalar_one()
            customers = connection.execute(select(func.count()).select_from(KONTOKORRENT)).scalar_one()
        orders = len(self.made.store.all("orders"))
        writes = sum(each["method"] != "GET" for each in self.made.calls)
        return Marks(documents, customers, orders, len(self.box.taken), writes)

    def play(self, *, again: bool = False) -> None:
        """The day: what happens in the world and what the exchange does. `again`: only the latter."""
        scenes: tuple[tuple[Callable[[], None] | None, Callable[[], None]], ...] = (
            (None, self.morning),
            (self.shopping, self.orders),
            (self.calling, self.phone),
            (None, self.offers),
            (self.packing, self.papers),
            (None, self.shipping),
            (None, self.parcels),
            (None, self.dunning),
            (None, self.evening),
            (None, self.midnight),
        )
        for happens, scene in scenes:
            if happens is not None and not again:
                happens()
            scene()


def day(folder: Path | None = None) -> bool:
    """Play a day and play it again; whether the second time had no effect. Raises ConfigError when in use."""
    began = time.monotonic()
    folder = folder or Path(tempfile.mkdtemp(prefix="exchange-day-"))
    screen.OUT.print(Panel(f"exchange: Ein Tag in {folder}", style="bold"))
    made = Shop(folder / SHOP)
    made.windows.limits = WINDOWS
    with made.serve() as shop, post.running(folder / "mails") as box:
        init(folder, _settings(shop, box))
        create(folder / "sage.sqlite")
        with (
            App(load(folder / "exchange.toml")) as app,
            closing(Office(folder / "sage.sqlite", datetime.now(ZoneInfo(app.settings.zone)))) as office,
        ):
            played = Day(app, shop, made, box, Story(app), office)
            _promote(folder / "sage.sqlite", played.office.now + timedelta(days=1))
            played.play()
            before = played.marks()
            played.story.say("Derselbe Tag noch einmal", "Alles wird noch einmal angestoßen und noch einmal abgelegt.")
            played.play(again=True)
            after = played.marks()
    same = before == after
    _told(before, after, folder, time.monotonic() - began, same=same)
    return same


def _settings(shop: Running, box: Letterbox) -> dict[str, object]:
    return {
        "sage.url": "sqlite:///sage.sqlite",
        "sage.way": "documents",
        "sage.price_lists": [1, 2],
        "watching.settle_seconds": 0.2,
        "shop.way": "api",
        "shop.url": shop.url,
        "shop.key": shop.key,
        "shop.secret": shop.secret,
        "modules.variants.dimensions": {"Größe": "USER_Groesse"},
        "modules.tracking_codes.mail": "ours",
        "modules.documents.sender": "Kaffeekontor GmbH",
        "portal.url": PORTAL,
        "portal.port": 0,
        "portal.key": secrets.token_hex(32),
        "modules.order_import.since": f"{datetime.now(UTC):%Y-%m-%d}",
        "mail.host": "127.0.0.1",
        "mail.port": box.port,
        "mail.security": "none",
        "mail.sender": "Kaffeekontor <shop@kaffeekontor.example>",
    }


def _promote(path: Path, start: datetime) -> None:
    """The promotion of the sandbox starts tomorrow."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        values = {"begin": f"{start:%Y-%m-%d} 00:00:00.000000"}
        connection.execute(
            text("UPDATE KHKPreislisten SET GueltigVon = :begin, GueltigBis = NULL WHERE ID = 3"), values
        )
    engine.dispose()


def _told(before: Marks, after: Marks, folder: Path, seconds: float, *, same: bool) -> None:
    lines = [
        f"{name}: {getattr(before, each)}, nach der Wiederholung {getattr(after, each)}"
        for each, name in (
            ("documents", "Belege in Sage"),
            ("customers", "Konten in Sage"),
            ("orders_in_shop", "Bestellungen im Shop"),
            ("mails", "Mails"),
            ("calls", "Schreibende Aufrufe am Shop"),
        )
    ]
    result = "Nichts geschah zweimal." if same else "Etwas geschah zweimal; das ist ein Fehler."
    where = f"Mails: {folder / 'mails'}\nDer Shop im Browser: exchange sandbox shop {folder / SHOP}"
    screen.OUT.print()
    told = "\n".join([*lines, "", result, f"Fertig in {seconds:.0f} s.", where])
    screen.OUT.print(Panel(told, style="green" if same else "red"))
