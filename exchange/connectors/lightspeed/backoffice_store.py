"""Parts on their way into import files, in the ledger: which wait, what belongs together, what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, and_, bindparam, case, literal, or_, select, update

from exchange.connector import chunks
from exchange.connectors.lightspeed.backoffice_rows import Article
from exchange.connectors.lightspeed.policy import difference
from exchange.connectors.lightspeed.thing import kept, things_of
from exchange.connectors.lightspeed.wishes import CHUNK, CLEAN, DIRTY, GONE
from exchange.ledger_tables import SHOP_PART

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from exchange.connectors.lightspeed.backoffice_rows import Carried
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.ledger import Ledger

#: In place of the shop's id of what was sent by file.
BY_FILE = "file"
_PART = SHOP_PART.c
BELOW = ("variant", "category_product", "product_image", "product_metafield")


def dirty_articles(connection: Connection) -> list[str]:
    """Numbers of all articles of which something waits that a row could hold."""
    below = select(_PART.owner_key).where(
        _PART.state == DIRTY, _PART.resource.in_(BELOW), _PART.owner_resource == "product"
    )
    own = select(_PART.key).where(_PART.state == DIRTY, _PART.resource == "product")
    return sorted({number for query in (own, below) for (number,) in connection.execute(query)})


def articles_of(connection: Connection, now: datetime, numbers: Sequence[str]) -> list[Article]:
    """These articles with all that is below them."""
    itself = and_(_PART.resource == "product", _PART.key.in_(numbers))
    below = and_(_PART.resource.in_(BELOW), _PART.owner_resource == "product", _PART.owner_key.in_(numbers))
    articles = {number: Article(number) for number in numbers}
    for thing in things_of(connection, now, or_(itself, below)):
        number = thing.ref.key if thing.ref.resource == "product" else thing.owner.key if thing.owner else ""
        articles[number].add(thing)
    return list(articles.values())


def by_key(things: Iterable[Thing]) -> dict[str, tuple[Thing | None, list[Thing]]]:
    """Things by key, each with its texts in other languages."""
    found_by_key: dict[str, tuple[Thing | None, list[Thing]]] = {}
    for thing in things:
        itself, texts = found_by_key.setdefault(thing.ref.key, (None, []))
        found_by_key[thing.ref.key] = (itself, [*texts, thing]) if thing.language else (thing, texts)
    return found_by_key


_CONFIRM = (
    update(SHOP_PART)
    .where(_PART.id == bindparam("part"))
    .values(
        shop_id=case((_PART.shop_id == "", BY_FILE), else_=_PART.shop_id),
        sent=bindparam("v_sent"),
        sent_hash=bindparam("v_hash"),
        state=case(
            (_PART.wanted_hash == bindparam("wanted"), bindparam("v_state", type_=String)), else_=literal(DIRTY)
        ),
        finding="",
        tries=0,
        next_try_at=None,
    )
)


def confirm(connection: Connection, parts: Iterable[Carried]) -> None:
    """These parts are in the file; what changed since they were read stays dirty."""
    rows = []
    for thing, fields, complete in parts:
        wanted = thing.wish.wanted
        state = (CLEAN if complete else DIRTY) if wanted else GONE
        sent = (
            fields
            if wanted
            else {**thing.sent, **({"visibility": "hidden"} if thing.ref.resource == "product" else {})}
        )
        done = thing.wish.hash if complete or not wanted else b""
        rows.append(
            {
                "part": thing.id,
                "v_sent": kept(sent, made=True),
                "v_hash": done,
                "wanted": thing.wish.hash,
                "v_state": state,
            }
        )
    for some in chunks(rows, CHUNK):
        connection.execute(_CONFIRM, some)


def forget_files(ledger: Ledger) -> None:
    """What was sent by file is looked for in the shop when its API is used from now on."""
    with ledger.engine.connect() as connection:
        if connection.execute(select(literal(1)).where(_PART.shop_id == BY_FILE).limit(1)).first() is None:
            return
    values = {"shop_id": "", "sent": "", "sent_hash": b"", "state": case((_PART.wanted_hash == b"", GONE), else_=DIRTY)}
    with ledger.writing() as connection:
        connection.execute(update(SHOP_PART).where(_PART.shop_id == BY_FILE).values(**values))


def is_news(part: Carried) -> bool:
    """Whether it matters that a row holds this part: not where the shop has all of it that a row can hold."""
    thing = part.thing
    if thing.state != DIRTY or not thing.wish.wanted:
        return False
    return part.complete or not thing.shop_id or bool(difference(thing.sent, part.fields))


def again(ledger: Ledger, key: str) -> int:
    """What was sent by file is to be sent once more: all, or of one article; how many parts there are."""
    whose = or_(_PART.key == key, _PART.owner_key == key) if key else literal(1) == literal(1)
    sent = update(SHOP_PART).where(_PART.shop_id == BY_FILE, _PART.state == CLEAN, whose)
    with ledger.writing() as connection:
        return int(connection.execute(sent.values(state=DIRTY, sent_hash=b"")).rowcount)
