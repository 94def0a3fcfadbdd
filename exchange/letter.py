"""The contract between modules and mail: a record says which letters are to be written, and when.

Modules never send: a letter lies in the spool until it is due, and is taken back when its record no longer wants it.
What was sent once is never sent again, whatever file says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from exchange.settings import Settings


class Letter(NamedTuple):
    """One mail to one person.

    Attributes:
        name: what tells it from the other letters of its record, such as the step of a reminder.
        recipient: e-mail address.
        template: name of the template: `templates/mail/NAME_LANGUAGE.txt.j2`, and `.html.j2` where there is one.
        language: `de` or `en`; another one falls back to `en`.
        values: for the template.
        due_at: not to be sent before; None is at once.
    """

    name: str
    recipient: str
    template: str
    language: str
    values: Mapping[str, Any]
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LetterView:
    """What a module may know when it writes letters.

    Attributes:
        settings: of the installation.
        options: of the module.
        now: the clock's reading; aware.
    """

    settings: Settings
    options: Any
    now: datetime
