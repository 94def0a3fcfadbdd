"""A stand-in mail server on this machine: takes every mail and keeps it, as a file too, so that it can be looked at."""

from __future__ import annotations

from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any, cast

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session


class Letterbox:
    """Takes mails.

    Args:
        folder: each is written there as `0001.eml`, which mail programs open.

    Attributes:
        port: of the server, on the loopback.
        taken: the mails, oldest first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.taken: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - theirs
        """Keep a mail (the server calls this by its name)."""
        content = cast("bytes", envelope.original_content)
        self.taken.append(message_from_bytes(content, policy=policy.default))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{len(self.taken):04}.eml").write_bytes(content)
        return "250 OK"


class _AnyPort(Controller):
    """Listens on a port that is free."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def running(folder: Path) -> Iterator[Letterbox]:
    """Run the server in a thread of its own."""
    box = Letterbox(folder)
    controller: Any = _AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
