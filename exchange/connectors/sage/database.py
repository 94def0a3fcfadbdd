"""Sage's database as the rest of the program sees it: what modules read, checks ask and targets write."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import MetaData, Table, inspect

from exchange.assortment.attachments import documents, sha256
from exchange.connectors.sage import lookup, named, probe, tables
from exchange.connectors.sage.engine import open_engine, translated
from exchange.connectors.sage.pictures import Pictures
from exchange.errors import ConfigError
from exchange.settings import secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence, Set
    from types import TracebackType
    from typing import Self

    from sqlalchemy import Connection, Engine, RowMapping, Select

    from exchange.assortment.attachments import Document
    from exchange.settings import SageSettings

#: Rows that are fetched at once when streaming.
FETCHED_ROWS = 2_000


class SageDatabase:
    """One Mandant of one database (`exchange.connector.SageSource` and `Lookup`). Thread-safe; close it at the end.

    Args:
        settings: of Sage; `url` must be set.
        pictures: folder of article pictures, if there is one.
        attachments: folder of the PDFs of articles, if there is one.
        papers: folder of the PDFs of sales documents, if there is one.
        zone: IANA name of the merchant's time zone, in which documents are dated.
        now: the clock.

    Raises:
        ConfigError: there is no usable URL.
    """

    def __init__(
        self,
        settings: SageSettings,
        *,
        pictures: Path | None = None,
        attachments: Path | None = None,
        papers: Path | None = None,
        zone: str = "Europe/Berlin",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if settings.url is None:
            raise ConfigError("sage.url is not set, so Sage's database cannot be reached")
        self.settings = settings
        self.zone = ZoneInfo(zone)
        self.now = now
        self.engine: Engine = open_engine(secret(settings.url))
        self._columns: dict[str, frozenset[str]] = {}
        self._reflected: dict[str, Table] = {}
        self._pictures = None if pictures is None else Pictures(pictures, self._are_articles)
        self._attachments = attachments
        self.papers = papers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back all connections; on Windows a sandbox file could not be moved before."""
        self.engine.dispose()

    # Reading

    def rows(self, query: Select[Any], **values: Any) -> Iterator[RowMapping]:
        """The rows of a query, streaming, in a read transaction of its own. Raises TransientError."""
        with translated(), self.engine.connect() as connection, connection.begin():
            options = {"stream_results": True, "yield_per": FETCHED_ROWS}
            yield from connection.execute(query, values, execution_options=options).mappings()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, for several queries that belong together. Raises TransientError."""
        with translated(), self.engine.connect() as connection, connection.begin() as transaction:
            yield connection
            transaction.rollback()

    def columns(self, table: str) -> Set[str]:
        """Names of the columns of a table, in lower case; empty where the database has no such table."""
        if table not in self._columns:
            with translated():
                inspector = inspect(self.engine)
                found = inspector.get_columns(table) if inspector.has_table(table) else []
            if not found:  # not kept in mind: a table of ours may be created any time
                return frozenset()
            self._columns[table] = frozenset(column["name"].lower() for column in found)
        return self._columns[table]

    def table(self, name: str) -> Table:
        """A table with every column that the database has, own fields too; for copying whole rows."""
        if name not in self._reflected:
            with translated():
                self._reflected[name] = Table(name, MetaData(), autoload_with=self.engine, resolve_fks=False)
        return self._reflected[name]

    def pictures(self, number: str) -> list[str]:
        """File names of an article's pictures, the main one first."""
        return [] if self._pictures is None else self._pictures.of(number)

    def attachments(self) -> dict[str, list[Document]]:
        """The PDFs per article, as they lie there now."""
        return {} if self._attachments is None else documents(self._attachments, self._are_articles)

    def attachment_sha256(self, file: str) -> str:
        """Of the content of one of them, hexadecimal."""
        return sha256((self._attachments or Path()) / file)

    def _are_articles(self, numbers: Set[str]) -> Set[str]:
        return numbers - lookup.missing_articles(self, numbers, sold=False)

    # Asking

    def missing(self, name: str, values: Set[str]) -> Set[str]:
        """Those of the values that Sage does not have; names: see `exchange.connectors.sage.lookup`."""
        return lookup.missing(self, name, values)

    def known(self, name: str) -> Sequence[str]:
        """The codes that may be named, where they are a short list."""
        return lookup.known(self, name)

    def check(self) -> list[str]:
        """What the database lacks of what the settings need, one line for each table or column."""
        return probe.check(self)

    def dangling(self) -> list[str]:
        """What the settings name and the database does not have, one line for each setting."""
        return named.dangling(self)

    @cached_property
    def is_sandbox(self) -> bool:
        """Whether the database carries the sandbox's mark."""
        with translated():
            return inspect(self.engine).has_table(tables.SANDBOX.name)

    # Writing

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that writes; committed at the end, rolled back by an exception. Raises TransientError."""
        with (
            translated(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def rehearsal(self, *own: Table) -> Iterator[Connection]:
        """A transaction that writes, with these tables of ours, and that is taken back in any case."""
        with (
            translated(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin() as transaction,
        ):
            tables.METADATA.create_all(connection, tables=own)
            yield connection
            transaction.rollback()

    def create(self, *own: Table) -> None:
        """Create tables of ours that do not exist yet."""
        with self.transaction() as connection:
            tables.METADATA.create_all(connection, tables=own)
