"""What the shop is told of a record that came from it and has landed in Sage: the document's number, the customer's.

An answer is a wish like any other (`exchange.connectors.lightspeed.wishes`), entered once the effect in Sage is
durable and before the batch has ended; when a batch is applied again after a crash, it is entered again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from exchange.connector import Applied, Outcome
from exchange.connectors.lightspeed.policy import of
from exchange.connectors.lightspeed.uploads import Uploads
from exchange.connectors.lightspeed.wishes import CHUNK, GONE, Wishes
from exchange.ledger_tables import SHOP_PART

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.ledger import Ledger
    from exchange.shop import Answer, Ref, ShopView

_PART = SHOP_PART.c
_LANDED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


class AnsweringTarget:
    """A target whose effects the shop hears of (`exchange.connector.Target`).

    Args:
        target: where records really land.
        ledger: where wishes are kept.
        answer: the module's own `Module.answer`.
        view: for it.
    """

    def __init__(
        self,
        target: Target,
        ledger: Ledger,
        answer: Callable[[Any, str, ShopView], Answer | None],
        view: ShopView,
    ) -> None:
        self.target = target
        self.ledger = ledger
        self.answer = answer
        self.view = view

    def apply(self, landing: Landing, changes: Iterator[Change]) -> Iterator[Applied]:
        """As the target does; a record that is not refused is answered before the iterator ends."""
        passed: dict[int, Change] = {}
        answers: dict[str, Answer] = {}
        for applied in self.target.apply(landing, _noted(changes, passed)):
            change = passed.pop(applied.seq)
            if applied.outcome in _LANDED:
                self._take(answers, change, applied.foreign_id)
            if len(answers) >= CHUNK:
                self._say(landing, answers)
                answers = {}
            yield applied
        for change in passed.values():  # the target had nothing to say of them: they were applied as expected
            self._take(answers, change, "")
        self._say(landing, answers)

    def remove(self, landing: Landing, keys: Sequence[str]) -> None:
        """As the target does."""
        self.target.remove(landing, keys)

    def _take(self, answers: dict[str, Answer], change: Change, foreign_id: str) -> None:
        answer = self.answer(change.record, foreign_id, self.view)
        if answer is not None:
            answers[change.key] = answer

    def _say(self, landing: Landing, answers: dict[str, Answer]) -> None:
        if not answers:
            return
        batch = self.ledger.batch(landing.batch)
        language, uploads = self.view.settings.shop.default_language, Uploads(self.view.settings)
        with self.ledger.writing() as connection:
            wishes = Wishes(connection, self.ledger.now(), language, uploads, batch.id if batch else 0)
            for answer in answers.values():
                know(connection, self.ledger, answer.thing, answer.shop_id)
            wishes.say(landing.module, {key: list(answer.parts) for key, answer in answers.items()})


def _noted(changes: Iterator[Change], passed: dict[int, Change]) -> Iterator[Change]:
    for change in changes:
        passed[change.seq] = change
        yield change


def know(connection: Connection, ledger: Ledger, thing: Ref, shop_id: str) -> None:
    """The shop has this thing under this id: what is wanted below it can be brought."""
    mine = (_PART.resource == thing.resource, _PART.key == thing.key, _PART.language == "")
    known = connection.execute(select(_PART.shop_id).where(*mine)).first()
    if known is None:
        row = {
            **thing._asdict(),
            "language": "",
            "owner_resource": "",
            "owner_key": "",
            "shop_id": shop_id,
            "state": GONE,
            "priority": int(of(thing.resource).priority),
            "wanted_hash": b"",
            "sent_hash": b"",
            "sent": "",
            "since": ledger.now(),
            "intent": "",
            "tries": 0,
            "finding": "",
            "batch_id": 0,
        }
        connection.execute(insert(SHOP_PART).values(row))
    elif known.shop_id != shop_id:
        connection.execute(update(SHOP_PART).where(*mine).values(shop_id=shop_id))
