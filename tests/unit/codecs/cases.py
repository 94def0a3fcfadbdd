"""What the tests of the codecs share: layouts, what a file says when it is read, and what a codec writes."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import exchange
from exchange import codecs
from exchange.codec import Limits, Meta
from exchange.convert import TOO_LONG, reader
from exchange.errors import BatchError
from exchange.finding import Finding, Locator, found
from exchange.profile import Layout, canonical, load, parse
from exchange.record import schema
from exchange.records.order import Order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exchange.codec import Raw

CODECS = codecs.registry()
SHIPPED = {profile.name: profile for profile in load(Path(exchange.__file__).parent / "profiles")}
NOW = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)


def own(record: type[Any], format_: str, module: str = "some_module") -> Layout:
    """The layout of our own form."""
    return Layout(canonical(module, schema(record), format_), schema(record))  # type: ignore[arg-type]


def shipped(name: str, record: type[Any] = Order) -> Layout:
    """The layout of a profile that comes with the program."""
    return Layout(SHIPPED[name], schema(record))


def partner(text: str, record: type[Any]) -> Layout:
    """The layout of a partner's profile, as TOML."""
    return Layout(parse(text, "test"), schema(record))


def read(path: Path, layout: Layout, limits: Limits = Limits()) -> list[Raw]:  # noqa: B008 - frozen
    """All raw records of a file."""
    return list(CODECS[layout.profile.format].read(path, layout, limits))


def faults(path: Path, layout: Layout, limits: Limits = Limits()) -> list[tuple[str, int | None]]:  # noqa: B008 - frozen
    """Codes and lines of what makes a file unusable."""
    return [(each.code, each.at.line) for each in findings(path, layout, limits)]


def findings(path: Path, layout: Layout, limits: Limits = Limits()) -> tuple[Finding, ...]:  # noqa: B008 - frozen
    """What makes a file unusable; each finding has a message and a remedy in both languages."""
    with pytest.raises(BatchError) as caught:
        read(path, layout, limits)
    for each in caught.value.findings:
        for language in ("de", "en"):
            told = each.message(language) + each.remedy(language)  # type: ignore[arg-type]
            assert "{" not in told
    return caught.value.findings


def records(path: Path, layout: Layout) -> list[Any]:
    """The records of a file, converted as the check step does. Raises ConversionError."""
    dialect, of = layout.profile.dialect, layout.schema
    flat = [reader(field, dialect) for field in of.fields]
    groups = [[reader(field, dialect) for field in group.schema.fields] for group in of.groups]
    made = []
    for raw in read(path, layout):
        children = [
            tuple(
                group.schema.make([convert(value) for convert, value in zip(each, child.values, strict=True)])
                for child in rows
            )
            for group, each, rows in zip(of.groups, groups, raw.groups, strict=True)
        ]
        made.append(of.make([convert(value) for convert, value in zip(flat, raw.values, strict=True)], children))
    return made


def written(layout: Layout, of: Iterable[Any], *, full: bool = False) -> bytes:
    """What the codec writes."""
    out = io.BytesIO()
    CODECS[layout.profile.format].write(out, layout, of, Meta(layout.profile.module, NOW, full))
    return out.getvalue()


def rejected(path: Path, layout: Layout, *lines: int) -> bytes:
    """What goes back to the sender when the records at these lines are rejected."""
    out = io.BytesIO()
    reasons = {line: [found(TOO_LONG, Locator(line, "number"), value="x -- y", length=6, limit=3)] for line in lines}
    CODECS[layout.profile.format].reject(path, layout, out, reasons)
    return out.getvalue()
