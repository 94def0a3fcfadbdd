"""compare: staged records + ledger → created, updated, unchanged, vanished. Decides what will be applied."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from exchange.connector import Priced
from exchange.errors import BatchError
from exchange.finding import Locator, Severity, found, kind
from exchange.ledger import Origin
from exchange.record import unpacker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.pipeline.alike import Alike
    from exchange.pipeline.work import Job
    from exchange.settings import Brake
    from exchange.staging import Staging

REPEATED = kind(
    "file.repeated_record",
    de="„{key}“ steht mehrmals mit gleichem Inhalt in der Datei (Zeilen {lines}) und wurde einmal übernommen.",
    en="“{key}” stands more than once with the same content in the file (lines {lines}) and was taken over once.",
    remedy_de="Nichts zu tun; prüfen Sie gelegentlich, warum der Absender doppelt schreibt.",
    remedy_en="Nothing to do; look one day why the sender writes it twice.",
    severity=Severity.WARNING,
)
DOUBLE = kind(
    "file.double_key",
    de="„{key}“ steht mehrmals in der Datei (Zeilen {lines}).",
    en="“{key}” stands more than once in the file (lines {lines}).",
    remedy_de="Behalten Sie nur den richtigen Datensatz; keiner von beiden wurde übernommen.",
    remedy_en="Keep only the right record; neither was taken over.",
)
CHANGED_LATER = kind(
    "record.changed_later",
    de="„{key}“ wurde schon übernommen ({known}), kommt jetzt aber mit anderem Inhalt.",
    en="“{key}” was taken over before ({known}), but now comes with other content.",
    remedy_de="Prüfen Sie die Änderung und tragen Sie sie von Hand nach; automatisch wird nichts geändert.",
    remedy_en="Look at the change and enter it by hand; nothing is changed automatically.",
    severity=Severity.HOLD,
)
BRAKE = kind(
    "file.brake",
    de="{vanished} von {known} bekannten Datensätzen fehlen in der vollständigen Datei, erlaubt sind {limit} %.",
    en="{vanished} of {known} known records are missing in the full file, {limit} % are allowed.",
    remedy_de="Prüfen Sie die Quelle. Ist das gewollt, erhöhen Sie brake.deleted_percent und starten Sie erneut.",
    remedy_en="Check the source. If it is intended, raise brake.deleted_percent and start again.",
)
EMPTIED = kind(
    "file.emptied",
    de="{emptied} von {rows} Datensätzen würden auf null gesetzt, erlaubt sind {limit} %.",
    en="{emptied} of {rows} records would be set to zero, {limit} % are allowed.",
    remedy_de="Prüfen Sie die Quelle (Lager, Einheit). Ist das gewollt, erhöhen Sie brake.emptied_percent.",
    remedy_en="Check the source (warehouse, unit). If it is intended, raise brake.emptied_percent.",
)
PRICES_JUMP = kind(
    "file.prices_jump",
    de="{jumped} von {rows} Datensätzen würden einen Preis auf mehr als das {factor}-fache oder weniger als ein "
    "{factor}-tel ändern, erlaubt sind {limit} %.",
    en="{jumped} of {rows} records would make a price more than {factor} times what it was, or less than a "
    "{factor}th; {limit} % are allowed.",
    remedy_de="Prüfen Sie die Quelle (Dezimaltrennzeichen, Preiseinheit). Gewolltes lässt exchange replay durch.",
    remedy_en="Check the source (decimal point, price unit). If it is intended, exchange replay lets it pass.",
)
WHOLE_FILE = kind(
    "file.whole_or_nothing",
    de="Wegen fehlerhafter Datensätze ({faults}) wurde nichts aus dieser Datei übernommen.",
    en="Because of faulty records ({faults}), nothing of this file was taken over.",
    remedy_de="Beheben Sie alle Fehler und legen Sie die Datei neu ab.",
    remedy_en="Mend all faults and drop the file again.",
)

#: So many lines are named in a message.
SHOWN_LINES = 5


def compare(job: Job, staging: Staging, alike: Alike, brake: Brake) -> list[str]:
    """Sort out doubles, set expected outcomes, apply the brakes; the keys that vanished.

    Raises BatchError when the whole file must not be applied.
    """
    staging.close_filling()
    _refuse_doubles(job, staging)
    alike.refuse(job, staging)
    if job.module.whole_file and job.report.faults:
        raise BatchError(found(WHOLE_FILE, faults=len(job.report.faults)))
    outcomes = staging.compare()
    if job.module.changed == "hold":
        outcomes["updated"] = outcomes.get("updated", 0) - _hold(job, staging)
    rows = sum(outcomes.values())
    # Where few records change, few can be emptied or jump, and their contents need not be looked at.
    percent = Decimal(outcomes.get("updated", 0) * 100)
    if percent > brake.emptied_percent * rows and job.batch.origin is not Origin.REPLAY:
        _not_emptied(job, staging, brake, rows)
    if percent > brake.price_percent * rows and job.batch.origin is not Origin.REPLAY:
        _no_price_jumps(job, staging, brake, rows)
    vanished = _vanished(staging, brake) if job.batch.snapshot else []
    job.report.outcomes.update(outcomes)
    job.report.outcomes["deleted"] += len(vanished)
    return vanished


def _not_emptied(job: Job, staging: Staging, brake: Brake, rows: int) -> None:
    """A stock list that suddenly knows nothing but zeros is a broken list; what was empty before does not count."""
    is_empty = job.module.emptied
    if is_empty is None or rows < brake.least_records:
        return
    emptied = sum(1 for updated in _updated(job, staging) for record in updated.values() if is_empty(record))
    if Decimal(emptied * 100) > brake.emptied_percent * rows:
        raise BatchError(found(EMPTIED, emptied=emptied, rows=rows, limit=brake.emptied_percent))


def _no_price_jumps(job: Job, staging: Staging, brake: Brake, rows: int) -> None:
    """A price list that has lost its decimal points is a broken list (fault-catalogue D4)."""
    target = job.target
    if not isinstance(target, Priced) or rows < brake.least_records:
        return
    jumped = sum(target.jumps(job.module.name, each, brake.price_factor) for each in _updated(job, staging))
    if Decimal(jumped * 100) > brake.price_percent * rows:
        told = {"jumped": jumped, "rows": rows, "factor": brake.price_factor, "limit": brake.price_percent}
        raise BatchError(found(PRICES_JUMP, **told))


def _updated(job: Job, staging: Staging) -> Iterator[dict[str, Any]]:
    """The records that change something, by key, some at a time."""
    unpack = unpacker(job.module.record)
    for page in staging.changes():
        records = unpack(page.block)
        chosen = records if page.chosen is None else records.chosen(page.chosen)
        together = zip(page.outcomes, page.keys, chosen, strict=True)
        yield {key: record for outcome, key, record in together if outcome == "updated"}


def _refuse_doubles(job: Job, staging: Staging) -> None:
    """A key that comes twice with the same content counts once; with different content, nobody knows which is right."""
    for key, places in staging.doubles().items():
        lines = [line for line, _ in places]
        shown = ", ".join(map(str, lines[:SHOWN_LINES])) + (" …" if len(lines) > SHOWN_LINES else "")
        if len({fingerprint for _, fingerprint in places}) == 1:
            job.report.remark([found(REPEATED, Locator(line), key, key=key, lines=shown) for line in lines[1:]])
            job.report.outcomes["unchanged"] += len(lines) - 1
            staging.remove_lines(lines[1:])
            continue
        for line in lines:
            job.report.refuse(line, [found(DOUBLE, Locator(line), key, key=key, lines=shown)])
        staging.remove_lines(lines)


def _hold(job: Job, staging: Staging) -> int:
    held = staging.hold_updated()
    for line, key, foreign_id in held:
        job.report.refuse(line, [found(CHANGED_LATER, Locator(line), key, key=key, known=foreign_id or "?")])
    return len(held)


def _vanished(staging: Staging, brake: Brake) -> list[str]:
    vanished = staging.vanished()
    known = staging.known()
    if known >= brake.least_records and Decimal(len(vanished) * 100) > brake.deleted_percent * known:
        raise BatchError(found(BRAKE, vanished=len(vanished), known=known, limit=brake.deleted_percent))
    return vanished
