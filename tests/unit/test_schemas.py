"""The published forms describe what the program writes and reads."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from exchange.codec import Meta
from exchange.record import Kind
from exchange.registry import build
from exchange.schemas import published

if TYPE_CHECKING:
    from exchange.module import Module

REGISTRY = build()
MODULES = list(REGISTRY.modules.values())


def written(module: Module, form: str) -> bytes:
    """The module's example in our own form, as the codec writes it."""
    out = io.BytesIO()
    layout = REGISTRY.layout(REGISTRY.profile(f"{module.name}_{form}"))
    REGISTRY.codecs[form].write(out, layout, [module.example()], Meta(module.name))
    return out.getvalue()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_xsd_accepts_what_is_written_and_nothing_else(module: Module) -> None:
    """A required element that is missing, and an unknown one, are refused."""
    schema = etree.XMLSchema(etree.fromstring(published(module, "xsd")))
    document = etree.fromstring(written(module, "xml"))
    schema.assertValid(document)

    required = next(each.name for each in module.schema.fields if each.required)
    record = document[0]
    record.append(etree.Element("unknown"))
    assert not schema.validate(document)
    record.remove(record[-1])
    schema.assertValid(document)
    record.remove(record.find(required))
    assert not schema.validate(document)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_xsd_knows_kinds_and_codes(module: Module) -> None:
    """A number is none with letters in it; a code is one of the list."""
    schema = etree.XMLSchema(etree.fromstring(published(module, "xsd")))
    for field in module.schema.fields:
        if field.kind is Kind.TEXT and not field.codes:
            continue
        document = etree.fromstring(written(module, "xml"))
        element = document[0].find(field.name)
        if element is None:
            element = etree.SubElement(document[0], field.name)
        element.text = "keiner der Werte"
        assert not schema.validate(document), field.name


def described(schema: dict[str, Any], value: Any, path: str = "") -> None:
    """Every value has its description, and fits its pattern and length."""
    if isinstance(value, dict):
        assert set(schema["required"]) <= {name for name, each in value.items() if each not in (None, [])}
        for name, each in value.items():
            described(schema["properties"][name], each, f"{path}.{name}")
        return
    if isinstance(value, list):
        for each in value:
            described(schema["items"], each, path)
        return
    kinds = {str: "string", bool: "boolean", int: "integer", type(None): "null"}
    assert kinds[type(value)] in schema["type"], path
    if isinstance(value, str):
        assert re.search(schema.get("pattern", ""), value), path
        assert len(value) <= schema.get("maxLength", 10**6), path
        assert value in schema.get("enum", [value]), path


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_json_schema_describes_what_is_written(module: Module) -> None:
    """By name, type, pattern, length and list of codes."""
    schema = json.loads(published(module, "json"))
    content = json.loads(written(module, "json"))

    assert schema["properties"]["exchange"]["properties"]["module"]["const"] == content["exchange"]["module"]
    described(schema["properties"]["records"], content["records"])


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_csv_header_is_the_one_that_is_written(module: Module) -> None:
    """To the byte."""
    assert written(module, "csv").splitlines()[0] == published(module, "csv").splitlines()[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_txt_layout_tells_where_everything_stands(module: Module) -> None:
    """Type, field, start, width: cut out so, the lines give the values of the example."""
    title, *rows = [line.split("\t") for line in published(module, "txt").decode("utf-8").splitlines()]
    assert title == ["type", "field", "start", "length", "meaning"]
    places = {field: (int(start), int(start) + int(width)) for kind, field, start, width, _ in rows if kind == "D"}
    (line,) = [each for each in written(module, "txt").decode("utf-8").splitlines() if each[:2].rstrip() == "D"]
    record = module.example()
    for field, value in zip(module.schema.fields, record, strict=False):
        if field.kind is Kind.TEXT and not field.long and field.name in places:
            assert line[slice(*places[field.name])].rstrip() == value, field.name
