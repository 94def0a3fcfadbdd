"""The folder of the codecs is the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from exchange import codecs
from exchange.errors import ConfigError
from exchange.profile import FORMATS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_format_of_the_profiles_has_its_codec() -> None:
    """And every codec its own suffixes."""
    registry = codecs.registry()

    assert sorted(registry) == sorted(FORMATS)
    assert all(codec.format == name for name, codec in registry.items())
    suffixes = [suffix for codec in registry.values() for suffix in codec.suffixes]
    assert len(set(suffixes)) == len(suffixes)


@pytest.mark.parametrize("source", ["", "CODEC = None", "class Other:\n    format = 'csv'\nCODEC = Other()"])
def test_a_file_that_declares_no_codec_of_its_name_stops_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Before the first file is taken."""
    name = f"odd_{abs(hash(source))}"
    (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.setattr(codecs, "__path__", [str(tmp_path)])

    with pytest.raises(ConfigError, match=name):
        codecs.registry()
