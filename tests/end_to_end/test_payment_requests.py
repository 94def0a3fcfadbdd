"""Files and Sage → mails: asked for once per step, never after payment; over a real mail server."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from exchange.app import App
from exchange.settings import load
from tests.end_to_end.conftest import install
from tests.end_to_end.shop_cases import change
from tests.smtp import server

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
        assert 2 <= sent <= 4  # two invoices, and the reminders of those that are long due
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
