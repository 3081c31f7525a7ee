"""Sessions of the admin pages: which browsers act for which person, and for how long yet."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query
from bot.store.encoding import from_micros, to_micros
from bot.store.sealing import Keyring, sealed_columns

#: A session ends when it was not used for so long.
SESSION_AGE = timedelta(hours=8)
#: Uses within so much of the last renewal write nothing.
_RENEWED_EVERY = timedelta(minutes=1)
_COOKIE_BYTES = 24


class DeskSession(NamedTuple):
    """The person behind a browser."""

    chat: str  #: id of the chat
    channel: str  #: of that chat
    language: str | None


async def begin_session(context: StoreContext) -> str:
    """Sign a browser in for the chat of a transaction; return its cookie, which nobody has seen before."""
    cookie = secrets.token_urlsafe(_COOKIE_BYTES)
    row = {
        "digest": sealed_columns.desk_cookie_digest(context.keyring, cookie),
        "chat": context.chat,
        "now": to_micros(context.now),
        "expires": to_micros(context.now + SESSION_AGE),
    }
    await context.ask(Query("begin_desk_session", row))
    return cookie


async def end_sessions(context: StoreContext, chat: str) -> None:
    """Sign a person out everywhere."""
    await context.ask(Query("end_desk_sessions", {"chat": chat}))


@dataclass(frozen=True, slots=True)
class DeskSessionRepository:
    """Sessions as browsers come back with them. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def use(self, cookie: str, now: datetime) -> DeskSession | None:
        """Return the person of a browser, and let the session go on; ``None`` where it is over, or never was."""
        digest = sealed_columns.desk_cookie_digest(self.keyring, cookie)
        (rows,) = await self.driver.run(Query("desk_session", {"digest": digest, "now": to_micros(now)}))
        if not rows:
            return None
        ((chat, channel, language, expires),) = rows
        if from_micros(expires) < now + SESSION_AGE - _RENEWED_EVERY:
            renewed = {"digest": digest, "now": to_micros(now), "expires": to_micros(now + SESSION_AGE)}
            await self.driver.run(Query("renew_desk_session", renewed))
        return DeskSession(chat, channel, language)

    async def end(self, cookie: str) -> None:
        """Sign a browser out."""
        digest = sealed_columns.desk_cookie_digest(self.keyring, cookie)
        await self.driver.run(Query("end_desk_session", {"digest": digest}), durable=True)

    async def delete_expired(self, now: datetime) -> None:
        """Delete what nobody used in time."""
        await self.driver.run(Query("expire_desk_sessions", {"now": to_micros(now)}))
