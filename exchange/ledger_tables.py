"""The tables of the ledger. Migrations lie in `exchange/ledgers/migrations`; a test proves that both are equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

if TYPE_CHECKING:
    from sqlalchemy import Dialect

METADATA = MetaData()


class Moment(TypeDecorator[datetime]):
    """An aware datetime; stored in UTC, because SQLite forgets offsets."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


#: One file on its way, from claim to answer.
BATCH = Table(
    "batch",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("uid", String(40), nullable=False, unique=True),
    Column("state", String(12), nullable=False),
    Column("origin", String(10), nullable=False),
    Column("module", String(40), nullable=False),
    Column("profile", String(80), nullable=False),
    Column("target", String(120), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("snapshot", Boolean, nullable=False),
    Column("forced", Boolean, nullable=False),
    Column("replay_of", String(40), nullable=False),
    Column("duplicate_of", String(40), nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("owner", String(80), nullable=False),
    Column("lease_until", Moment),
    Column("received_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("kept_at", Text, nullable=False),
    Column("rows_in", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("deleted", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Index("batch_state", "state"),
    Index("batch_content", "content_hash"),
)

#: A space of business keys: one module on its way to one target.
SCOPE = Table(
    "scope",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("module", String(40), nullable=False),
    Column("target", String(120), nullable=False),
    UniqueConstraint("module", "target"),
)

#: The last known state of every record, and which line of which batch brought it.
RECORD = Table(
    "record",
    METADATA,
    Column("scope_id", Integer, ForeignKey("scope.id"), primary_key=True, autoincrement=False),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("batch_id", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("foreign_id", String(120), nullable=False),
    sqlite_with_rowid=False,
)

#: What a record was before it changed: written only when it does, so a first run costs nothing here.
RECORD_HISTORY = Table(
    "record_history",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("scope_id", Integer, nullable=False),
    Column("key", String(255), nullable=False),
    Column("fingerprint", LargeBinary(16), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("batch_id", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("foreign_id", String(120), nullable=False),
    Index("record_history_key", "scope_id", "key"),
)

#: What was found wrong in a batch.
FINDING = Table(
    "finding",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, nullable=False),
    Column("code", String(80), nullable=False),
    Column("line", Integer),
    Column("field", String(120), nullable=False),
    Column("sheet", String(120), nullable=False),
    Column("cell", String(20), nullable=False),
    Column("key", String(255), nullable=False),
    Column("details", Text, nullable=False),
    Index("finding_batch", "batch_id"),
    Index("finding_key", "key"),
)

#: Files that a batch wrote, and whether they were published.
OUTPUT = Table(
    "output",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("batch_id", Integer, nullable=False),
    Column("part", Text, nullable=False),
    Column("final", Text, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Index("output_batch", "batch_id"),
)

#: What the shop is to have, and what it has: one row per thing and language (`exchange.shop.Part`).
SHOP_PART = Table(
    "shop_part",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("resource", String(40), nullable=False),
    Column("key", String(255), nullable=False),
    Column("language", String(5), nullable=False),
    Column("owner_resource", String(40), nullable=False),
    Column("owner_key", String(255), nullable=False),
    Column("shop_id", String(40), nullable=False),  # empty: the shop does not have it
    Column("state", String(10), nullable=False),  # clean, dirty, refused, gone
    Column("priority", SmallInteger, nullable=False),  # lower goes first
    Column("wanted_hash", LargeBinary(16), nullable=False),  # of the fields together; empty: nobody wants it
    Column("sent_hash", LargeBinary(16), nullable=False),
    Column("sent", Text, nullable=False),  # the fields that the shop has confirmed, json
    Column("since", Moment, nullable=False),  # when it became dirty
    Column("due_at", Moment),  # when a facet begins or ends to be valid
    Column("intent", String(40), nullable=False),  # a write that has begun and whose end is not known
    Column("tries", SmallInteger, nullable=False),
    Column("next_try_at", Moment),
    Column("finding", Text, nullable=False),  # why it is refused or waits, json
    Column("batch_id", Integer, nullable=False),  # the last batch that touched it
    UniqueConstraint("resource", "key", "language"),
    Index("shop_part_state", "state", "priority", "since"),
    Index("shop_part_owner", "owner_resource", "owner_key"),
    Index("shop_part_due", "due_at"),
    Index("shop_part_shop_id", "resource", "shop_id"),
)

#: What one record of one module says about a part.
SHOP_FACET = Table(
    "shop_facet",
    METADATA,
    Column("part_id", Integer, ForeignKey("shop_part.id"), primary_key=True, autoincrement=False),
    Column("module", String(40), primary_key=True),
    Column("record_key", String(255), primary_key=True),
    Column("fields", Text, nullable=False),  # json
    Column("creates", Boolean, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    Column("from_at", Moment),
    Column("until_at", Moment),
    Column("batch_id", Integer, nullable=False),
    Index("shop_facet_record", "module", "record_key"),
)

#: How far reading out of a foreign system has come.
WATERMARK = Table(
    "watermark",
    METADATA,
    Column("name", String(120), primary_key=True),
    Column("value", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

#: How far a schedule has come: the moment that it served last, and what came of it.
SCHEDULE_STATE = Table(
    "schedule_state",
    METADATA,
    Column("name", String(80), primary_key=True),
    Column("since_at", Moment, nullable=False),  # first seen; what was due before is not caught up
    Column("due_at", Moment),  # the moment served last
    Column("started_at", Moment),
    Column("ended_at", Moment),  # empty: at work, or its process has died
    Column("next_try_at", Moment),
    Column("unserved_at", Moment),  # the first moment since the last run that went well
    Column("result", String(10), nullable=False),  # done, findings, waits, failed
    Column("message", Text, nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("deaths", SmallInteger, nullable=False),
    Column("owner", String(80), nullable=False),
)

#: The last runs of every schedule.
SCHEDULE_RUN = Table(
    "schedule_run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String(80), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("result", String(10), nullable=False),
    Column("message", Text, nullable=False),
    Column("batches", Text, nullable=False),  # their ids, separated by blanks
    Index("schedule_run_name", "name"),
)

#: Modules that are not to run by themselves.
PAUSE = Table(
    "pause",
    METADATA,
    Column("module", String(40), primary_key=True),
    Column("since_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
)

#: Who does what only one may do at a time; see `exchange.leases`.
LEASE = Table(
    "lease",
    METADATA,
    Column("name", String(120), primary_key=True),
    Column("owner", String(80), nullable=False),
    Column("token", String(16), nullable=False),  # tells two threads of one owner apart
    Column("since_at", Moment, nullable=False),
    Column("until_at", Moment, nullable=False),
)

#: Mails on their way; see `exchange.mail`.
MAIL = Table(
    "mail",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # why it was written: the same reason makes one mail
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("message", LargeBinary, nullable=False),  # as it goes over the wire
    Column("in_doubt", String(5), nullable=False),  # after a crash in mid-sending: again, hold
    Column("state", String(8), nullable=False),  # waiting, sending, sent, refused, held
    Column("owner", String(80), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("next_try_at", Moment),
    Column("sent_at", Moment),
    Column("tries", SmallInteger, nullable=False),
    Column("problem", Text, nullable=False),
    Column("order_number", String(50), nullable=False, server_default=""),  # of the shop, where it is about one
    Index("mail_state", "state"),
)

#: What somebody has to look after, and whether they were told; see `exchange.alerts`.
CAUSE = Table(
    "cause",
    METADATA,
    Column("key", String(200), primary_key=True),
    Column("code", String(80), nullable=False),
    Column("module", String(40), nullable=False),
    Column("details", Text, nullable=False),  # values of the finding, json
    Column("since_at", Moment, nullable=False),
    Column("told_at", Moment),
    Column("gone_at", Moment),
)

#: What somebody met and what still lasts; see `exchange.troubles`.
TROUBLE = Table(
    "trouble",
    METADATA,
    Column("key", String(200), primary_key=True),
    Column("code", String(80), nullable=False),
    Column("module", String(40), nullable=False),
    Column("details", Text, nullable=False),
    Column("since_at", Moment, nullable=False),
)

#: Consignments that were handed to a carrier, and to whom they go; see `exchange.consignment`.
CONSIGNMENT = Table(
    "consignment",
    METADATA,
    Column("reference", String(50), primary_key=True),  # as the carrier has it
    Column("order_number", String(50), nullable=False),
    Column("carrier", String(20), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("language", String(5), nullable=False),
    Column("zip", String(24), nullable=False),
    Column("handed_at", Moment, nullable=False),
    Index("consignment_handed", "handed_at"),
)

#: The parcels that a carrier has made of a consignment; one parcel may hold several consignments.
PARCEL = Table(
    "parcel",
    METADATA,
    Column("number", String(40), primary_key=True),
    Column("reference", String(50), primary_key=True),
    Column("order_number", String(50), nullable=False),
    Column("known_at", Moment, nullable=False),
    Index("parcel_reference", "reference"),
)

#: What letters have listed, so that no other one lists it again; see `exchange.letter.Letter.items`.
TOLD = Table(
    "told",
    METADATA,
    Column("key", String(200), primary_key=True),
    Column("mail_key", String(200), nullable=False),
    Index("told_mail", "mail_key"),
)
