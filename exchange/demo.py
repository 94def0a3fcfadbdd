"""`exchange demo`: the main job once, on a stand-in Sage with invented data, told so that a merchant understands it."""

from __future__ import annotations

import json
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import load_workbook
from rich.panel import Panel
from sqlalchemy import select

from exchange import screen
from exchange.app import App
from exchange.codec import Meta
from exchange.khk import BELEGE, KONTOKORRENT
from exchange.sandbox.orders import Buyer, Line, order
from exchange.sandbox.sage import change, create
from exchange.sandbox.shop import Shop
from exchange.settings import load
from exchange.setup import init
from exchange.template import write_template
from exchange.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.ledger import Batch
    from exchange.record import Record

ERIKA = Buyer(2001, "Erika", "Muster", "erika.muster@example.org", "Hauptstraße", "5", "01067", "Dresden")
KURT = Buyer(
    2002, "Kurt", "Beispiel", "kurt@example.org", "Ringweg", "12 b", "04109", "Leipzig", "Beispiel & Söhne GmbH"
)


#: Calls per 5 minutes, hour and day of the larger plans: with those of a small one the story would take ten minutes.
WINDOWS = (1_000, 12_000, 288_000)
#: Where the stand-in shop keeps its state.
SHOP = "shop.sqlite"
#: What the story brings into the shop, in its order.
IN_THE_SHOP = (
    *("categories", "products", "stock", "variants", "tier_prices", "promotions", "languages", "bundles"),
    *("accessories", "cross_selling", "up_selling"),
)
#: Steuerklasse of the reduced rate in the sandbox.
REDUCED = 2


class Story:
    """Tells what happens and shows the result of every step."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.ended: list[Batch] = []
        self.worker = Worker(app, self.ended.append)

    def say(self, title: str, text: str) -> None:
        screen.OUT.print()
        screen.OUT.print(f"[bold cyan]{title}[/]")
        screen.OUT.print(text)

    def drop(self, name: str, content: bytes) -> None:
        """A file falls into the inbox."""
        path = self.app.settings.folder("inbox") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(content)
        part.replace(path)

    def process(self) -> Batch:
        """The exchange picks up what lies there; the last batch."""
        self.worker.once()
        shown, self.ended[:] = list(self.ended), []
        for batch in shown:
            screen.batch(batch, self.app.ledger.findings(batch), "de")
        return shown[-1]

    def exported(self, batches: Sequence[Batch]) -> None:
        screen.batches(batches, "de")
        for batch in batches:
            for file in self.app.ledger.files(batch):
                screen.OUT.print(f"  → outbox/{Path(file.final).name}  ({file.size:,} Byte)".replace(",", "."))


def demo(folder: Path | None = None) -> None:
    """Play the whole story in a folder (default: a new temporary one). Raises ConfigError when it is in use."""
    began = time.monotonic()
    folder = folder or Path(tempfile.mkdtemp(prefix="exchange-demo-"))
    screen.OUT.print(Panel(f"exchange: Vorführung in {folder}", style="bold"))
    made = Shop(folder / SHOP)
    made.windows.limits = WINDOWS
    with made.serve() as shop:
        settings = {"sage.url": "sqlite:///sage.sqlite", "sage.way": "documents", "watching.settle_seconds": 0.2}
        reached = {"shop.url": shop.url, "shop.key": shop.key, "shop.secret": shop.secret}
        prices = {"sage.price_lists": [1, 2], "modules.variants.dimensions": {"Größe": "USER_Groesse"}}
        init(folder, settings | reached | prices)
        create(folder / "sage.sqlite")
        with App(load(folder / "exchange.toml")) as app:
            story = Story(app)
            _orders(story)
            _catalogue(story)
            _customers(story, folder)
        with App(load(folder / "exchange.toml", {"EXCHANGE_SHOP__WAY": "api"})) as app:
            _shop(app)
            _where(app, folder, time.monotonic() - began)


def _orders(story: Story) -> None:
    story.say(
        "1. Bestellungen aus dem Shop",
        "Drei Bestellungen fallen als Datei in die Inbox. In einer steht ein Artikel, den Sage nicht kennt.",
    )
    cup, beans = Line("00200050", "Kaffeebecher blau", 2, Decimal("9.95")), _beans(story)
    good = [order("ORD00101", ERIKA, [cup]), order("ORD00102", KURT, [cup, beans])]
    bad = order("ORD00103", ERIKA, [Line("GIBT-ES-NICHT", "Phantomtasse", 1, Decimal("5.00"))])
    story.drop("bestellungen.json", json.dumps([*good, bad]).encode())
    story.process()
    _documents(story)

    story.say(
        "2. Dieselben Bestellungen noch einmal",
        "Erst als Kopie unter anderem Namen, dann als CSV. Kein zweiter Beleg entsteht, und die Quittung sagt es.",
    )
    story.drop("kopie.json", json.dumps(good).encode())
    story.process()
    story.drop("bestellung-als-csv.csv", _as_csv(story, good))
    story.process()
    _documents(story)


def _beans(story: Story) -> Line:
    """An article of the sandbox with reduced tax, whatever its number."""
    from exchange.khk import ARTIKEL  # noqa: PLC0415

    query = select(ARTIKEL.c.Artikelnummer, ARTIKEL.c.Bezeichnung1).where(ARTIKEL.c.Steuerklasse == REDUCED)
    row = next(iter(story.app.systems.sage.rows(query.order_by(ARTIKEL.c.Artikelnummer))))
    return Line(row["Artikelnummer"], row["Bezeichnung1"], 1, Decimal("12.90"), Decimal(7))


def _as_csv(story: Story, orders: list[dict[str, object]]) -> bytes:
    """The same orders in our own csv form: read by the shop's profile, written by ours."""
    import io  # noqa: PLC0415

    app = story.app
    path = app.settings.folder("work") / "shop.json"
    path.write_text(json.dumps(orders), "utf-8")
    records: list[Record] = []
    app.read_records(path, "lightspeed_order_json", records.append)
    path.unlink()
    out = io.BytesIO()
    layout = app.registry.layout(app.registry.profile("order_import_csv"))
    app.registry.codecs["csv"].write(out, layout, records, Meta("order_import"))
    return out.getvalue()


def _documents(story: Story) -> None:
    query = select(
        BELEGE.c.Belegkennzeichen, BELEGE.c.Belegjahr, BELEGE.c.Belegnummer, BELEGE.c.A0Name1, BELEGE.c.Referenznummer
    )
    query = query.add_columns(BELEGE.c.Bruttobetrag, BELEGE.c.A0Empfaenger).where(BELEGE.c.Referenznummer.like("ORD%"))
    screen.OUT.print("  In Sage stehen:")
    for row in story.app.systems.sage.rows(query.order_by(BELEGE.c.BelID)):
        amount = f"{row['Bruttobetrag']:.2f}".replace(".", ",")
        screen.OUT.print(
            f"    {row['Belegkennzeichen']} {row['Belegjahr']}-{row['Belegnummer']}  {row['A0Empfaenger']}  "
            f"{row['A0Name1']}  {amount} €  (Bestellung {row['Referenznummer']})"
        )


def _catalogue(story: Story) -> None:
    story.say(
        "3. Artikel, Warengruppen und Bestand aus Sage",
        "Alles geht als Datei in die Outbox, in jedem gewünschten Format.",
    )
    app = story.app
    story.exported(
        [
            app.export("categories", "categories_xml"),
            app.export("products", "products_xml"),
            app.export("stock", "stock_csv"),
        ]
    )
    story.say("4. In Sage ändert sich etwas", "Ein Preis, ein Bestand, ein Artikel fällt weg: Nur das geht hinaus.")
    change(app.settings.root / "sage.sqlite")
    story.exported([app.export("products", "products_xml"), app.export("stock", "stock_csv")])


def _customers(story: Story, folder: Path) -> None:
    story.say(
        "5. Kunden aus der Excel-Vorlage",
        "Drei Kunden, zwei mit Fehlern: Die Mappe kommt mit roten Zellen und Kommentaren zurück.",
    )
    path = folder / "kunden.xlsx"
    module = story.app.registry.module("customer_import")
    with path.open("wb") as out:
        write_template(module, out, "de", story.app.code_lists())
    rows = [
        {"Kundennummer": "D200001", "Name1": "Rösterei Süd GmbH", "Land": "DE", "PLZ": "80331", "Ort": "München"},
        {"Kundennummer": "D200002", "Name1": "Teeladen Ost", "Land": "DE", "PLZ": "1067", "Ort": "Dresden"},
        {
            "Kundennummer": "D200003",
            "Name1": "Café Nord",
            "Land": "DE",
            "PLZ": "20095",
            "Ort": "Hamburg",
            "EMail": "cafe@nord",
        },
    ]
    _fill(path, rows)
    story.drop("kunden.xlsx", path.read_bytes())
    returned = story.process()
    rejects = next(story.app.settings.folder("outbox").glob(f"kunden.{returned.uid}.rejects.xlsx"))
    screen.OUT.print(f"  → outbox/{rejects.name}")

    story.say("6. Die Mappe wird repariert und noch einmal abgelegt", "Übernommen werden nur die reparierten Zeilen.")
    _fill(rejects, [{}, {"PLZ": "01067"}, {"EMail": "cafe@example.org"}])
    story.drop("kunden-repariert.xlsx", rejects.read_bytes())
    story.process()
    query = select(KONTOKORRENT.c.Kto, KONTOKORRENT.c.Matchcode).where(KONTOKORRENT.c.Kto.like("D20000%"))
    for row in story.app.systems.sage.rows(query.order_by(KONTOKORRENT.c.Kto)):
        screen.OUT.print(f"    {row['Kto']}  {row['Matchcode']}")


def _shop(app: App) -> None:
    story = Story(app)
    story.say(
        "7. Alles in den Shop",
        "Warengruppen, Artikel, Varianten, Preise, Aktionen, Sprachen, Sets und Zubehör gehen über die API hinein.",
    )
    for module in IN_THE_SHOP:
        app.export(module)
    planned = app.systems.delivery().plan()
    screen.OUT.print(f"  Plan: {planned.parts} Teile, {planned.calls} Aufrufe")
    screen.delivered(app.deliver(), "de")
    story.say("8. Noch einmal", "Es hat sich nichts geändert, also geht nichts hinaus.")
    for module in IN_THE_SHOP:
        app.export(module)
    screen.delivered(app.deliver(), "de")


def _fill(path: Path, rows: list[dict[str, str]]) -> None:
    """Type values into a template, as a clerk does: below the example row, by column title."""
    workbook = load_workbook(path)
    sheet = workbook.worksheets[0]
    columns = {str(cell.value).strip("* ").casefold(): cell.column for cell in sheet[2] if cell.value}
    first = 3
    while str(sheet.cell(first, columns["kundennummer"]).value or "").upper().startswith("BEISPIEL"):
        first += 1
    for number, row in enumerate(rows, first):
        for title, value in row.items():
            sheet.cell(number, columns[title.casefold()]).value = value
    workbook.save(path)


def _where(app: App, folder: Path, seconds: float) -> None:
    counts = sum(1 for _ in app.settings.folder("outbox").iterdir())
    screen.OUT.print()
    screen.OUT.print(
        Panel(
            f"Fertig in {seconds:.0f} s. Jede Datei hat eine Quittung, jedes Original liegt im Archiv.\n"
            f"{folder / 'outbox'}: {counts} Dateien\n\n"
            f"Weiter:  exchange --help\n"
            f"         exchange log  --config {folder / 'exchange.toml'}\n"
            f"         exchange show ORD00102 --config {folder / 'exchange.toml'}\n"
            f"         exchange sandbox shop {folder / SHOP}   (der Shop, zum Ansehen im Browser)",
            style="green",
        )
    )
