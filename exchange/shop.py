"""The contract between modules and the shop: a record becomes parts, and parts are what the shop is to have.

A part is one thing of the shop (a product, a variant, an image, an assignment) with the fields that one module wants
there. Modules say what shall be; they never call the shop and know nothing of its paths, envelopes and limits.
Several modules may speak of the same thing: their fields are laid over each other, the higher rank above, for as long
as each is valid. So a promotion covers a price and gives it back by itself, and what nobody wants any more goes away.

What becomes of a part is decided later, and once: `exchange.connectors.lightspeed` compares what is wanted with what
was sent and brings the difference into the shop, by its API or by the files of its back office.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import file_digest
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from exchange.connector import Change, Landing, Target
    from exchange.settings import Settings


class Ref(NamedTuple):
    """Another thing of the shop, by what we call it: it gets its shop id when the part is sent.

    Attributes:
        resource: such as `product`, `category`, `tax`.
        key: our key of it: an article number, a category number, a tax rate in percent.
    """

    resource: str
    key: str


class Upload(NamedTuple):
    """A file that goes to the shop.

    Attributes:
        name: path below the folder of the settings that `folder` names.
        folder: `images`, `attachments`, ...
        sha256: of the content, so that an unchanged file is not sent again; hexadecimal, empty while there is no file.
    """

    name: str
    folder: str
    sha256: str

    @classmethod
    def of(cls, view: ShopView, folder: str, name: str) -> Upload:
        """The file as it is now."""
        path = view.settings.folder(folder) / name
        try:
            with path.open("rb") as file:
                return cls(name, folder, file_digest(file, "sha256").hexdigest())
        except OSError:
            return cls(name, folder, "")


class Json(NamedTuple):
    """A value that stands in the shop as JSON text.

    Attributes:
        content: lists, dicts, texts and numbers; a `Ref` within becomes the address of a file, and the shop id of
            anything else.
    """

    content: Any


class Gathered(NamedTuple):
    """A text that several records speak of together, such as the parcel numbers of one order.

    Attributes:
        items: what this record adds; in the shop all items stand side by side, each once, in their order.
    """

    items: tuple[str, ...]


class Withdrawn(NamedTuple):
    """What is no longer to stand in a gathered text, whoever adds it, such as the number of a cancelled parcel.

    Attributes:
        items: as they stand in the `Gathered` of others.
    """

    items: tuple[str, ...]


class Listed(NamedTuple):
    """A list that several records make together, such as the orders of one customer; JSON text in the shop.

    Attributes:
        items: what this record adds, as in `Json`; in the shop all items stand in one list, in the order of their text.
    """

    items: tuple[Any, ...]


#: What a field may be: text, number, flag, `Ref`, `Upload`, `Json`, `Gathered`, `Listed`; money and quantities are
#: Decimal, None is empty.
Value = str | int | bool | None | Any


class Part(NamedTuple):
    """One thing that the shop is to have, as far as one module says.

    Attributes:
        resource: as `exchange.connectors.lightspeed.resources` names it: `product`, `variant`, `product_image`, ...
        key: our key of the thing, unique within its resource, the same for all modules that speak of it.
        fields: field of the API → value (`Value`, `Ref`, `Upload`, `Json`); only those that the module answers for.
        owner: what it lives under: the product of an image, of a variant, of a metafield.
        language: shop language of the texts among the fields; empty for the basic language and all that has none.
        creates: whether the thing may be made because of this part. Stock makes no variant; it waits for one.
        rank: of two values for one field the one of higher rank goes to the shop.
        from_at, until_at: when the part is valid; open when None. Until is exclusive.
    """

    resource: str
    key: str
    fields: Mapping[str, Value]
    owner: Ref | None = None
    language: str = ""
    creates: bool = True
    rank: int = 0
    from_at: datetime | None = None
    until_at: datetime | None = None


class Answer(NamedTuple):
    """What the shop is to know of a record of its own that has landed in Sage.

    Attributes:
        thing: what the record is there: an order, a customer.
        shop_id: the shop's id of it.
        parts: what is to be said of it.
    """

    thing: Ref
    shop_id: str
    parts: Sequence[Part]


class Rank:
    """Who wins when two modules speak of the same field."""

    BASE = 0  # products and categories
    STOCK = 10  # the stock module knows better than the product's own figure
    BUNDLE = 15  # a bundle's stock is what its parts allow
    VARIANT = 20  # native variants know better than their article
    PROMOTION = 30  # for its days


@dataclass(frozen=True, slots=True)
class ShopView:
    """What a module may know when it makes parts.

    Attributes:
        settings: of the installation.
        options: of the module.
    """

    settings: Settings
    options: Any


def joined(*names: object) -> str:
    """One key out of several names; names that hold the separator stay apart."""
    return "|".join(str(name).replace("%", "%25").replace("|", "%7C") for name in names)


def article_key(number: str, variant_id: int = 0) -> str:
    """Key of a variant: every article has one of number 0, the shop's default variant."""
    return joined(number, variant_id)


def product(number: str) -> Ref:
    """The product of an article."""
    return Ref("product", number)


def variant(number: str, variant_id: int = 0) -> Ref:
    """The variant of an article."""
    return Ref("variant", article_key(number, variant_id))


def metafield(owner: Ref, name: str, value: str | Json | Listed | None, **more: Any) -> Part:
    """A metafield of a thing; its resource is `product_metafield`, `customer_metafield`, ..."""
    return Part(
        f"{owner.resource}_metafield", f"{owner.key}|{joined(name)}", {"key": name, "value": value}, owner, **more
    )


# --- how wishes come into the shop -----------------------------------------------------------------------------------


class Step(NamedTuple):
    """Parts that are to be brought into the shop in the same way.

    Attributes:
        resource: which parts.
        action: read, create, change, translate, replace or remove.
        parts: how many.
        calls: how many calls of the API that takes; 0 where it goes by file.
        where: the file, where it goes by one.
    """

    resource: str
    action: str
    parts: int
    calls: int
    where: str = ""


class Plan(NamedTuple):
    """What a delivery would do.

    Attributes:
        steps: in the order in which they would go.
        window: what holds it up: `5 minutes`, `hour`, `day`; empty when nothing does.
        seconds: how long it takes.
        days: calls per day, the first of them today.
    """

    steps: Sequence[Step]
    window: str
    seconds: float
    days: Sequence[int]

    @property
    def calls(self) -> int:
        return sum(step.calls for step in self.steps)

    @property
    def parts(self) -> int:
        return sum(step.parts for step in self.steps)


class Delivered(NamedTuple):
    """What a delivery did.

    Attributes:
        done: number of parts by what was done: created, adopted, changed, replaced, removed, left, refused, ...
        waiting, refused: number of parts that are still to come, and that the shop does not want.
        calls: of the API.
        ended: `done`; `budget`: the calls are spent; `unreachable`; `stopped`: somebody asked for it.
        next_at: when to go on; None when nothing holds it up.
        reason: why it ended early.
    """

    done: Mapping[str, int]
    waiting: int
    refused: int
    calls: int
    ended: str
    next_at: datetime | None
    reason: str


class Delivery(Protocol):
    """A way into the shop: by its API, or by the files of its back office."""

    def plan(self) -> Plan:
        """What `deliver` would do now; without any effect."""
        ...

    def rehearse(self, target: Target, landing: Landing, changes: Iterator[Change], vanished: Sequence[str]) -> Plan:
        """What it would do once these records were applied; without any effect."""
        ...

    def deliver(self, stop: Callable[[], bool] = ...) -> Delivered:
        """Bring what is wanted into the shop, until nothing more can go or `stop` says so."""
        ...

    def retry(self, key: str = "") -> int:
        """Try refused parts again: all, or those of an article and what is below it; how many there are."""
        ...
