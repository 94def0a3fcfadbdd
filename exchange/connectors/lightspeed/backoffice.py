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
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from exchange.connector import chunks
from exchange.connectors.lightspeed import backoffice_rows as rows_of
from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.backoffice_kinds import (
    CATEGORY_NOT_IN_FILE,
    NO_COLUMN,
    NO_PICTURE_ADDRESS,
    NOT_ALL_IN_FILE,
)
from exchange.connectors.lightspeed.backoffice_rows import Article, Carried, Renderer, carried
from exchange.connectors.lightspeed.backoffice_store import again, articles_of, by_key, confirm, dirty_articles, is_news
from exchange.connectors.lightspeed.send import awaken
from exchange.connectors.lightspeed.store import Store
from exchange.connectors.lightspeed.target import ShopTarget
from exchange.connectors.lightspeed.thing import things_of
from exchange.connectors.lightspeed.uploads import Uploads
from exchange.connectors.lightspeed.values import thaw
from exchange.connectors.lightspeed.wishes import DIRTY
from exchange.errors import TransientError
from exchange.files import PART, replace
from exchange.finding import found
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

LOG = logging.getLogger(__name__)

#: Row of the table of watermarks: the file that is to be published.
INTENT = "shop.file"
#: Articles that are looked at together.
PAGE = 200
_PART = SHOP_PART.c
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
        """Write again what was sent, as a file was lost: all, or of one article; how many parts there are."""
        return again(self.ledger, key)

    # Reading

    def _waiting(self, connection: Connection) -> Counter[str]:
        query = select(_PART.resource, func.count()).where(_PART.state == DIRTY).group_by(_PART.resource)
        return Counter({resource: int(number) for resource, number in connection.execute(query)})

    def _pages(self, connect: Callable[[], _Connecting]) -> Iterator[tuple[list[Row], list[Carried]]]:
        """The rows of one article after the other, each with the parts that they carry; none without such parts."""
        now = self.ledger.now()
        with connect() as connection:
            waiting = dirty_articles(connection)
            if not waiting:
                return
            named = {resource: by_key(things_of(connection, now, _PART.resource == resource)) for resource in _NAMED}
        categories = {key: each for key, (each, _) in named["category"].items() if each is not None}
        renderer = Renderer(self.settings.shop, categories, {key: each for key, (_, each) in named["category"].items()})
        for numbers in chunks(waiting, PAGE):
            with connect() as connection:
                articles = articles_of(connection, now, numbers)
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
        yield from (each for each in map(carried, plain) if is_news(each))

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
            confirm(connection, parts)
            self.ledger.mark(connection, INTENT, json.dumps({"part": str(part), "final": str(final), "sha256": digest}))
        self._publish()

    def _csv(self, rows: Sequence[Row]) -> bytes:
        used = {title for row in rows for title in row}
        basic = self.settings.shop.default_language
        titles = rows_of.header([basic, *sorted(rows_of.languages(used) - {basic})])
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
