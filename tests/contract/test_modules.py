"""What every module must do; a new one is tested by existing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange.finding import CATALOGUE, Severity
from exchange.findings import load_all
from exchange.record import Schema, fingerprint, payload, restore
from exchange.registry import build

if TYPE_CHECKING:
    from exchange.module import Module

REGISTRY = build()
MODULES = list(REGISTRY.modules.values())
RULES = [(module, rule) for module in MODULES for rule in module.rules]


def found_by_rules(module: Module, record: object) -> set[str]:
    """Codes of all findings of all rules."""
    options = module.options()
    if module.prepare:
        record = module.prepare(record, options)
    return {finding.code for rule in module.rules for finding in rule.check(record, options)}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_the_example_passes_every_rule(module: Module) -> None:
    """What templates and documents show as an example is right."""
    assert found_by_rules(module, module.example()) == set()


@pytest.mark.parametrize(
    ("module", "rule"),
    RULES,
    ids=lambda each: getattr(each, "name", getattr(getattr(each, "check", None), "__name__", "")),
)
def test_every_rule_catches_its_counterexample(module: Module, rule: object) -> None:
    """A rule that catches nothing is none."""
    record = rule.counterexample()  # type: ignore[attr-defined]
    if module.prepare:
        record = module.prepare(record, module.options())
    codes = {finding.code for finding in rule.check(record, module.options())}  # type: ignore[attr-defined]
    assert codes
    assert codes <= {kind.code for kind in rule.kinds}  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_record_survives_the_ledger(module: Module) -> None:
    """Payload and fingerprint keep what the record says."""
    record = module.example()
    again = restore(module.record, payload(record))
    assert again == record
    assert type(again) is module.record
    assert fingerprint(again) == fingerprint(record)
    assert module.key(again) == module.key(record) != ""


def _fields(schema: Schema) -> list[tuple[str, str]]:
    return [(each.de, each.en) for each in schema.fields] + [
        pair for group in schema.groups for pair in _fields(group.schema)
    ]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_module_speaks_both_languages(module: Module) -> None:
    """Names, summaries and every field, in German and English; labels of one record differ."""
    assert all((module.de, module.en, module.summary_de, module.summary_en))
    assert all(de and en for de, en in _fields(module.schema))
    labels = [each.de.casefold() for each in module.schema.fields]
    assert len(labels) == len(set(labels))


def test_every_finding_speaks_both_languages_and_has_a_remedy() -> None:
    """No finding leaves the clerk alone."""
    load_all()
    assert len(CATALOGUE) > 40
    for kind in CATALOGUE.values():
        assert all((kind.de, kind.en, kind.remedy_de, kind.remedy_en)), kind.code
        assert kind.code.count(".") == 1
        assert kind.severity in Severity


def test_module_names_are_unambiguous() -> None:
    """No alias stands for two modules."""
    names = [
        name
        for module in MODULES
        for name in {each.casefold() for each in (module.name, module.de, module.en, *module.aliases)}
    ]
    assert len(names) == len(set(names))
    for module in MODULES:
        assert REGISTRY.module(module.de) is module
