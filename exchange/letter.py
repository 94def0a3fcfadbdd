"""The contract between modules and mail: a record says which letters are to be written, and when.

Modules never send: a letter lies in the spool until it is due, and is taken back when its record no longer wants it.
What was sent once is never sent again, whatever file says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from exchange.consignment import Consignment
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
        after: at least so long after the letter before it, when that one is late.
        order_number: of the shop; the letter is not sent once the order is paid or cancelled there.
        items: what the letter lists, such as parcels: a key of each, and its values for the template (`items` there).
            What another letter of the module has listed is left out, and a letter that nothing is left of is not
            written; None for a letter that lists nothing.
    """

    name: str
    recipient: str
    template: str
    language: str
    values: Mapping[str, Any]
    due_at: datetime | None = None
    after: timedelta = timedelta()
    order_number: str = ""
    items: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class LetterView:
    """What a module may know when it writes letters.

    Attributes:
        settings: of the installation.
        options: of the module.
        now: the clock's reading; aware.
        recipient: reference of a consignment → the consignment as it was handed over, or None.
    """

    settings: Settings
    options: Any
    now: datetime
    recipient: Callable[[str], Consignment | None] = lambda _reference: None
