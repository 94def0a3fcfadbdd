"""How one partner writes one record type: which column or path holds which field, in which charset and number form.

A profile is declared data in a TOML file that a consultant copies and edits; `canonical` builds the one of our own form
for every record type and format. `Layout` is the profile tied to a schema: what codecs work with.

A field finds its value in a `Source`:

    number = "number"                                  one path
    article_number = { first = ["articleCode", "sku"] }  the first that is not empty
    billing_street = { join = ["street", "number"] }     those that are not empty, joined by a blank (or `separator`)
    currency = { value = "EUR" }                       always the same
    tax_rate = { path = "taxRate", scale = 100 }       multiplied after reading, divided when writing
    status = { path = "st", codes = { A = "active" } } translated

Paths are dotted. In xml a part is the local name of an element and `@name` an attribute; of several equal elements
`PARTY[PARTY_ROLE=buyer]` or `PRICE[@type=net]` chooses one. In json a part is a key; in csv and xlsx the path is the
column title; in txt it is `start:end`, counted in characters from 0.

`{language}`, `{LANGUAGE}` and `{gross}` in the text of a profile stand for the shop's basic language and for whether it
keeps its prices with tax (1 or 0), as the settings say.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from exchange.convert import PLAIN, Dialect
from exchange.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from exchange.record import Schema

Format = Literal["csv", "txt", "xml", "json", "xlsx"]
FORMATS: tuple[Format, ...] = ("csv", "txt", "xml", "json", "xlsx")

#: Title of the column that counts the rows of one record in flat files: 1 begins a new record.
ROW_COLUMN = "row"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field stands in the partner's file; see the module docstring.

    Attributes:
        paths: one path, or several for `first` and `join`.
        join: take all paths, joined, instead of the first that is not empty.
        separator: what stands between those that are joined.
        write: the path that is used for writing; the first one where it is empty; `-` where the field is only read.
        value: a constant, used where the paths give nothing.
        scale: factor between file and record (record = file x scale).
        codes: partner's word → our word.
        length: longer texts are cut when writing; 0 cuts none.
        places: so many digits after the point are written; -1: as many as there are.
        per: xml only; path of a number that the value is divided by when it is read: a price per 100 pieces.
    """

    paths: tuple[str, ...] = ()
    join: bool = False
    value: str = ""
    scale: Decimal | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    separator: str = " "
    write: str = ""
    length: int = 0
    places: int = -1
    per: str = ""

    @property
    def written(self) -> str:
        """The path that a value is written to; empty where the file does not have the field."""
        if self.write == "-":
            return ""
        return self.write or (self.paths[0] if self.paths else "")


@dataclass(frozen=True, slots=True)
class GroupSource:
    """Where a group stands: `path` from the record to the repeated element (txt: the code of its line type).

    csv: with `split`, one cell holds all children, with that sign between them; the value `#` is the number of a child.
    xml: `constants` stand in every child that we write: `#` is its number, `^field` a field of the record itself; a
    child that lacks the field `only` is not written; `order` as in the profile.
    """

    path: str
    fields: Mapping[str, Source]
    split: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    only: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One partner's form of one record type.

    Attributes:
        name: stable name, also of its file.
        module: module that it belongs to.
        format: file type.
        de, en: what it is, for people.
        charset: used where neither a byte order mark nor valid UTF-8 decides.
        write_charset: charset of files that we write.
        newline: line end of files that we write.
        delimiter: csv only; of several signs the one that the first line of a file has most of, for writing the first.
        quoting: csv only; `minimal`, `all` or `none`.
        header: csv only; first line holds titles. Without it, paths are column numbers from 1.
        nested: csv only; how the children of a record stand: `columns` repeats the record's columns on every row,
            `lines` has one line for the record and then one line per child of the only group, told apart by order
            alone,
            so that a file holds one record.
        by: csv only; rows with the same values in these columns are one record, also where other values of it differ,
            which is a finding. Children that such rows repeat count once.
        columns: csv only; all titles that are written, in this order; those of no field stay empty.
        one_per_file: every record gets a file of its own when writing.
        dialect: how values are written.
        root: xml: name of the outermost element when writing.
        rows: xml: local name of the element of one record; json: keys that may wrap the records; txt: line type code.
        empty: words that mean "no value" beside the empty text, such as `false` in the shop's json.
        fields, groups: where everything stands.
        constants: path, title or number of a column → text that stands in every record that we write; in xml `#lines`
            is the number of children in the group `lines`.
        namespaces: xml only; prefix → namespace, written at the outermost element; the empty prefix is the default.
        order: xml only; paths in the order in which they are to stand, where a scheme demands another one than
            constants first, then fields and groups as they are declared.
        doctype: xml only; files may name a DTD, as older formats demand it. It is never read, and one that declares
            something itself is refused as ever.
        needs: fields (`number`, `lines.price`) that a record, and each of its children, must have to be written in
            this form; without them it is rejected.
        lacks: fields (`discount`, `lines.discount`) that the form has no place for and that must not be lost: a record
            with such a value, other than 0, is rejected.
        recognise: names (titles, elements, keys) that a file of this profile has; `A|B` is one of several; empty: never
            recognised by content.
        asked: such files hold several things; this one of them is read only where the folder or the sender names it.
        canonical: a form of our own, which also carries a module mark.
    """

    name: str
    module: str
    format: Format
    de: str = ""
    en: str = ""
    charset: str = "cp1252"
    write_charset: str = "utf-8"
    newline: str = "\r\n"
    delimiter: str = ";"
    quoting: Literal["minimal", "all", "none"] = "minimal"
    header: bool = True
    nested: Literal["columns", "lines"] = "columns"
    by: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    one_per_file: bool = False
    dialect: Dialect = PLAIN
    root: str = ""
    rows: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    fields: Mapping[str, Source]
    groups: Mapping[str, GroupSource] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    namespaces: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    doctype: bool = False
    needs: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    recognise: tuple[str, ...] = ()
    asked: bool = False
    canonical: bool = False


@dataclass(frozen=True)
class Layout:
    """A profile tied to the schema of its record: sources in the order of the schema.

    Raises ConfigError when the profile names a field or group that the record does not have.
    """

    profile: Profile
    schema: Schema

    def __post_init__(self) -> None:
        names = {each.name for each in self.schema.fields}
        groups = {each.name: each.schema for each in self.schema.groups}
        known = names | {f"{name}.{each}" for name, group in groups.items() for each in group.names}
        unknown = set(self.profile.fields) - names | set(self.profile.groups) - set(groups)
        unknown |= (set(self.profile.needs) | set(self.profile.lacks)) - known
        for name, group in self.profile.groups.items():
            if name in groups:
                named = set(group.fields) | ({group.only} if group.only else set())
                unknown |= {f"{name}.{each}" for each in named - set(groups[name].names)}
        if unknown:
            message = f"profile {self.profile.name}: {self.schema.name} has no {', '.join(sorted(unknown))}"
            raise ConfigError(message)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """One source per field of the schema; an empty one where the file does not have the field."""
        return tuple(self.profile.fields.get(name, Source()) for name in self.schema.names)

    @cached_property
    def groups(self) -> tuple[tuple[str, tuple[Source, ...]], ...]:
        """Path and sources per group of the schema; an empty path where the file does not have the group."""
        result = []
        for group in self.schema.groups:
            source = self.profile.groups.get(group.name, GroupSource("", {}))
            result.append((source.path, tuple(source.fields.get(name, Source()) for name in group.schema.names)))
        return tuple(result)


def canonical(module: str, schema: Schema, format: Format) -> Profile:  # noqa: A002 - the field's word
    """Our own form of a record type. Its names are the names of the fields; flat files also know the German labels."""
    flat = format in ("csv", "xlsx")

    def sources(of: Schema, prefix: str = "") -> dict[str, Source]:
        return {each.name: Source((prefix + each.name,)) for each in of.fields}

    groups = {
        group.name: GroupSource(
            group.name if flat or format in ("json", "txt") else f"{group.name}.{group.element}",
            sources(group.schema, f"{group.element}_" if flat else ""),
        )
        for group in schema.groups
    }
    required = tuple(each.name for each in schema.fields if each.required)
    for group in schema.groups:
        if group.required and flat:
            required += tuple(f"{group.element}_{each.name}" for each in group.schema.fields if each.required)
        elif group.required:
            required += (group.name,)
    return Profile(
        name=f"{module}_{format}",
        module=module,
        format=format,
        de=f"eigene Form, {format}",
        en=f"our own form, {format}",
        root="exchange",
        rows=(element_name(schema),) if format == "xml" else ("records",),
        fields=sources(schema),
        groups=groups,
        recognise=required,
        delimiter=";,\t|" if format == "csv" else ";",  # what a spreadsheet writes depends on where it stands
        canonical=True,
    )


def element_name(schema: Schema) -> str:
    """Name of the xml element of one record: `Order` becomes `order`."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in schema.name).lstrip("_")


# --- from TOML -------------------------------------------------------------------------------------------------------


def _source(name: str, declared: Any) -> Source:
    if isinstance(declared, str):
        return Source((declared,))
    if not isinstance(declared, dict):
        message = f"{name}: expected a path or a table"
        raise ConfigError(message)
    known = {"path", "first", "join", "separator", "write", "value", "scale", "codes", "length", "places", "per"}
    if set(declared) - known:
        message = f"{name}: unknown {', '.join(sorted(set(declared) - known))}; known are {', '.join(sorted(known))}"
        raise ConfigError(message)
    paths = declared.get("first") or declared.get("join") or ([declared["path"]] if "path" in declared else [])
    return Source(
        tuple(paths),
        join="join" in declared,
        value=str(declared.get("value", "")),
        scale=Decimal(str(declared["scale"])) if "scale" in declared else None,
        codes={str(theirs): str(ours) for theirs, ours in declared.get("codes", {}).items()},
        separator=str(declared.get("separator", " ")),
        write=str(declared.get("write", "")),
        length=int(declared.get("length", 0)),
        places=int(declared.get("places", -1)),
        per=str(declared.get("per", "")),
    )


def _sources(where: str, declared: Mapping[str, Any]) -> dict[str, Source]:
    return {name: _source(f"{where}.{name}", each) for name, each in declared.items()}


#: What some entries of a profile may be; the first is what they are where nothing is said.
_CHOICES = (("quoting", ("minimal", "all", "none")), ("nested", ("columns", "lines")))
#: What the words in the text of a profile stand for where no settings say it.
WORDS: Mapping[str, str] = MappingProxyType(
    {"language": "de", "LANGUAGE": "DE", "gross": "1", "price": "priceIncl", "price_list": "1"}
)


def parse(text: str, origin: str, words: Mapping[str, str] = WORDS) -> Profile:
    """The profile that a TOML text declares. Raises ConfigError that names `origin` and the entry."""
    for word, meaning in words.items():
        text = text.replace(f"{{{word}}}", meaning)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"profile {origin}: {error}"
        raise ConfigError(message) from error
    plain = {each.name for each in fields(Profile)} - {"dialect", "fields", "groups", "canonical"}
    unknown = set(data) - plain - {"dialect", "fields", "groups"}
    missing = {"name", "module", "format", "fields"} - set(data)
    if unknown or missing or data.get("format") not in FORMATS:
        problem = (
            f"unknown {sorted(unknown)}" if unknown else f"missing {sorted(missing)}" if missing else "unknown format"
        )
        message = f"profile {origin}: {problem}"
        raise ConfigError(message)
    values: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in data.items()}
    given: dict[str, Any] = {name: values[name] for name in plain & set(values)}
    habits: dict[str, Any] = {
        name: tuple(each) if isinstance(each, list) else each for name, each in data.get("dialect", {}).items()
    }
    for name, allowed in _CHOICES:
        if given.get(name, allowed[0]) not in allowed:
            message = f"profile {origin}: {name} is one of {', '.join(allowed)}"
            raise ConfigError(message)
    try:
        dialect = replace(PLAIN, **habits)
        groups = {
            name: GroupSource(
                group["path"],
                _sources(f"groups.{name}", group["fields"]),
                group.get("split", ""),
                group.get("constants", {}),
                tuple(group.get("order", ())),
                group.get("only", ""),
            )
            for name, group in data.get("groups", {}).items()
        }
    except (TypeError, KeyError) as error:
        message = f"profile {origin}: {error}"
        raise ConfigError(message) from error
    return Profile(**given, dialect=dialect, fields=_sources("fields", data["fields"]), groups=groups)


def load(folder: Path, words: Mapping[str, str] = WORDS) -> list[Profile]:
    """All profiles of a folder, in the order of their names. Raises ConfigError."""
    return [parse(file.read_text("utf-8"), str(file), words) for file in sorted(folder.glob("*.toml"))]
