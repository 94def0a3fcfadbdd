"""How many requests are on their way to a server at once (fault catalogue S5, S6)."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

import pytest
from asyncssh.sftp import SFTPServerHandler

from exchange.channels.session import BLOCK
from tests.sftp import Sftp, exchanging, files, serving

if TYPE_CHECKING:
    from pathlib import Path

#: What OpenSSH's own client has on its way.
MOST = 64
#: More blocks than that.
BLOCKS = MOST + 5
LARGE = os.urandom(BLOCKS * BLOCK)


class Count:
    """Requests that were not answered yet, and the most of them so far."""

    def __init__(self) -> None:
        self.waiting = self.most = 0
        self.full = asyncio.Event()


class Far(Sftp):
    """Gives no answer before as many requests have arrived as may be on their way.

    A client that waits for each answer would never get one, however short or long its deadline.
    """

    count: Count

    async def _far(self) -> None:
        count = self.count
        count.waiting += 1
        count.most = max(count.most, count.waiting)
        if count.waiting == MOST:
            await asyncio.sleep(0.05)  # one more, if it came, would be counted
            count.full.set()
        await count.full.wait()
        count.waiting -= 1

    async def read(self, file_obj: object, offset: int, size: int) -> Any:
        await self._far()
        return super().read(file_obj, offset, size)

    async def write(self, file_obj: object, offset: int, data: bytes) -> Any:
        await self._far()
        return super().write(file_obj, offset, data)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server works on requests side by side, as OpenSSH does not have to, but may."""
    work = SFTPServerHandler._process_packet
    running: set[asyncio.Task[None]] = set()

    async def begin(self: SFTPServerHandler, *packet: Any) -> None:
        task = asyncio.create_task(work(self, *packet))
        running.add(task)
        task.add_done_callback(running.discard)

    monkeypatch.setattr(SFTPServerHandler, "_process_packet", begin)


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("way", ["fetched", "sent"])
def test_s5_s6_requests_fly_together_and_never_more_than_sixty_four(tmp_path: Path, way: str) -> None:
    """A long way costs one round trip for 64 blocks, not for each; and no server is flooded."""
    count = Count()
    far = type("Far", (Far,), {"count": count})
    with serving(tmp_path / "there", far) as server, exchanging(tmp_path, server.settings) as exchange:
        if way == "fetched":
            (tmp_path / "there" / "in" / "a.csv").write_bytes(LARGE)
        else:
            exchange.write("a.csv", LARGE)
        assert exchange.round() == []

    landed = exchange.inbox() if way == "fetched" else files(tmp_path / "there" / "out")
    assert landed == {"a.csv": LARGE}
    assert count.most == MOST
