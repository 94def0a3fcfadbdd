"""Mails: written into the ledger first, sent from there. None is lost, and one reason makes one mail.

    post     a row with the complete message; a second one for the same key is not made
    send     waiting → sending → sent; `sending` is committed before the server is called

A crash between the server's answer and the last commit leaves a mail in doubt. The writer of the mail says what then:
`again` (an alert: better twice than never; the same Message-ID lets mail programs show it once), or `hold` (a request
for payment: never twice, a person decides).
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from exchange.errors import ConfigError, TransientError
from exchange.finding import shown
from exchange.ledger_tables import MAIL
from exchange.settings import secret

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, RowMapping

    from exchange.ledger import Ledger
    from exchange.owner import Owner
    from exchange.settings import Mail

LOG = logging.getLogger(__name__)

#: Pauses between tries double from here up to the longest, in seconds.
FIRST_PAUSE, LONGEST_PAUSE = 30, 3600
#: Answers from here up are final (RFC 5321, 4.2.1).
FINAL = 500


def written(
    recipient: str,
    subject: str,
    text: str,
    attachments: Sequence[tuple[str, str, bytes]] = (),
) -> EmailMessage:
    """A message of plain text; attachments are name, media type (`application/pdf`) and content.

    Control characters cannot get into a header: a name out of a file may hold a line break (fault-catalogue Z4).
    """
    message = EmailMessage(policy=policy.SMTP)
    message["To"] = shown(recipient)
    message["Subject"] = shown(subject)
    message.set_content(text)
    for name, media, content in attachments:
        main, _, sub = media.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=shown(name))
    return message


@dataclass(frozen=True, slots=True)
class Post:
    """The mails of one installation.

    Attributes:
        settings: how they are sent.
        ledger: where they wait.
        owner: this process.
    """

    settings: Mail
    ledger: Ledger
    owner: Owner

    def post(
        self,
        connection: Connection,
        key: str,
        message: EmailMessage,
        in_doubt: Literal["again", "hold"] = "again",
        due_at: datetime | None = None,
        order_number: str = "",
    ) -> bool:
        """Within a transaction: have a message sent, not before `due_at`. False when there is one of this key.

        `in_doubt` is what a crash in the middle of sending means, see the module. With an `order_number` of the shop
        the message can be stopped once the order is settled there.
        """
        if connection.execute(select(MAIL.c.id).where(MAIL.c.key == key)).first() is not None:
            return False
        now = self.ledger.now()
        message["From"] = self.settings.sender
        message["Date"] = format_datetime(now)
        domain = parseaddr(self.settings.sender)[1].rpartition("@")[2] or "exchange.invalid"
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"
        values = {"key": key, "recipient": message["To"], "subject": message["Subject"], "message": bytes(message)}
        state: dict[str, Any] = {
            "in_doubt": in_doubt,
            "state": "waiting",
            "owner": "",
            "made_at": now,
            "tries": 0,
            "problem": "",
        }
        state |= {"next_try_at": due_at, "order_number": order_number}
        try:
            with connection.begin_nested():
                connection.execute(insert(MAIL).values(**values, **state))
        except IntegrityError:  # another process was quicker
            return False
        return True

    @staticmethod
    def withdraw(connection: Connection, prefix: str) -> int:
        """Within a transaction: take back what waits, or was refused, under keys that begin so; the number of mails."""
        mine = MAIL.c.key.startswith(prefix, autoescape=True)
        return int(connection.execute(delete(MAIL).where(MAIL.c.state.in_(("waiting", "refused")), mine)).rowcount)

    def orders(self) -> list[str]:
        """The shop's orders that mails are about which are due now; what waits longest comes first."""
        due = select(MAIL.c.order_number).where(*self._is_due(), MAIL.c.order_number != "")
        with self.ledger.engine.connect() as connection:
            return list(dict.fromkeys(connection.execute(due.order_by(MAIL.c.id)).scalars()))

    def settled(self, orders: Collection[str]) -> int:
        """Take back what waits about these orders of the shop; the number of mails."""
        with self.ledger.writing() as connection:
            about = (MAIL.c.state == "waiting", MAIL.c.order_number.in_(orders))
            return int(connection.execute(delete(MAIL).where(*about)).rowcount)

    def send(self, but: Collection[str] = ()) -> int:
        """Send what is due; the number of mails sent. One connection to the server serves them all.

        Args:
            but: orders of the shop whose mails are to wait.

        Raises TransientError when the server cannot be reached or refuses the sender, ConfigError without a server.
        """
        self._resolve_doubt()
        waiting = self._due(but)
        if not waiting:
            return 0
        if not self.settings.host:
            raise ConfigError("mail.host is not set, but mails are waiting")
        sent = 0
        try:
            with self._server() as server:
                for row in waiting:
                    sent += self._send(server, row)
        except OSError as error:  # smtplib's errors are of this kind
            self._later(waiting, error)
            raise TransientError(f"mail server {self.settings.host}: {_said(error)}") from None
        return sent

    def _send(self, server: smtplib.SMTP, row: RowMapping) -> bool:
        if not self._begin(row["id"]):
            return False
        message, recipient = self._addressed(row)
        try:
            server.send_message(message, self.settings.sender, [recipient])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as error:
            state = "refused" if _code(error) >= FINAL else "waiting"
            self._change(row["id"], state=state, problem=_said(error), next_try_at=self._pause(row["tries"]), owner="")
            with suppress(smtplib.SMTPServerDisconnected):
                server.rset()
            LOG.warning("mail %s: %s", row["key"], _said(error), extra={"action": f"mail_{state}"})
            return False
        except OSError as error:  # smtplib's errors are of this kind
            answered = isinstance(error, smtplib.SMTPResponseException)
            if row["in_doubt"] == "hold" and not answered:  # has the server taken it, or not?
                self._change(row["id"], state="held", owner="", problem="the connection broke while it was being sent")
            raise
        self._change(row["id"], state="sent", sent_at=self.ledger.now(), problem="", owner="")
        LOG.info("mail %s sent to %s", row["key"], recipient, extra={"action": "mail_sent"})
        return True

    def _addressed(self, row: RowMapping) -> tuple[Any, str]:
        """The message and whom it really goes to."""
        message = message_from_bytes(row["message"], policy=policy.SMTP)
        meant, redirect = row["recipient"], self.settings.redirect
        if not redirect:
            return message, parseaddr(meant)[1]
        message["X-Original-To"] = meant
        for header, value in (("To", redirect), ("Subject", f"[{meant}] {row['subject']}")):
            del message[header]
            message[header] = value
        return message, parseaddr(redirect)[1]

    def _server(self) -> smtplib.SMTP:
        given = self.settings
        context = ssl.create_default_context(cafile=given.ca_file)
        if given.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                given.host, given.port, timeout=given.timeout_seconds, context=context
            )
        else:
            server = smtplib.SMTP(given.host, given.port, timeout=given.timeout_seconds)
        try:
            if given.security == "starttls":
                server.starttls(context=context)
            if given.user:
                server.login(given.user, secret(given.password) if given.password else "")
        except BaseException:
            server.close()
            raise
        return server

    # The spool

    def _is_due(self) -> tuple[ColumnElement[bool], ...]:
        ready = or_(MAIL.c.next_try_at.is_(None), MAIL.c.next_try_at <= self.ledger.now())
        return (MAIL.c.state == "waiting", ready)

    def _due(self, but: Collection[str]) -> Sequence[RowMapping]:
        with self.ledger.engine.connect() as connection:
            query = select(MAIL).where(*self._is_due(), MAIL.c.order_number.not_in(but)).order_by(MAIL.c.id).limit(100)
            return connection.execute(query).mappings().all()

    def _begin(self, identity: int) -> bool:
        """waiting → sending; False when another process has done so."""
        with self.ledger.writing() as connection:
            changed = connection.execute(
                update(MAIL)
                .where(MAIL.c.id == identity, MAIL.c.state == "waiting")
                .values(state="sending", owner=self.owner.name, tries=MAIL.c.tries + 1)
            )
        return bool(changed.rowcount)

    def _later(self, rows: Sequence[RowMapping], error: Exception) -> None:
        """The server failed as a whole: what was to be sent now is tried later."""
        with self.ledger.writing() as connection:
            for row in rows:
                connection.execute(
                    update(MAIL)
                    .where(MAIL.c.id == row["id"], MAIL.c.state.in_(("waiting", "sending")))
                    .where(or_(MAIL.c.owner == "", MAIL.c.owner == self.owner.name))
                    .values(state="waiting", owner="", problem=_said(error), next_try_at=self._pause(row["tries"]))
                )

    def _resolve_doubt(self) -> None:
        """Mails that a dead process was sending, or this one before something else failed."""
        with self.ledger.engine.connect() as connection:
            sending = connection.execute(select(MAIL).where(MAIL.c.state == "sending")).mappings().all()
        for row in sending:
            if row["owner"] == self.owner.name or self.owner.is_dead(row["owner"]):
                state = "waiting" if row["in_doubt"] == "again" else "held"
                self._change(row["id"], state=state, owner="", problem="the program ended while it was being sent")

    def _change(self, identity: int, **values: Any) -> None:
        with self.ledger.writing() as connection:
            connection.execute(update(MAIL).where(MAIL.c.id == identity).values(values))

    def _pause(self, tries: int) -> datetime:
        return self.ledger.now() + timedelta(seconds=min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE))

    def counts(self) -> dict[str, int]:
        """Number of mails per state."""
        with self.ledger.engine.connect() as connection:
            return {row.state: row.number for row in connection.execute(_COUNTS)}

    def troubled(self, since: datetime) -> Iterator[RowMapping]:
        """Mails written since then that were refused, are held in doubt, or were tried in vain; oldest first."""
        bad = or_(MAIL.c.state.in_(("refused", "held")), (MAIL.c.state == "waiting") & (MAIL.c.problem != ""))
        with self.ledger.engine.connect() as connection:
            yield from (
                connection.execute(select(MAIL).where(bad, MAIL.c.made_at > since).order_by(MAIL.c.id)).mappings().all()
            )


_COUNTS = select(MAIL.c.state, func.count().label("number")).group_by(MAIL.c.state)


def _code(error: smtplib.SMTPException) -> int:
    """What the server answered; a server that cannot take such a message at all has refused it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return int(error.smtp_code) if isinstance(error, smtplib.SMTPResponseException) else FINAL


def _said(error: Exception) -> str:
    """What the server said, fit to be stored and shown."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{error.smtp_code} the server refuses user or password"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(shown(f"{code} {text.decode('utf-8', 'replace')}") for code, text in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return shown(f"{error.smtp_code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}")
    return shown(error)
