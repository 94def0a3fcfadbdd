"""Who is dead and who is only slow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from exchange.owner import Owner

REPOSITORY = Path(__file__).parent.parent.parent


def test_an_owner_is_alive_as_long_as_it_holds_its_lock(tmp_path: Path) -> None:
    """Also for another process of the same machine; afterwards it is dead, and its lock is cleared away."""
    one, two = Owner(tmp_path), Owner(tmp_path)
    assert one.name != two.name
    assert not two.is_dead(one.name)

    one.close()

    assert two.is_dead(one.name)
    assert len(list((tmp_path / ".owners").iterdir())) == 1
    two.close()


def test_nobody_oneself_and_other_machines_are_not_called_dead(tmp_path: Path) -> None:
    """Of another machine nothing is known: its lease must run out."""
    owner = Owner(tmp_path)

    assert not owner.is_dead("")
    assert not owner.is_dead(owner.name)
    assert not owner.is_dead("anderer-rechner:0123456789ab")
    owner.close()


def test_a_killed_process_is_dead_though_its_lock_file_lies_there(tmp_path: Path) -> None:
    """The operating system gives the lock back; a process id could have been given to another program (C7)."""
    code = (
        "import sys, time, pathlib; from exchange.owner import Owner; o = Owner(pathlib.Path(sys.argv[1])); "
        "print(o.name, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    try:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        owner = Owner(tmp_path)
        assert not owner.is_dead(name)
    finally:
        process.kill()
        process.communicate()

    assert owner.is_dead(name)
    assert owner.is_dead(name)  # also now that its lock file is gone
    owner.close()
