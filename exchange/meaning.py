"""What the settings make of a module's records in the shop: with others, unchanged records mean something else."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from exchange.ledger import Ledger
    from exchange.settings import Settings

#: The parts of the settings that modules look at when they make parts for the shop.
READ = {"sage", "shop", "portal", "zone", "language"}


class Meaning:
    """The settings with which a module's records were last brought to the shop.

    Args:
        ledger: remembers them.
        settings, options: of the installation and of the module; secrets do not count.
        module: its name.
    """

    def __init__(self, ledger: Ledger, settings: Settings, options: Any, module: str) -> None:
        self.ledger = ledger
        self.name = f"meaning {module}"
        text = settings.model_dump_json(include=READ) + str(options.model_dump_json())
        self.now = blake2b(text.encode(), digest_size=16).hexdigest()

    @property
    def changed(self) -> bool:
        """Whether they are others now; not at the first time, when everything is new anyway."""
        return self.ledger.watermark(self.name) not in ("", self.now)

    def keep(self) -> None:
        """The records are there with the settings of now."""
        with self.ledger.writing() as connection:
            self.ledger.mark(connection, self.name, self.now)
