"""Orders of the shop land in Sage: whatever the file looks like, each once, and what is wrong comes back."""

from __future__ import annotations

import io
import json
import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from exchange.codec import Meta
from exchange.ledger import State
from exchange.sandbox.orders import Buyer, Line
from exchange.sandbox.orders import order as shop_order
from tests.end_to_end.conftest import Installation, install, order, orders_file
from tests.inside import Inside, opened, with_sage, without_sage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from exchange.ledger import Batch

NORA = Buyer(7001, "Nora", "Neu", "nora@example.org", "Ringstraße", "7", "04109", "Leipzig")
CAFE = Buyer(9001, "Anna", "Becker", "einkauf@morgenrot.example", "Alaunstraße", "36", "01099", "Dresden")
CUP = Line("00200050", "Kaffeebecher blau", 2, Decimal("9.95"))
BEANS = Line("10010", "Espresso Napoli", 1, Decimal("21.90"), Decimal(7))
ORDERS = [shop_order("ORD1", NORA, [CUP]), shop_order("ORD2", NORA, [CUP, BEANS]), shop_order("ORD3", CAFE, [BEANS])]


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    with with_sage(tmp_path) as inside:
        yield inside


def documents(installation: Installation) -> dict[str, tuple[str, float]]:
    """Order number → account and gross amount of the documents that this program wrote."""
    rows = installation.sage(
        "SELECT Referenznummer, A0Empfaenger, Bruttobetrag FROM KHKVKBelege WHERE Referenznummer <> ''"
    )
    assert len({number for number, _, _ in rows}) == len(rows)
    return {number: (account, float(amount)) for number, account, amount in rows}


def as_own(inside: Inside, orders: Sequence[dict[str, Any]], form: str, **changed: Any) -> bytes:
    """Orders of the shop in our own form of a file type, read by the shop's profile."""
    path = inside.folder / "shop.json"
    path.write_text(json.dumps(orders), "utf-8")
    records: list[Any] = []
    inside.app.read_records(path, "lightspeed_order_json", records.append)
    out = io.BytesIO()
    layout = inside.app.registry.layout(inside.app.registry.profile(f"order_import_{form}"))
    written = [record._replace(**changed) if changed else record for record in records]
    inside.app.registry.codecs[form].write(out, layout, written, Meta("order_import"))
    return out.getvalue()


def balanced(batch: Batch) -> Batch:
    assert batch.counts.balanced
    return batch


def test_one_order_and_a_list_of_orders_become_documents(inside: Inside) -> None:
    """As the shop's API gives them: enveloped, or a list. A known customer is matched, a new one made once."""
    single = balanced(inside.take("bestellung.json", json.dumps(ORDERS[0])))
    several = balanced(inside.take("bestellungen.json", json.dumps({"orders": [each["order"] for each in ORDERS[1:]]})))

    assert (single.module, single.profile) == ("order_import", "lightspeed_order_json")
    assert (single.counts.created, several.counts.created) == (1, 2)
    written = documents(inside.installation)
    assert {number: amount for number, (_, amount) in written.items()} == {"ORD1": 24.8, "ORD2": 46.7, "ORD3": 26.8}
    assert written["ORD3"][0] == "D100001"
    assert written["ORD1"][0] == written["ORD2"][0]
    name = inside.installation.sage("SELECT LieferOrt, EMail FROM KHKAdressen WHERE EMail = 'nora@example.org'")
    assert name == [("Leipzig", "nora@example.org")]
    lines = inside.installation.sage(
        "SELECT p.Artikelnummer, p.Menge FROM KHKVKBelegePositionen p JOIN KHKVKBelege b ON b.BelID = p.BelID "
        "WHERE b.Referenznummer = 'ORD2' ORDER BY p.BelPosID"
    )
    assert [article for article, _ in lines] == ["00200050", "10010", "VERSAND"]
    assert [float(quantity) for _, quantity in lines] == [2, 1, 1]


def test_the_same_orders_again_have_no_second_effect_in_whatever_form(inside: Inside) -> None:
    """Copied, renamed, in five formats, with the number typed otherwise; the receipt says so each time."""
    first = inside.take("bestellungen.json", json.dumps(ORDERS))
    written = documents(inside.installation)
    assert len(written) == 3

    copied = balanced(inside.take("kopie.json", json.dumps(ORDERS)))
    receipt = inside.receipt(copied)
    assert (receipt["duplicate_of"], receipt["counts"]["rows_in"], receipt["files"]) == (first.uid, 0, [])

    again = balanced(inside.take("nur-eine.json", json.dumps(ORDERS[1])))
    assert (again.counts.rows_in, again.counts.unchanged) == (1, 1)
    for form in ("json", "xml", "csv", "txt", "xlsx"):
        batch = balanced(inside.take(f"bestellungen.{form}", as_own(inside, ORDERS, form)))
        assert (batch.profile, batch.counts.unchanged) == (f"order_import_{form}", 3), inside.codes(batch)
        assert inside.receipt(batch)["counts"]["unchanged"] == 3
    typed = as_own(inside, ORDERS[:1], "csv", number="o r d 1")
    assert balanced(inside.take("abgetippt.csv", typed)).counts.unchanged == 1

    forced = balanced(inside.app.import_file(inside.folder / first.kept_at, forced=True))
    assert (forced.duplicate_of, forced.counts.unchanged) == ("", 3)
    replayed = balanced(inside.app.replay(first.uid))
    assert (replayed.replay_of, replayed.file_name, replayed.counts.unchanged) == (first.uid, "bestellungen.json", 3)
    assert documents(inside.installation) == written


def test_an_order_that_has_changed_is_held(inside: Inside) -> None:
    """Nobody changes a document behind the clerk's back: it is shown with the document's number."""
    inside.take("a.json", json.dumps(ORDERS[0]))
    written = documents(inside.installation)

    batch = balanced(inside.take("b.json", json.dumps([shop_order("ORD1", NORA, [BEANS]), ORDERS[1]])))

    assert (batch.counts.held, batch.counts.created, batch.counts.rejected) == (1, 1, 0)
    (finding,) = inside.receipt(batch)["findings"]
    assert (finding["code"], finding["severity"], finding["key"]) == ("record.changed_later", "hold", "ord1")
    assert "VVA" in finding["message"]["de"]
    assert written["ORD1"] == documents(inside.installation)["ORD1"]
    # The state of an order may change as it likes.
    paid = json.loads(json.dumps(ORDERS[0]))
    paid["order"] |= {"paymentStatus": "paid", "status": "completed_shipped"}
    assert balanced(inside.take("c.json", json.dumps(paid))).counts.unchanged == 1


def test_a_cancelled_order_is_not_taken_over_and_of_a_known_one_it_is_told(inside: Inside) -> None:
    """The clerk cancels the document; one that the shop opens again comes as any other."""
    gone, known = (json.loads(json.dumps(each)) for each in ORDERS[:2])
    inside.take("a.json", json.dumps(known))
    for each in (gone, known):
        each["order"]["status"] = "cancelled"

    batch = balanced(inside.take("b.json", json.dumps([gone, known, ORDERS[2]])))

    assert (batch.counts.held, batch.counts.created) == (2, 1)
    assert {finding["code"] for finding in inside.receipt(batch)["findings"]} == {"order_import.cancelled"}
    assert documents(inside.installation).keys() == {"ORD2", "ORD3"}
    gone["order"]["status"] = "processing_awaiting_shipment"
    assert balanced(inside.take("c.json", json.dumps(gone))).counts.created == 1


def test_faulty_orders_are_rejected_with_all_their_findings_and_the_others_go_on(inside: Inside) -> None:
    """Each fault of an order is told at once; what comes back can be repaired and dropped as it is."""
    line = order("x")["lines"][0]
    bad = order("ORD2", total_incl="29.90", currency="USD", lines=[line, line | {"article_number": "GIBTESNICHT"}])
    content = orders_file(
        order("ORD1"),
        bad,
        order("ORD3", lines=[line | {"tax_rate": "13"}]),
        order("ORD4", billing_country="", lines=[line | {"quantity": "zwei"}]),
        order("ORD5"),
    )

    batch = balanced(inside.take("bestellungen.json", content))

    assert (batch.counts.rows_in, batch.counts.created, batch.counts.rejected) == (5, 2, 3)
    assert set(documents(inside.installation)) == {"ORD1", "ORD5"}
    by_order: dict[str, set[str]] = {}
    for finding in inside.receipt(batch)["findings"]:
        by_order.setdefault(finding["key"].upper(), set()).add(f"{finding['line']} {finding['code']}")
    assert by_order["ORD2"] == {
        "2 order_import.foreign_currency",
        "2 order_import.order_sum",
        "2 order_import.unknown_article",
    }
    assert by_order["ORD3"] == {"3 order_import.unknown_tax"}
    assert {each.partition(" ")[2] for each in by_order["ORD4"]} == {"value.missing", "value.no_number"}

    (rejects,) = inside.outbox.glob("*.rejects.json")
    returned = json.loads(rejects.read_bytes())
    assert [each["number"] for each in returned["records"]] == ["ORD2", "ORD3", "ORD4"]
    returned["records"][1]["lines"][0]["tax_rate"] = "19"
    repaired = balanced(inside.take("repariert.json", json.dumps(returned)))
    assert (repaired.counts.created, repaired.counts.rejected) == (1, 2)
    assert set(documents(inside.installation)) == {"ORD1", "ORD3", "ORD5"}


@pytest.mark.parametrize("form", ["xml", "csv", "txt"])
def test_rejects_come_back_in_the_form_of_the_sender(inside: Inside, form: str) -> None:
    """The file that comes back is of the same kind, holds only the faulty order, and can be dropped again."""
    bad = shop_order("ORD2", NORA, [Line("FEHLT", "?", 1, Decimal("9.90")), BEANS])
    batch = balanced(inside.take(f"b.{form}", as_own(inside, [ORDERS[0], bad], form)))

    assert (batch.counts.created, batch.counts.rejected) == (1, 1)
    (rejects,) = inside.outbox.glob(f"*.rejects.{form}")
    content = rejects.read_bytes()
    assert b"ORD1" not in content
    again = balanced(inside.take(f"noch-einmal.{form}", content))
    assert (again.profile, again.counts.rows_in, again.counts.rejected) == (batch.profile, 1, 1)
    repaired = balanced(inside.take(f"repariert.{form}", content.replace(b"FEHLT", b"20010")))
    assert (repaired.counts.created, repaired.counts.rejected) == (1, 0)
    assert set(documents(inside.installation)) == {"ORD1", "ORD2"}


def test_orders_in_the_form_of_the_shop_come_back_in_it(inside: Inside) -> None:
    """The envelope stays; the reason stands beside it in the receipt."""
    bad = shop_order("ORD9", NORA, [Line("FEHLT", "?", 1, Decimal("9.90"))])
    inside.take("shop.json", json.dumps([ORDERS[0], bad]))

    (rejects,) = inside.outbox.glob("shop.*.rejects.json")
    content = rejects.read_text("utf-8")
    repaired = balanced(inside.take("repariert.json", content.replace("FEHLT", "00200051")))

    assert (repaired.profile, repaired.counts.created) == ("lightspeed_order_json", 1)
    assert set(documents(inside.installation)) == {"ORD1", "ORD9"}


def test_a_rejected_order_is_taken_when_sage_has_been_mended(inside: Inside) -> None:
    """The very same file dropped again is no duplicate while something of it was rejected; `show` tells its life."""
    content = json.dumps([ORDERS[0], shop_order("ORD2", NORA, [Line("99999", "Neuheit", 1, Decimal("9.90"))])])
    first = inside.take("a.json", content)
    assert (first.counts.created, first.counts.rejected) == (1, 1)
    connection = sqlite3.connect(inside.folder / "sage.sqlite")
    connection.execute("UPDATE KHKArtikel SET Artikelnummer = '99999' WHERE Artikelnummer = '33040'")
    connection.commit()
    connection.close()

    second = balanced(inside.take("a.json", content))

    assert (second.counts.unchanged, second.counts.created, second.duplicate_of) == (1, 1, "")
    life = [(trace.outcome, trace.batch) for trace in inside.app.ledger.life("ord2")]
    assert life == [("rejected", first.uid), ("created", second.uid)]


def test_all_three_ways_into_sage_are_answered_by_the_command_line(tmp_path: Path) -> None:
    """The same two files, three installations, real processes: two orders land, one is rejected, nothing twice."""
    content = json.dumps([*ORDERS[:2], shop_order("ORD9", NORA, [Line("FEHLT", "?", 1, Decimal("9.90"))])])
    for way in ("files", "staging", "documents"):
        installation = install(tmp_path / way, way)
        installation.drop("bestellungen.json", content)
        first = installation.exchange("run", "--once", "--json")
        assert first.returncode == 1, first.stdout + first.stderr
        (batch,) = json.loads(first.stdout)
        assert (batch["counts"]["created"], batch["counts"]["rejected"]) == (2, 1)
        installation.drop("kopie.json", json.dumps(ORDERS[:2]))
        second = installation.exchange("run", "--once", "--json")
        assert second.returncode == 0, second.stdout + second.stderr
        assert json.loads(second.stdout)[0]["counts"]["unchanged"] == 2
        (shown,) = installation.status("show", "ORD1")["records"]
        assert shown["outcome"] == "created"

        landed = {
            "files": lambda at: [(each.name.split("_")[-1],) for each in sorted((at.outbox / "sage").iterdir())],
            "staging": lambda at: at.sage("SELECT count(*) FROM ExchangeOrder"),
            "documents": lambda at: at.sage("SELECT count(*) FROM KHKVKBelege WHERE Referenznummer LIKE 'ORD%'"),
        }[way](installation)
        assert landed == ([("ord1.xml",), ("ord2.xml",)] if way == "files" else [(2,)])


def test_order_files_do_not_write_over_each_other(tmp_path: Path) -> None:
    """Two numbers that make the same file name are two files."""
    with without_sage(tmp_path) as inside:
        batch = inside.take("o.json", orders_file(order("2026/1"), order("2026_1"), order("2026?1")))

        files = inside.written(batch)
        assert batch.counts.created == len(files) == len(set(files)) == 3
        assert all(path.is_file() for path in files)
        texts = sorted(path.read_text("utf-8") for path in files)
        assert [number in "".join(texts) for number in ("2026/1", "2026_1", "2026?1")] == [True] * 3


def test_an_order_that_the_form_of_sage_cannot_hold_is_rejected(tmp_path: Path) -> None:
    """Without a customer number, with a letter that the charset lacks, or with costs that would be lost in silence."""
    with without_sage(tmp_path, **{"sage.orders.file_profile": "sage_order_csv"}) as inside:
        dear = order("ORD4", customer_number="D100001", comment="bitte läuten")
        free = {"shipping_excl": "0", "shipping_incl": "0", "total_excl": "16.81", "total_incl": "20.00"}
        good = dear | free | {"number": "ORD1"}
        others = ({"number": "ORD2", "customer_number": ""}, {"number": "ORD3", "comment": "Łódź"})
        batch = inside.take("o.json", orders_file(good, *(good | values for values in others), dear))

        assert (batch.counts.created, batch.counts.rejected) == (1, 3)
        assert inside.codes(batch) == ["outbox.field_needed", "outbox.not_in_charset", *["outbox.no_place"] * 2]
        (written,) = inside.written(batch)
        assert "läuten" in written.read_text("iso-8859-1")


@pytest.mark.parametrize("form", ["sage_order_xml", "sage_order_csv"])
def test_an_order_in_net_amounts_is_not_written_without_its_prices(tmp_path: Path, form: str) -> None:
    """Both forms of Sage have gross prices only; without them Sage would take its own, in silence."""
    with without_sage(tmp_path, **{"sage.orders.file_profile": form}) as inside:
        whole = order("ORD1", customer_number="D100001", shipping_excl="0", shipping_incl="0")
        whole |= {"total_excl": "16.81", "total_incl": "20.00"}
        none = {"unit_price_incl": "", "discount_incl": "", "total_incl": ""}
        net = whole | {"number": "ORD2", "total_incl": "", "shipping_incl": ""}
        net["lines"] = [each | none for each in whole["lines"]]
        batch = inside.take("o.json", orders_file(whole, net))

        assert inside.codes(batch) == ["outbox.field_needed"] * len(net["lines"])
        assert (batch.counts.created, batch.counts.rejected) == (1, 1)
        (path,) = inside.written(batch)
        assert "ORD2" not in path.read_text("iso-8859-1")


def test_a_full_order_file_deletes_no_order(inside: Inside) -> None:
    """What a sender no longer lists stays in the books, even where the file says that it is complete."""
    inside.take("a.json", json.dumps(ORDERS))
    full = json.dumps({"exchange": {"module": "order_import", "full": True}, "records": [order("ORD9")]})

    batch = inside.take("voll.json", full)

    assert (batch.state, batch.counts.created, batch.counts.deleted) == (State.DONE, 1, 0)
    again = inside.take("b.json", json.dumps(ORDERS[:1]))
    assert (again.counts.unchanged, again.counts.created) == (1, 0)


def test_an_installation_is_opened_twice(inside: Inside) -> None:
    """Two processes may work on one installation; what one has taken, the other leaves."""
    with opened(inside.installation) as other:
        batch = inside.take("a.json", json.dumps(ORDERS[0]))
        assert other.settled() == []
        assert other.app.ledger.batch(batch.uid) == batch
