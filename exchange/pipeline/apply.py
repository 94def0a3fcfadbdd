"""apply: changes → target, then the ledger learns of it in one transaction.

A target makes its effect durable and recognises its own batch when it is applied again, so a crash anywhere in here is
healed by doing the step once more. Files that a target writes stay in the work folder until the ledger knows of them.
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING

from exchange.connector import Changes, Outcome, Page, chunks
from exchange.errors import FatalError
from exchange.finding import Finding, Locator, Severity
from exchange.ledger import State, WrittenFile
from exchange.record import unpacker
from exchange.staging import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from exchange.connector import Applied
    from exchange.ledger import Ledger
    from exchange.pipeline.work import Job
    from exchange.staging import Staging


def changes(job: Job, staging: Staging) -> Iterator[Page]:
    """What the target is to apply, in the order of the file."""
    unpack = unpacker(job.module.record)
    for staged in staging.changes(whole=job.batch.whole):
        records = unpack(staged.block)
        if staged.chosen is not None:
            records = records.chosen(staged.chosen)
        outcomes = list(map(OUTCOMES.__getitem__, staged.outcomes))
        yield Page(staged.seqs, staged.lines, staged.keys, outcomes, staged.fingerprints, records)


OUTCOMES = {each.value: each for each in Outcome}


def apply(job: Job, staging: Staging, ledger: Ledger, vanished: Sequence[str]) -> None:
    """Apply all changes; at the end the batch is `applied` and the ledger knows records, findings and written files."""
    wanted = changes(job, staging)
    first = next(wanted, None)
    if first is not None:
        all_changes = Changes(itertools.chain([first], wanted))
        for applied in chunks(job.target.apply(job.landing, all_changes), CHUNK):
            _take_in(job, staging, applied)
    if vanished:
        job.target.remove(job.landing, vanished)
    counts = job.report.counts()
    if not counts.balanced:
        message = f"batch {job.batch.uid}: {counts.rows_in} records in, but {counts} came out"
        raise FatalError(message)
    findings = job.located(job.report.findings)
    files = [_written(each.part, each.final) for each in job.landing.outputs]
    with staging.transaction() as connection:
        staging.store(connection, job.batch, vanished)
        ledger.wrote(connection, job.batch, files)
        ledger.settle(connection, job.batch, State.APPLIED, counts, findings)


def _take_in(job: Job, staging: Staging, applied: Sequence[Applied]) -> None:
    """Correct expectation by what the target says."""
    lines = staging.lines([each.seq for each in applied])
    for each in applied:
        line, key, expected = lines[each.seq]
        if each.outcome != expected:
            job.report.outcomes[expected] -= 1
            if each.outcome not in (Outcome.REJECTED, Outcome.HELD):
                job.report.outcomes[each.outcome] += 1
        if not each.findings:
            continue
        placed = [_placed(finding, line, key) for finding in each.findings]
        if any(finding.severity is not Severity.WARNING for finding in placed):
            job.report.refuse(line, placed)
        else:
            job.report.remark(placed)
    staging.record(applied)


def _placed(finding: Finding, line: int, key: str) -> Finding:
    at = Locator(line, finding.at.field, finding.at.sheet, finding.at.cell)
    return Finding(finding.kind, at, finding.values, finding.key or key)


def _written(part: Path, final: Path) -> WrittenFile:
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return WrittenFile(str(part), str(final), digest, part.stat().st_size)
