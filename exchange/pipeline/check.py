"""check: raw records + module → records and findings. All findings of all records, nothing is applied yet.

The quick way converts a chunk of records column by column and asks the rules; only when there is anything to say, the
slow way goes record by record and field by field, and collects every fault. What passes is staged; what does not is in
the report by line.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from exchange.codec import RawBlock, families
from exchange.connector import blocks
from exchange.convert import ConversionError
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.pipeline.alike import Alike
from exchange.pipeline.partial import Partial, as_far_as_readable
from exchange.pipeline.shape import Shape, related
from exchange.record import packer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exchange.codec import Raw
    from exchange.module import Reference
    from exchange.pipeline.shape import Raws
    from exchange.pipeline.work import Job
    from exchange.record import Record
    from exchange.staging import Staging

    #: A record as it stands in the file and as it was made, its key, and what the rules found.
    Checked = tuple[Raw, Record, str, list[Finding]]

#: Records that are checked before the receiving system is asked once for all that they refer to.
CHUNK = 1_000

NO_KEY = kind(
    "record.no_key",
    de="Der Datensatz hat keinen Schlüssel, an dem man ihn wiedererkennt.",
    en="The record has no key by which it could be recognised.",
    remedy_de="Füllen Sie eines der Felder, die den Datensatz bezeichnen (siehe `exchange modules`).",
    remedy_en="Fill one of the fields that identify the record (see `exchange modules`).",
)
NO_CHILDREN = kind(
    "record.no_children",
    de="Es fehlt jede Zeile der Gruppe „{group}“.",
    en="There is no row of the group “{group}”.",
    remedy_de="Ergänzen Sie mindestens eine Zeile.",
    remedy_en="Add at least one row.",
)

#: Longest business key that the ledger holds.
KEY_CHARACTERS = 255


_CHILD = re.compile(r"(\w+)\[(\d+)\]")


class Passed(NamedTuple):
    """Records that may be applied, as the settings complete them; line and key of each."""

    lines: Sequence[int]
    records: Sequence[Record]
    keys: Sequence[str]


class Checker:
    """Checks the records of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.module = job.module
        # One check may stand behind several rules, each with a counterexample of its own.
        self.rules = list(dict.fromkeys(rule.check for rule in job.module.rules))
        schema = job.layout.schema
        self.shape = Shape(schema, job.layout.sources, job.profile)
        self.groups = [
            (group, Shape(group.schema, sources, job.profile))
            for group, (_, sources) in zip(schema.groups, job.layout.groups, strict=True)
        ]

    def records(self, raws: Raws) -> list[Record] | None:
        """The records, converted together; None when any of them has a fault."""
        try:
            columns = self.shape.columns(raws)
            for index, (group, shape) in enumerate(self.groups):
                sizes, children = families(raws, index)
                if group.required and not all(sizes):
                    return None
                columns.append(related(shape, sizes, children))
        except ConversionError:
            return None
        return list(map(self.shape.make, zip(*columns, strict=True)))

    def sound(self, raws: Raws) -> Passed | None:
        """All of the records; None when there is anything to say of any. As nearly always there is not."""
        module, options = self.module, self.job.options
        records = self.records(raws)
        if records is None:
            return None
        if module.prepare is not None:
            records = [module.prepare(record, options) for record in records]
        keys = list(map(module.key, records))
        if not all(keys) or max(map(len, keys)) > KEY_CHARACTERS:
            return None
        for check in self.rules:
            if any(chain.from_iterable(map(check, records, repeat(options)))):
                return None
        for reference in module.references:
            named = {value for _, value in chain.from_iterable(map(reference.of, records)) if value}
            if named and self.job.lookup.missing(reference.name, named):
                return None
        return Passed(raws.lines if isinstance(raws, RawBlock) else [raw[0] for raw in raws], records, keys)

    def record(self, raw: Raw) -> Record | list[Finding]:
        """The record, or all that is wrong with it."""
        try:
            values = self.shape.values(raw)
            if self.groups:
                for (group, shape), children in zip(self.groups, raw.groups, strict=True):
                    if group.required and not children:
                        return self._faults(raw)
                    values.append(tuple([shape.make(shape.values(child)) for child in children]))
        except ConversionError:
            return self._faults(raw)
        record: Record = self.shape.make(values)
        return record

    def _faults(self, raw: Raw) -> list[Finding]:
        faults = list(self.shape.faults(raw, ""))
        for (group, shape), children in zip(self.groups, raw.groups, strict=True):
            if group.required and not children:
                faults.append(found(NO_CHILDREN, Locator(raw.line, group.name), group=group.de))
            for index, child in enumerate(children):
                faults.extend(shape.faults(child, f"{group.name}[{index}]."))
        return faults

    def faulty(self, raw: Raw, faults: list[Finding]) -> Checked:
        """A record that cannot be made, as far as it can be read, with all that is wrong with it."""
        module, options = self.module, self.job.options
        record = self._partial(raw)
        key = "".join(as_far_as_readable(lambda: [module.key(record)]))[:KEY_CHARACTERS]
        findings = [replace(each, key=key) for each in faults]
        for check in self.rules:
            told = as_far_as_readable(partial(check, record, options))
            findings.extend(self.placed(each, raw, key) for each in told)
        return raw, record, key, findings

    def _partial(self, raw: Raw) -> Any:
        values, unreadable = self.shape.readable(raw)
        families = []
        for (group, shape), children in zip(self.groups, raw.groups, strict=True):
            if group.required and not children:
                unreadable.add(group.name)
            families.append([shape.readable(child) for child in children])
        for (_, shape), family in zip(self.groups, families, strict=True):
            values.append(tuple(shape.make(child) for child, _ in family))
        record = self.shape.make(values)
        if self.module.prepare is not None:
            record = self.module.prepare(record, self.job.options)
        groups = {
            group.name: tuple(
                Partial(child, child_unreadable, {})
                for child, (_, child_unreadable) in zip(getattr(record, group.name), family, strict=True)
            )
            for (group, _), family in zip(self.groups, families, strict=True)
        }
        return Partial(record, unreadable, groups)

    def ruled(self, record: Record, raw: Raw) -> tuple[Record, str, list[Finding]]:
        """The record as the settings complete it, its key, and what the rules find."""
        module, options = self.module, self.job.options
        if module.prepare is not None:
            record = module.prepare(record, options)
        key = module.key(record)
        findings = [each for check in self.rules for each in check(record, options)]
        if findings:
            findings = [self.placed(each, raw, key) for each in findings]
        if not 0 < len(key) <= KEY_CHARACTERS:
            findings.append(found(NO_KEY, Locator(raw.line)))
        return record, key, findings

    def placed(self, finding: Finding, raw: Raw, key: str) -> Finding:
        """The finding with line and key; `lines[2].quantity` stands in the line of that child."""
        line = raw.line
        child = _CHILD.match(finding.at.field)
        if child:
            for (group, _), children in zip(self.groups, raw.groups, strict=True):
                if group.name == child[1] and int(child[2]) < len(children):
                    line = children[int(child[2])].line
        return replace(finding, at=replace(finding.at, line=line), key=key)


def check(job: Job, raws: Iterable[Raw], staging: Staging) -> Alike:
    """Check every record of the file; stage the good ones, report the others; which of the good ones are alike.

    Raises BatchError when the file ends badly or is faulty throughout; nothing has been applied then.
    """
    checker, alike = Checker(job), Alike(job.module)
    pack = packer(job.module.record)
    for chunk in blocks(raws, CHUNK):
        job.report.rows_in += len(chunk)
        lines, records, keys = checker.sound(chunk) or _passed(checker, chunk)
        if records:
            packed = pack(records)
            staging.add(lines, keys, packed.fingerprints, packed.block)
            alike.note(lines, keys, records)
        job.progress(job.report.rows_in)
    return alike


def _passed(checker: Checker, chunk: Raws) -> Passed:
    """The records that nothing stands against; what is found goes into the report."""
    checked: list[Checked] = []
    for raw, record in zip(chunk, checker.records(chunk) or map(checker.record, chunk), strict=True):
        if isinstance(record, list):
            checked.append(checker.faulty(raw, record))
        else:
            checked.append((raw, *checker.ruled(record, raw)))
    # Also of records that are faulty already: the sender is told all that is wrong at once.
    dangling = _dangling(checker, checked) if checker.module.references else {}
    passed = []
    for raw, record, key, findings in checked:
        told = [*findings, *dangling.get(raw.line, ())]
        if any(each.severity is not Severity.WARNING for each in told):
            checker.job.report.refuse(raw.line, told)
            continue
        checker.job.report.remark(told)
        passed.append((raw.line, record, key))
    return Passed(*zip(*passed, strict=True)) if passed else Passed((), (), ())


def _named(reference: Reference, record: Any) -> list[tuple[str, str]]:
    return as_far_as_readable(lambda: reference.of(record))


def _dangling(checker: Checker, chunk: list[Checked]) -> dict[int, list[Finding]]:
    """The records that refer to something that does not exist, by line."""
    refused: dict[int, list[Finding]] = {}
    for reference in checker.module.references:
        named = [(raw, key, _named(reference, record)) for raw, record, key, _ in chunk]
        values = {value for _, _, pairs in named for _, value in pairs if value}
        missing = checker.job.lookup.missing(reference.name, values) if values else frozenset()
        if not missing:
            continue
        known = ", ".join(checker.job.lookup.known(reference.name))
        told = {"known": known} if known else {}
        for raw, key, pairs in named:
            for field, value in pairs:
                if value in missing:
                    finding = found(reference.kind, Locator(field=field), value=value, **told)
                    refused.setdefault(raw.line, []).append(checker.placed(finding, raw, key))
    return refused
