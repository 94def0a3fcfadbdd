"""What people see on the terminal: tables, colours, progress; plain and quiet in a pipe, json where a program asks."""

from __future__ import annotations

from exchange.screen.console import ERR, OUT, as_json, progress
from exchange.screen.delivery import delivered, parts, plan, plan_json, shop
from exchange.screen.installation import channels, checks, modules
from exchange.screen.outcomes import batch, batch_json, batches, ended, findings, foretold, life, line

__all__ = [
    "ERR",
    "OUT",
    "as_json",
    "batch",
    "batch_json",
    "batches",
    "channels",
    "checks",
    "delivered",
    "ended",
    "findings",
    "foretold",
    "life",
    "line",
    "modules",
    "parts",
    "plan",
    "plan_json",
    "progress",
    "shop",
]
