"""Exceptions, grouped by what happens next.

    ConfigError      the set-up is wrong: stop before the first file            exit 78
    TransientError   try again later: the file stays claimed                    exit 75
    BatchError       this file cannot be used: quarantine it, tell the sender   exit 65
    FatalError       the program is in doubt about itself: stop                 exit 70

What is wrong with single records is no exception but data: see `exchange.finding`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from exchange.finding import Finding


class ExchangeError(Exception):
    """Any error that this program raises on purpose."""

    exit_code: ClassVar[int] = 70


class ConfigError(ExchangeError):
    """A setting is missing or contradicts another one."""

    exit_code = 78


class TransientError(ExchangeError):
    """Something outside is not ready (locked file, database away); trying again may help."""

    exit_code = 75


class FatalError(ExchangeError):
    """An assumption of the program itself does not hold; going on could do harm."""

    exit_code = 70


class BatchError(ExchangeError):
    """The whole file is unusable.

    Attributes:
        findings: why, at least one; they go to the sender with the receipt.
    """

    exit_code = 65

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(str(found) for found in findings))
        self.findings = findings
