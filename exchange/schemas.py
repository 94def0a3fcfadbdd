"""Published forms: XSD, JSON Schema, CSV header and TXT layout out of the same declaration as everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from lxml import etree

from exchange.profile import ROW_COLUMN, element_name
from exchange.record import Field, Kind, Schema

if TYPE_CHECKING:
    from exchange.module import Module

_XS = "http://www.w3.org/2001/XMLSchema"


def _xs(name: str, /, **attributes: str) -> etree._Element:
    return etree.Element(f"{{{_XS}}}{name}", attributes, nsmap={"xs": _XS})


def _pattern(field: Field) -> str:
    """The regular expression of a value in our own form; the same in XSD and JSON Schema."""
    sign = "-?" if field.negative else ""
    if field.kind is Kind.NUMBER:
        fraction = f"(\\.[0-9]{{1,{field.places}}})?" if field.places else ""
        return f"{sign}[0-9]{{1,{field.length}}}{fraction}"
    if field.kind is Kind.WHOLE:
        return f"{sign}[0-9]{{1,{field.length}}}"
    if field.kind is Kind.FLAG:
        return "0|1|true|false"
    if field.kind is Kind.DATE:
        return "[0-9]{4}-[0-9]{2}-[0-9]{2}"
    if field.kind is Kind.MOMENT:
        return "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
    return ""


def _xsd_field(field: Field) -> etree._Element:
    element = _xs("element", name=field.name, minOccurs="1" if field.required else "0")
    _document(element, field)
    kind = _xs("simpleType")
    restriction = _xs("restriction", base="xs:string")
    kind.append(restriction)
    element.append(kind)
    pattern = _pattern(field)
    if field.codes:
        for code in field.codes:
            restriction.append(_xs("enumeration", value=code.code))
        if not field.required:
            restriction.append(_xs("enumeration", value=""))
        return element
    if pattern:
        restriction.append(_xs("pattern", value=pattern if field.required else f"({pattern})?"))
        return element
    if field.required:
        restriction.append(_xs("minLength", value="1"))
    if field.length:
        restriction.append(_xs("maxLength", value=str(field.length)))
    return element


def _document(element: etree._Element, field: Field) -> None:
    annotation = _xs("annotation")
    for language, label, note in (("de", field.de, field.note_de), ("en", field.en, field.note_en)):
        documentation = _xs("documentation")
        documentation.set("{http://www.w3.org/XML/1998/namespace}lang", language)
        documentation.text = f"{label}. {note}" if note else label
        annotation.append(documentation)
    element.append(annotation)


def _xsd_type(schema: Schema) -> etree._Element:
    content = _xs("complexType")
    # xs:all lets elements come in any order, as the reader does.
    every = _xs("all")
    content.append(every)
    for field in schema.fields:
        every.append(_xsd_field(field))
    for group in schema.groups:
        outer = _xs("element", name=group.name, minOccurs="1" if group.required else "0")
        holder, sequence = _xs("complexType"), _xs("sequence")
        inner = _xs("element", name=group.element, minOccurs="1" if group.required else "0", maxOccurs="unbounded")
        inner.append(_xsd_type(group.schema))
        sequence.append(inner)
        holder.append(sequence)
        outer.append(holder)
        every.append(outer)
    return content


def xsd(module: Module) -> bytes:
    """The XML schema of our own form."""
    root = _xs("schema", elementFormDefault="qualified")
    top = _xs("element", name="exchange")
    content, sequence = _xs("complexType"), _xs("sequence")
    records = _xs("element", name=element_name(module.schema), minOccurs="0", maxOccurs="unbounded")
    records.append(_xsd_type(module.schema))
    sequence.append(records)
    content.append(sequence)
    for name in ("module", "version", "created_at", "full"):
        content.append(_xs("attribute", name=name, use="optional"))
    top.append(content)
    root.append(top)
    return etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")


def _json_field(field: Field) -> dict[str, Any]:
    described: dict[str, Any] = {"title": field.en, "description": f"{field.de}. {field.note_de}".strip()}
    if field.example:
        described["examples"] = [field.example]
    if field.kind is Kind.FLAG:
        return described | {"type": ["boolean", "null"]}
    if field.kind is Kind.WHOLE:
        return described | {"type": ["integer", "string", "null"]}
    if field.kind is Kind.NUMBER:
        return described | {"type": ["string", "number", "null"], "pattern": f"^({_pattern(field)})?$"}
    described["type"] = ["string", "null"]
    if field.codes:
        described["enum"] = [code.code for code in field.codes] + ([] if field.required else ["", None])
    if field.kind is Kind.DATE:
        described["format"] = "date"
    if field.kind is Kind.MOMENT:
        described["format"] = "date-time"
    if field.kind is Kind.TEXT and field.length:
        described["maxLength"] = field.length
    return described


def _json_object(schema: Schema) -> dict[str, Any]:
    properties = {field.name: _json_field(field) for field in schema.fields}
    for group in schema.groups:
        properties[group.name] = {"title": group.en, "type": "array", "items": _json_object(group.schema)}
    required = [field.name for field in schema.fields if field.required]
    required += [group.name for group in schema.groups if group.required]
    return {"type": "object", "properties": properties, "required": required}


def json_schema(module: Module) -> bytes:
    """The JSON Schema (2020-12) of our own form."""
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{module.en} / {module.de}",
        "description": module.summary_en,
        "type": "object",
        "properties": {
            "exchange": {"type": "object", "properties": {"module": {"const": module.name}}},
            "records": {"type": "array", "items": _json_object(module.schema)},
        },
        "required": ["records"],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"


def csv_header(module: Module) -> bytes:
    """The header line of our own csv form."""
    schema = module.schema
    columns = [ROW_COLUMN] if schema.groups else []
    columns += schema.names
    for group in schema.groups:
        columns += [f"{group.element}_{name}" for name in group.schema.names]
    return (";".join(columns) + "\r\n").encode()


def txt_layout(module: Module) -> bytes:
    """The layout table of our own txt form: line type, field, first column (from 0), width, meaning."""
    from exchange.codecs.txt import layout_table  # noqa: PLC0415 - the codec knows its own layout

    rows = [("type", "field", "start", "length", "meaning"), *layout_table(module.schema)]
    return ("\r\n".join("\t".join(map(str, row)) for row in rows) + "\r\n").encode()


def published(module: Module, form: str) -> bytes:
    """The published form of a module: `xsd`, `json`, `csv` or `txt`."""
    make = {"xsd": xsd, "json": json_schema, "csv": csv_header, "txt": txt_layout}[form]
    return make(module)
