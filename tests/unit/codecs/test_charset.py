"""Which charset a file has, and what it may not contain."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from exchange.charset import PIECE, charset_of, head_text, text_out
from exchange.errors import BatchError, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = "Größe für Käse, Öl und Äpfel: süß\r\n"


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (b"plain", "utf-8"),
        (b"", "utf-8"),
        (GERMAN.encode(), "utf-8"),
        (GERMAN.encode("utf-8-sig"), "utf-8-sig"),
        (GERMAN.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + GERMAN.encode("utf-16-be"), "utf-16"),
        (GERMAN.encode("utf-32"), "utf-32"),
        (GERMAN.encode("cp1252"), "cp1252"),
        (b"x" * 1_000_000 + "ü".encode("cp1252"), "cp1252"),
        (("ü" * PIECE).encode(), "utf-8"),
        (b"x" + ("ü" * PIECE).encode(), "utf-8"),
    ],
    ids=range(11),
)
def test_the_whole_file_decides(tmp_path: Path, content: bytes, charset: str) -> None:
    """Mark, then strict UTF-8, then the declared one; characters may be cut by the pieces that are read."""
    path = tmp_path / "x"
    path.write_bytes(content)

    assert charset_of(path, "cp1252") == charset


@pytest.mark.parametrize("before", [0, 1, PIECE - 1, PIECE, 3 * PIECE + 5])
@pytest.mark.parametrize(
    ("bad", "declared"), [(b"\x81", "cp1252"), (b"\xc3(", "utf-8"), (b"\xc3", "utf-8"), (b"\xe2\x82", "utf-8")]
)
def test_the_place_of_a_byte_that_is_no_character_is_exact(
    tmp_path: Path, before: int, bad: bytes, declared: str
) -> None:
    """Also where a character is cut by the pieces that are read, and at the end of the file."""
    path = tmp_path / "x"
    path.write_bytes(b"x" * before + bad)

    with pytest.raises(BatchError) as caught:
        charset_of(path, declared)
    assert caught.value.findings[0].values["offset"] == str(before)


def test_a_mark_counts_in_the_place_of_a_bad_byte(tmp_path: Path) -> None:
    """Offsets are those of the file."""
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbfab\xff")

    with pytest.raises(BatchError) as caught:
        charset_of(path, "cp1252")
    assert caught.value.findings[0].values["offset"] == "5"


@pytest.mark.parametrize(("text", "hint"), [("Käse für süße Äpfel", " – cp850?"), ("", "")])
def test_old_umlauts_around_the_bad_byte_give_a_hint(tmp_path: Path, text: str, hint: str) -> None:
    """Counted near the place, not at the beginning of the file."""
    path = tmp_path / "x"
    path.write_bytes("ÄÖÜäöüß".encode("cp1252") * 100 + b"x" * 2_000_000 + text.encode("cp850") + b"\x8d")

    with pytest.raises(BatchError) as caught:
        charset_of(path, "cp1252")
    assert caught.value.findings[0].values["hint"] == hint


def test_half_a_character_of_two_bytes_is_told(tmp_path: Path) -> None:
    """UTF-16 with an odd number of bytes."""
    path = tmp_path / "x"
    path.write_bytes("abc".encode("utf-16") + b"\x00")

    with pytest.raises(BatchError):
        charset_of(path, "cp1252")


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_nul_is_told_with_its_line(tmp_path: Path, charset: str) -> None:
    """In every charset; only where lines are asked for."""
    path = tmp_path / "x"
    path.write_bytes(("ä\n" * 100_000 + "x\0y").encode(charset))

    with pytest.raises(BatchError) as caught:
        charset_of(path, "cp1252", 1_000)
    assert (caught.value.findings[0].code, caught.value.findings[0].at.line) == ("file.nul", 100_001)
    assert charset_of(path, "cp1252") == charset


def test_a_long_line_is_told_with_its_line(tmp_path: Path) -> None:
    """Line by line, not by the sum of them."""
    path = tmp_path / "x"
    path.write_text("y" * 900_000 + "\n" + "x" * 900_000 + "\n")
    assert charset_of(path, "cp1252", 1_000_000) == "utf-8"

    with pytest.raises(BatchError) as caught:
        charset_of(path, "cp1252", 800_000)
    assert (caught.value.findings[0].code, caught.value.findings[0].at.line) == ("file.too_big", 1)


@pytest.mark.parametrize("charset", ["klingon", "hex", ""])
def test_a_charset_that_does_not_exist_stops_the_program(tmp_path: Path, charset: str) -> None:
    """The profile is wrong, not the file."""
    path = tmp_path / "x"
    path.write_bytes(b"x")

    with pytest.raises(ConfigError):
        charset_of(path, charset)
    with pytest.raises(ConfigError), text_out(io.BytesIO(), charset):
        pass


def test_the_beginning_is_shown_as_text_whatever_it_is(tmp_path: Path) -> None:
    """Characters may be cut at its end."""
    path = tmp_path / "x"
    for content, text in (
        (GERMAN.encode(), GERMAN),
        (GERMAN.encode("utf-16"), GERMAN),
        (GERMAN.encode("cp1252"), GERMAN),
        (b"\x81", "\N{REPLACEMENT CHARACTER}"),
    ):
        path.write_bytes(content)
        assert head_text(path).lstrip("\ufeff") == text
    path.write_bytes(("x" + "ü" * 40_000).encode())
    assert head_text(path) == "x" + "ü" * 32_767


def test_what_is_written_stays_open_and_is_complete() -> None:
    """Also after a character that cannot be written; the caller closes."""
    out = io.BytesIO()
    with text_out(out, "iso-8859-1") as text:
        text.write("ü\n")
    assert out.getvalue() == b"\xfc\n"

    with pytest.raises(BatchError) as caught, text_out(out, "iso-8859-1") as text:
        text.write("aä\u20acb")
    assert caught.value.findings[0].values == {"character": "€", "charset": "iso-8859-1"}
    assert not out.closed
