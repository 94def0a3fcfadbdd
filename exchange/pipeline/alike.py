"""alike: records of one file that have different keys and yet may be the same thing. Both places are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.finding import Locator, Severity, found, kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exchange.finding import Kind
    from exchange.module import Mark, Module
    from exchange.pipeline.work import Job
    from exchange.record import Record
    from exchange.staging import Staging

ALIKE = kind(
    "file.alike",
    de="„{value}“ ({field}) haben auch andere Datensätze der Datei: {others}. Ist es derselbe?",
    en="“{value}” ({field}) stands in other records of the file too: {others}. Is it the same?",
    remedy_de="Ist es derselbe, behalten Sie nur einen Datensatz; sonst geben Sie jedem seine eigene Nummer.",
    remedy_en="If it is the same, keep only one record. Otherwise give each one a number of its own.",
    severity=Severity.HOLD,
)
ALIKE_NUMBERED = kind(
    "file.alike_numbered",
    de="„{value}“ ({field}) haben auch andere Nummern der Datei: {others}. Alle wurden einzeln übernommen.",
    en="“{value}” ({field}) belongs to other numbers of the file too: {others}. Each was taken over by itself.",
    remedy_de="Nichts zu tun, wenn es verschiedene sind; sonst legen Sie sie in Sage zusammen.",
    remedy_en="Nothing to do if they are different ones. Otherwise join them in Sage.",
    severity=Severity.WARNING,
)

#: So many other places are named in a message.
SHOWN = 5


class Alike:
    """Collects by which marks the records of a file could be the same; made for one run of the checks.

    Args:
        module: of the file; nothing is collected where it declares no marks.
    """

    def __init__(self, module: Module) -> None:
        self.marks = module.marks
        self.labels = {each.name: each for each in module.schema.fields}
        self._seen: dict[tuple[str, str], list[tuple[int, str, Mark]]] = {}

    def note(self, lines: Sequence[int], keys: Sequence[str], records: Sequence[Record]) -> None:
        """Remember the marks of records that have passed the checks."""
        if self.marks is None:
            return
        for line, key, record in zip(lines, keys, records, strict=True):
            for mark in self.marks(record):
                if mark.value:
                    self._seen.setdefault((mark.field, mark.value), []).append((line, key, mark))

    def refuse(self, job: Job, staging: Staging) -> None:
        """Hold records that could be the same as another one, unless each of them says itself who it is."""
        held: dict[int, list[tuple[Kind, Mark, str]]] = {}
        for records in self._seen.values():
            # Of a record that stands there twice, word for word, the first one counts.
            firsts = {key: (line, key, mark) for line, key, mark in reversed(records)}
            places = [each for each in firsts.values() if each[0] not in job.report.faults]
            if len(places) < 2:  # noqa: PLR2004 - alike takes two
                continue
            places.sort(key=lambda each: each[0])
            sure = all(mark.sure for _, _, mark in places)
            for line, key, mark in places:
                others = [f"#{other} {one}" for other, one, _ in places if one != key]
                shown = ", ".join(others[:SHOWN]) + (" …" if len(others) > SHOWN else "")
                held.setdefault(line, []).append((ALIKE_NUMBERED if sure else ALIKE, mark, shown))
        self._tell(job, staging, held, {line: key for each in self._seen.values() for line, key, _ in each})

    def _tell(
        self, job: Job, staging: Staging, held: dict[int, list[tuple[Kind, Mark, str]]], keys: dict[int, str]
    ) -> None:
        gone = []
        for line, reasons in sorted(held.items()):
            findings = [
                found(
                    what,
                    Locator(line, mark.field),
                    keys[line],
                    value=mark.shown,
                    field=self._label(mark),
                    others=others,
                )
                for what, mark, others in reasons
            ]
            if all(each.severity is Severity.WARNING for each in findings):
                job.report.remark(findings)
            else:
                job.report.refuse(line, findings)
                gone.append(line)
        staging.remove_lines(gone)

    def _label(self, mark: Mark) -> str:
        field = self.labels[mark.field]
        return field.de if field.de == field.en else f"{field.de} / {field.en}"
