"""An installation opened in this process, with a clock that a test turns: quick enough for one test per fault."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from exchange.app import App
from exchange.settings import load
from exchange.setup import init
from exchange.worker import Worker
from tests.end_to_end.conftest import Installation, install

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from exchange.ledger import Batch

#: Stock in our own csv form; it lands in the outbox and needs no Sage.
STOCK = "article_number;available\r\n00200050;14\r\n20010;3\r\n"


class Inside:
    """An open installation and its worker.

    Attributes:
        installation: its folders.
        app, worker: of the installation.
        ended: every batch that has ended.
        seconds: the worker's monotonic clock.
    """

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.app = App(load(installation.folder / "exchange.toml"))
        self.ended: list[Batch] = []
        self.worker = Worker(self.app, self.ended.append)
        self.seconds = 0.0
        self.worker.inbox.clock = lambda: self.seconds
        self.worker.start()

    @property
    def folder(self) -> Path:
        return self.installation.folder

    @property
    def inbox(self) -> Path:
        return self.installation.inbox

    @property
    def outbox(self) -> Path:
        return self.installation.outbox

    def round(self, after: float = 0.0) -> list[Batch]:
        """Turn the clock, look once; the batches that ended."""
        self.seconds += after
        before = len(self.ended)
        self.worker.round()
        return self.ended[before:]

    def settled(self) -> list[Batch]:
        """Look, let everything stand still for long enough, look again; the batches that ended."""
        return [*self.round(), *self.round(after=self.worker.inbox.settle_seconds + 1)]

    def take(self, name: str, content: bytes | str) -> Batch:
        """Drop a file and have it processed."""
        self.installation.drop(name, content)
        (batch,) = self.settled()
        return batch

    def codes(self, batch: Batch) -> list[str]:
        """The findings of a batch, by code."""
        return [each.code for each in self.app.ledger.findings(batch)]

    def receipt(self, batch: Batch) -> dict[str, Any]:
        """The receipt of a batch."""
        (path,) = self.outbox.glob(f"*{batch.uid}.receipt.json")
        receipt: dict[str, Any] = json.loads(path.read_bytes())
        return receipt

    def written(self, batch: Batch) -> list[Path]:
        """The files that a batch has published."""
        return [self.folder / each.final for each in self.app.ledger.files(batch)]

    def waiting(self) -> list[str]:
        """Names of the files in the inbox."""
        return sorted(path.name for path in self.inbox.rglob("*") if not path.is_dir())


@contextmanager
def opened(installation: Installation) -> Iterator[Inside]:
    """The installation opened in this process."""
    inside = Inside(installation)
    try:
        yield inside
    finally:
        inside.app.close()


@contextmanager
def without_sage(folder: Path, **given: Any) -> Iterator[Inside]:
    """An installation that reaches Sage by files only."""
    init(folder, {"watching.settle_seconds": 2.0, **given})
    with opened(Installation(folder)) as inside:
        yield inside


@contextmanager
def with_sage(folder: Path, way: str = "documents", **given: Any) -> Iterator[Inside]:
    """An installation with a sandbox Sage."""
    with opened(install(folder, way, **given)) as inside:
        yield inside
