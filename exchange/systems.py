"""The systems that an installation reaches: Sage's database and the shop. Opened when they are first asked for."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pydantic import SecretStr

from exchange.errors import ConfigError
from exchange.settings import secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange.connectors.lightspeed.api import Api
    from exchange.connectors.sage import SageDatabase
    from exchange.ledger import Ledger
    from exchange.owner import Owner
    from exchange.settings import Settings
    from exchange.shop import Delivery


class Systems:
    """Connections of one installation, shared by its lanes.

    Args:
        settings, ledger, owner: of the installation.
        advance: called with the number of parts that are done, during long work.
    """

    def __init__(self, settings: Settings, ledger: Ledger, owner: Owner, advance: Callable[[int], None]) -> None:
        self.settings = settings
        self.ledger = ledger
        self.owner = owner
        self._advance = advance
        self._lock = threading.Lock()
        self._sage: SageDatabase | None = None
        self._api: Api | None = None

    def close(self) -> None:
        """Give back all connections."""
        if self._sage is not None:
            self._sage.close()
        if self._api is not None:
            self._api.close()

    @property
    def sage(self) -> SageDatabase:
        """Sage's database. Raises ConfigError when it is reached by files only."""
        if self.settings.sage.url is None:
            message = "sage.url is not set: this installation reaches Sage by files only"
            raise ConfigError(message)
        with self._lock:  # several lanes may ask for it first
            return self._opened_sage(self.settings.sage.url)

    def _opened_sage(self, url: SecretStr) -> SageDatabase:
        if self._sage is None:
            from exchange.connectors.sage import SageDatabase  # noqa: PLC0415 - only who has a database pays for it

            url = SecretStr(self.settings.located(secret(url)))
            located = self.settings.sage.model_copy(update={"url": url})
            folder = self.settings.folder
            folders = {
                "pictures": folder("images"),
                "attachments": folder("attachments"),
                "papers": folder("documents"),
            }
            self._sage = SageDatabase(located, **folders, zone=self.settings.zone, now=self.ledger.now)
        return self._sage

    def delivery(self) -> Delivery:
        """The way into the shop. Raises ConfigError when it is not reached at all."""
        if self.settings.shop.way == "none":
            raise ConfigError('shop.way is "none": nothing is brought into the shop by itself')
        from exchange.connectors.lightspeed.backoffice import BackOfficeDelivery  # noqa: PLC0415
        from exchange.connectors.lightspeed.backoffice_store import forget_files  # noqa: PLC0415
        from exchange.connectors.lightspeed.delivery import ApiDelivery  # noqa: PLC0415
        from exchange.connectors.lightspeed.lease import Lease  # noqa: PLC0415

        lease = Lease(self.ledger, self.owner.name, self.owner.is_dead)
        if self.settings.shop.way == "files":
            return BackOfficeDelivery(self.ledger, self.settings, lease, self._advance)
        forget_files(self.ledger)
        return ApiDelivery(self.ledger, self.settings, self.gateway, lease, self._advance)

    def gateway(self) -> Api:
        """The shop's API, with its budget of calls."""
        from exchange.connectors.lightspeed.api import Api  # noqa: PLC0415

        if self._api is None:
            self._api = Api(self.settings.shop, self.ledger.now)
        return self._api
