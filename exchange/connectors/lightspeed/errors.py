"""What can come of a call to the shop, by what happens next (`lightspeed-ecom.md` 1.4, 1.5).

    Refused       the shop does not want it as it is; nothing was done        the part waits for a person
    NotFound      the shop does not have it                                   the caller knows what that means
    Unavailable   no answer of use, and surely nothing was changed            again later
    Unreadable    the same: an answer that is not the API's                   again later
    Spent         the same: no calls are left                                 again at `until`
    Uncertain     no answer of use to a write, and the shop may have done it  look first, then again

A key that is not accepted, a language that the shop does not have and an address that leads elsewhere are ConfigError.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.errors import ExchangeError, TransientError

if TYPE_CHECKING:
    from datetime import datetime


class Refused(ExchangeError):  # noqa: N818 - named after what happened
    """The shop does not want it as it is; nothing was done.

    Attributes:
        message: in the shop's own words.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ExchangeError):  # noqa: N818 - named after what happened
    """The shop does not have the thing (any more)."""


class Unavailable(TransientError):  # noqa: N818 - named after what happened
    """The call failed and changed nothing: it never reached the shop, was turned away, or only reads."""


class Unreadable(Unavailable):
    """The answer is none that the shop's API gives: a page of a proxy, a cut text."""


class Uncertain(TransientError):  # noqa: N818 - named after what happened
    """The call failed, and nobody knows whether it did its work."""


class Spent(TransientError):  # noqa: N818 - named after what happened
    """The budget of calls is spent for this kind of work; nothing was sent, or it was turned away.

    Attributes:
        until: when there are calls again.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__(f"the shop's budget of calls is spent until {until.isoformat(timespec='seconds')}")
        self.until = until
