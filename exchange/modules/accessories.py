"""Zubehörartikel: what is bought along with an article, directly or by accessory group (`sage-100.md` 2.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from exchange.assortment.relations import FAULTS, Assigned, RelationOptions, Shown, in_column, relation_parts, sound
from exchange.module import Module, Rule, Side
from exchange.records.relation import Accessories, Accessory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.connector import SageSource
    from exchange.finding import Finding
    from exchange.shop import Part, ShopView


class AccessoryOptions(RelationOptions):
    """Settings of the accessories."""

    places: int = Field(
        2,
        ge=0,
        description="Places among the shop's related products of an article; the rest stands in the metafield only.",
    )
    groups: tuple[str, ...] = Field(
        (), description="Accessory groups (Zubehoergruppe) that are taken; empty: all of them."
    )
    leave_out: tuple[str, ...] = Field(
        (), description="Accessory groups that mean something else, such as those of cross-selling and up-selling."
    )


def collect(source: SageSource, options: AccessoryOptions) -> Iterator[Accessories]:
    """Accessories of every sold article that has some: first those assigned directly, then those by group."""
    assigned, listed, shown = Assigned(source), in_column(source, options.column), Shown(source)

    def wanted(group: str) -> bool:
        return group not in options.leave_out and (not options.groups or group in options.groups)

    for number in sorted(shown.numbers):
        direct = [*assigned.directly(number), *listed.get(number, ())]
        related = shown.chosen(number, [*direct, *assigned.by_group(number, wanted)], shown.numbers)
        if related:
            maintained = shown.products(direct)
            yield Accessories(
                number,
                tuple(
                    Accessory(place, each, "maintained" if each in maintained else "group")
                    for place, each in enumerate(related, 1)
                ),
            )


def parts(record: Accessories, view: ShopView) -> Iterator[Part]:
    """Relations and the metafield `accessories`."""
    numbers = [each.article_number for each in record.accessories]
    return relation_parts("accessories", record.article_number, numbers, view.options)


def _sound(record: Accessories, _options: AccessoryOptions) -> Iterator[Finding]:
    return sound(record.article_number, record.accessories, "accessories")


def example() -> Accessories:
    """Filter bags go with the hand filter."""
    return Accessories("33010", (Accessory(1, "33020", "maintained"),))


MODULE = Module(
    name="accessories",
    de="Zubehörartikel",
    en="Accessories",
    summary_de="Zubehör, direkt oder über Zubehörgruppen zugeordnet, steht im Shop beim Artikel.",
    summary_en="Accessories, assigned directly or by accessory groups, stand beside the article in the shop.",
    record=Accessories,
    key=lambda record: str(record.article_number),
    lands=Side.SHOP,
    example=example,
    options=AccessoryOptions,
    rules=(Rule(FAULTS, _sound, lambda: Accessories("33010", (Accessory(1, "33010", ""), Accessory(2, "33020", "")))),),
    collect=collect,
    parts=parts,
    aliases=("accessory", "zubehoer"),
)
