"""One-time links: a token that is kept nowhere leads once to what is sealed here; sessions of browsers."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from bot.store.batches import Batches, delete_in_batches
from bot.store.context import StoreContext
from bot.store.drivers import Driver, Query, from_micros, to_micros
from bot.store.sealing import Keyring, sealed_columns
from handlers.core import Attachment
from handlers.model import LinkPurpose

#: A link can be used for so long.
LINK_AGE = timedelta(minutes=30)
#: A code that is typed can be guessed sooner than a token.
CODE_AGE = timedelta(minutes=10)
#: A letter may be held back for a while before it is read.
LETTER_AGE = timedelta(hours=24)
_AGES = {LinkPurpose.CODE: CODE_AGE, LinkPurpose.EMAIL: LETTER_AGE}
_TOKEN_BYTES = 16
_CODE_DIGITS = 6
#: A token of 16 bytes in URL-safe base64.
TOKEN_PATTERN = r"[A-Za-z0-9_-]{22}"  # noqa: S105 - the form of one


class FileFacts(BaseModel):
    """The name, media type and size in bytes of a file that waits."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    media_type: str
    size: int

    @classmethod
    def of(cls, file: Attachment) -> "FileFacts":
        """Describe an attachment."""
        return cls(name=file.name, media_type=file.media_type, size=len(file.content))


@dataclass(frozen=True, slots=True)
class UsedLink:
    """A link that was used just now, by whoever had it."""

    chat: str  #: id of the chat it was made for
    about: FileFacts | None
    content: bytes | None


@dataclass(frozen=True, slots=True)
class LinkQueries:
    """The query that keeps a link, and its token, which is told once."""

    token: str
    calls: tuple[Query, ...]


def new_link(  # noqa: PLR0913 - what a link is made of
    keyring: Keyring, purpose: LinkPurpose, chat: str, now: datetime, *, origin: str | None = None,
    file: Attachment | None = None, age: timedelta | None = None,
) -> LinkQueries:  # fmt: skip
    """Make a link for a chat, with a file or without.

    Args:
        keyring: seals the file.
        purpose: the only thing it can be used for.
        chat: id of the chat.
        now: the moment from which its time counts.
        origin: the message it stands in; an earlier link of the same message ends.
        file: the file it leads to.
        age: how long it can be used, unless as long as its purpose has it.
    """
    is_code = purpose is LinkPurpose.CODE
    token = f"{secrets.randbelow(10**_CODE_DIGITS):0{_CODE_DIGITS}}" if is_code else secrets.token_urlsafe(_TOKEN_BYTES)
    digest = sealed_columns.link_digest(keyring, purpose, token)
    about = FileFacts.of(file).model_dump_json() if file else None
    row = {
        "digest": digest,
        "purpose": purpose.value,
        "chat": chat,
        "origin": origin,
        "about": keyring.seal(about, sealed_columns.link_about(digest)) if about else None,
        "content": keyring.seal(file.content, sealed_columns.link_content(digest)) if file else None,
        "now": to_micros(now),
        "expires": to_micros(now + (age or _AGES.get(purpose, LINK_AGE))),
    }
    ended = (Query("drop_link_of", {"origin": origin}),) if origin else ()
    return LinkQueries(token, (*ended, Query("keep_link", row)))


@dataclass(frozen=True, slots=True)
class OneTimeLinkRepository:
    """Links as they are looked at and used. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    async def keep(self, link: LinkQueries) -> None:
        """Store a link that ``new_link`` made, in a transaction of its own."""
        await self.driver.run(*link.calls)

    async def look(self, purpose: LinkPurpose, token: str, now: datetime) -> FileFacts | None:
        """Return what a link leads to, without using it; ``None`` for any that leads nowhere."""
        digest = sealed_columns.link_digest(self.keyring, purpose, token)
        where = {"digest": digest, "purpose": purpose.value, "now": to_micros(now)}
        (rows,) = await self.driver.run(Query("look_at_link", where))
        return self._about(digest, rows[0][1]) if rows else None

    async def owner(self, purpose: LinkPurpose, token: str, now: datetime) -> str | None:
        """Return the chat that a link was made for, without using it; ``None`` for any that leads nowhere."""
        digest = sealed_columns.link_digest(self.keyring, purpose, token)
        where = {"digest": digest, "purpose": purpose.value, "now": to_micros(now)}
        (rows,) = await self.driver.run(Query("look_at_link", where))
        return str(rows[0][0]) if rows else None

    async def use(self, purpose: LinkPurpose, token: str, now: datetime, *, chat: str = "") -> UsedLink | None:
        """Use a link up; ``None`` for any that leads nowhere: it is used already, late, forged or somebody else's.

        Args:
            purpose: what it is used for; a link of another purpose leads nowhere.
            token: the token, as it came.
            now: the moment of use.
            chat: id of the only chat that may use it; empty where whoever has the link may.
        """
        digest = sealed_columns.link_digest(self.keyring, purpose, token)
        where = {"digest": digest, "purpose": purpose.value, "now": to_micros(now), "chat": chat}
        (rows,) = await self.driver.run(Query("use_link", where), durable=True)
        if not rows:
            return None
        ((owner, about, content),) = rows
        sealed = sealed_columns.link_content(digest)
        opened = None if content is None else self.keyring.unseal_bytes(content, sealed)
        return UsedLink(owner, self._about(digest, about), opened)

    def _about(self, digest: str, sealed: bytes | None) -> FileFacts | None:
        if sealed is None:
            return None
        return FileFacts.model_validate_json(self.keyring.unseal(sealed, sealed_columns.link_about(digest)))

    async def delete_expired(self, now: datetime) -> None:
        """Delete what nobody used in time."""
        await delete_in_batches(self.driver.run, Batches(), "expire_links", {"now": to_micros(now)})


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
