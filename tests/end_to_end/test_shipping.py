"""Sage → carrier → shop: delivery notes become carrier files, return files become tracking codes."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from exchange.consignment import Consignments
from tests.end_to_end.shop_cases import Reached, change, connected, opened, synced
from tests.inside import without_sage
from tests.smtp import server
from tests.unit.sandbox.shop.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from exchange.app import App
    from exchange.ledger import Batch
    from tests.end_to_end.conftest import Installation
    from tests.smtp import Letterbox

DHL, DPD = "00340434161094042557", "01234567890123"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with server() as box:
        yield box


def ours(folder: Path, shop: Reached, box: Letterbox, **more: Any) -> Installation:
    """An installation that writes to customers itself."""
    mail = {"host": "127.0.0.1", "port": box.port, "security": "none", "sender": "shop@shop.example"}
    own = {"modules.tracking_codes.mail": "ours", "modules.tracking_codes.sender": "Kaffeekontor"}
    return connected(folder, shop, **{f"mail.{name}": each for name, each in mail.items()}, **own, **more)


def returned(app: App, folder: Path, *lines: str, header: str = "Sendungsreferenz;Sendungsnummer;Storniert") -> Batch:
    """The carrier's answer."""
    back = folder / "back.csv"
    back.write_text("\r\n".join([header, *lines, ""]), "utf-8")
    return app.import_file(back, profile="dhl_return_csv", forced=True)


def codes(app: App, batch: Batch) -> set[str]:
    """What was found in a batch."""
    return {finding.code for finding in app.ledger.findings(batch, 10)}


def ordered(shop: Reached, *codes: str) -> str:
    """An order of a customer of the shop; its number."""
    client = Client(shop.running)
    return str(client.order(int(shop.variants()[codes[0]]["id"]), 1)["number"])


def shipment(shop: Reached, order: str) -> dict[str, object]:
    """The order's shipment."""
    (row,) = shop.rows("order", number=order)
    (found,) = shop.rows("shipment", order=row["id"])
    return dict(found)


def test_delivery_notes_go_to_their_carriers_once(tmp_path: Path, shop: Reached) -> None:
    """A file per carrier, in its own form; the next run has nothing new; a changed note waits for a decision."""
    sender = {
        "name1": "Kaffeekontor GmbH",
        "street": "Hafenstraße",
        "house_number": "1",
        "zip": "20457",
        "city": "Hamburg",
    }
    installation = connected(
        tmp_path, shop, **{f"modules.shipping.sender.{name}": each for name, each in sender.items()}
    )
    with opened(installation) as app:
        batch = app.export("shipping")
        assert (batch.counts.created, batch.counts.rejected) == (2, 0)
        (dhl,) = installation.outbox.glob("dhl_portal_csv_*.csv")
        (dpd,) = installation.outbox.glob("delisprint_csv_*.csv")
        with dhl.open(encoding="iso-8859-1", newline="") as file:
            (row,) = csv.DictReader(file, delimiter=";")
        assert len(row) == 128
        assert (row["Empfänger Straße"], row["Empfänger Hausnummer"], row["Empfänger PLZ"]) == (
            "Alaunstraße",
            "36",
            "01099",
        )
        assert (row["Empfänger Land"], row["Gewicht"], row["Absender Ort"]) == ("DEU", "1,5600", "Hamburg")
        assert dpd.read_text("cp1252").split(";")[:4] == ["SP, B2C, PAN", "Hotel Elbblick KG", "Uferweg 2", "DE"]

        assert app.export("shipping").counts.created == 0
        change(
            installation, "UPDATE KHKVKBelege SET A1Name1 = 'Neu' WHERE Belegkennzeichen = 'VLL' AND Versand = 'DPD'"
        )
        assert app.export("shipping").counts.held == 1
        change(installation, "UPDATE KHKVKBelege SET Belegdatum = '2020-01-01 00:00:00' WHERE Belegkennzeichen = 'VLL'")
        assert app.export("shipping").counts.deleted == 0  # out of the window is not gone


def test_a_file_for_the_portal_is_read_as_well_as_written(tmp_path: Path) -> None:
    """Of another program: to a packing station, whose number stands apart, with the post number as second name."""
    titles = [
        *("Sendungsreferenz", "Sendungsdatum", "Empfänger Name 1", "Empfänger Name 2 / Postnummer"),
        *("Empfänger Straße", "Empfänger Hausnummer", "Empfänger PLZ", "Empfänger Ort", "Empfänger Land"),
        *("Gewicht", "Produkt- und Servicedetails"),
    ]
    row = ["LS-7", "23.11.2026", "Erika Muster", "12345678", "Packstation", "145", "01067", "Dresden", "DEU", "0,9500"]
    with without_sage(tmp_path) as inside:
        batch = inside.take("portal.csv", "\r\n".join([";".join(titles), ";".join([*row, "V01PAK"]), ""]))
        assert (batch.module, batch.counts.created) == ("shipping", 1)
        (written,) = inside.installation.outbox.glob("dhl_portal_csv_*.csv")
    with written.open(encoding="iso-8859-1", newline="") as file:
        (made,) = csv.DictReader(file, delimiter=";")
    assert [made[title] for title in titles] == [*row, "V01PAK"]


def test_every_parcel_of_a_delivery_gets_its_label(tmp_path: Path, shop: Reached) -> None:
    """A row each for DHL, one row with their number for DPD; the weight is shared, cash is collected once."""
    shipping = {"parcels_column": "USER_Pakete", "cash_on_delivery": ["DHL"]}
    sender = {
        "name1": "Kaffeekontor GmbH",
        "street": "Hafenstr.",
        "house_number": "1",
        "zip": "20457",
        "city": "Hamburg",
    }
    given = {f"modules.shipping.{name}": each for name, each in shipping.items()}
    installation = connected(
        tmp_path, shop, **given, **{f"modules.shipping.sender.{name}": each for name, each in sender.items()}
    )
    change(
        installation,
        "ALTER TABLE KHKVKBelege ADD COLUMN USER_Pakete INTEGER",
        "UPDATE KHKVKBelege SET USER_Pakete = 3",
    )
    with opened(installation) as app:
        assert app.export("shipping").counts.created == 2
    (dhl,) = installation.outbox.glob("dhl_portal_csv_*.csv")
    (dpd,) = installation.outbox.glob("delisprint_csv_*.csv")
    with dhl.open(encoding="iso-8859-1", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len({row["Sendungsreferenz"] for row in rows}) == 1
    assert [row["Gewicht"] for row in rows] == ["0,5200"] * 3
    assert [bool(row["Service - Nachnahme - Betrag"]) for row in rows] == [True, False, False]
    (line,) = dpd.read_text("cp1252").splitlines()
    assert line.split(";")[8] == "3"


def test_a_file_to_look_at_hands_nothing_over(tmp_path: Path, shop: Reached) -> None:
    """In a form of ours; the carrier's own form does, whoever asked for it."""
    with opened(connected(tmp_path, shop)) as app:
        consignments, since = Consignments(app.ledger), app.ledger.now() - timedelta(days=1)
        assert app.export("shipping", "shipping_json").counts.created == 2
        assert consignments.numberless(since) == []
        assert app.export("shipping", "delisprint_csv").counts.created == 2
        assert len(consignments.numberless(since)) == 2


def test_a_name_that_the_form_cannot_hold_is_refused_once(tmp_path: Path, shop: Reached) -> None:
    """However many parcels; nothing was handed over, so no number is waited for."""
    installation = connected(
        tmp_path, shop, **{"modules.shipping.parcels_column": "USER_Pakete", "modules.shipping.methods": {"DHL": "dhl"}}
    )
    change(
        installation,
        "ALTER TABLE KHKVKBelege ADD COLUMN USER_Pakete INTEGER",
        "UPDATE KHKVKBelege SET USER_Pakete = 3, A1Name1 = 'Łukasz Źródło'",
    )
    with opened(installation) as app:
        batch = app.export("shipping")
        assert batch.counts.rejected >= 1
        assert batch.counts.balanced
        references = [
            each.reference for each in Consignments(app.ledger).numberless(app.ledger.now() - timedelta(days=1))
        ]
        assert len(references) == batch.counts.created
    assert not list(installation.outbox.glob("dhl_portal_csv_*"))


def test_parcel_numbers_come_back_to_the_order(tmp_path: Path, shop: Reached) -> None:
    """All numbers of all deliveries stand at the shop's one shipment, each once; and nothing is told twice."""
    installation = connected(tmp_path, shop)
    with opened(installation) as app:
        synced(app, "categories", "products")
        order = ordered(shop, "10010")
        back = tmp_path / "back.csv"
        lines = [f"{order}/VLL-2026-1;{DHL};23.11.2026", f"{order}/VLL-2026-1;00340434161094042564;23.11.2026"]
        back.write_text("\r\n".join(["Sendungsreferenz;Sendungsnummer;Sendungsdatum", *lines, ""]), "utf-8")
        batch = app.import_file(back)
        assert (batch.module, batch.profile, batch.counts.created) == ("tracking_codes", "dhl_return_csv", 1)
        shop.writes()
        app.deliver()
        assert shipment(shop, order)["trackingCode"] == f"{DHL} 00340434161094042564"
        assert shipment(shop, order)["status"] == "shipped"

        # A second delivery of the same order, by the other carrier.
        more = tmp_path / "dpd.csv"
        more.write_text(f"{order}/VLL-2026-2;{DPD};24.11.2026\r\n", "cp1252")
        app.import_file(more, profile="delisprint_return_csv")
        app.deliver()
        assert shipment(shop, order)["trackingCode"] == f"{DHL} 00340434161094042564 {DPD}"

        shop.writes()
        again = tmp_path / "again.csv"
        again.write_bytes(back.read_bytes() + b"\r\n")
        app.import_file(again)
        assert (app.deliver().calls, shop.called()) == (0, 0)


def test_a_return_file_damaged_by_excel_is_refused(tmp_path: Path, shop: Reached) -> None:
    """Nothing of it reaches the shop, and the sender is told what to do."""
    installation = connected(tmp_path, shop)
    back = tmp_path / "back.csv"
    back.write_text(
        "Sendungsreferenz;Sendungsnummer\r\nORD00001/VLL-1;3,40434E+18\r\nVLL-2;00340434161094042571\r\n", "utf-8"
    )
    with opened(installation) as app:
        batch = app.import_file(back)
        assert (batch.counts.rejected, batch.counts.created) == (1, 1)
        codes = {finding.code for finding in app.ledger.findings(batch, 10)}
    assert codes == {"tracking_codes.damaged_number", "tracking_codes.no_order"}


def test_numbers_in_a_column_of_sage_are_taken_too(tmp_path: Path, shop: Reached) -> None:
    """Several in one text; the document knows its order."""
    installation = connected(tmp_path, shop, **{"modules.tracking_codes.column": "USER_Pakete"})
    with opened(installation) as app:
        synced(app, "categories", "products")
        order = ordered(shop, "10010")
        change(
            installation,
            "ALTER TABLE KHKVKBelege ADD COLUMN USER_Pakete VARCHAR(255)",
            f"UPDATE KHKVKBelege SET USER_Pakete = '{DHL}, {DPD}', WSBestellNr = '{order}' "
            "WHERE Belegkennzeichen = 'VLL' AND Versand = 'DHL'",
        )
    with opened(installation) as app:
        synced(app, "tracking_codes")
        assert shipment(shop, order)["trackingCode"] == f"{DHL} {DPD}"


def handed_over(app: App, installation: Installation, order: str = "ORD00097") -> str:
    """A delivery note of an order of the shop, in the hands of DHL; the reference on its label."""
    where = "WHERE Belegkennzeichen = 'VLL' AND Versand = 'DHL'"
    change(installation, f"UPDATE KHKVKBelege SET WSBestellNr = '{order}', WSEmail = 'anna@becker.example' {where}")
    assert app.export("shipping").counts.created == 2
    (dhl,) = installation.outbox.glob("dhl_portal_csv_*.csv")
    with dhl.open(encoding="iso-8859-1", newline="") as file:
        (row,) = csv.DictReader(file, delimiter=";")
    return row["Sendungsreferenz"]


def test_our_own_letter_tells_each_number_once(tmp_path: Path, shop: Reached, box: Letterbox) -> None:
    """To whom the delivery went, with a link per parcel; a growing file tells what is new, a cancelled number goes."""
    installation = ours(tmp_path, shop, box)
    with opened(installation) as app:
        synced(app, "categories", "products")
        order = ordered(shop, "10010")
        reference = handed_over(app, installation, order)
        second, third = "00340434161094042564", "00340434161094042571"
        assert codes(app, returned(app, tmp_path, f"{reference};{DHL};0", f"{reference};{second};0")) == set()
        assert app.post.send() == 1
        growing = [f"{reference};{each};0" for each in (DHL, second, third)]
        returned(app, tmp_path, *growing)
        assert app.post.send() == 1
        returned(app, tmp_path, *growing[1:])
        assert app.post.send() == 0
        app.deliver()
        assert shipment(shop, order)["trackingCode"] == f"{DHL} {second} {third}"
        returned(app, tmp_path, f"{reference};{third};1")
        app.deliver()
        assert shipment(shop, order)["trackingCode"] == f"{DHL} {second}"
    (people, first), (_, later) = box.taken
    text = first.get_content()
    assert people == ["anna@becker.example"]
    assert first["Subject"] == f"Ihre Bestellung {order} ist unterwegs"
    for piece in (f"piececode={DHL}", f"piececode={second}", "Kaffeekontor", "Guten Tag "):
        assert piece in text
    assert third in later.get_content()
    assert DHL not in later.get_content()


def test_a_letter_without_an_address_is_told_of(tmp_path: Path, shop: Reached, box: Letterbox) -> None:
    """The number comes into the shop all the same; nothing lies in the spool."""
    with opened(ours(tmp_path, shop, box)) as app:
        batch = returned(app, tmp_path, f"ORD00099/VLL-2026-1;{DHL};0")
        assert (codes(app, batch), batch.counts.created) == ({"mail.no_address"}, 1)
        assert app.post.counts() == {}


def test_two_deliveries_in_one_parcel_make_one_letter(tmp_path: Path, shop: Reached, box: Letterbox) -> None:
    """Of one order; the same number for another order is transferred, and somebody may look at it."""
    installation = ours(tmp_path, shop, box)
    with opened(installation) as app:
        reference = handed_over(app, installation)
        batch = returned(app, tmp_path, f"{reference};{DHL};0", f"{reference}-2;{DHL};0")
        assert codes(app, batch) == {"consignment.unknown_reference", "mail.no_address"}
        assert app.post.counts() == {"waiting": 1}
        assert "consignment.parcel_of_other_order" in codes(app, returned(app, tmp_path, f"ORD00098/VLL-1;{DHL};0"))


def test_a_cancelled_parcel_takes_back_the_letter_that_waits(tmp_path: Path, shop: Reached, box: Letterbox) -> None:
    """And what it would have told may be told later."""
    installation = ours(tmp_path, shop, box)
    with opened(installation) as app:
        reference = handed_over(app, installation)
        returned(app, tmp_path, f"{reference};{DHL};0")
        returned(app, tmp_path, f"{reference};{DHL};1")
        assert app.post.counts() == {}
        returned(app, tmp_path, f"{reference};{DHL};0")
        assert app.post.send() == 1
    assert box.subjects == [f"Ihre Bestellung {reference.partition('/')[0]} ist unterwegs"]


@pytest.mark.parametrize("point", ["apply: stored, not committed", "apply: committed"])
def test_a_killed_program_writes_its_letter_once(tmp_path: Path, shop: Reached, box: Letterbox, point: str) -> None:
    """Whether the end came before the batch was counted or after it; the redirect switch holds for it too."""
    installation = ours(tmp_path, shop, box, **{"mail.redirect": "test@shop.example"})
    with opened(installation) as app:
        reference = handed_over(app, installation)
    back = tmp_path / "back.csv"
    back.write_text(f"Sendungsreferenz;Sendungsnummer\r\n{reference};{DHL}\r\n", "utf-8")
    assert installation.exchange("import", str(back), killed=point).returncode
    assert installation.run_once().returncode == 0
    with opened(installation) as app:
        app.post.send()
        assert app.post.counts() == {"sent": 1}
    ((people, message),) = box.taken
    assert (people, message["X-Original-To"]) == (["test@shop.example"], "anna@becker.example")
