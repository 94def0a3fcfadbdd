"""Moving and writing files: the old state or the new one, on every system."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from exchange import files
from exchange.errors import TransientError
from exchange.files import (
    MOST_NAME_BYTES,
    clean_name,
    content_hash,
    is_regular,
    open_plainly,
    replace,
    write_atomically,
)

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")


def test_a_written_file_is_complete_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing breaks off, what was there before is still there."""
    path = tmp_path / "new" / "x.json"
    write_atomically(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"


def test_moving_across_volumes_copies_flushes_and_then_deletes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no moment is the file nowhere: the source goes when the copy and its folder are on the disk."""
    source, target = tmp_path / "a.csv", tmp_path / "other" / "b.csv"
    source.write_bytes(b"content")
    real, steps = Path.replace, []

    def rename(self: Path, to: Path) -> Path:
        if self.parent != to.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        steps.append("named")
        return real(self, to)

    def flushed(folder: Path) -> None:
        steps.append(f"flushed {folder.name}, source {'there' if source.exists() else 'gone'}")

    monkeypatch.setattr(Path, "replace", rename)
    monkeypatch.setattr(files, "flush_folder", flushed)
    replace(source, target)

    assert (target.read_bytes(), source.exists()) == (b"content", False)
    assert steps == ["named", "flushed other, source there", "flushed other, source gone"]


def other_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder is a volume of its own."""
    real = Path.replace

    def rename(self: Path, to: Path) -> Path:
        if self.parent != to.parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, to)

    monkeypatch.setattr(Path, "replace", rename)


@POSIX
def test_p4_a_link_is_moved_across_volumes_as_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it points to is not read; a pipe stays a pipe, so nobody waits on it."""
    other_volumes(monkeypatch)
    secret, link, pipe = tmp_path / "secret", tmp_path / "link.csv", tmp_path / "pipe.csv"
    secret.write_bytes(b"x")
    link.symlink_to(secret)
    os.mkfifo(pipe)
    for each in (link, pipe):
        replace(each, tmp_path / "work" / each.name)

    assert (tmp_path / "work" / "link.csv").readlink() == secret
    assert (tmp_path / "work" / "pipe.csv").is_fifo()
    assert list(tmp_path.glob("*.csv")) == []
    assert secret.read_bytes() == b"x"


@pytest.mark.parametrize("ends", ["short", "grown", "broken"])
def test_w3_a_copy_that_came_short_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    """The share ends the read too soon, somebody still writes, or the line breaks: the file stays where it is."""
    other_volumes(monkeypatch)
    source = tmp_path / "a.csv"
    source.write_bytes(b"content")

    def copied(_file: object, out: Any, _most: int) -> None:
        out.write(b"cont" if ends == "short" else b"content")
        if ends == "grown":
            source.write_bytes(b"content and more")
        if ends == "broken":
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "copyfileobj", copied)
    with pytest.raises(OSError if ends == "broken" else TransientError):
        replace(source, tmp_path / "work" / "a.csv")

    assert source.read_bytes().startswith(b"content")
    assert not (tmp_path / "work" / "a.csv").exists()


def test_w5_a_file_held_open_on_another_volume_is_a_reason_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could be copied, but not be deleted."""
    other_volumes(monkeypatch)
    source = tmp_path / "a.csv"
    source.write_bytes(b"x")

    def held(_path: Path) -> None:
        raise PermissionError(errno.EACCES, "in use")

    monkeypatch.setattr(Path, "unlink", held)
    with pytest.raises(TransientError, match="held open"):
        replace(source, tmp_path / "work" / "a.csv")
    assert source.read_bytes() == b"x"


@pytest.mark.parametrize(
    ("error", "raised"), [(PermissionError(13, "in use"), TransientError), (OSError(28, "full"), OSError)]
)
def test_a_file_that_cannot_be_moved_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, raised: type[Exception]
) -> None:
    """In use is a reason to wait; anything else is told as it is."""

    def rename(_self: Path, _to: Path) -> Path:
        raise error

    source = tmp_path / "a.csv"
    source.write_bytes(b"x")
    monkeypatch.setattr(Path, "replace", rename)
    with pytest.raises(raised):
        replace(source, tmp_path / "b.csv")
    assert source.read_bytes() == b"x"


def test_windows_needs_no_flush_of_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no such call there, and none is made."""
    monkeypatch.setattr(files.sys, "platform", "win32")
    files.flush_folder(Path("there is no such folder"))


@POSIX
@pytest.mark.parametrize(("number", "told"), [(errno.EINVAL, False), (errno.EBADF, False), (errno.EIO, True)])
def test_a_share_that_cannot_flush_folders_is_used_and_a_broken_disk_told_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    told: bool,  # noqa: FBT001
) -> None:
    """Some network file systems have no such call; a file is flushed in any case."""
    real = os.fsync

    def flush(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(number, os.strerror(number))
        real(handle)

    monkeypatch.setattr(os, "fsync", flush)
    with pytest.raises(OSError, match="Input/output") if told else nullcontext():
        write_atomically(tmp_path / "x.json", b"{}")
    assert (tmp_path / "x.json").read_bytes() == b"{}"


@POSIX
def test_links_are_not_followed_and_pipes_not_waited_for(tmp_path: Path) -> None:
    """Neither by the question what it is, nor by opening it."""
    file, link, pipe = tmp_path / "file", tmp_path / "link", tmp_path / "pipe"
    file.write_bytes(b"x")
    link.symlink_to(file)
    os.mkfifo(pipe)

    assert [is_regular(each) for each in (file, link, pipe, tmp_path, tmp_path / "gone")] == [True] + [False] * 4
    assert content_hash(file) == hashlib.sha256(b"x").hexdigest()
    with pytest.raises(OSError, match="symbolic links"):
        open_plainly(link)
    open_plainly(pipe).close()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bestand.csv", "bestand.csv"),
        ("Müller & Söhne.csv", "Müller & Söhne.csv"),
        ("aux.tar.gz", "_aux.tar.gz"),
        ("COM1", "_COM1"),
        ("nul .txt", "_nul .txt"),
        ("comic.csv", "comic.csv"),
        ('a<b>:"c"/d\\e|f?g*h.csv', "a_b___c__d_e_f_g_h.csv"),
        (" .. ", "_"),
        ("", "_"),
        ("x\x00\x1b\u202ey.csv", "x___y.csv"),
    ],
)
def test_names_are_made_safe(name: str, expected: str) -> None:
    """Devices, forbidden characters, control characters, trailing dots and blanks."""
    assert clean_name(name) == expected


@pytest.mark.parametrize("name", ["語" * 200 + ".csv", "x" * 300, "a." + "b" * 300, "ü" * 81 + ".xlsx"])
def test_long_names_keep_room_for_what_reports_put_behind(name: str) -> None:
    """Cut by bytes, not within a letter, and the suffix stays where it is one."""
    clean = clean_name(name)

    assert 0 < len(clean.encode()) <= MOST_NAME_BYTES
    assert clean == clean_name(clean)
    if len(Path(name).suffix) < 20:
        assert Path(clean).suffix == Path(name).suffix
    assert name.startswith(clean[:5])
