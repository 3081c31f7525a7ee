"""An officer who writes line after line, beside people whose messages could delay others.

Everybody's lines are numbered and each is answered with its number, so that lost, repeated and reordered answers show.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from locales import translator
from tests.support.pki import issue
from tests.support.telegram.api import BotApi
from tests.support.telegram.entities import parse
from tests.support.telegram.user import User

#: Settings for the pace that a person may keep up; the server has all of Telegram's limits.
PACE = {
    "TROLY_THROTTLE_BURST": "20",
    "TROLY_THROTTLE_PER_SECOND": "1.0",
    "TROLY_TELEGRAM_MESSAGES_PER_SECOND": "25",
    "TROLY_TELEGRAM_CHAT_MESSAGES_PER_SECOND": "1",
}
_AGREE, _ = parse(translator("vi")("I agree, let us begin"), None)
_NUMBERED = re.compile(r"/k(\d+)")


@dataclass
class Talker:
    """A person who says numbered lines."""

    user: User
    said: int = 0
    waits: list[float] = field(default_factory=list)  #: seconds until each answer, where it was waited for

    async def says(self) -> None:
        self.said += 1
        await self.user.says(f"/k{self.said}")

    async def asks(self, within: float = 60.0) -> None:
        """Say one line, and wait for its answer."""
        began = time.monotonic()
        await self.says()
        await self.user.hears_until(lambda shown: f"/k{self.said}" in shown.text, within)
        self.waits.append(time.monotonic() - began)

    @property
    def answered(self) -> list[int]:
        """Return the numbers of the lines answered so far, in order of the answers."""
        told = (_NUMBERED.search(shown.text) for shown in self.user.chat.history if shown.kind == "message")
        return [int(found[1]) for found in told if found]

    @property
    def wrong(self) -> bool:
        """Return whether an answer was lost, repeated or out of order."""
        return self.answered != list(range(1, self.said + 1))


async def consent_all(users: Iterable[User]) -> None:
    """Let all users consent at the pace of the platform."""

    async def one(user: User) -> None:
        await user.says("/start")
        await user.hears(60)
        await user.taps(_AGREE)
        await user.hears_until(lambda shown: shown.kind == "message", 60)

    await asyncio.gather(*map(one, users))


@asynccontextmanager
async def run_beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the works during the block; their failures are raised in it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome


async def flood_group(api: BotApi, user: User, seconds: float) -> None:
    """Let somebody write to the bot ten times a second in a group."""
    group = api.group("nhóm")
    for _ in range(int(seconds * 10)):
        await user.says("/start@troly_bot", group=group)
        await asyncio.sleep(0.1)


async def keep_saying(talkers: Iterable[Talker], lines: int, every: float = 1.0) -> None:
    """Let each say a line every second without waiting for answers, evenly spread."""
    people = list(talkers)
    for _ in range(lines):
        for one in people:
            await one.says()
            await asyncio.sleep(every / len(people))


async def wait_for(ready: Callable[[], bool], within: float) -> bool:
    """Return whether a condition becomes true in time."""
    try:
        async with asyncio.timeout(within):
            while not ready():  # noqa: ASYNC110 - what is waited for happens in another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    return True


async def keep_talking(officer: Talker, pause: float = 2.0) -> None:
    """Say a line, wait for its answer, pause for reading and typing, and repeat.

    A person who never pauses competes with many who want more than there is, and waits as long as they do.
    """
    while True:
        await officer.asks()
        await asyncio.sleep(pause)


class MemoryWatch:
    """Measures the greatest resident memory of a program and its children in MB, five times a second."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self.peak = 0.0

    async def watch(self) -> None:
        while True:
            for process in self._processes:
                family = [process, *process.children(recursive=True)]
                self.peak = max(self.peak, sum(map(_resident, family)) / 1e6)
            await asyncio.sleep(0.2)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def make_slow_pdf(fields: int = 20_000) -> bytes:
    """Return a small PDF with a form of very many unsigned fields, each of which must be looked at."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [%s] >> >>"
        % b" ".join(b"%d 0 R" % number for number in range(3, 3 + fields)),
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        *(b"<< /FT /Tx /T (f%d) >>" % number for number in range(fields)),
    ]
    made, places = BytesIO(), []
    made.write(b"%PDF-1.7\n")
    for number, content in enumerate(objects, 1):
        places.append(made.tell())
        made.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = made.tell()
    made.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    made.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    made.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return made.getvalue()


def make_fat_zip(certificates: int = 60, parts: int = 45) -> bytes:
    """Return a small ZIP of certificates with names of the greatest length, which compress well."""
    key, like = ec.generate_private_key(ec.SECP256R1()), x509.load_der_x509_certificate(issue().der)
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for number in range(certificates):
            archive.writestr(f"{number}.cer", _certificate(key, like, number, parts))
    return made.getvalue()


def _certificate(key: ec.EllipticCurvePrivateKey, like: x509.Certificate, number: int, parts: int) -> bytes:
    units = [x509.NameAttribute(NameOID.USER_ID, f"{part} ".ljust(500, "x")) for part in range(parts)]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"UBND XÃ {number}"), *units])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1000 + number)
    builder = builder.not_valid_before(like.not_valid_before_utc).not_valid_after(like.not_valid_after_utc)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
