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

from exchange.connector import chunks
from exchange.errors import ConfigError
from exchange.mail import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage

    from exchange.connector import Applied, Change, Landing
    from exchange.letter import Letter, LetterView
    from exchange.mail import Post
    from exchange.module import Module

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
        """See `exchange.connector.Target`: every letter goes in as expected, so there is nothing to tell."""
        for some in chunks(changes, CHUNK):
            with self.post.ledger.writing() as connection:
                for change in some:
                    self._put(connection, change.key, change.record)
        return iter(())

    def _put(self, connection: Any, key: str, record: Any) -> None:
        assert self.module.letters is not None  # noqa: S101 - the target is only made for modules that have letters
        prefix = self._prefix(key)
        letters = {prefix + letter.name: letter for letter in self.module.letters(record, self.view)}
        self.post.withdraw(connection, prefix, letters)
        for name, letter in letters.items():
            self.post.post(connection, name, self.stationery.message(letter), "hold", letter.due_at)

    def _prefix(self, key: str) -> str:
        return f"{self.module.name}|{key.replace('|', '%7C')}|"

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:  # noqa: ARG002 - contract
        """What still waits is taken back."""
        with self.post.ledger.writing() as connection:
            for key in keys:
                self.post.withdraw(connection, self._prefix(key))
