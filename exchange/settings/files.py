"""Folders, ledger, watching, channels and limits: how files come, go and are kept."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from exchange.settings.section import Section


class Folders(Section):
    """Where files lie; relative paths start at the folder of `exchange.toml`."""

    inbox: Path = Field(
        Path("inbox"),
        description="Watched: dropped files are taken from here, also from subfolders named after a module.",
    )
    outbox: Path = Field(Path("outbox"), description="Exported files, receipts and rejects.")
    work: Path = Field(
        Path("work"), description="Files being processed. Same volume as the inbox, never a network share."
    )
    archive: Path = Field(Path("archive"), description="Originals of files that were applied.")
    quarantine: Path = Field(Path("quarantine"), description="Originals of files that could not be used.")
    profiles: Path = Field(
        Path("profiles"), description="Your own profiles (*.toml); one with the name of a shipped profile replaces it."
    )
    images: Path = Field(
        Path("images"),
        description="Article pictures, named ARTICLE.jpg or ARTICLE_1.jpg; scanned by the product export.",
    )
    letters: Path = Field(
        Path("letters"),
        description="Your own mail templates, NAME_LANGUAGE.txt.j2; one with the name of a shipped template replaces it.",
    )
    documents: Path = Field(
        Path("documents"),
        description="PDFs of sales documents, such as Rechnung_2026_10001.pdf, also in folders below; never inside a public folder.",
    )
    attachments: Path = Field(
        Path("attachments"),
        description="PDFs of articles, named ARTICLE.pdf, ARTICLE_Title.pdf or ARTICLE_Title.en.pdf, also in folders below.",
    )


class LedgerSettings(Section):
    """Where the exchange remembers what it did."""

    url: SecretStr = Field(
        SecretStr("sqlite:///ledger.sqlite"),
        description="SQLAlchemy URL: sqlite:///FILE, or postgresql+psycopg://USER@HOST/DB for many workers. Never on a network share.",
    )


class FolderRules(Section):
    """How files below one folder of the inbox are taken; what is not given is as in [watching]."""

    settle_seconds: float | None = Field(None, ge=0, description="Overrides watching.settle_seconds.")
    ignore: tuple[str, ...] | None = Field(None, description="Overrides watching.ignore.")
    order: Literal["arrival", "name"] | None = Field(None, description="Overrides watching.order.")
    priority: int = Field(0, description="Folders with a higher number are taken first.")
    done: str = Field(
        "",
        description="A file is taken when its done file is there: {name}.done for X.csv.done, {stem}.done for X.done.",
    )
    manifest: str = Field(
        "",
        description="Pattern of manifests (*.manifest.json, *.manifest.csv): files are taken when all of their manifest are there, with the size and SHA-256 that it lists.",
    )


class Watching(Section):
    """How dropped files are noticed."""

    settle_seconds: float = Field(
        2.0,
        ge=0,
        description="A file is taken when size and time stamp have not changed for this long, by our own clock.",
    )
    scan_seconds: float = Field(
        10.0, gt=0, description="The folder is searched at least this often; events only make it quicker."
    )
    events: Literal["auto", "off"] = Field(
        "auto",
        description="auto: events of the operating system make it quicker, except on network shares, which tell nothing of what others write. off: searched only.",
    )
    order: Literal["arrival", "name"] = Field("arrival", description="Order within a folder.")
    hold_seconds: float = Field(
        3600.0, gt=0, description="A file whose done file or manifest is missing for this long is reported."
    )
    folders: dict[str, FolderRules] = Field(
        {}, description="Rules of single folders of the inbox, as [watching.folders.NAME]."
    )
    ignore: tuple[str, ...] = Field(
        ("~$*", ".*", "*.tmp", "*.part", "*.filepart", "*.crdownload", "*.swp", "Thumbs.db", "desktop.ini", "README*"),
        description="Names that are never taken (leftovers of editors and transfers); they are counted.",
    )
    tries: int = Field(3, ge=1, description="A file that made the program fail this often is put into quarantine.")
    lease_seconds: float = Field(
        60.0, gt=0, description="A file of a worker that has not been heard of for this long is taken over."
    )


class ChannelSettings(Section):
    """A place elsewhere that files are fetched from and sent to."""

    type: Literal["sftp", "folder"] = Field(
        "sftp", description="sftp: a server. folder: a folder of this machine or a network share."
    )
    active: bool = Field(True, description="false: left alone.")
    host: str = Field("", description="Name or address of the server.")
    port: int = Field(22, ge=1, le=65535, description="Port of the server.")
    user: str = Field("", description="User on the server.")
    password: SecretStr | None = Field(
        None, description="Password; keyring:SERVICE/USER takes it from the system's keyring."
    )
    key_file: Path | None = Field(
        None,
        description="Private key (OpenSSH or PEM). Only this one is offered; neither an agent nor ~/.ssh is asked.",
    )
    passphrase: SecretStr | None = Field(None, description="Passphrase of the key; keyring: as above.")
    host_keys: tuple[str, ...] = Field(
        (),
        description="Fingerprints (SHA256:...) of the server's keys. Without the right one nothing is fetched or sent; `exchange doctor` shows what the server offers.",
    )
    legacy_algorithms: bool = Field(
        False,
        description="Also accept ciphers and check sums that are no longer considered safe (CBC, SHA-1, MD5), for an old server.",
    )
    inbox: str = Field("", description="Folder there that files are fetched from; empty: none are fetched.")
    outbox: str = Field("", description="Folder there that files are sent to; empty: none are sent.")
    patterns: tuple[str, ...] = Field(("*",), description="Names that are fetched.")
    after: Literal["move", "delete"] = Field("move", description="What becomes of a fetched file there.")
    processed: str = Field(
        "processed", description="With after = move: the folder, below inbox unless it begins with a slash."
    )
    module: str = Field("", description="Module of the fetched files; empty: recognised by their content.")
    profile: str = Field("", description="Profile of the fetched files; empty: recognised by their content.")
    send: tuple[str, ...] = Field(
        (),
        description="Files of the outbox that are sent: names of modules (stock) or patterns (*.xml). The first channel whose list fits has the file.",
    )
    receipts: bool = Field(True, description="Receipts and rejects of files that were fetched here are sent back here.")
    settle_seconds: float = Field(
        10.0,
        ge=0,
        description="A file is fetched when size and time stamp have not changed for this long, by our own clock.",
    )
    poll_seconds: float = Field(60.0, gt=0, description="So often the folder there is searched.")
    timeout_seconds: float = Field(30.0, gt=0, description="A server that does not answer for this long is given up.")
    least_bytes_per_second: int = Field(
        4096, gt=0, description="A transfer slower than this on the whole is broken off."
    )


class LimitSettings(Section):
    """What a file may be at most."""

    file_megabytes: int = Field(2048, gt=0, description="Size of a file.")
    field_characters: int = Field(1_000_000, gt=0, description="Length of one value.")
    attachment_megabytes: int = Field(20, gt=0, description="Size of a PDF of an article.")
    unpacked_megabytes: int = Field(512, gt=0, description="Size of an Excel workbook when unpacked.")


class Brake(Section):
    """Stops a full export or import that would do too much at once."""

    deleted_percent: Decimal = Field(
        Decimal(20),
        ge=0,
        le=100,
        description="A full file in which more than this share of the known records is missing is held.",
    )
    emptied_percent: Decimal = Field(
        Decimal(50),
        ge=0,
        le=100,
        description="A stock file that would set more than this share of its records to zero is held; `exchange replay` lets it pass.",
    )
    price_percent: Decimal = Field(
        Decimal(10),
        ge=0,
        le=100,
        description="A file for the shop in which more than this share of the records would change a price by brake.price_factor is held; `exchange replay` lets it pass.",
    )
    price_factor: Decimal = Field(
        Decimal(5),
        gt=1,
        description="How many times a price has to be what it was, or the other way round, to count: a lost decimal point makes 10 or 100 times.",
    )
    least_records: int = Field(20, ge=0, description="Below this number of known records the brake does not act.")
