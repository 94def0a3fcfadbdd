"""One call to the shop (`lightspeed-ecom.md` 1): counted, bounded, and its end told apart from every other."""

from __future__ import annotations

import base64
import logging
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProxyError, SSLError

from exchange.connectors.lightspeed.budget import TOO_MANY
from exchange.connectors.lightspeed.envelopes import decoded, rows, told_error
from exchange.connectors.lightspeed.errors import NotFound, Refused, Spent, Unavailable, Uncertain, Unreadable
from exchange.connectors.lightspeed.resources import RESOURCES
from exchange.connectors.lightspeed.transport import Patience, connections
from exchange.errors import ConfigError, TransientError
from exchange.settings import secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import BaseHTTPResponse

    from exchange.connectors.lightspeed.budget import Budget
    from exchange.settings import ShopSettings

LOG = logging.getLogger(__name__)

#: The first pause before a call that only reads is tried again; it doubles each time.
PAUSE_SECONDS = 0.5
JSON = "application/json"
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Call(NamedTuple):
    """One call: verb, path below the language, and what goes with it."""

    method: str
    path: str
    language: str
    query: Mapping[str, str] = {}
    body: bytes | None = None
    content_type: str = JSON

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    def broken(self, reason: str) -> TransientError:
        """There is no answer of use: of a read nothing comes of it, of a write nobody knows."""
        text = f"the shop gave no usable answer to {self.method} {self.path} ({reason})"
        return Uncertain(text) if self.writes else Unavailable(text)


class Answer(NamedTuple):
    """A good answer: what it says (None: nothing), and its text."""

    content: Any
    text: bytes


class Calls:
    """Makes calls with one key. One thread at a time; several may share a budget.

    Args:
        settings: section `shop`.
        budget: of the key; it also waits for us.
        patience_seconds: how long a call waits for the budget before it raises Spent.

    Attributes:
        urgent: whether the calls that follow may use the rest of the budget too.
        made: calls so far.
    """

    def __init__(self, settings: ShopSettings, budget: Budget, *, patience_seconds: float = 0) -> None:
        self.settings = settings
        self.budget = budget
        self.patience_seconds = patience_seconds
        self.urgent = False
        self.made = 0
        self._reserved = False
        self.url = _checked(settings.url)
        self._headers = {"Authorization": _authorization(settings), "Accept": JSON}
        self._active: set[str] = set()
        patience = Patience(settings.connect_seconds, settings.read_seconds, settings.answer_seconds)
        proxy = "" if settings.proxy is None else secret(settings.proxy)
        self._connections = connections(patience, settings.ca_file, proxy)

    def close(self) -> None:
        """Close the connections."""
        self._connections.clear()

    def reserve(self) -> None:
        """Take the call that goes next. Raises Spent; after it the next call goes without waiting."""
        if not self._reserved:
            self.budget.acquire(urgent=self.urgent, patience_seconds=self.patience_seconds)
            self._reserved = True

    def read(self, call: Call) -> Answer:
        """Read, several times where the shop does not answer."""
        for number in range(self.settings.read_tries - 1):
            try:
                return self.attempt(call)
            except Unavailable as error:
                LOG.info("%s; once more", error, extra={"action": "shop_call_repeated"})
                self.budget.sleep(PAUSE_SECONDS * 2**number)
            except Spent:
                if not self.patience_seconds:
                    raise
        return self.attempt(call)

    def attempt(self, call: Call) -> Answer:
        """Make the call once. Raises what `exchange.connectors.lightspeed.errors` lists."""
        self.reserve()
        self._reserved = False
        self.made += 1
        status, text = self._exchanged(call)
        return self._judged(call, status, text)

    def _exchanged(self, call: Call) -> tuple[int, bytes]:
        """Status and text of the answer."""
        url = f"{self.url}/{quote(call.language)}/{call.path}.json"
        url += "?" + urlencode(call.query) if call.query else ""
        headers = {**self._headers, "Content-Type": call.content_type} if call.writes else self._headers
        try:
            answer = self._connections.request(
                call.method, url, body=call.body, headers=headers, redirect=False, preload_content=False
            )
        except HTTPError as error:
            self.budget.lost()
            if _unsent(error):
                raise Unavailable(f"the shop cannot be reached ({_reason(error)})") from error
            raise call.broken(_reason(error)) from error
        self.budget.learn(answer.headers, answer.status)
        LOG.debug("%s %s: %s", call.method, call.path, answer.status, extra={"action": "shop_call"})
        return answer.status, self._taken(call, answer)

    def _taken(self, call: Call, answer: BaseHTTPResponse) -> bytes:
        """The text of an answer, as much as is allowed."""
        most = self.settings.answer_megabytes * 1024**2
        try:
            text = answer.read(most + 1, decode_content=False)
        except HTTPError as error:
            raise call.broken(_reason(error)) from error
        finally:
            answer.close()
        if len(text) > most:
            raise call.broken(f"more than {self.settings.answer_megabytes} MB")
        return text

    def _judged(self, call: Call, status: int, text: bytes) -> Answer:
        """A good answer; an exception for any other, also for one that only looks good (1.5)."""
        if status == TOO_MANY:
            raise Spent(self.budget.blocked_until)
        if 300 <= status < 400:  # noqa: PLR2004 - a key is never taken elsewhere
            raise ConfigError(f"shop.url: {self.url} sends to another address (status {status})")
        if status >= 500:  # noqa: PLR2004 - the shop's own fault
            raise call.broken(f"status {status}")
        good = 200 <= status < 300  # noqa: PLR2004
        if good and not text:
            return Answer(None, text)
        try:
            content = decoded(text)
        except Unreadable as error:
            if status in (401, 403) and not text:
                content = None
            else:
                raise call.broken(str(error)) if good else error from error
        told = told_error(content)
        if good and told is None:
            return Answer(content, text)
        code, message = told or (0, "")
        raise self._fault(call, code if good else status, message)

    def _fault(self, call: Call, status: int, message: str) -> Exception:
        """The exception for an error that the shop told."""
        told = f"{call.method} {call.path}: {message or status}"
        if status == 401:  # noqa: PLR2004 - who are you
            return ConfigError(f"shop.key, shop.secret: the shop does not accept the key ({told})")
        if status == 403:  # noqa: PLR2004 - you may not
            return ConfigError(f"shop.key: the key has no right for this, or the shop's plan has not ({told})")
        if status == 404:  # noqa: PLR2004 - not found, or not in this language
            self._check_language(call, message)
            return NotFound(told)
        if status == 408:  # noqa: PLR2004 - the shop gave up waiting for us
            return Unavailable(f"the shop did not wait for {told}")
        if 400 <= status < 500:  # noqa: PLR2004 - the shop does not want it
            return Refused(message or told)
        return call.broken(message)

    def _check_language(self, call: Call, message: str) -> None:
        """A language that the shop does not have looks like a thing that it does not have (1.1): ask once."""
        if call.language in self._active:
            return
        if "inactive language" not in message.casefold() and call.path != "languages":
            languages = self.read(Call("GET", "languages", call.language))
            self._active |= {
                str(row["code"]) for row in rows(RESOURCES["language"], languages.content) if row.get("isActive")
            }
            if call.language in self._active:
                return
        setting = "shop.default_language" if call.language == self.settings.default_language else "the language"
        raise ConfigError(f"{setting}: the shop has no active language {call.language!r}")


def _checked(url: str) -> str:
    """The address without a slash at the end. Raises ConfigError where a key would go over the line in the clear."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise ConfigError("shop.url has to be an address such as https://api.webshopapp.com")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("shop.url must not hold a key; shop.key and shop.secret are for that")
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise ConfigError("shop.url has to begin with https://; only a sandbox on this machine may do without")
    return url.rstrip("/")


def _authorization(settings: ShopSettings) -> str:
    if not settings.key or settings.secret is None:
        raise ConfigError("shop.key and shop.secret have to be set to reach the shop by its API")
    pair = f"{settings.key}:{secret(settings.secret)}".encode()
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _unsent(error: HTTPError) -> bool:
    """Whether the shop has surely never seen the request."""
    unproven = isinstance(error, SSLError) and error.args and isinstance(error.args[0], SSLCertVerificationError)
    return bool(unproven) or isinstance(error, NewConnectionError | ConnectTimeoutError | ProxyError)


def _reason(error: HTTPError) -> str:
    """What went wrong on the line; never the address, which has filters in it."""
    return f"{type(error).__name__}: {error.args[0]}" if isinstance(error, SSLError) else type(error).__name__
