"""A real mail server on the loopback, with the faults that a test asks for."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

PASSWORD = "Geh3im-4711"
DAY = timedelta(days=1)


class Letterbox:
    """Takes mails, unless told otherwise.

    Attributes:
        taken: recipients and message of every mail taken.
        answers: what to say to a recipient or, under `DATA`, to a message, in place of taking it.
        then: called when a message has been taken, before the server says so.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.then: Callable[[], object] = lambda: None
        self.port = 0

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.answers:
            return self.answers["DATA"]
        message: Any = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        self.taken.append((envelope.rcpt_tos, message))
        if "break" in self.answers and server.transport is not None:
            server.transport.abort()
        self.then()
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [message["Subject"] for _, message in self.taken]


def certificate(folder: Path) -> Path:
    """A certificate of this machine that nobody has signed; the key lies beside it as key.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY, now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    path = folder / "cert.pem"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return path


class AnyPort(Controller):
    """Listens on a port that is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def server(certificate: Path | None = None, **more: Any) -> Iterator[Letterbox]:
    """Run a mail server; with a certificate it offers STARTTLS and asks for user `exchange` and its password."""
    box = Letterbox()

    def authenticate(*arguments: Any) -> AuthResult:
        data = arguments[-1]
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"exchange", PASSWORD.encode())
        return AuthResult(success=right, handled=False)

    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_name("key.pem"))
        more |= {"tls_context": context, "require_starttls": True, "auth_required": True, "authenticator": authenticate}
    controller = AnyPort(box, hostname="127.0.0.1", port=0, **more)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
