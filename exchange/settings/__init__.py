"""The settings, typed and documented. One file `exchange.toml`, every value also by environment (`EXCHANGE_SAGE__URL`).

The descriptions feed `exchange init`, which writes them as comments, and the reference page. Unknown keys are refused.
Secrets are `SecretStr`: they never show in a log, an error or `repr`; the value may be `keyring:SERVICE/USER` to take it
from the system's keyring.
"""

from __future__ import annotations

from exchange.settings.files import Brake, ChannelSettings, FolderRules, Watching
from exchange.settings.load import load, secret
from exchange.settings.model import Settings
from exchange.settings.sage import PaymentTerms, SageArticles, SageCustomers, SageOrders, SageSettings, ShippingTerms
from exchange.settings.service import Expected, Mail, Schedule
from exchange.settings.shop import ShopSettings

__all__ = [
    "Brake",
    "ChannelSettings",
    "Expected",
    "FolderRules",
    "Mail",
    "PaymentTerms",
    "SageArticles",
    "SageCustomers",
    "SageOrders",
    "SageSettings",
    "Schedule",
    "Settings",
    "ShippingTerms",
    "ShopSettings",
    "Watching",
    "load",
    "secret",
]
