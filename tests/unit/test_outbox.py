"""The target that is a partner's file: complete, in the partner's form, or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from exchange.connector import Change, Changes, Landing, Outcome, Page
from exchange.connectors.outbox import OutboxTarget, safe_name
from exchange.record import packer, unpacker
from exchange.registry import build

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY = build()
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
STOCK = REGISTRY.modules["stock"].example()
ORDER = REGISTRY.modules["order_import"].example()


def target(tmp_path: Path, name: str, **changed: Any) -> OutboxTarget:
    """A target that writes in the form of a profile, somewhat changed."""
    profile = replace(REGISTRY.profile(name), **changed)
    return OutboxTarget(REGISTRY.codecs[profile.format], REGISTRY.layout(profile), tmp_path / "outbox", NOW)


def applied(tmp_path: Path, to: OutboxTarget, *records: Any) -> tuple[Landing, list[tuple[int, str]]]:
    """Apply records: the landing with its files, and per refused record the codes."""
    landing = Landing("20261123T080000-aaaaaaaa", to.meta.module, tmp_path / "out")
    key = REGISTRY.modules[to.meta.module].key
    changes = (Change(seq, seq, key(each), Outcome.CREATED, b"", each) for seq, each in enumerate(records, 1))
    refused = [(each.seq, finding.code) for each in to.apply(landing, changes) for finding in each.findings]
    return landing, refused


def test_all_records_go_into_one_file_that_waits_in_the_work_folder(tmp_path: Path) -> None:
    """It is published by the pipeline when the ledger knows of it; doing it again writes the same file over."""
    first, refused = applied(tmp_path, target(tmp_path, "stock_csv"), STOCK, STOCK._replace(article_number="2"))
    again, _ = applied(tmp_path, target(tmp_path, "stock_csv"), STOCK, STOCK._replace(article_number="2"))

    assert refused == []
    (output,) = first.outputs
    assert first.outputs == again.outputs
    assert output.part.parent == tmp_path / "out"
    assert output.final == tmp_path / "outbox" / "stock_20261123T080000-aaaaaaaa.csv"
    assert output.part.read_text("utf-8").count("\n") == 3
    assert not (tmp_path / "outbox").exists()


def test_one_file_per_record_is_told_apart_by_number_and_key(tmp_path: Path) -> None:
    """Keys that make the same name, and keys that are none on this system, each have their file."""
    orders = [ORDER._replace(number=number) for number in ("2026/1", "2026?1", "../../etc/passwd", "…")]
    landing, _ = applied(tmp_path, target(tmp_path, "order_import_xml", one_per_file=True), *orders)

    names = [each.final.name for each in landing.outputs]
    stem = "order_import_20261123T080000-aaaaaaaa"
    assert names == [
        f"{stem}_00001_2026_1.xml", f"{stem}_00002_2026_1.xml", f"{stem}_00003_etc_passwd.xml", f"{stem}_00004__.xml",
    ]  # fmt: skip
    assert all(each.part.parent == tmp_path / "out" for each in landing.outputs)


def test_what_the_form_needs_and_its_charset_decide(tmp_path: Path) -> None:
    """All reasons of a record at once, also in its lines; nothing is written where nothing is left."""
    to = target(tmp_path, "order_import_csv", needs=("customer_number", "phone"), write_charset="iso-8859-1")
    polish = ORDER._replace(
        customer_number="D1", phone="1", comment="Łódź", lines=(ORDER.lines[0]._replace(title="Ćma"),)
    )

    landing, refused = applied(tmp_path, to, ORDER, polish)

    assert refused == [(1, "outbox.field_needed")] * 2 + [(2, "outbox.not_in_charset")] * 2
    assert landing.outputs == []
    assert list((tmp_path / "out").iterdir()) == []
    good = polish._replace(comment="läuten", lines=ORDER.lines)
    landing, refused = applied(tmp_path, to, ORDER, good)
    assert (len(landing.outputs), refused) == (1, [(1, "outbox.field_needed")] * 2)
    landing, refused = applied(tmp_path, target(tmp_path, "order_import_xml", needs=("phone",)), ORDER, good)
    assert (len(landing.outputs), refused) == (1, [(1, "outbox.field_needed")])


@pytest.mark.parametrize("form", ["xml", "csv", "txt", "json", "xlsx"])
def test_deletions_have_a_file_of_their_own_in_the_same_format(tmp_path: Path, form: str) -> None:
    """It names module and key."""
    landing = Landing("u", "stock", tmp_path / "out")
    target(tmp_path, f"stock_{form}").remove(landing, ["1", "2|7"])

    (output,) = landing.outputs
    assert output.final.name == f"stock_deleted_u.{form}"
    if form != "xlsx":
        assert "2|7" in output.part.read_text("utf-8")


def test_names_are_safe() -> None:
    """Letters of all languages stay; what a path could be made of does not."""
    assert safe_name("Müller/2026 Ä") == "Müller_2026_Ä"
    assert safe_name("..") == "_"
    assert len(safe_name("x" * 500)) == 80


@pytest.mark.parametrize("name", ["stock_xml", "stock_csv", "order_import_json"])
def test_pages_are_written_as_single_changes_are(tmp_path: Path, name: str) -> None:
    """A target may take changes in pages as they were stored; the file is the same."""
    to = target(tmp_path, name)
    example = REGISTRY.modules[to.meta.module].example()
    key, record = REGISTRY.modules[to.meta.module].key(example), type(example)
    one_by_one, _ = applied(tmp_path, to, example, example)
    first = one_by_one.outputs[0].part.read_bytes()

    block = unpacker(record)(packer(record)([example]).block)
    pages = [Page([seq], [seq], [key], [Outcome.CREATED], [b""], block) for seq in (1, 2)]
    landing = Landing("20261123T080000-bbbbbbbb", to.meta.module, tmp_path / "out")
    assert list(to.apply(landing, Changes(pages))) == []

    assert landing.outputs[0].part.read_bytes() == first
    assert [each.seq for each in Changes(pages)] == [1, 2]
