"""The target that is a person: letters out of templates, into the spool."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    select_autoescape,
)
from sqlalchemy import delete, exists, insert, select

from exchange.connector import Applied, chunks
from exchange.connectors.sequel import settle
from exchange.errors import ConfigError
from exchange.finding import Severity, found, kind
from exchange.ledger_tables import MAIL, TOLD
from exchange.mail import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.letter import Letter, LetterView
    from exchange.mail import Post
    from exchange.module import Module

NO_ADDRESS = kind(
    "mail.no_address",
    de="Es ist keine E-Mail-Adresse bekannt; der Kunde bekommt keine Nachricht.",
    en="No e-mail address is known; the customer gets no message.",
    remedy_de="Ergänzen Sie die Adresse beim Kunden in Sage oder in der Datei, und übertragen Sie noch einmal.",
    remedy_en="Add the address to the customer in Sage or to the file, and transfer again.",
    severity=Severity.WARNING,
)

#: Records that are taken into the spool in one transaction.
CHUNK = 200
FALLBACK = "en"
#: Where the shipped templates lie: in the wheel beside the program, in a checkout at the top.
SHIPPED = (Path(__file__).parents[1] / "templates" / "mail", Path(__file__).parents[2] / "templates" / "mail")


class Stationery:
    """The templates: the merchant's own before the shipped ones.

    Args:
        own: folder of the merchant's templates.
    """

    def __init__(self, own: Path) -> None:
        self.own = own

    @cached_property
    def _environment(self) -> Environment:
        folders = [FileSystemLoader(str(each)) for each in (self.own, *SHIPPED)]
        return Environment(
            loader=ChoiceLoader(folders),
            undefined=StrictUndefined,
            autoescape=select_autoescape(enabled_extensions=("html.j2",)),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def message(self, letter: Letter) -> EmailMessage:
        """The letter as a message. Raises ConfigError for a template that is missing or wrong."""
        text = self._rendered(letter, "txt")
        if text is None:
            raise ConfigError(f"templates/mail: there is no {letter.template}_{letter.language}.txt.j2")
        subject, _, rest = text.partition("\n")
        if not subject.startswith("Subject:"):
            raise ConfigError(f"templates/mail: the first line of {letter.template} is no `Subject: …`")
        message = written(letter.recipient, subject.removeprefix("Subject:").strip(), rest.lstrip("\n"))
        html = self._rendered(letter, "html")
        if html is not None:
            message.add_alternative(html, subtype="html")
        return message

    def _rendered(self, letter: Letter, form: str) -> str | None:
        for language in (letter.language, FALLBACK):
            name = f"{letter.template}_{language}.{form}.j2"
            try:
                return self._environment.get_template(name).render(dict(letter.values))
            except TemplateNotFound:
                continue
            except TemplateError as error:
                raise ConfigError(f"templates/mail: {name}: {error.message}") from error
        return None


class MailTarget:
    """Puts the letters of records into the spool (`exchange.connector.Target`).

    Applying the same batch again writes no second letter: a letter is known by module, record and name.

    Args:
        post: the spool.
        module: whose letters they are; it declares `letters`.
        view: what it may know.
        stationery: the templates.
    """

    def __init__(self, post: Post, module: Module, view: LetterView, stationery: Stationery) -> None:
        self.post, self.module, self.view, self.stationery = post, module, view, stationery

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:  # noqa: ARG002 - contract
        """See `exchange.connector.Target`: told are records whose letter has no address to go to."""
        lost: list[Change] = []
        for some in chunks(changes, CHUNK):
            with self.post.ledger.writing() as connection:
                lost += [each for each in some if not self._put(connection, each.key, each.record)]
        return (Applied(each.seq, each.outcome, findings=(found(NO_ADDRESS),)) for each in lost)

    def _put(self, connection: Connection, key: str, record: Any) -> bool:
        """What waits is written anew, what is out stays out. False when there was a letter and nobody to send it to."""
        assert self.module.letters is not None  # noqa: S101 - the target is only made for modules that have letters
        prefix = self._prefix(key)
        self._withdraw(connection, prefix)
        out = select(MAIL.c.key, MAIL.c.sent_at).where(MAIL.c.key.startswith(prefix, autoescape=True))
        sent = {row.key: row.sent_at for row in connection.execute(out)}
        before: datetime | None = None
        known = True
        for letter in self.module.letters(record, self.view):
            name = prefix + letter.name
            if name not in sent and not letter.recipient:
                known = False
            elif name not in sent:
                due_at = self._due_at(letter, before)
                listed = self._untold(connection, name, letter)
                if listed is not None:
                    message = self.stationery.message(listed)
                    self.post.post(connection, name, message, "hold", due_at, letter.order_number)
            before = sent.get(name) or max(self._due_at(letter, before) or self.view.now, self.view.now)
        return known

    def _due_at(self, letter: Letter, before: datetime | None) -> datetime | None:
        """Its day, or later when the letter before it was late."""
        if before is None or letter.due_at is None:
            return letter.due_at
        return max(letter.due_at, before + letter.after)

    def _withdraw(self, connection: Connection, prefix: str) -> None:
        """What a letter that is taken back would have listed has been told to nobody."""
        if self.post.withdraw(connection, prefix):
            teller = exists().where(MAIL.c.key == TOLD.c.mail_key)
            mine = TOLD.c.mail_key.startswith(prefix, autoescape=True)
            connection.execute(delete(TOLD).where(mine, ~teller))

    def _untold(self, connection: Connection, name: str, letter: Letter) -> Letter | None:
        """The letter with the items that no other one has listed; they are remembered as told by this one."""
        if letter.items is None:
            return letter
        keys = {f"{self.module.name}|{item}": item for item in letter.items}
        query = select(TOLD.c.key, TOLD.c.mail_key).where(TOLD.c.key.in_(keys))
        told = {row.key: row.mail_key for row in connection.execute(query)}
        fresh = [key for key in keys if told.get(key, name) == name]
        new = [{"key": key, "mail_key": name} for key in fresh if key not in told]
        if new:
            connection.execute(insert(TOLD), new)
        if not fresh:
            return None
        return letter._replace(values={**letter.values, "items": [letter.items[keys[key]] for key in fresh]})

    def _prefix(self, key: str) -> str:
        return f"{self.module.name}|{key.replace('|', '%7C')}|"

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:  # noqa: ARG002 - contract
        """What still waits is taken back."""
        with self.post.ledger.writing() as connection:
            for key in keys:
                self._withdraw(connection, self._prefix(key))


class WritingTarget:
    """A target whose records want letters too (`exchange.connector.Target`).

    Args:
        target: where they land.
        letters: writes of those that have landed.
    """

    def __init__(self, target: Target, letters: MailTarget) -> None:
        self.target, self.letters = target, letters

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """As the target does; letters are in the spool before the iterator ends."""
        landed, applied = settle(self.target, landing, changes)
        for told in self.letters.apply(landing, iter(landed)):
            said = applied.get(told.seq, told._replace(findings=()))
            applied[told.seq] = said._replace(findings=(*said.findings, *told.findings))
        yield from applied.values()

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """As the target does; letters that wait are taken back."""
        self.target.remove(landing, keys)
        self.letters.remove(landing, keys)
