"""The order of the steps. Nothing is written to a target before the whole file has been read and checked.

Each state is reached by one commit. A batch that a dead process left is taken up where its state says; what was done
since that commit is done again, without a second effect.
"""

from __future__ import annotations

import gc
import os
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from exchange.errors import BatchError, ConfigError, TransientError
from exchange.files import is_regular
from exchange.finding import Finding, found, kind
from exchange.ledger import Batch, Counts, Ledger, State
from exchange.module import Side
from exchange.pipeline.apply import apply
from exchange.pipeline.archive import answer, keep, publish, return_rejects
from exchange.pipeline.check import check
from exchange.pipeline.claim import claimed_file
from exchange.pipeline.compare import compare
from exchange.pipeline.read import EMPTY, read
from exchange.pipeline.recognise import NOT_REGULAR, recognise
from exchange.staging import staging

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exchange.pipeline.work import Job
    from exchange.profile import Profile
    from exchange.registry import Registry
    from exchange.settings import Settings
    from exchange.staging import Staging

POISON = kind(
    "file.tried_too_often",
    de="Die Verarbeitung ist {tries}-mal abgebrochen; die Datei wird nicht noch einmal versucht.",
    en="Processing broke off {tries} times; the file is not tried again.",
    remedy_de="Senden Sie die Datei mit dem Protokoll an den Betreuer; `exchange replay` versucht sie erneut.",
    remedy_en="Send the file and the log to support; `exchange replay` tries it again.",
)
GONE = kind(
    "file.gone",
    de="Die Datei ist aus dem Arbeitsordner verschwunden, bevor sie übernommen war.",
    en="The file has gone from the work folder before it was taken over.",
    remedy_de="Legen Sie die Datei neu ab; der Arbeitsordner gehört dem Programm allein.",
    remedy_en="Drop the file again; the work folder belongs to the program alone.",
)


def _calm_collector(process: Callable[[Pipeline, Batch], Batch]) -> Callable[[Pipeline, Batch], Batch]:
    """Let the cyclic garbage collector look less often while a batch is at work.

    Records are made by the million and hold no cycles; looking at them again and again costs a third of the time.
    Nothing is frozen: that would reset the collector's counts with every file, and a service that takes many small
    ones would never be rid of its cycles.
    """
    lock = threading.Lock()
    at_work = 0
    before = gc.get_threshold()

    @wraps(process)
    def calm(pipeline: Pipeline, batch: Batch) -> Batch:
        nonlocal at_work, before
        with lock:  # lanes share the collector: the first one calms it, the last one wakes it
            at_work += 1
            if at_work == 1:
                before = gc.get_threshold()
                gc.set_threshold(COLLECTOR_THRESHOLD, 50, 50)
        try:
            return process(pipeline, batch)
        finally:
            with lock:
                at_work -= 1
                if at_work == 0:
                    gc.set_threshold(*before)

    return calm


#: New containers between two looks of the garbage collector: some tens of megabytes.
COLLECTOR_THRESHOLD = 200_000


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps, tied to one installation; made by `exchange.app`.

    Attributes:
        settings, ledger, registry: of the installation.
        job: batch + profile → everything that the steps need.
    """

    settings: Settings
    ledger: Ledger
    registry: Registry
    job: Callable[[Batch, Path, Profile], Job]

    @_calm_collector
    def process(self, batch: Batch) -> Batch:
        """Bring a leased batch to its end; the batch as it ended.

        Raises TransientError or ConfigError when it has to wait: it stays where it is, and the try does not count.
        """
        home = self.settings.folder("work") / batch.uid
        path = claimed_file(home)
        try:
            if batch.state is State.CLAIMED:
                batch = self._take_over(batch, path)
            return self._finish(batch, home, path)
        except (TransientError, ConfigError):
            self.ledger.release(batch.uid)
            raise
        except (OSError, OperationalError) as error:  # a full disk, a ledger that is away: not the fault of the file
            with suppress(OperationalError):
                self.ledger.release(batch.uid)
            message = f"{batch.file_name}: {error}"
            raise TransientError(message) from error

    def dry_run(self, batch: Batch, path: Path, look: Callable[[Job, Staging, list[str]], None] | None = None) -> Job:
        """Read, check and compare without any effect; the job tells what would happen. Raises BatchError.

        `look` may have a look at the records that would be applied, and at the keys that vanished.
        """
        job = self._recognised(batch, path)
        with staging(self.ledger, self.ledger.scope(job.module.name, job.batch.target)) as staged:
            alike = check(job, read(job), staged)
            vanished = compare(job, staged, alike, self.settings.brake)
            if look is not None:
                look(job, staged, vanished)
        job.report.findings = job.located(job.report.findings)
        return job

    def _take_over(self, batch: Batch, path: Path | None) -> Batch:
        """claimed → applied, or refused."""
        job: Job | None = None
        try:
            self._usable(batch, path)
            assert path is not None  # noqa: S101 - `_usable` has seen to it
            job = self._recognised(batch, path)
            batch = job.batch
            if not self._duplicate(batch, job):
                with staging(self.ledger, self.ledger.scope(job.module.name, batch.target), path.parent) as staged:
                    alike = check(job, read(job), staged)
                    vanished = compare(job, staged, alike, self.settings.brake)
                    apply(job, staged, self.ledger, vanished)
        except BatchError as error:
            self._refuse(batch, job, error.findings)
        ended = self.ledger.batch(batch.uid)
        assert ended is not None  # noqa: S101 - it was there a moment ago
        return ended

    def _usable(self, batch: Batch, path: Path | None) -> None:
        if batch.tries > self.settings.watching.tries:
            raise BatchError(found(POISON, tries=batch.tries - 1))
        if path is None:
            raise BatchError(found(GONE))
        if not is_regular(path):
            raise BatchError(found(NOT_REGULAR))
        if batch.size == 0:
            raise BatchError(found(EMPTY))

    def _recognised(self, batch: Batch, path: Path) -> Job:
        profile, signature = recognise(path, batch, self.registry)
        # What a shop no longer sends stays in the books of Sage: only a file for the shop can delete.
        full = self.registry.modules[profile.module].lands is Side.SHOP and bool(signature and signature.full)
        window = self.registry.modules[profile.module].window
        snapshot = (batch.snapshot or full) and not window
        batch = replace(batch, module=profile.module, profile=profile.name, snapshot=snapshot)
        return self.job(batch, path, profile)

    def _duplicate(self, batch: Batch, job: Job) -> bool:
        """Whether exactly this content was taken over before; then the batch ends here."""
        if batch.forced:
            return False
        before = self.ledger.same_content(batch, ever=job.module.changed == "hold")
        if before is None:
            return False
        with self.ledger.writing() as connection:
            self.ledger.settle(connection, replace(batch, duplicate_of=before.uid), State.APPLIED, Counts(), [])
        return True

    def _refuse(self, batch: Batch, job: Job | None, why: tuple[Finding, ...]) -> None:
        """claimed → refused: nothing was applied, every record that was read counts as rejected."""
        rows = job.report.rows_in if job else 0
        told = set(map(id, why))  # of many thousands, comparing each with each would take minutes
        findings = [*why, *(each for each in (job.report.findings if job else []) if id(each) not in told)]
        if job:
            findings = self._located(job, findings)
        with self.ledger.writing() as connection:
            self.ledger.settle(connection, batch, State.REFUSED, Counts(rows_in=rows, rejected=rows), findings)

    @staticmethod
    def _located(job: Job, findings: list[Finding]) -> list[Finding]:
        try:
            return job.located(findings)
        except BatchError:  # the file is too broken to find columns in; lines must do
            return findings

    def _finish(self, batch: Batch, home: Path, path: Path | None) -> Batch:
        """applied → done, refused → quarantined: publish, answer, put the original away."""
        refused = batch.state is State.REFUSED
        outbox = self.settings.folder("outbox")
        publish(self.ledger, batch)
        findings = self.ledger.findings(batch)
        if path is not None and batch.profile in self.registry.profiles:
            profile = self.registry.profile(batch.profile)
            codec, layout = self.registry.codecs[profile.format], self.registry.layout(profile)
            with suppress(BatchError):  # too broken to be taken apart: the receipt says why, the original is kept
                return_rejects(batch, path, outbox, codec, layout, findings)
        # Without a file a former try has come as far as here, and the place is the same.
        lies = keep(batch, path or home / "gone", self.settings.folder("quarantine" if refused else "archive"))
        kept = self._shown(lies) if os.path.lexists(lies) else ""
        batch = replace(batch, kept_at=kept)
        answer(batch, outbox, findings, self.ledger.files(batch), self.settings.language)
        batch = self.ledger.change(
            batch,
            state=State.QUARANTINED if refused else State.DONE,
            kept_at=kept,
            owner="",
            lease_until=None,
            finished_at=self.ledger.now(),
        )
        shutil.rmtree(home, ignore_errors=True)
        return batch

    def _shown(self, path: Path) -> str:
        root = self.settings.root
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
