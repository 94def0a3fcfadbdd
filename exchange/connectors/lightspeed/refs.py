"""Fields as the shop's API takes them: our references become ids of the shop, files become attachments."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from exchange.connectors.lightspeed import kinds
from exchange.connectors.lightspeed.values import mentioned, thaw
from exchange.finding import Finding, found
from exchange.shop import Gathered, Json, Listed, Ref, Upload, article_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from exchange.connectors.lightspeed.gateway import Gateway
    from exchange.connectors.lightspeed.store import Store
    from exchange.connectors.lightspeed.thing import Thing
    from exchange.connectors.lightspeed.uploads import Uploads
    from exchange.connectors.lightspeed.values import Plain

#: So many digits of a file's content hash stand in its name, so that it can be recognised in the shop.
HASH_DIGITS = 8


class Waits(Exception):  # noqa: N818 - it says what the part does
    """A part cannot go yet.

    Attributes:
        finding: why.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Refs:
    """Looks up ids of the shop, once per run.

    Args:
        store: what we brought there.
        gateway: for what the shop has of itself, such as its taxes.
        uploads: the files.
    """

    def __init__(self, store: Store, gateway: Gateway, uploads: Uploads) -> None:
        self.store = store
        self.gateway = gateway
        self.uploads = uploads
        self._ids: dict[Ref, tuple[str, bool]] = {}
        self._variants: set[Ref] = set()
        self._addresses: dict[str, str] = {}
        self._taxes: dict[Decimal, str] | None = None

    def load(self, things: Iterable[Thing]) -> None:
        """Look up at once what these things refer to."""
        wanted = {ref for thing in things for ref in _mentioned(thing)}
        self._ids |= self.store.shop_ids([ref for ref in wanted if ref.resource != "tax" and ref not in self._ids])

    def learn(self, ref: Ref, shop_id: str, *, made: bool = False) -> None:
        """The thing has come into the shop; or, without an id, it is no longer there, and neither what was below it."""
        if shop_id:
            self._ids[ref] = shop_id, made
            self._variants.discard(ref)
        else:
            self._ids.clear()

    def id(self, ref: Ref) -> str:
        """The shop's id of a thing. Raises Waits."""
        return self._tax(ref) if ref.resource == "tax" else self._known(ref)[0]

    def own_id(self, ref: Ref) -> str:
        """The shop's id of the thing itself: texts of a variant article are not those of its parent. Raises Waits."""
        shop_id = self.id(ref)
        if ref in self._variants:
            raise Waits(found(kinds.WAITS_FOR, thing=ref.resource, key=ref.key))
        return shop_id

    def knows(self, ref: Ref) -> bool:
        """Whether the thing is known to be in the shop."""
        try:
            self._known(ref)
        except Waits:
            return False
        return True

    def made(self, ref: Ref) -> bool:
        """Whether we made a thing; otherwise it was there before us. Raises Waits."""
        return self._known(ref)[1]

    def _known(self, ref: Ref) -> tuple[str, bool]:
        if ref not in self._ids:
            self._ids |= self.store.shop_ids([ref])
        if ref not in self._ids and ref.resource == "product":
            self._of_parent(ref)
        if ref not in self._ids:
            raise Waits(found(kinds.WAITS_FOR, thing=ref.resource, key=ref.key))
        return self._ids[ref]

    def _of_parent(self, ref: Ref) -> None:
        """An article that is a variant of another one: its product is that of its parent."""
        variant = self.store.thing(Ref("variant", article_key(ref.key)))
        if variant is not None and variant.owner is not None and variant.owner != ref:
            ids = self.store.shop_ids([variant.owner])
            if variant.owner in ids:
                self._ids[ref] = ids[variant.owner]
                self._variants.add(ref)

    def wire(self, fields: Mapping[str, Plain]) -> dict[str, Any]:
        """Frozen fields as they go over the wire. Raises Waits."""
        body: dict[str, Any] = {}
        for name, value in fields.items():
            plain = thaw(value)
            if isinstance(plain, Upload):
                body |= self._attachment(name, plain)
            elif isinstance(plain, Json):
                body[name] = json.dumps(self._within(plain.content), ensure_ascii=False, default=str)
            elif isinstance(plain, Listed):
                body[name] = json.dumps(self._within(plain.items), ensure_ascii=False, default=str)
            elif isinstance(plain, Gathered):
                body[name] = " ".join(plain.items)
            else:
                body[name] = int(self.id(plain)) if isinstance(plain, Ref) else plain
        return body

    def _within(self, value: Any) -> Any:
        """A value inside of JSON text: a file is meant by its address, anything else by its id."""
        if isinstance(value, Ref):
            return self._address(value) if value.resource == "file" else int(self.id(value))
        if isinstance(value, dict):
            return {name: self._within(each) for name, each in value.items()}
        return [self._within(each) for each in value] if isinstance(value, list | tuple) else value

    def _address(self, ref: Ref) -> str:
        shop_id = self.id(ref)
        if shop_id not in self._addresses:
            self._addresses[shop_id] = str(self.gateway.one("file", shop_id)["src"])
        return self._addresses[shop_id]

    def _attachment(self, name: str, upload: Upload) -> dict[str, str]:
        path = self.uploads.path(upload)
        data = b"" if path is None else path.read_bytes()
        if not data:
            raise Waits(found(kinds.NO_FILE, file=upload.name, folder=upload.folder))
        return {name: base64.b64encode(data).decode("ascii"), "filename": file_name(upload)}

    def _tax(self, ref: Ref) -> str:
        if self._taxes is None:
            rows = self.gateway.read("tax")
            self._taxes = {Decimal(str(row["rate"])): str(row["id"]) for row in reversed(rows)}
        rate = Decimal(ref.key) / 100
        if rate not in self._taxes:
            raise Waits(found(kinds.NO_TAX, key=ref.key))
        return self._taxes[rate]


def file_name(upload: Upload) -> str:
    """The name under which a file goes to the shop: its own, and the beginning of its content hash."""
    path = PurePath(upload.name)
    return f"{path.stem}-{upload.sha256[:HASH_DIGITS]}{path.suffix.lower()}"


def _mentioned(thing: Thing) -> Iterable[Ref]:
    if thing.owner is not None:
        yield thing.owner
    if thing.language:
        yield thing.ref
    for value in thing.wish.fields.values():
        yield from mentioned(value)
