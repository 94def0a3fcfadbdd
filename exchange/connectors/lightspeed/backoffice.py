"""The way into the shop by import files of its back office (`exchange.shop.Delivery`; `lightspeed-ecom.md` 3.1).

Nobody tells whether a file was imported: what is in a published file counts as sent. File and ledger cannot share a
transaction, so the complete file lies in the work folder first, then one commit enters both that its parts are sent and
that the file is to be published, and then it is. Whoever finds that entry after a crash publishes; before it nothing
has happened, and the same wishes make the same file again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import os
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, bindparam, case, func, literal, or_, select, update

from exchange.connector import chunks
from exchange.connectors.lightspeed import backoffice_rows as rows_of
from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.backoffice_rows import Article, Carried, Renderer, carried
from exchange.connectors.lightspeed.policy import difference
from exchange.connectors.lightspeed.send import awaken
from exchange.connectors.lightspeed.store import Store
from exchange.connectors.lightspeed.target import ShopTarget
from exchange.connectors.lightspeed.thing import kept, things_of
from exchange.connectors.lightspeed.uploads import Uploads
from exchange.connectors.lightspeed.values import thaw
from exchange.connectors.lightspeed.wishes import CHUNK, CLEAN, DIRTY, GONE
from exchange.errors import TransientError
from exchange.files import PART, replace
from exchange.finding import Severity, found, kind
from exchange.ledger_tables import SHOP_PART
from exchange.shop import Delivered, Plan, Ref, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from exchange.connector import Change, Landing, Target
    from exchange.connectors.lightspeed.backoffice_rows import Row
    from exchange.connectors.lightspeed.lease import Lease
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.finding import Finding
    from exchange.ledger import Ledger
    from exchange.settings import Settings

    _Connecting = AbstractContextManager[Connection]

_BY_HAND_DE = 'Pflegen Sie es im Shop von Hand, oder erreichen Sie ihn über die API (shop.way = "api").'
_BY_HAND_EN = 'Maintain it in the shop by hand, or reach the shop by its API (shop.way = "api").'
NO_COLUMN = kind(
    "shop.no_column",
    de="Für {thing} hat die Importdatei des Shops keine Spalte.",
    en="The shop's import file has no column for {thing}.",
    remedy_de=_BY_HAND_DE,
    remedy_en=_BY_HAND_EN,
    severity=Severity.WARNING,
)
NOT_ALL_IN_FILE = kind(
    "shop.not_all_in_file",
    de="{thing}: in der Importdatei hat nicht alles Platz (Felder ohne Spalte, Löschen), oder der Artikel dazu fehlt.",
    en="{thing}: the import file cannot hold all of it (fields without column, deleting), or its article is missing.",
    remedy_de=_BY_HAND_DE,
    remedy_en=_BY_HAND_EN,
    severity=Severity.WARNING,
)
CATEGORY_NOT_IN_FILE = kind(
    "shop.category_not_in_file",
    de="{thing}: die Importdatei nennt nur Titel, höchstens {levels} Ebenen, und nur die Kategorien von Artikeln.",
    en="{thing}: the import file names titles of {levels} levels at most, and only the categories of articles.",
    remedy_de=_BY_HAND_DE,
    remedy_en=_BY_HAND_EN,
    severity=Severity.WARNING,
)
NO_PICTURE_ADDRESS = kind(
    "shop.no_picture_address",
    de="Ohne Adresse, unter der der Shop Bilder abholt, stehen in der Importdatei keine (Einstellung shop.images_url).",
    en="Without an address where the shop fetches pictures, the import file has none (setting shop.images_url).",
    remedy_de="Veröffentlichen Sie den Bilderordner auf einem Webserver und setzen Sie shop.images_url.",
    remedy_en="Publish the folder of pictures on a web server and set shop.images_url.",
    severity=Severity.WARNING,
)

LOG = logging.getLogger(__name__)

#: In place of the shop's id of what was sent by file.
BY_FILE = "file"
#: Row of the table of watermarks: the file that is to be published.
INTENT = "shop.file"
#: Articles that are looked at together.
PAGE = 200
_PART = SHOP_PART.c
_BELOW = ("variant", "category_product", "product_image", "product_metafield")
#: What rows carry besides articles: others that they name.
_NAMED = ("brand", "supplier", "category")


class BackOfficeDelivery:
    """Plans and writes import files.

    Args:
        ledger, settings: of the installation.
        lease: one sender at a time.
        progress: called with the number of parts done.
    """

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        lease: Lease,
        progress: Callable[[int], None] = lambda _number: None,
    ) -> None:
        self.ledger = ledger
        self.settings = settings
        self.lease = lease
        self.progress = progress
        self.store = Store(ledger, lease)

    # What would be done

    def plan(self) -> Plan:
        """What the next files would hold; `where` is empty for what no file can carry."""
        return self._after(lambda _connection: None)

    def rehearse(self, target: Target, landing: Landing, changes: Iterator[Change], vanished: Sequence[str]) -> Plan:
        """What they would hold if these records were applied."""
        assert isinstance(target, ShopTarget)  # noqa: S101 - there is no other one for the shop
        return self._after(lambda connection: target.rehearse(connection, landing, changes, vanished))

    def _after(self, act: Callable[[Connection], None]) -> Plan:
        now = self.ledger.now()
        with self.ledger.engine.connect().execution_options(writes=True) as connection, connection.begin() as undone:
            act(connection)
            awaken(connection, self.settings, Uploads(self.settings), now)
            held: Counter[str] = Counter()
            dirty = self._waiting(connection)
            things = {
                each.thing.id: each for _, parts in self._pages(lambda: nullcontext(connection)) for each in parts
            }
            held.update(each.thing.ref.resource for each in things.values())
            undone.rollback()
        steps = [Step(name, "write", number, 0, "outbox") for name, number in sorted(held.items())]
        rest = {name: number - held[name] for name, number in dirty.items() if number > held[name]}
        steps += [Step(name, "leave", number, 0) for name, number in sorted(rest.items())]
        return Plan(steps, "", 0, [0])

    # Doing it

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> Delivered:
        """Write and publish files until nothing more can go. Raises TransientError while another process does."""
        if not self.lease.take():
            raise TransientError("another process is bringing changes into the shop")
        done: Counter[str] = Counter()
        try:
            self._publish()
            self._clear_up()
            with self.ledger.writing() as connection:
                awaken(connection, self.settings, Uploads(self.settings), self.ledger.now())
            for rows, parts in _files(self._pages(self.ledger.engine.connect), self.settings.shop.file_rows):
                if stop():
                    break
                self._send(rows, parts)
                done["written"] += len(parts)
                self.progress(done["written"])
            self._tell_rest()
        finally:
            self.lease.give_back()
        waiting, refused = self.store.waiting()
        return Delivered(dict(done), waiting, refused, 0, "stopped" if stop() else "done", None, "")

    def retry(self, key: str = "") -> int:
        """See `exchange.shop.Delivery`."""
        return self.store.retry(key)

    # Reading

    def _waiting(self, connection: Connection) -> Counter[str]:
        query = select(_PART.resource, func.count()).where(_PART.state == DIRTY).group_by(_PART.resource)
        return Counter({resource: int(number) for resource, number in connection.execute(query)})

    def _pages(self, connect: Callable[[], _Connecting]) -> Iterator[tuple[list[Row], list[Carried]]]:
        """The rows of one article after the other, each with the parts that they carry; none without such parts."""
        now = self.ledger.now()
        with connect() as connection:
            waiting = _dirty_articles(connection)
            if not waiting:
                return
            named = {resource: _by_key(things_of(connection, now, _PART.resource == resource)) for resource in _NAMED}
        categories = {key: each for key, (each, _) in named["category"].items() if each is not None}
        renderer = Renderer(self.settings.shop, categories, {key: each for key, (_, each) in named["category"].items()})
        for numbers in chunks(waiting, PAGE):
            with connect() as connection:
                articles = _articles(connection, now, numbers)
            for article in articles:
                if article.product is not None and not article.product.wish.wanted:
                    gone = [each for each in article.things if each.state == DIRTY and not each.wish.wanted]
                    rows, parts = renderer.removal(article), [Carried(each, {}, complete=True) for each in gone]
                else:
                    rows = self._rows(renderer, article)
                    parts = list(self._carried(renderer, article, named)) if rows else []
                if parts:
                    yield rows, parts

    @staticmethod
    def _rows(renderer: Renderer, article: Article) -> list[Row]:
        product = article.product
        may_be_made = product is not None and (product.wish.creates or product.shop_id)
        return renderer.rows(article) if may_be_made else []

    def _carried(
        self, renderer: Renderer, article: Article, named: Mapping[str, Mapping[str, tuple[Thing | None, list[Thing]]]]
    ) -> Iterator[Carried]:
        """The parts that the rows of an article hold, with the brands and categories that they name."""
        assert article.product is not None  # noqa: S101 - it has rows
        assigned = renderer.assigned(article)
        plain = [article.product, *article.texts, *renderer.variants(article), *article.variant_texts, *assigned]
        plain += [each for each, _ in renderer.addresses(article)]
        plain += [each for each in article.metafields if rows_of.meta_column(str(each.wish.fields.get("key", "")))]
        for name in ("brand", "supplier"):
            ref = thaw(article.product.wish.fields.get(name))
            if isinstance(ref, Ref):
                thing, texts = named[name].get(ref.key, (None, []))
                plain += [*([thing] if thing else []), *texts]
        for each in assigned:
            ref = thaw(each.wish.fields["category"])
            for thing in renderer.path(ref.key):
                plain += [thing, *renderer.texts.get(thing.ref.key, ())]
        yield from (each for each in map(carried, plain) if _is_news(each))

    # Writing

    def _send(self, rows: Sequence[Row], parts: Sequence[Carried]) -> None:
        """One file: complete in the work folder, then entered together with its parts, then published."""
        content = self._csv(rows)
        digest = hashlib.sha256(content).hexdigest()
        name = f"lightspeed_products_{self.ledger.now():%Y%m%dT%H%M%S}_{digest[:8]}.csv"
        part = self.settings.folder("work") / (name + PART)
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        final = self.settings.folder("outbox") / name
        with self.ledger.writing() as connection:
            self.lease.keep(connection)
            _confirm(connection, parts)
            self.ledger.mark(connection, INTENT, json.dumps({"part": str(part), "final": str(final), "sha256": digest}))
        self._publish()

    def _csv(self, rows: Sequence[Row]) -> bytes:
        used = {title for row in rows for title in row}
        basic = self.settings.shop.default_language
        codes = {title[:2].lower() for title in used if title[2:3] == "_" and title[:2].isupper()}
        titles = rows_of.header([basic, *sorted(codes - {basic})])
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, titles, restval="", delimiter=";", lineterminator="\r\n", extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode("utf-8")

    def _publish(self) -> None:
        """Bring the file that was entered to the outbox; one that has left the work folder is there already."""
        entered = self.ledger.watermark(INTENT)
        if not entered:
            return
        note = json.loads(entered)
        part, final = Path(note["part"]), Path(note["final"])
        if part.exists():
            replace(part, final)
            LOG.info("%s is ready for the back office", final.name, extra={"action": "shop_file"})
        with self.ledger.writing() as connection:
            self.ledger.mark(connection, INTENT, "")

    def _clear_up(self) -> None:
        """Files that a dead process had not entered: nothing of them has happened."""
        for left in self.settings.folder("work").glob(f"lightspeed_products_*.csv{PART}"):
            left.unlink()

    def _tell_rest(self) -> None:
        """Say of everything that waits why no file can carry it: one finding per kind of thing."""
        with self.ledger.writing() as connection:
            for resource in sorted(self._waiting(connection)):
                text = kinds.as_text(self._why_not(resource))
                mine = (_PART.state == DIRTY, _PART.resource == resource, _PART.finding != text)
                moved = connection.execute(update(SHOP_PART).where(*mine).values(finding=text)).rowcount
                if moved:
                    LOG.warning("%s", kinds.from_text(text), extra={"action": "shop_file_cannot", "number": moved})

    def _why_not(self, resource: str) -> Finding:
        if resource == "product_image" and not self.settings.shop.images_url:
            return found(NO_PICTURE_ADDRESS)
        if resource in ("category", "category_product"):
            return found(CATEGORY_NOT_IN_FILE, thing=resource, levels=rows_of.LEVELS)
        return found(NOT_ALL_IN_FILE if resource in rows_of.CARRIED else NO_COLUMN, thing=resource)


def forget_files(ledger: Ledger) -> None:
    """What was sent by file is looked for in the shop when its API is used from now on."""
    with ledger.engine.connect() as connection:
        if connection.execute(select(literal(1)).where(_PART.shop_id == BY_FILE).limit(1)).first() is None:
            return
    values = {"shop_id": "", "sent": "", "sent_hash": b"", "state": case((_PART.wanted_hash == b"", GONE), else_=DIRTY)}
    with ledger.writing() as connection:
        connection.execute(update(SHOP_PART).where(_PART.shop_id == BY_FILE).values(**values))


def _is_news(part: Carried) -> bool:
    """Whether it matters that a row holds this part: not where the shop has all of it that a row can hold."""
    thing = part.thing
    if thing.state != DIRTY or not thing.wish.wanted:
        return False
    return part.complete or not thing.shop_id or bool(difference(thing.sent, part.fields))


# --- helpers ---------------------------------------------------------------------------------------------------------


def _files(pages: Iterable[tuple[list[Row], list[Carried]]], most: int) -> Iterator[tuple[list[Row], list[Carried]]]:
    """Rows of articles put together to files of at most so many rows; an article is never torn apart."""
    rows: list[Row] = []
    parts: dict[int, Carried] = {}
    for more, theirs in pages:
        if rows and len(rows) + len(more) > most:
            yield rows, list(parts.values())
            rows, parts = [], {}
        rows += more
        parts.update((each.thing.id, each) for each in theirs)
    if rows:
        yield rows, list(parts.values())


def _dirty_articles(connection: Connection) -> list[str]:
    """Numbers of all articles of which something waits that a row could hold."""
    below = select(_PART.owner_key).where(
        _PART.state == DIRTY, _PART.resource.in_(_BELOW), _PART.owner_resource == "product"
    )
    own = select(_PART.key).where(_PART.state == DIRTY, _PART.resource == "product")
    return sorted({number for query in (own, below) for (number,) in connection.execute(query)})


def _articles(connection: Connection, now: Any, numbers: Sequence[str]) -> list[Article]:
    itself = and_(_PART.resource == "product", _PART.key.in_(numbers))
    below = and_(_PART.resource.in_(_BELOW), _PART.owner_resource == "product", _PART.owner_key.in_(numbers))
    articles = {number: Article(number) for number in numbers}
    for thing in things_of(connection, now, or_(itself, below)):
        number = thing.ref.key if thing.ref.resource == "product" else thing.owner.key if thing.owner else ""
        articles[number].add(thing)
    return list(articles.values())


def _by_key(things: Iterable[Thing]) -> dict[str, tuple[Thing | None, list[Thing]]]:
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


def _confirm(connection: Connection, parts: Iterable[Carried]) -> None:
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
