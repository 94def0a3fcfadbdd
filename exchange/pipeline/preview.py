"""preview: changes → what they would do where they land, field by field. The dry run's stand-in for apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exchange.connector import Outcome, chunks
from exchange.finding import Finding, Locator, Severity
from exchange.staging import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exchange.connector import Changes, FieldChange, Preview, Previewer
    from exchange.pipeline.work import Job
    from exchange.staging import Staging


@dataclass(frozen=True, slots=True)
class Foretold:
    """What would become of one record of the file.

    Attributes:
        line: its place in the file.
        key: business key.
        outcome: what would happen.
        foreign_id: what would be changed, as the receiving system calls it; empty for something new.
        fields: what would be different afterwards.
    """

    line: int
    key: str
    outcome: Outcome
    foreign_id: str
    fields: Sequence[FieldChange]

    def as_json(self) -> dict[str, Any]:
        """The record as `--json` reports show it."""
        return {
            "line": self.line,
            "key": self.key,
            "outcome": str(self.outcome),
            "id": self.foreign_id,
            "fields": [{"name": each.name, "old": each.old, "new": each.new} for each in self.fields],
        }


def preview(job: Job, staging: Staging, previewer: Previewer, changes: Changes) -> list[Foretold]:
    """What would become of the records, in the order of the file; the job's report counts as they say."""
    foretold: list[Foretold] = []
    for some in chunks(previewer.preview(job.landing, changes), CHUNK):
        foretold += _taken_in(job, staging, some)
    return foretold


def _taken_in(job: Job, staging: Staging, previews: Sequence[Preview]) -> Iterator[Foretold]:
    lines = staging.lines([each.seq for each in previews])
    for each in previews:
        line, key, expected = lines[each.seq]
        if each.outcome != expected:
            job.report.outcomes[expected] -= 1
            if each.outcome not in (Outcome.REJECTED, Outcome.HELD):
                job.report.outcomes[each.outcome] += 1
        findings = [Finding(one.kind, Locator(line, one.at.field), one.values, one.key or key) for one in each.findings]
        if any(one.severity is not Severity.WARNING for one in findings):
            job.report.refuse(line, findings)
            continue
        job.report.remark(findings)
        yield Foretold(line, key, each.outcome, each.foreign_id, each.fields)
