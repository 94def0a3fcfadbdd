"""What the steps share: one batch at work, and what has been found in it so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from exchange.errors import BatchError
from exchange.finding import Finding, Severity, kind
from exchange.ledger import Counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from exchange.codec import Codec, Limits
    from exchange.connector import Landing, Lookup, Target
    from exchange.finding import Locator
    from exchange.ledger import Batch
    from exchange.module import Module
    from exchange.pipeline.preview import Foretold
    from exchange.profile import Layout, Profile

#: With more faulty records than this the file itself is wrong; and a report of that length helps nobody.
MOST_FAULTS = 10_000

TOO_MANY = kind(
    "file.too_many_faults",
    de="Mehr als {limit} Datensätze sind fehlerhaft; die Datei wurde nicht weiter geprüft.",
    en="More than {limit} records are faulty; the file was not checked any further.",
    remedy_de="Vermutlich passt das Profil nicht. Beheben Sie die ersten Fehler und legen Sie die Datei neu ab.",
    remedy_en="The profile is probably wrong. Mend the first faults and drop the file again.",
)


@dataclass(slots=True)
class Report:
    """Collects what is found in a batch and counts what becomes of its records.

    Attributes:
        rows_in: records read.
        findings: all of them, in the order found.
        faults: lines of rejected and held records, each with its findings.
        outcomes: number of records per outcome name.
    """

    rows_in: int = 0
    findings: list[Finding] = field(default_factory=list)
    faults: dict[int, list[Finding]] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)

    def remark(self, findings: Sequence[Finding]) -> None:
        """Keep findings that do not stop their record. Raises BatchError beyond `MOST_FAULTS`."""
        if len(self.findings) + len(findings) > MOST_FAULTS * 2:
            raise BatchError(Finding(TOO_MANY, values={"limit": str(MOST_FAULTS)}), *self.findings)
        self.findings.extend(findings)

    def refuse(self, line: int, findings: Sequence[Finding]) -> None:
        """A record is rejected or held, for these reasons. Raises BatchError beyond `MOST_FAULTS`."""
        outcome = "rejected" if any(each.severity is Severity.ERROR for each in findings) else "held"
        self.outcomes[outcome] += 1
        self.faults[line] = list(findings)
        self.findings.extend(findings)
        if len(self.faults) > MOST_FAULTS:
            raise BatchError(Finding(TOO_MANY, values={"limit": str(MOST_FAULTS)}), *self.findings)

    def counts(self) -> Counts:
        """The numbers for ledger and receipt."""
        return Counts(
            rows_in=self.rows_in,
            created=self.outcomes["created"],
            updated=self.outcomes["updated"],
            unchanged=self.outcomes["unchanged"],
            deleted=self.outcomes["deleted"],
            rejected=self.outcomes["rejected"],
            held=self.outcomes["held"],
            warnings=sum(each.severity is Severity.WARNING for each in self.findings),
        )


@dataclass(slots=True, kw_only=True)
class Job:
    """One batch with everything the steps need to work on it; made by `exchange.app`.

    Attributes:
        batch: as the ledger has it.
        path: the claimed file.
        module, profile, codec, layout: how to read it.
        options: settings of the module.
        limits: what a file may be.
        lookup: what exists in the receiving system.
        target: where records land.
        landing: for the target.
        report: what has been found.
        foretold: of a dry run, what would become of each record, where the target can tell.
        progress: called with the number of records done.
    """

    batch: Batch
    path: Path
    module: Module
    profile: Profile
    codec: Codec
    layout: Layout
    options: Any
    limits: Limits
    lookup: Lookup
    target: Target
    landing: Landing
    report: Report = field(default_factory=Report)
    foretold: Sequence[Foretold] = ()
    progress: Callable[[int], None] = lambda _number: None

    def located(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings in the order of the file, with their places as the sender sees them.

        That is by sheet and cell where the file type has them.
        """
        findings = sorted(findings, key=lambda each: each.at.line or 0)
        locate = getattr(self.codec, "locate", None)
        if locate is None or not any(each.at.line for each in findings):
            return findings
        place: Callable[[int, str], Locator] = locate(self.path, self.layout)
        return [
            replace(each, at=place(each.at.line, each.at.field)) if each.at.line and not each.at.cell else each
            for each in findings
        ]
