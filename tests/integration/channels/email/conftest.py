"""Our side of a mail server, over real sockets and the real store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.email.channel import EmailChannel
from bot.channels.email.smtp import SmtpPool, SmtpSettings
from bot.messages import NOTICE, Chat, OutboxRow
from bot.store import Store, import_queries
from handlers.core import Reply
from tests.support.delivery import TurnedClock
from tests.support.mail import PASSWORD, USER, MailServer

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
LAN, ADDRESS = "lan@dongnai.gov.vn", "https://troly.dongnai.gov.vn"


@dataclass
class Ours:
    """The channel and what it stands on."""

    server: MailServer
    store: Store
    clock: TurnedClock
    pool: SmtpPool
    channel: EmailChannel

    def row(self, *said: str, number: int = 1, to: str = LAN, **more: Any) -> OutboxRow:
        chat = self.store.chats.at("email", to)
        return OutboxRow(number, chat, Reply(paragraphs=said, **more), 0, NOTICE, f"test:{number}")

    async def knows(self, address: str = LAN) -> Chat:
        """Make an address known, as one of staff."""
        async with self.store.driver.transaction() as transaction:
            await transaction.run(*import_queries(self.store.keyring, address, None, self.clock.now()), commit=True)
        return self.store.chats.at("email", address)


@pytest.fixture
async def ours(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Ours]:
    security, clock = getattr(request, "param", "starttls"), TurnedClock(NOW)
    async with MailServer().served(tmp_path, security) as server:
        known = SmtpSettings(
            "127.0.0.1", server.port, security, "troly@dongnai.gov.vn", USER, SecretStr(PASSWORD),
            str(tmp_path / "ca.pem"), answer_seconds=0.5,
        )  # fmt: skip
        pool = SmtpPool(known, clock, 2)
        yield Ours(server, store, clock, pool, EmailChannel(pool, store, clock, address=ADDRESS, language="vi"))
        await pool.close()


def changed(ours: Ours, **changes: Any) -> SmtpPool:
    """Another way to the same server."""
    return SmtpPool(replace(ours.pool.settings, **changes), ours.clock, 1)
