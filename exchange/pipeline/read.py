"""read: a claimed file + profile + codec → raw records, streaming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.codec import TOO_BIG
from exchange.errors import BatchError
from exchange.finding import found, kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exchange.codec import Raw
    from exchange.pipeline.work import Job

EMPTY = kind(
    "file.empty",
    de="Die Datei ist leer (0 Byte).",
    en="The file is empty (0 bytes).",
    remedy_de="Übertragen Sie die Datei neu. Eine leere Datei löscht nie etwas.",
    remedy_en="Transfer the file again. An empty file never deletes anything.",
)


def read(job: Job) -> Iterator[Raw]:
    """The records of the file as they stand there. Raises BatchError for an empty or oversized file."""
    size = job.path.stat().st_size
    if size == 0:
        raise BatchError(found(EMPTY))
    if size > job.limits.file_bytes:
        raise BatchError(found(TOO_BIG, what="Die Datei / The file", limit=job.limits.file_bytes))
    return job.codec.read(job.path, job.layout, job.limits)
