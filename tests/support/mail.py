"""A mail server and a mailbox on this machine: SMTP by aiosmtpd and a little IMAP, both over real sockets and TLS."""

import asyncio
import contextlib
import email
import email.policy
import ipaddress
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "troly", "m4t-khau"


@cache
def _server_certificate() -> tuple[bytes, bytes]:
    """A certificate for this machine and its key; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(30)
    )
    made = built.add_extension(names, False).add_extension(x509.BasicConstraints(True, 0), True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return pem, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_certificate(folder: Path) -> Path:
    """Write what a client checks the server by, and the server's own file beside it."""
    pem, key = _server_certificate()
    (folder / "server.pem").write_bytes(pem + key)
    (folder / "ca.pem").write_bytes(pem)
    return folder / "ca.pem"


def _context(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


class _Server(SMTP):
    """aiosmtpd's, which may also break the line before it asks for the content."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as the library calls it
        if self.event_handler.next_fault("DATA") == "dropped":
            _abort(self)
            return
        await super().smtp_DATA(arg)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler.ended += 1
        super().connection_lost(error)


@dataclass
class MailServer:
    """A server for one office; ``fail`` makes the next steps go wrong."""

    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    ended: int = 0  #: connections
    port: int = 0
    faults: dict[str, deque[str]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def fail(self, step: str, *how: str) -> None:
        """Let the next MAIL, RCPT, DATA or CONTENT go wrong: an answer, ``dropped``, ``silent`` or ``kept dropped``."""
        self.faults.setdefault(step, deque()).extend(how)

    def next_fault(self, step: str) -> str:
        waiting = self.faults.get(step)
        return waiting.popleft() if waiting else ""

    @asynccontextmanager
    async def served(self, folder: Path, security: str = "starttls") -> AsyncIterator["MailServer"]:
        write_certificate(folder)
        context = _context(folder)

        upgraded = security == "starttls"

        def protocol() -> SMTP:
            self.connections += 1
            return _Server(
                self, hostname="mail.test", enable_SMTPUTF8=True, data_size_limit=12_000_000, loop=loop,
                tls_context=context if upgraded else None, require_starttls=upgraded, auth_require_tls=upgraded,
                auth_required=upgraded, authenticator=_authenticate, auth_exclude_mechanism=["LOGIN"],
            )  # fmt: skip

        loop = asyncio.get_running_loop()
        tls = context if security == "tls" else None
        server = await loop.create_server(protocol, "127.0.0.1", self.port, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def handle_MAIL(  # noqa: N802 - as the library calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del session
        if fault := self.next_fault("MAIL"):
            return _answer(fault, server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - as the library calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del session, options
        if fault := self.next_fault("RCPT"):
            return _answer(fault, server)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        fault = self.next_fault("CONTENT")
        if fault not in {"", "kept dropped", "silent"}:
            return _answer(fault, server)
        content = envelope.content
        assert isinstance(content, bytes)
        letter = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        self.senders.append(envelope.mail_from or "")
        self.changed.set()
        if fault == "silent":
            await asyncio.sleep(60)
        return _answer("dropped", server) if fault else "250 2.0.0 queued"


def _abort(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def _answer(fault: str, server: SMTP) -> str:
    if fault in {"dropped", "silent"}:
        _abort(server)
        return "421 dropped"
    return fault


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    del server, session, envelope, mechanism
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


def parts_of(letter: EmailMessage) -> tuple[str, str, list[tuple[str, bytes]]]:
    """The text, the HTML and the files of a letter."""
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    files = [(str(one.get_filename()), one.get_content()) for one in letter.iter_attachments()]
    said = [one.get_content().replace("\r\n", "\n") for one in (text, html)]
    return said[0], said[1], files


@dataclass
class Mailbox:
    """A mailbox that is read by IMAP, with the few commands that a reader of new messages needs."""

    messages: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    port: int = 0
    commands: list[str] = field(default_factory=list)
    odd: str = ""  #: ``garbage``: no text; ``trickle``: a byte now and then and no end; ``refusing``: no such name

    def add(self, raw: bytes) -> int:
        number = len(self.messages) + 1
        self.messages[number] = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return number

    @asynccontextmanager
    async def served(self, folder: Path) -> AsyncIterator["Mailbox"]:
        write_certificate(folder)
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=_context(folder))
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"* OK IMAP4rev1\r\n")
            while line := (await reader.readline()).decode().strip():
                tag, _, command = line.partition(" ")
                self.commands.append(command.partition(" ")[0].upper())
                while self.odd == "trickle":
                    writer.write(b"*")
                    await writer.drain()
                    await asyncio.sleep(0.05)
                writer.write(self._perform(tag, command))
                await writer.drain()
                if command.upper() == "LOGOUT":
                    break
        writer.close()

    def _perform(self, tag: str, command: str) -> bytes:  # noqa: PLR0911 - a line for each command
        upper, done = command.upper(), f"{tag} OK done\r\n".encode()
        if self.odd == "garbage":
            return b"* CAPABILITY \xff\xfe\r\n" + done
        if self.odd == "refusing" and upper.startswith("LOGIN"):
            return f"{tag} NO wrong\r\n".encode()
        plain = {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", "LOGOUT": b"* BYE\r\n"}
        if upper in plain:
            return plain[upper] + done
        if upper.startswith(("LOGIN", "SELECT", "EXAMINE")):
            good = '"INBOX"' in command or command == f'LOGIN {USER} "{PASSWORD}"'
            return f"* {len(self.messages)} EXISTS\r\n".encode() + done if good else f"{tag} NO wrong\r\n".encode()
        if upper.startswith("UID SEARCH UNSEEN"):
            new = " ".join(str(one) for one in self.messages if one not in self.seen)
            return f"* SEARCH {new}\r\n".encode() + done
        if found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command, re.IGNORECASE):
            raw = self.messages[int(found[1])][: int(found[2])]
            return f"* 1 FETCH (UID {found[1]} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n" + done
        if found := re.match(r"UID STORE ([\d,]+) \+FLAGS", command, re.IGNORECASE):
            self.seen |= set(map(int, found[1].split(",")))
            return done
        return f"{tag} BAD\r\n".encode()


def settings_of(server: MailServer, folder: Path, **changes: Any) -> dict[str, Any]:
    """The settings of an office that sends through the server."""
    return {
        "email_host": "127.0.0.1", "email_port": server.port, "email_user": USER, "email_password": PASSWORD,
        "email_from": "troly@dongnai.gov.vn", "email_ca_file": folder / "ca.pem",
        "email_messages_per_minute": 6000, **changes,
    }  # fmt: skip


def report(letter: str, action: str, status: str, recipient: str = "lan@dongnai.gov.vn") -> bytes:
    """A mail server's report on a letter (RFC 3464)."""
    lines = [
        "From: MAILER-DAEMON@mail.test", "To: troly@dongnai.gov.vn", "Subject: Undelivered Mail", "MIME-Version: 1.0",
        "Auto-Submitted: auto-replied", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "",
        "--b", "Content-Type: text/plain", "", "I'm sorry.", "--b", "Content-Type: message/delivery-status", "",
        "Reporting-MTA: dns; mail.test", "", f"Final-Recipient: rfc822; {recipient}", f"Action: {action}",
        f"Status: {status}", "", "--b", "Content-Type: text/rfc822-headers", "", f"Message-ID: {letter}", "", "--b--",
        "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()
