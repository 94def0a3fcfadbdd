"""archive: publish what was written, answer the sender, put the original away. Every line may be done twice.

The answer is a receipt beside the outbox's files: numbers that add up, findings with place and remedy, hashes. Faulty
records go back in the sender's own form.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from exchange import __version__
from exchange.files import PART, clean_name, content_hash, replace, write_atomically
from exchange.ledger import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exchange.codec import Codec
    from exchange.finding import Finding, Language
    from exchange.ledger import Batch, Ledger
    from exchange.profile import Layout

#: So many findings stand in a receipt; the ledger and the rejects file have all.
MOST_FINDINGS = 1_000


def publish(ledger: Ledger, batch: Batch) -> None:
    """Bring written files to where the partner finds them; one that has left the work folder is there already."""
    for file in ledger.files(batch):
        part = Path(file.part)
        if part.exists():
            replace(part, Path(file.final))


def answer(batch: Batch, outbox: Path, findings: Sequence[Finding], files: Sequence[Any], language: Language) -> Path:
    """Write the receipt, as json for programs and as text for people; the path of the first."""
    stem = f"{clean_name(batch.file_name)}.{batch.uid}.receipt"
    receipt = outbox / f"{stem}.json"
    write_atomically(receipt, orjson.dumps(_receipt(batch, findings, files), option=orjson.OPT_INDENT_2))
    write_atomically(outbox / f"{stem}.txt", _letter(batch, findings, language).encode("utf-8-sig"))
    return receipt


def _receipt(batch: Batch, findings: Sequence[Finding], files: Sequence[Any]) -> dict[str, Any]:
    counts = batch.counts
    return {
        "batch": batch.uid,
        "program": f"exchange {__version__}",
        "file": batch.file_name,
        "sha256": batch.content_hash,
        "size": batch.size,
        "module": batch.module,
        "profile": batch.profile,
        "target": batch.target,
        "state": "quarantined" if batch.state in (State.REFUSED, State.QUARANTINED) else "done",
        "received_at": batch.received_at.isoformat(),
        "duplicate_of": batch.duplicate_of or None,
        "replay_of": batch.replay_of or None,
        "counts": {
            "rows_in": counts.rows_in,
            "applied": counts.created + counts.updated,
            "created": counts.created,
            "updated": counts.updated,
            "unchanged": counts.unchanged,
            "rejected": counts.rejected,
            "held": counts.held,
            "deleted": counts.deleted,
            "warnings": counts.warnings,
        },
        "balanced": counts.balanced,
        "files": [{"name": _name(file.final), "sha256": file.content_hash, "size": file.size} for file in files],
        "kept_at": batch.kept_at,
        "findings": [each.as_json() for each in findings[:MOST_FINDINGS]],
        "findings_total": len(findings),
    }


def _name(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


_WORDS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "title": "Quittung für {name}",
        "done": "Die Datei wurde verarbeitet.",
        "duplicate": "Dieser Inhalt wurde schon übernommen ({uid}); es geschah nichts.",
        "refused": "Die Datei konnte nicht verwendet werden; es wurde nichts übernommen.",
        "rows_in": "Datensätze gelesen",
        "created": "neu",
        "updated": "geändert",
        "unchanged": "unverändert",
        "rejected": "zurückgewiesen",
        "held": "zur Entscheidung vorgelegt",
        "deleted": "gelöscht",
        "warnings": "Hinweise",
        "findings": "Was zu tun ist",
        "more": "… und {number} weitere; alle stehen in der Datei mit den zurückgewiesenen Datensätzen.",
    },
    "en": {
        "title": "Receipt for {name}",
        "done": "The file was processed.",
        "duplicate": "This content was taken over before ({uid}); nothing was done.",
        "refused": "The file could not be used; nothing was taken over.",
        "rows_in": "records read",
        "created": "new",
        "updated": "changed",
        "unchanged": "unchanged",
        "rejected": "rejected",
        "held": "held for a decision",
        "deleted": "deleted",
        "warnings": "remarks",
        "findings": "What to do",
        "more": "… and {number} more; all stand in the file with the rejected records.",
    },
}

#: So many findings stand in the letter for people.
MOST_IN_LETTER = 50


def _letter(batch: Batch, findings: Sequence[Finding], language: Language) -> str:
    words = _WORDS[language]
    title = words["title"].format(name=clean_name(batch.file_name))
    lines = [title, "=" * len(title), ""]
    if batch.state in (State.REFUSED, State.QUARANTINED):
        lines.append(words["refused"])
    elif batch.duplicate_of:
        lines.append(words["duplicate"].format(uid=batch.duplicate_of))
    else:
        lines.append(words["done"])
    lines.append("")
    lines.extend(
        f"{getattr(batch.counts, name):>10}  {words[name]}"
        for name in ("rows_in", "created", "updated", "unchanged", "rejected", "held", "deleted", "warnings")
        if name == "rows_in" or getattr(batch.counts, name)
    )
    if findings:
        lines.extend(["", words["findings"], "-" * len(words["findings"])])
    for each in findings[:MOST_IN_LETTER]:
        place = " ".join(part for part in (str(each.at), each.key) if part)
        lines.extend(["", f"{place}: {each.message(language)}" if place else each.message(language)])
        lines.append(f"    → {each.remedy(language)}  ({each.code})")
    if len(findings) > MOST_IN_LETTER:
        lines.extend(["", words["more"].format(number=len(findings) - MOST_IN_LETTER)])
    return "\r\n".join([*lines, "", f"{batch.uid}", ""])


def return_rejects(
    batch: Batch, path: Path, outbox: Path, codec: Codec, layout: Layout, findings: Sequence[Finding]
) -> Path | None:
    """Write the records with errors back in the sender's own form; None when there are none."""
    faults: dict[int, list[Finding]] = {}
    for each in findings:
        if each.at.line is not None and each.severity != "warning":
            faults.setdefault(each.at.line, []).append(each)
    if not faults:
        return None
    name = clean_name(batch.file_name)
    stem, dot, suffix = name.rpartition(".")
    final = outbox / (
        f"{stem}.{batch.uid}.rejects.{suffix}" if dot else f"{name}.{batch.uid}.rejects{codec.suffixes[0]}"
    )
    part = final.with_name(final.name + PART)
    outbox.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as out:
        codec.reject(path, layout, out, faults)
    replace(part, final)
    return final


def keep(batch: Batch, path: Path, folder: Path) -> Path:
    """Put the original away, in a folder per day, never over another file; the path where it lies now."""
    kept = folder / f"{batch.received_at:%Y/%m/%d}" / f"{batch.uid}_{clean_name(batch.file_name)}"
    if os.path.lexists(path):  # a link that leads nowhere is put away too
        if kept.exists() and content_hash(kept) != batch.content_hash:
            kept = kept.with_name(f"{kept.name}.{batch.content_hash[:12]}")
        replace(path, kept)
    return kept
