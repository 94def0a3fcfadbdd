"""The Lightspeed eCom shop."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from exchange.settings.section import Section


class ShopSettings(Section):
    """The shop: how it is reached and what of it is used."""

    way: Literal["none", "api", "files"] = Field(
        "none",
        description="How what Sage has comes into the shop: not at all (exports go to the outbox), by its API, or by import files for its back office.",
    )
    url: str = Field(
        "",
        description="Cluster of the shop: https://api.webshopapp.com (eu1), https://api.shoplightspeed.com (us1), or a sandbox shop.",
    )
    key: str = Field("", repr=False, description="API key.")
    secret: SecretStr | None = Field(
        None, description="API secret; better keyring:SERVICE/USER, or EXCHANGE_SHOP__SECRET."
    )
    connect_seconds: float = Field(10.0, gt=0, description="Longest time until a connection to the shop stands.")
    read_seconds: float = Field(
        60.0, gt=0, description="Longest time that it lets wait for the next bytes of an answer."
    )
    answer_seconds: float = Field(120.0, gt=0, description="Longest time that a whole answer may take.")
    answer_megabytes: int = Field(32, ge=1, description="Largest answer that is taken.")
    read_tries: int = Field(
        3,
        ge=1,
        le=10,
        description="A call that only reads is tried so often when the shop does not answer; one that writes is never repeated unseen.",
    )
    late_seconds: float = Field(
        15.0,
        ge=0,
        description="What belongs to a new order may come a little later than the order; so long is asked for it.",
    )
    rest_percent: int = Field(
        10, ge=0, le=90, description="Share of the shop's calls that is kept for stock, orders and work by hand."
    )
    overlap_minutes: float = Field(
        10.0,
        ge=0,
        description="New orders and customers are asked for from so long before the last one on; those that came already are left out.",
    )
    ca_file: Path | None = Field(None, description="Certificates that are trusted instead of the system's.")
    proxy: SecretStr | None = Field(
        None, description="Proxy to the internet, such as http://USER:PASSWORD@proxy.example.org:3128."
    )
    default_language: str = Field(
        "de", max_length=5, description="The shop's basic language, as its own code (de, en, nl, fr, us, fc)."
    )
    prices: Literal["incl", "excl"] = Field(
        "incl",
        description="Whether the shop keeps its prices with tax (incl) or without (excl, B2B); only that one is sent.",
    )
    article_field: Literal["articleCode", "sku", "ean"] = Field(
        "articleCode",
        description="Field of a variant that holds Sage's article number; by it, what is in the shop already is recognised.",
    )
    images_url: str = Field(
        "",
        description="Way `files`: address under which the shop can fetch what lies in folders.images, such as https://pictures.example.org/; empty: files for the back office have no pictures.",
    )
    file_rows: int = Field(5000, ge=1, description="Way `files`: most rows of one file for the back office.")
    stock_tracking: Literal["enabled", "indicator", "disabled"] = Field(
        "enabled",
        description="enabled: no sale below zero; indicator: stock is shown, sale goes on; disabled: no stock keeping.",
    )
    vanished: Literal["hide", "delete"] = Field(
        "hide",
        description="What becomes of products and categories that Sage no longer has. Pictures, assignments and the like stay with a hidden product.",
    )
    deleted: Literal["report", "create"] = Field(
        "report",
        description="What becomes of a thing that was deleted in the shop by hand: it is reported, or made again.",
    )
    doubt_seconds: float = Field(
        30.0,
        ge=0,
        description="After a call whose answer was lost the shop may still be at work on it; so long is waited before it is looked up and, if need be, repeated.",
    )
