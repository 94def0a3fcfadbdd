"""What a module is: a declared value. One business topic, one file in `exchange/modules/`.

The declaration feeds the checks, the Excel template, the published schema, the reference page and the command line. A
rule
carries its own counterexample, so the contract suite can prove that it catches something.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from exchange.record import Schema, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from exchange.connector import SageSource
    from exchange.consignment import Consignment
    from exchange.finding import Finding, Kind
    from exchange.letter import Letter, LetterView
    from exchange.shop import Answer, Part, ShopView


#: What modules read out of the shop.
Pull = Literal["", "orders", "customers", "products", "categories"]


class Side(StrEnum):
    """Where records land: one of the two systems, or a person."""

    SAGE = "sage"
    SHOP = "shop"
    MAIL = "mail"


class Options(BaseModel):
    """The settings of one module, table `[modules.NAME]`; a module adds its own fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(True, description="Switched on. What is dropped for a module that is off is set aside.")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold for a record.

    Attributes:
        kinds: the findings that it can give.
        check: yields a finding per fault; its place names the field (`lines[2].quantity` for a child).
        counterexample: a record that breaks the rule.
    """

    kinds: tuple[Kind, ...]
    check: Callable[[Any, Any], Iterable[Finding]]
    counterexample: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that a record names and that must exist where it lands.

    Attributes:
        name: what: `article`, `category`, `tax`, ... as the connector knows it.
        kind: the finding when it does not exist; its text may use `{value}`.
        of: pairs of field name and value out of a record.
    """

    name: str
    kind: Kind
    of: Callable[[Any], Iterable[tuple[str, str]]]


class Mark(NamedTuple):
    """Something by which two records with different keys may be the same thing: an e-mail, a name with its place.

    Attributes:
        field: that shows it.
        value: what is compared, without what does not matter (letter case, blanks); empty: nothing.
        shown: as the record has it.
        sure: the record says itself who it is (by a number of its own): it is never taken for another one.
    """

    field: str
    value: str
    shown: str
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One business topic.

    Attributes:
        name: stable name, as on the command line.
        de, en: name for people.
        summary_de, summary_en: what it does, one sentence.
        record: the NamedTuple that it moves.
        key: business key of a record; equal keys are the same thing, in whatever file or format.
        lands: the side that receives.
        options: model of its settings.
        example: a record that passes every rule; used by tests, templates and documents.
        prepare: fills what the settings decide (a default currency), before the rules.
        rules: what must hold for one record.
        references: what must exist in the receiving system.
        marks: by what records of one file may be the same in spite of their keys; a person decides about them.
        collect: Sage and the module's options → records; None when Sage is not the source.
        letters: the mails that a record wants, now and later; what it wants no more is taken back unless it was sent.
            Records that land elsewhere may want letters too.
        consignment: what a record tells of goods in the hands of a carrier.
        route: a record and the options → the outbox profile that it is written in, where records of one batch go to
            several receivers; None when all are written in one form.
        rows: a record as its receiver wants it written, such as a row for every parcel; None: as it is.
        window: what is collected is only what is new lately: a record that is not there any more is not gone.
        parts: what a record means for the shop; None when it cannot land there by itself, only as a file.
        pull: what of the shop it reads where the shop is reached by its API; empty: nothing.
        answer: record, what Sage calls it, and view → what the shop is to know once it has landed; None for nothing.
        emptied: whether a record says that nothing is left; too many such changes in one file are held (`brake`).
        whole_file: one bad record rejects the file; otherwise good records are applied.
        changed: what a record with a known key and other content does: `update` it, or `hold` it for a person.
        entered_by_hand: people fill it in, so there is an Excel template.
    """

    name: str
    de: str
    en: str
    summary_de: str
    summary_en: str
    record: type[Any]
    key: Callable[[Any], str]
    lands: Side
    example: Callable[[], Any]
    options: type[Options] = Options
    prepare: Callable[[Any, Any], Any] | None = None
    rules: tuple[Rule, ...] = ()
    references: tuple[Reference, ...] = ()
    marks: Callable[[Any], Iterable[Mark]] | None = None
    collect: Callable[[SageSource, Any], Iterator[Any]] | None = None
    parts: Callable[[Any, ShopView], Iterable[Part]] | None = None
    pull: Pull = ""
    answer: Callable[[Any, str, ShopView], Answer | None] | None = None
    letters: Callable[[Any, LetterView], Iterable[Letter]] | None = None
    consignment: Callable[[Any], Consignment | None] | None = None
    route: Callable[[Any, Any], str] | None = None
    rows: Callable[[Any], Iterable[Any]] | None = None
    window: bool = False
    emptied: Callable[[Any], bool] | None = None
    whole_file: bool = False
    changed: Literal["update", "hold"] = "update"
    entered_by_hand: bool = False
    aliases: tuple[str, ...] = field(default=())

    @property
    def schema(self) -> Schema:
        return schema(self.record)
