"""The portal as a server of its own, or beside the service."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from waitress.server import create_server

from exchange.portal.pages import make

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from exchange.app import App


class Served:
    """A portal that is being served in a thread; ended by `close`.

    Args:
        app: the installation.
        port: another one than the settings say; 0: one that is free.
    """

    def __init__(self, app: App, port: int | None = None) -> None:
        settings = app.settings.portal
        asked = settings.port if port is None else port
        server: Any = create_server(
            make(app),
            host=settings.host,
            port=asked,
            ident="",
            clear_untrusted_proxy_headers=not settings.proxies,  # otherwise all visitors have the proxy's address
        )
        self._server, self.port = server, int(server.effective_port)
        self._thread = Thread(target=self._server.run, name="portal", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop serving; connections that visitors keep open are ended."""
        self._server.trigger.pull_trigger(self._end)  # runs in the server's own thread
        self._thread.join(timeout=10)
        self._server.task_dispatcher.shutdown(timeout=1)

    def _end(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()

    def wait(self) -> None:
        """Serve until it is ended from outside."""
        self._thread.join()


def serve(app: App, port: int | None = None) -> Served:
    """Serve the portal. Raises ConfigError without a key, OSError for a port that is taken."""
    return Served(app, port)
