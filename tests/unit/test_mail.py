"""Mails over a real server: sent once, none lost, whatever the server does."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from exchange.errors import ConfigError, TransientError
from exchange.ledger import Ledger
from exchange.ledgers import engine
from exchange.ledgers.migrations import migrate
from exchange.mail import Post, written
from exchange.owner import Owner
from exchange.settings import Mail
from tests.auto import Clock
from tests.end_to_end.conftest import REPOSITORY
from tests.smtp import PASSWORD, certificate, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.smtp import Letterbox

SENDER = "Exchange <exchange@example.org>"


@contextmanager
def post_office(folder: Path, **settings: Any) -> Iterator[tuple[Post, Clock]]:
    """The spool of an installation."""
    made = engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    migrate(made)
    clock = Clock()
    ledger, owner = Ledger(made, clock), Owner(folder)
    given = {"host": "127.0.0.1", "security": "none", "sender": SENDER, "timeout_seconds": 5} | settings
    try:
        yield Post(Mail.model_validate(given), ledger, owner), clock
    finally:
        owner.close()
        ledger.close()


@pytest.fixture
def box() -> Iterator[Letterbox]:
    with server() as box:
        yield box


@pytest.fixture
def both(tmp_path: Path, box: Letterbox) -> Iterator[tuple[Post, Clock]]:
    """A spool whose server is the letterbox."""
    with post_office(tmp_path, port=box.port) as both:
        yield both


def post(office: Post, key: str, to: str = "kunde@example.org", **more: Any) -> bool:
    with office.ledger.writing() as connection:
        return office.post(connection, key, written(to, f"Sendung {key}", "Grüße aus Köln\n"), **more)


def test_a_mail_is_sent_once_with_text_and_attachment(both: tuple[Post, Clock], box: Letterbox) -> None:
    """The same reason makes one mail, however often it is posted and the spool is sent."""
    office, _ = both
    message = written("kunde@example.org", "Rechnung", "Grüße\n", [("R1.pdf", "application/pdf", b"%PDF-1.4")])
    with office.ledger.writing() as connection:
        assert office.post(connection, "invoice R1", message)
    assert not post(office, "invoice R1")

    assert (office.send(), office.send()) == (1, 0)

    [(recipients, taken)] = box.taken
    assert recipients == ["kunde@example.org"]
    assert (taken["From"], taken["To"]) == (SENDER, "kunde@example.org")
    assert taken.get_body().get_content().split() == ["Grüße"]  # type: ignore[union-attr]
    [attachment] = taken.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("R1.pdf", b"%PDF-1.4")
    assert office.counts() == {"sent": 1}


def test_a_mail_of_a_transaction_that_fails_is_never_sent(both: tuple[Post, Clock], box: Letterbox) -> None:
    """The mail and what it tells of are one commit."""
    office, _ = both
    with suppress(RuntimeError), office.ledger.writing() as connection:
        office.post(connection, "order 1", written("kunde@example.org", "Bestellung", "da\n"))
        raise RuntimeError

    assert (office.send(), box.taken) == (0, [])


def test_z4_a_line_break_in_a_name_makes_no_header(both: tuple[Post, Clock], box: Letterbox) -> None:
    """A file name out of the world cannot add a recipient."""
    office, _ = both
    with office.ledger.writing() as connection:
        office.post(connection, "1", written("kunde@example.org", "Datei x\r\nBcc: alle@example.org", "da\n"))

    office.send()

    [(recipients, taken)] = box.taken
    assert (recipients, taken["Bcc"]) == (["kunde@example.org"], None)


def test_while_testing_every_mail_goes_to_one_address(tmp_path: Path, box: Letterbox) -> None:
    """It says whom it was meant for; the switch counts when a mail is sent, not when it is written."""
    with post_office(tmp_path, port=box.port) as (office, _):
        post(office, "1", "Kunde <kunde@example.org>")
    with post_office(tmp_path, port=box.port, redirect="test@example.org") as (office, _):
        office.send()

    [(recipients, taken)] = box.taken
    assert recipients == ["test@example.org"]
    assert (taken["To"], taken["X-Original-To"]) == ("test@example.org", "Kunde <kunde@example.org>")
    assert taken["Subject"] == "[Kunde <kunde@example.org>] Sendung 1"


def test_a_refused_recipient_holds_up_nobody_and_is_kept(both: tuple[Post, Clock], box: Letterbox) -> None:
    """5xx is final: it is not tried again, and it is told."""
    office, clock = both
    box.answers["weg@example.org"] = "550 No such user"
    post(office, "1", "weg@example.org")
    post(office, "2")

    assert office.send() == 1
    clock.turn(days=1)
    assert office.send() == 0

    assert office.counts() == {"refused": 1, "sent": 1}
    [row] = office.troubled(clock.at.replace(year=2020))
    assert row["problem"] == "550 No such user"


@pytest.mark.parametrize("where", ["kunde@example.org", "DATA"])
def test_a_server_that_says_later_is_asked_later(both: tuple[Post, Clock], box: Letterbox, where: str) -> None:
    """4xx: greylisting, a full mailbox. The pauses grow."""
    office, clock = both
    box.answers[where] = "451 try again later"
    post(office, "1")
    assert office.send() == 0
    assert office.send() == 0
    clock.turn(seconds=30)
    assert office.send() == 0
    del box.answers[where]
    clock.turn(seconds=59)
    assert office.send() == 0

    clock.turn(seconds=1)
    assert office.send() == 1
    assert len(box.taken) == 1


def test_a_server_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """Nothing is lost; the next try comes after a pause."""
    with post_office(tmp_path, port=1) as (office, clock):
        post(office, "1")
        with pytest.raises(TransientError, match=r"mail server 127\.0\.0\.1"):
            office.send()
        assert office.send() == 0
        clock.turn(seconds=30)
        with pytest.raises(TransientError):
            office.send()
        assert office.counts() == {"waiting": 1}
    with server() as box, post_office(tmp_path, port=box.port) as (office, clock):
        clock.turn(hours=1)
        assert office.send() == 1


@pytest.mark.parametrize(("in_doubt", "state"), [("again", "waiting"), ("hold", "held")])
def test_a_connection_that_breaks_in_mid_sending_leaves_a_mail_in_doubt(
    both: tuple[Post, Clock], box: Letterbox, in_doubt: str, state: str
) -> None:
    """The server has taken it, the answer was lost: an alert goes out again, a request for payment is held."""
    office, clock = both
    box.answers["break"] = "yes"
    post(office, "1", in_doubt=in_doubt)
    with pytest.raises(TransientError):
        office.send()
    assert office.counts() == {state: 1}
    del box.answers["break"]
    clock.turn(hours=1)

    assert office.send() == (1 if in_doubt == "again" else 0)

    identities = {message["Message-ID"] for _, message in box.taken}
    assert len(identities) == 1  # what goes out twice can be known as the same


@pytest.mark.parametrize(("in_doubt", "left"), [("again", {"sent": 1}), ("hold", {"held": 1})])
def test_kill_9_in_mid_sending_loses_no_mail_and_sends_no_request_twice(
    tmp_path: Path, in_doubt: str, left: dict[str, int]
) -> None:
    """The process is killed when the server has taken the mail and before it says so."""
    code = (
        "import json, sys; from pathlib import Path; from tests.unit.test_mail import post, post_office\n"
        "port, in_doubt = json.loads(sys.argv[2])\n"
        "with post_office(Path(sys.argv[1]), port=port) as (office, _):\n"
        "    post(office, '1', in_doubt=in_doubt)\n"
        "    office.send()\n"
    )
    with server() as box:
        arguments = [sys.executable, "-c", code, str(tmp_path), json.dumps([box.port, in_doubt])]
        process = subprocess.Popen(arguments, cwd=REPOSITORY, env={"PYTHONPATH": str(REPOSITORY)})
        box.then = process.kill
        process.wait(60)
        assert process.returncode != 0
        assert len(box.taken) == 1
        box.then = lambda: None

        with post_office(tmp_path, port=box.port) as (office, clock):
            clock.turn(hours=1)
            office.send()
            assert office.counts() == left


def test_starttls_and_password_are_used_and_the_certificate_is_checked(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is refused; the one that is named is trusted."""
    ca_file = certificate(tmp_path)
    secure = {"security": "starttls", "user": "exchange", "password": SecretStr(PASSWORD)}
    with server(ca_file) as box:
        with post_office(tmp_path, port=box.port, **secure) as (office, _):
            post(office, "1")
            with pytest.raises(TransientError, match=r"(?i)certificate"):
                office.send()
        assert box.taken == []
        with post_office(tmp_path, port=box.port, **secure, ca_file=ca_file) as (office, clock):
            clock.turn(hours=1)
            assert office.send() == 1


def test_a_refused_password_is_told_and_never_shown(tmp_path: Path) -> None:
    """Neither in the error nor in the ledger."""
    ca_file = certificate(tmp_path)
    wrong = {"user": "exchange", "password": SecretStr("falsch-4711"), "security": "starttls", "ca_file": ca_file}
    with server(ca_file) as box, post_office(tmp_path, port=box.port, **wrong) as (office, clock):
        post(office, "1")
        with pytest.raises(TransientError, match="refuses user or password") as error:
            office.send()
        [row] = office.troubled(clock.at.replace(year=2020))
        assert "falsch-4711" not in f"{error.value} {error.value!r} {office.settings!r} {row['problem']}"


def test_mails_without_a_server_wait_and_say_so(tmp_path: Path) -> None:
    with post_office(tmp_path, host="", sender="") as (office, _):
        assert office.send() == 0
        post(office, "1")
        with pytest.raises(ConfigError, match=r"mail\.host"):
            office.send()


def test_an_address_that_the_server_cannot_write_is_refused_alone(tmp_path: Path) -> None:
    """The others go out."""
    with server(enable_SMTPUTF8=False) as box, post_office(tmp_path, port=box.port) as (office, _):
        post(office, "1", "kündin@example.org")
        post(office, "2")

        assert office.send() == 1
        assert box.subjects == ["Sendung 2"]
        assert office.counts() == {"refused": 1, "sent": 1}


def test_a_mail_about_an_order_can_wait_or_be_taken_back(both: tuple[Post, Clock], box: Letterbox) -> None:
    """Only those that are due are asked about; what was sent stays sent."""
    post, clock = both
    later = clock() + timedelta(days=1)
    with post.ledger.writing() as connection:
        for name, order, due_at in (("a", "ORD1", None), ("b", "ORD2", None), ("c", "", None), ("d", "ORD3", later)):
            post.post(connection, name, written("x@example.org", name, "x"), due_at=due_at, order_number=order)
    assert post.orders() == ["ORD1", "ORD2"]
    assert post.send(but={"ORD1", "ORD2"}) == 1
    assert post.settled({"ORD2", "ORD3"}) == 2
    assert (post.send(), post.settled({"ORD1"})) == (1, 0)
    assert box.subjects == ["c", "a"]
    clock.turn(days=2)
    assert (post.orders(), post.send()) == ([], 0)


def test_what_was_refused_can_be_taken_back_and_written_anew(both: tuple[Post, Clock], box: Letterbox) -> None:
    """What was sent cannot; nor does a key that begins alike belong to it."""
    post, _ = both
    box.answers["x@example.org"] = "550 unknown"
    with post.ledger.writing() as connection:
        post.post(connection, "p|1|a", written("x@example.org", "a", "x"))
        post.post(connection, "p|1|b", written("y@example.org", "b", "x"))
        post.post(connection, "p|11|c", written("x@example.org", "c", "x"))
    post.send()
    with post.ledger.writing() as connection:
        assert post.withdraw(connection, "p|1|") == 1
        assert post.post(connection, "p|1|a", written("z@example.org", "a", "x"))
        assert not post.post(connection, "p|1|b", written("z@example.org", "b", "x"))
    assert post.send() == 1
    assert box.subjects == ["b", "a"]
