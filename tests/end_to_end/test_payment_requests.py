"""Files and Sage → mails: asked for once per step, never after payment; over a real mail server."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from exchange.app import App
from exchange.errors import ConfigError
from exchange.sandbox.shop.faults import Fault
from exchange.settings import load
from tests.end_to_end.conftest import install
from tests.end_to_end.shop_cases import Reached, change
from tests.smtp import server
from tests.unit.sandbox.shop.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import Installation
    from tests.smtp import Letterbox

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HEADER = "document;order_number;name;email;language;amount;currency;due_on;paid;link"


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with server() as box:
        yield box


def installed(folder: Path, box: Letterbox, **given: Any) -> Installation:
    mail = {
        "mail.host": "127.0.0.1",
        "mail.port": box.port,
        "mail.security": "none",
        "mail.sender": "shop@shop.example",
    }
    own = {"modules.payment_requests.sender": "Kaffeekontor", "modules.payment_requests.hosts": ["shop.example"]}
    return install(folder, **(mail | own | given))


@contextmanager
def at(installation: Installation, day: int = 0) -> Iterator[App]:
    """The installation on a day from now on."""
    with App(load(installation.folder / "exchange.toml")) as app:
        app.ledger.now = lambda: NOW + timedelta(days=day)
        yield app


def dropped(app: App, folder: Path, *rows: str, name: str = "open.csv") -> Any:
    path = folder / name
    path.write_text("\r\n".join([HEADER, *rows, ""]), "utf-8")
    return app.import_file(path, module="payment_requests", forced=True)


def row(
    document: str = "VFR-1", *, due: str = "2026-11-23", paid: int = 0, language: str = "DE", link: str = ""
) -> str:
    return f"{document};ORD1;Anna Becker;anna@becker.example;{language};1059.50;EUR;{due};{paid};{link}"


def test_each_step_is_sent_once_and_payment_stops_the_rest(tmp_path: Path, box: Letterbox) -> None:
    """Due today: one mail today, the reminder after a week; the same file again changes nothing."""
    installation = installed(tmp_path, box)
    with at(installation) as app:
        link = "https://shop.example/de/pay/1"
        assert dropped(app, tmp_path, row(link=link)).counts.created == 1
        assert (app.post.send(), app.post.send()) == (1, 0)
        assert dropped(app, tmp_path, row(link=link)).counts.unchanged == 1
        assert app.post.send() == 0
    ((recipients, message),) = box.taken
    text = message.get_content()
    assert recipients == ["anna@becker.example"]
    assert message["Subject"] == "Zahlungsaufforderung zu VFR-1"
    for piece in ("1.059,50 EUR", "23.11.2026", link, "Guten Tag Anna Becker,", "Kaffeekontor"):
        assert piece in text
    with at(installation, day=8) as app:
        assert app.post.send() == 1
        assert box.subjects[1] == "Erinnerung: VFR-1 ist seit 23.11.2026 fällig"
        assert app.post.send() == 0


def test_who_pays_in_time_gets_no_reminder(tmp_path: Path, box: Letterbox) -> None:
    """What waits in the spool is taken back; the mail that was sent stays sent, also when it is unpaid again."""
    installation = installed(tmp_path, box)
    with at(installation) as app:
        dropped(app, tmp_path, row())
        app.post.send()
    with at(installation, day=3) as app:
        assert dropped(app, tmp_path, row(paid=1)).counts.updated == 1
        assert app.post.counts() == {"sent": 1}
    with at(installation, day=30) as app:
        dropped(app, tmp_path, row())
        app.post.send()
    assert len(box.taken) == 2  # the reminder, for the payment did not hold; not the request again
    assert box.subjects[1].startswith("Erinnerung")


def test_english_customers_are_written_to_in_english(tmp_path: Path, box: Letterbox) -> None:
    """With numbers and dates of that language."""
    with at(installed(tmp_path, box)) as app:
        dropped(app, tmp_path, row(language="EN"))
        app.post.send()
    text = box.taken[0][1].get_content()
    assert "1,059.50 EUR, due on 2026-11-23" in text


def test_nothing_is_sent_before_its_day(tmp_path: Path, box: Letterbox) -> None:
    """A document that is due next week waits until then."""
    installation = installed(tmp_path, box)
    with at(installation) as app:
        dropped(app, tmp_path, row(due="2026-11-30"))
        assert app.post.send() == 0
    with at(installation, day=7) as app:
        assert app.post.send() == 1


def test_a_foreign_pay_link_is_refused(tmp_path: Path, box: Letterbox) -> None:
    """No mail goes out with it; the others of the file are not held up."""
    with at(installed(tmp_path, box)) as app:
        batch = dropped(app, tmp_path, row(link="https://shop.example.evil.example/pay"), row("VFR-2"))
        assert (batch.counts.rejected, batch.counts.created) == (1, 1)
        assert app.post.send() == 1
    assert box.subjects == ["Zahlungsaufforderung zu VFR-2"]


def test_documents_of_sage_are_asked_for_until_they_are_paid(tmp_path: Path, box: Letterbox) -> None:
    """By the merchant's own column; a paid one never."""
    column = {"modules.payment_requests.paid_column": "USER_Bezahlt", "modules.payment_requests.days": 365}
    installation = installed(tmp_path, box, **column)
    change(
        installation,
        "ALTER TABLE KHKVKBelege ADD COLUMN USER_Bezahlt SMALLINT",
        "UPDATE KHKVKBelege SET USER_Bezahlt = -1 WHERE A0Empfaenger <> 'D100006'",
    )
    with App(load(installation.folder / "exchange.toml")) as app:
        app.export("payment_requests")
        sent = app.post.send()
        assert {each.partition(" zu ")[2][:4] for each in box.subjects if " zu " in each} == {"VFR-"}
        assert sent == 2  # long due, but nobody is reminded of what he was not asked for
        change(installation, "UPDATE KHKVKBelege SET USER_Bezahlt = -1")
        app.export("payment_requests")
        assert app.post.counts() == {"sent": sent}


def test_an_own_template_replaces_the_shipped_one(tmp_path: Path, box: Letterbox) -> None:
    """With html beside the text; what a customer wrote is escaped there."""
    installation = installed(tmp_path, box)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "payment_request_de.txt.j2").write_text("Subject: Bitte {{ amount }}\n\nHallo\n", "utf-8")
    html = tmp_path / "letters" / "payment_request_de.html.j2"
    html.write_text("<p>{{ salutation }}</p>", "utf-8")
    with at(installation) as app:
        dropped(app, tmp_path, row().replace("Anna Becker", "<b>Anna</b>"))
        app.post.send()
    message = box.taken[0][1]
    assert message["Subject"] == "Bitte 1.059,50"
    body = message.get_body(("html",))
    assert body is not None
    assert "&lt;b&gt;Anna&lt;/b&gt;" in body.get_content()


PAID = "USER_Bezahlt"
SAGE = {"modules.payment_requests.paid_column": PAID, "modules.payment_requests.days": 365}
OPEN = (
    f"ALTER TABLE KHKVKBelege ADD COLUMN {PAID} SMALLINT",
    f"UPDATE KHKVKBelege SET {PAID} = -1",
    # one open invoice of 100.00, of yesterday
    f"UPDATE KHKVKBelege SET {PAID} = 0, Bruttobetrag = 100, Belegdatum = '2026-11-22 00:00:00' WHERE BelID = 1",
)


def credit(kind: str, amount: str, *, reference: str = "NULL", deal: str = "1", number: int = 900) -> str:
    """Somebody writes a credit note in Sage."""
    names = "BelID, Mandant, Belegkennzeichen, Belegjahr, Belegnummer, Belegdatum, Bruttobetrag, ReferenzBelID, VorID"
    dated = "'2026-11-23 00:00:00'"
    return (
        f"INSERT INTO KHKVKBelege ({names}) "
        f"SELECT {number}, Mandant, '{kind}', 2026, {number}, {dated}, {amount}, {reference}, {deal} "
        "FROM KHKVKBelege WHERE BelID = 1"
    )


@pytest.mark.parametrize(
    ("kind", "reference", "deal"), [("VFG", "1", "NULL"), ("VFS", "NULL", "1"), ("VFS", "2", "1"), ("VFG", "0", "1")]
)
def test_a_credited_invoice_is_not_asked_for(
    tmp_path: Path, box: Letterbox, kind: str, reference: str, deal: str
) -> None:
    """By credit note or cancellation, which names the invoice or is only of its deal; what waits is taken back."""
    installation = installed(tmp_path, box, **SAGE)
    change(installation, *OPEN, "UPDATE KHKVKBelege SET Belegkennzeichen = 'VLR' WHERE BelID = 2")
    with at(installation) as app:
        app.export("payment_requests")
        assert app.post.send() == 1
        change(installation, credit(kind, "100", reference=reference, deal=deal))
        app.export("payment_requests")
        assert app.post.counts() == {"sent": 1}
    with at(installation, day=30) as app:
        assert app.post.send() == 0


def test_a_credit_note_of_another_invoice_changes_nothing(tmp_path: Path, box: Letterbox) -> None:
    """Of the same deal, but it names the other one."""
    installation = installed(tmp_path, box, **SAGE)
    change(installation, *OPEN, credit("VFG", "100", reference="2", deal="1"))
    with at(installation) as app:
        app.export("payment_requests")
        assert app.post.send() == 1
    assert "100,00 EUR" in box.taken[0][1].get_content()


def test_a_partial_credit_reduces_what_is_asked_for(tmp_path: Path, box: Letterbox) -> None:
    """Also in the reminder that waits already."""
    installation = installed(tmp_path, box, **SAGE)
    change(installation, *OPEN)
    with at(installation) as app:
        app.export("payment_requests")
        app.post.send()
        change(installation, credit("VFG", "30", reference="1"), credit("VFG", "9.5", deal="1", number=901))
        app.export("payment_requests")
    with at(installation, day=30) as app:
        assert app.post.send() == 1
    assert "100,00 EUR" in box.taken[0][1].get_content()
    assert "60,50 EUR" in box.taken[1][1].get_content()


def test_what_is_found_late_is_asked_for_before_it_is_reminded_of(tmp_path: Path, box: Letterbox) -> None:
    """A month overdue at first sight: the request today, the reminder a week later."""
    installation = installed(tmp_path, box)
    with at(installation) as app:
        dropped(app, tmp_path, row(due="2026-10-20"))
        assert (app.post.send(), app.post.send()) == (1, 0)
    with at(installation, day=6) as app:
        assert app.post.send() == 0
    with at(installation, day=7) as app:
        assert app.post.send() == 1
    assert [subject.partition(" ")[0] for subject in box.subjects] == ["Zahlungsaufforderung", "Erinnerung:"]


def test_a_corrected_address_gets_what_was_refused(tmp_path: Path, box: Letterbox) -> None:
    """A letter that never went out is written anew with the record."""
    box.answers["anna@becker.example"] = "550 unknown"
    with at(installed(tmp_path, box)) as app:
        dropped(app, tmp_path, row())
        assert app.post.send() == 0
        dropped(app, tmp_path, row().replace("anna@", "a.becker@"))
        assert app.post.send() == 1
    assert box.taken[0][0] == ["a.becker@becker.example"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Reached]:
    running = Reached(tmp_path)
    yield running
    running.close()


def reaching(folder: Path, box: Letterbox, shop: Reached) -> Installation:
    """An installation that asks the shop."""
    reach = {"way": "api", "url": shop.url, "key": shop.key, "secret": shop.secret, "read_seconds": 0.3}
    return installed(folder, box, **{f"shop.{name}": each for name, each in reach.items()})


@pytest.mark.parametrize("settled", [{"paymentStatus": "paid"}, {"status": "cancelled"}])
def test_an_order_settled_in_the_shop_is_not_asked_for(
    tmp_path: Path, box: Letterbox, shop: Reached, settled: dict[str, str]
) -> None:
    """Whatever Sage knows: the shop is asked before the mail goes out."""
    with App(load(reaching(tmp_path, box, shop).folder / "exchange.toml")) as app:
        made = shop.api.create("product", "", {"title": "Becher"})
        (article,) = shop.rows("variant", product=made["id"])
        shop.api.update("variant", "", str(article["id"]), {"stockLevel": 9})
        paid, unpaid = (Client(shop.running).order(int(article["id"])) for _ in range(2))
        shop.api.update("order", "", str(paid["id"]), settled)
        numbers = [str(each["number"]) for each in (paid, unpaid)]
        dropped(app, tmp_path, *(row(f"VFR-{each}").replace("ORD1", each) for each in numbers))
        assert app.send_mails() == 1
    assert box.subjects == [f"Zahlungsaufforderung zu VFR-{numbers[1]}"]


@pytest.mark.parametrize("fault", ["401", "503"])
def test_a_mail_waits_while_the_shop_cannot_be_asked(tmp_path: Path, box: Letterbox, shop: Reached, fault: str) -> None:
    """Only those that the shop was to be asked about, and of these not the ones that it has answered for."""
    with App(load(reaching(tmp_path, box, shop).folder / "exchange.toml")) as app:
        rows = [row(f"VFR-{each}").replace("ORD1", each) for each in ("ORD91", "ORD92")]
        dropped(app, tmp_path, *rows, row("VFR-office").replace("ORD1", ""))
        shop.shop.faults.add(Fault(fault, "GET", "orders", times=9, skip=1))
        assert app.send_mails() == 2
        shop.shop.faults.clear()
        assert app.send_mails() == 1
    assert [subject.rpartition("-")[2] for subject in box.subjects] == ["ORD91", "office", "ORD92"]


def test_the_pay_link_follows_the_pattern_of_the_shop(tmp_path: Path, box: Letterbox) -> None:
    """A link that the file brings goes before it; a pattern to another host is refused like any other link."""
    pattern = {"modules.payment_requests.link": "https://shop.example/de/pay/{order}"}
    with at(installed(tmp_path, box, **pattern)) as app:
        dropped(app, tmp_path, row().replace("ORD1", "ORD/1"), row("VFR-2", link="https://shop.example/other"))
        assert app.post.send() == 2
    first, second = (message.get_content() for _, message in box.taken)
    assert "https://shop.example/de/pay/ORD%2F1" in first
    assert "https://shop.example/other" in second


@pytest.mark.parametrize(
    ("setting", "value"),
    [("link", "https://shop.example/pay/{number}"), ("link", "https://shop.example/pay"), ("link", "https://x/{")],
)
def test_a_pattern_that_cannot_be_filled_is_refused_at_the_start(
    tmp_path: Path, box: Letterbox, setting: str, value: str
) -> None:
    """Not when the first letter is written."""
    installation = installed(tmp_path, box, **{f"modules.payment_requests.{setting}": value})
    with pytest.raises(ConfigError, match="payment_requests"):
        App(load(installation.folder / "exchange.toml"))
