"""claim: a file in an inbox → a batch that is ours alone.

    work/UID/claim.json    what the file was called and where it lay, written first
    work/UID/NAME          the file, by one rename; who succeeds has the file
    ledger                 the batch, with the hash of the content

A crash between two lines leaves something that `adopt` picks up. Name and time stamp are never identity, the content
is.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exchange.errors import TransientError
from exchange.files import PART, clean_name, content_hash, copy, is_regular, replace, write_atomically
from exchange.ledger import OPEN, Batch, Ledger, Origin

if TYPE_CHECKING:
    from pathlib import Path

_CLAIM = "claim.json"
#: A claim without a file is another process at work, or, after this time, one that died.
STALE_SECONDS = 600


def new_uid(now: datetime) -> str:
    """A batch id: sorts by time, unique, fit for file names."""
    return f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def printable(name: str) -> str:
    """A file name that can be stored and shown, also when it is no valid Unicode."""
    return name.encode("utf-8", "replace").decode("utf-8")


def claim(path: Path, folder: str, work: Path, ledger: Ledger, **values: Any) -> Batch | None:
    """Take a file out of an inbox. None when somebody else was quicker.

    `folder` is its path below the inbox. Raises TransientError when the file is held open (Windows) or unreadable.
    """
    now = ledger.now()
    uid = new_uid(now)
    home = work / uid
    note = {"file_name": printable(path.name), "folder": folder, "received_at": now.isoformat(), **values}
    try:
        write_atomically(home / _CLAIM, json.dumps(note).encode())
        replace(path, home / clean_name(printable(path.name)))
    except FileNotFoundError:
        _give_up(home, path)
        return None
    except (TransientError, OSError) as error:
        _give_up(home, path)
        message = f"{printable(path.name)} cannot be taken yet: {error}"
        raise TransientError(message) from error
    try:
        return _enter(home, ledger)
    except OSError as error:  # a virus scanner has it open; `adopt` enters it
        message = f"{printable(path.name)} was taken, and cannot be read yet: {error}"
        raise TransientError(message) from error


def _give_up(home: Path, path: Path) -> None:
    """Clear up after a claim that failed; but not when the file has left the inbox already: it lies nowhere else."""
    if os.path.lexists(path) or claimed_file(home) is None:
        shutil.rmtree(home, ignore_errors=True)


def put(source: Path, work: Path, ledger: Ledger, **values: Any) -> Batch:
    """A batch over a copy of a file that stays where it is (`exchange import`, `exchange replay`)."""
    now = ledger.now()
    uid = new_uid(now)
    home = work / uid
    name = clean_name(printable(source.name))
    part = home / (name + PART)
    note = {"file_name": printable(source.name), "folder": "", "received_at": now.isoformat(), **values}
    try:
        write_atomically(home / _CLAIM, json.dumps(note).encode())
        copy(source, part)
        replace(part, home / name)
    except (TransientError, OSError) as error:
        shutil.rmtree(home, ignore_errors=True)
        message = f"{printable(source.name)} cannot be copied: {error}"
        raise TransientError(message) from error
    batch = _enter(home, ledger)
    if batch is None:
        message = f"{uid} was entered by another process"
        raise TransientError(message)
    return batch


def claimed_file(home: Path) -> Path | None:
    """The claimed file in a work folder, or None. It may be a pipe or a link: those are claimed too, and refused."""
    with suppress(FileNotFoundError):
        for each in sorted(home.iterdir()):
            folder = each.is_dir() and not each.is_symlink()
            if each.name != _CLAIM and not each.name.endswith(PART) and not folder:
                return each
    return None


def _enter(home: Path, ledger: Ledger) -> Batch | None:
    note = json.loads((home / _CLAIM).read_text("utf-8"))
    path = claimed_file(home)
    if path is None:
        return None
    regular = is_regular(path)
    note["received_at"] = datetime.fromisoformat(note["received_at"])
    note["origin"] = Origin(note.get("origin", Origin.DROP))
    return ledger.add(
        Batch(
            uid=home.name,
            content_hash=content_hash(path) if regular else "",
            size=path.stat().st_size if regular else 0,
            **note,
        )
    )


def adopt(work: Path, ledger: Ledger) -> list[Batch]:
    """Enter claims that a dead process left behind, and clear up after batches that it had brought to their end.

    Raises TransientError, after all others, when one cannot be read yet.
    """
    adopted, unread = [], []
    for note in sorted(work.glob(f"*/{_CLAIM}")):
        home = note.parent
        known = ledger.batch(home.name)
        if known is not None:
            if known.state not in OPEN:
                shutil.rmtree(home, ignore_errors=True)
            continue
        try:
            batch = _enter(home, ledger)
            if batch is not None:
                adopted.append(batch)
            elif claimed_file(home) is None and ledger.now().timestamp() - note.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(home, ignore_errors=True)
        except FileNotFoundError:  # another process has just brought it to its end
            continue
        except OSError as error:
            unread.append(f"{home.name} ({error.strerror})")
    if unread:
        message = f"claimed files cannot be read yet: {', '.join(unread)}"
        raise TransientError(message)
    return adopted
