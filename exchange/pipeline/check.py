"""check: raw records + module → records and findings. All findings of all records, nothing is applied yet.

The quick way converts a chunk of records column by column; only when that fails, the slow way goes record by record and
field by field, and collects every fault. What passes is staged; what does not is kept in the report by line.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from exchange.connector import chunks
from exchange.convert import MISSING, ConversionError, canonical, column_reader, reader, remembering
from exchange.finding import Finding, Locator, Severity, found, kind
from exchange.record import Field, Kind, Schema, packer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set

    from exchange.codec import Raw
    from exchange.module import Reference
    from exchange.pipeline.work import Job
    from exchange.profile import Profile, Source
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


class _Shape:
    """Readers and required fields of one schema (of the record, or of a group) in one profile."""

    def __init__(self, schema: Schema, sources: Sequence[Source], profile: Profile) -> None:
        self.schema = schema
        self.make: Callable[[Iterable[Any]], Any] = schema.record._make  # type: ignore[attr-defined]
        self.readers = [_reader(each, source, profile) for each, source in zip(schema.fields, sources, strict=True)]
        self.required = [index for index, each in enumerate(schema.fields) if each.required]
        self._column_readers = [
            # What a source does around the plain reader must be done for every value.
            (lambda column, read=read: list(map(read, column)))
            if source.codes or source.scale is not None or _empty_words(profile)
            else column_reader(each, read)
            for each, read, source in zip(schema.fields, self.readers, sources, strict=True)
        ]

    def columns(self, raws: Sequence[Raw]) -> list[Sequence[Any]]:
        """The values of many records, column by column. Raises ConversionError at the first fault of any."""
        if not raws:
            return [[] for _ in self.readers]
        columns = [
            read(column)
            for read, column in zip(self._column_readers, zip(*[raw[1] for raw in raws], strict=True), strict=True)
        ]
        for index in self.required:
            if None in columns[index] or "" in columns[index]:
                raise ConversionError(MISSING)
        return columns

    def values(self, raw: Raw) -> list[Any]:
        """The values of one record. Raises ConversionError at the first fault."""
        values = [read(value) for read, value in zip(self.readers, raw.values, strict=True)]
        for index in self.required:
            if values[index] is None or values[index] == "":
                raise ConversionError(MISSING)
        return values

    def readable(self, raw: Raw) -> tuple[list[Any], set[str]]:
        """The values that can be read, None in place of the others; and the names of those."""
        values: list[Any] = []
        unreadable = set()
        for field, read, given in zip(self.schema.fields, self.readers, raw.values, strict=True):
            try:
                value = read(given)
            except ConversionError:
                value = None
                unreadable.add(field.name)
            if field.required and (value is None or value == ""):
                unreadable.add(field.name)
            values.append(value)
        return values, unreadable

    def faults(self, raw: Raw, prefix: str) -> Iterable[Finding]:
        """Every fault of the record, the slow way."""
        for index, (field, read) in enumerate(zip(self.schema.fields, self.readers, strict=True)):
            at = Locator(raw.line, prefix + field.name)
            try:
                value = read(raw.values[index])
            except ConversionError as error:
                yield found(error.kind, at, **error.values)
                continue
            if field.required and (value is None or value == ""):
                yield found(MISSING, at)


def _reader(field: Field, source: Source, profile: Profile) -> Callable[[Any], Any]:
    """The reader of one field in one profile: empty words, codes and scale around the plain one."""
    read = reader(field, profile.dialect)
    if source.scale is not None and field.kind is Kind.NUMBER:
        finer = reader(replace(field, places=field.places + 6), profile.dialect)
        scale = source.scale

        def scaled(raw: Any) -> Any:
            value = finer(raw)
            return None if value is None else canonical(value * scale, field.places, field.least_places)

        read = remembering(scaled)
    words = dict.fromkeys(_empty_words(profile), "") | dict(source.codes)
    if words:
        inner = read

        def translated(raw: Any) -> Any:
            return inner(words.get(raw, raw) if isinstance(raw, str) else raw)

        read = translated
    return read


def _families(shape: _Shape, families: Sequence[Sequence[Raw]]) -> list[tuple[Any, ...]]:
    """The children of many records, converted all at once and given back to their parents."""
    children = iter(
        map(shape.make, zip(*shape.columns([child for family in families for child in family]), strict=True))
    )
    return [tuple(islice(children, len(family))) for family in families]


class _Unreadable(Exception):  # noqa: N818 - never an error: it only stops who asked
    """A rule has asked for a value that could not be read."""


class _Partial:
    """A record of which some values could not be read. A rule that asks for one of them cannot be judged and stops.

    Args:
        record: with None in their place.
        unreadable: their names.
        groups: the children, made so too.
    """

    def __init__(self, record: Any, unreadable: Set[str], groups: Mapping[str, Sequence[_Partial]]) -> None:
        self._record, self._unreadable, self._groups = record, unreadable, groups

    def __getattr__(self, name: str) -> Any:
        if name in self._unreadable:
            raise _Unreadable
        return self._groups[name] if name in self._groups else getattr(self._record, name)

    def __getitem__(self, place: int | slice) -> Any:  # a record is a tuple, and a quick rule reads it as one
        names = self._record._fields[place]
        return getattr(self, names) if isinstance(names, str) else tuple(getattr(self, name) for name in names)


def _as_far_as_readable(told: Callable[[], Iterable[Any]]) -> list[Any]:
    """What a rule or reference has to say before it asks for a value that could not be read."""
    result = []
    with suppress(_Unreadable):
        for each in told():
            result.append(each)  # noqa: PERF402 - what was told before the end counts
    return result


def _empty_words(profile: Profile) -> tuple[str, ...]:
    """Words that mean "no value" and are still there when the codec is done; that of json has seen to it."""
    return () if profile.format == "json" else profile.empty


_CHILD = re.compile(r"(\w+)\[(\d+)\]")


class Checker:
    """Checks the records of one job."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.module = job.module
        self.rules = [rule.check for rule in job.module.rules]
        schema = job.layout.schema
        self.shape = _Shape(schema, job.layout.sources, job.profile)
        self.groups = [
            (group, _Shape(group.schema, sources, job.profile))
            for group, (_, sources) in zip(schema.groups, job.layout.groups, strict=True)
        ]

    def records(self, raws: Sequence[Raw]) -> Sequence[Record | list[Finding]]:
        """For each raw record, the record or all that is wrong with it."""
        try:
            columns = self.shape.columns(raws)
            for index, (group, shape) in enumerate(self.groups):
                families = [raw.groups[index] for raw in raws]
                if group.required and not all(families):
                    return [self.record(raw) for raw in raws]
                columns.append(_families(shape, families))
        except ConversionError:
            return [self.record(raw) for raw in raws]
        return list(map(self.shape.make, zip(*columns, strict=True)))

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
        key = "".join(_as_far_as_readable(lambda: [module.key(record)]))[:KEY_CHARACTERS]
        findings = [replace(each, key=key) for each in faults]
        for rule in module.rules:
            told = _as_far_as_readable(partial(rule.check, record, options))
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
                _Partial(child, child_unreadable, {})
                for child, (_, child_unreadable) in zip(getattr(record, group.name), family, strict=True)
            )
            for (group, _), family in zip(self.groups, families, strict=True)
        }
        return _Partial(record, unreadable, groups)

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


def check(job: Job, raws: Iterable[Raw], staging: Staging) -> None:
    """Check every record of the file; stage the good ones, report the others.

    Raises BatchError when the file ends badly or is faulty throughout; nothing has been applied then.
    """
    checker = Checker(job)
    report = job.report
    for chunk in chunks(raws, CHUNK):
        report.rows_in += len(chunk)
        checked: list[Checked] = []
        for raw, record in zip(chunk, checker.records(chunk), strict=True):
            if isinstance(record, list):
                checked.append(checker.faulty(raw, record))
            else:
                checked.append((raw, *checker.ruled(record, raw)))
        _stage(checker, checked, staging)
        job.progress(report.rows_in)


def _stage(checker: Checker, chunk: list[Checked], staging: Staging) -> None:
    # Also of records that are faulty already: the sender is told all that is wrong at once.
    dangling = _dangling(checker, chunk) if checker.module.references else {}
    pack = packer(checker.module.record)
    rows, payloads = [], []
    seq = staging.number
    report = checker.job.report
    for raw, record, key, findings in chunk:
        line = raw[0]
        if line in dangling:
            findings = [*findings, *dangling[line]]  # noqa: PLW2901 - the same list, longer
        if findings:
            if any(each.severity is not Severity.WARNING for each in findings):
                report.refuse(line, findings)
                continue
            report.remark(findings)
        seq += 1
        payload, fingerprint = pack(record)
        rows.append((seq, line, key, fingerprint))
        payloads.append(payload)
    if rows:
        staging.add(rows, payloads)


def _named(reference: Reference, record: Any) -> list[tuple[str, str]]:
    return _as_far_as_readable(lambda: reference.of(record))


def _dangling(checker: Checker, chunk: list[Checked]) -> dict[int, list[Finding]]:
    """The records that refer to something that does not exist, by line."""
    refused: dict[int, list[Finding]] = {}
    for reference in checker.module.references:
        named = [(raw, key, _named(reference, record)) for raw, record, key, _ in chunk]
        values = {value for _, _, pairs in named for _, value in pairs if value}
        missing = checker.job.lookup.missing(reference.name, values) if values else frozenset()
        if not missing:
            continue
        for raw, key, pairs in named:
            for field, value in pairs:
                if value in missing:
                    finding = found(reference.kind, Locator(field=field), value=value)
                    refused.setdefault(raw.line, []).append(checker.placed(finding, raw, key))
    return refused
