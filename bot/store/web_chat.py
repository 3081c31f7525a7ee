"""The conversations of the web chat: which browsers go on with one, what stands in it, and its files.

A message is found by what brought it, so that it stands there once, however often it comes. Each change takes the next
version of its conversation; a browser that knows one version is told all later ones. Nothing here waits for the disk:
what comes after it in order, the update of the inbox and the end of the row of the outbox, does.
"""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from bot.messages import Chat
from bot.store.batches import Batches, delete_in_batches
from bot.store.context import chat_at
from bot.store.drivers import Driver, Query, from_micros, to_micros
from bot.store.links import FileFacts
from bot.store.sealing import Keyring, read_or_none, sealed_columns
from handlers.core import Attachment, Choice
from handlers.model import WEB

#: The last words of a conversation that its person ended can be read for so long; one of which nothing is known (not
#: yet, or not any more) can go on for so long.
FAREWELL, UNDECIDED = timedelta(minutes=10), timedelta(hours=1)
#: A document can be fetched from its bubble for so long; after that it is asked for again.
DOCUMENT_AGE = timedelta(days=7)
#: An upload outlasts the turn that reads it by so much.
UPLOAD_AGE = timedelta(minutes=5)
_ADDRESS_BYTES = 16


class StoredFile(NamedTuple):
    """A file that stands in a message, by the id that fetches it."""

    id: str
    name: str
    media_type: str
    size: int


class WebContent(BaseModel):
    """The sealed content of a message."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    side: Literal["person", "assistant"]
    html: str = ""  #: the HTML subset of replies
    choices: tuple[Choice, ...] = ()
    files: tuple[StoredFile, ...] = ()
    key: str = ""  #: by which the browser that sent it knows it again


@dataclass(frozen=True, slots=True)
class WebMessage:
    """A message as a browser shows it; without content it was deleted."""

    id: int
    version: int
    at: datetime
    content: WebContent | None


@dataclass(frozen=True, slots=True)
class WebChat:
    """The conversation of a browser."""

    chat: Chat
    ended: bool = False  #: the person wanted to be forgotten: its last words may still be read


@dataclass(frozen=True, slots=True)
class WebChatRepository:
    """Conversations of all browsers. Every method raises StoreError."""

    driver: Driver
    keyring: Keyring

    def new_chat(self) -> Chat:
        """Name a conversation that nobody has had yet."""
        return chat_at(self.keyring, WEB, secrets.token_urlsafe(_ADDRESS_BYTES))

    async def find(self, cookie: str) -> WebChat | None:
        """Return the conversation that the browser with a cookie goes on with; ``None`` where it has none."""
        digest = sealed_columns.browser_digest(self.keyring, cookie)
        (rows,) = await self.driver.run(Query("web_browser", {"digest": digest}))
        if not rows:
            return None
        ((chat, sealed, ended),) = rows
        place = sealed_columns.browser_address(digest)
        address = read_or_none(self.keyring, place, lambda: self.keyring.unseal(sealed, place))
        return WebChat(Chat(chat, WEB, address), bool(ended)) if address else None

    async def admit(self, cookie: str, chat: Chat, now: datetime) -> None:
        """Let the browser with a cookie go on with a conversation."""
        digest = sealed_columns.browser_digest(self.keyring, cookie)
        address = self.keyring.seal(chat.address, sealed_columns.browser_address(digest))
        row = {"digest": digest, "chat": chat.id, "address": address, "now": to_micros(now)}
        await self.driver.run(Query("keep_browser", row))

    async def see(self, cookie: str, now: datetime) -> None:
        """Note that a browser is in use: it is forgotten after a long silence only."""
        digest = sealed_columns.browser_digest(self.keyring, cookie)
        await self.driver.run(Query("see_browser", {"digest": digest, "now": to_micros(now)}))

    async def chat_by_id(self, chat_id: str) -> Chat | None:
        """Return a conversation by its id, if any browser goes on with it."""
        (rows,) = await self.driver.run(Query("web_address", {"chat": chat_id}))
        if not rows:
            return None
        ((digest, sealed),) = rows
        return Chat(chat_id, WEB, self.keyring.unseal(sealed, sealed_columns.browser_address(digest)))

    async def say(
        self, chat: Chat, origin: str, content: WebContent, now: datetime, files: Mapping[str, Attachment] | None = None
    ) -> int:
        """Add a message, once for each origin, with its files; return its id."""
        payload = self.keyring.seal(content.model_dump_json(), sealed_columns.web_payload(chat.id, origin))
        at = to_micros(now)
        row = {"chat": chat.id, "origin": origin, "payload": payload, "now": at}
        kept = [self._file_query(chat, name, None, file, at) for name, file in (files or {}).items()]
        results = await self.driver.run(
            Query("web_next", {"chat": chat.id, "now": at}),
            Query("web_say", row),
            Query("web_said", {"chat": chat.id, "origin": origin}),
            *kept,
        )
        return int(results[2][0][0])

    async def change(self, chat: Chat, message: int, content: WebContent | None, now: datetime) -> bool:
        """Replace what a message says, or delete it (``None``); False where there is no such message."""
        where = {"chat": chat.id, "id": message}
        (rows,) = await self.driver.run(Query("web_message", where))
        if not rows:
            return False
        place = sealed_columns.web_payload(chat.id, rows[0][1])
        payload = None if content is None else self.keyring.seal(content.model_dump_json(), place)
        await self.driver.run(
            Query("web_next", {"chat": chat.id, "now": to_micros(now)}),
            Query("web_change", {**where, "payload": payload}),
        )
        return True

    async def get(self, chat: Chat, message: int) -> WebMessage | None:
        """Return one message of a conversation."""
        (rows,) = await self.driver.run(Query("web_message", {"chat": chat.id, "id": message}))
        return self._message(chat.id, rows[0]) if rows else None

    async def changed(self, chat: Chat, after: int, limit: int) -> list[WebMessage]:
        """Return what changed after a version, in that order."""
        (rows,) = await self.driver.run(Query("web_changed", {"chat": chat.id, "after": after, "limit": limit}))
        return [self._message(chat.id, row) for row in rows]

    async def page(self, chat: Chat, limit: int, before: int = 2**62) -> list[WebMessage]:
        """Return the newest messages before one of them, the oldest first."""
        (rows,) = await self.driver.run(Query("web_page", {"chat": chat.id, "before": before, "limit": limit}))
        return [self._message(chat.id, row) for row in reversed(rows)]

    async def latest(self, chats: Collection[str]) -> dict[str, int]:
        """Return the newest version of each of these conversations."""
        (rows,) = await self.driver.run(Query("web_latest", {"chats": json.dumps(list(chats))}))
        return {str(chat): int(version) for chat, version in rows}

    def _message(self, chat: str, row: tuple[Any, ...]) -> WebMessage:
        number, origin, version, payload, at = row
        place = sealed_columns.web_payload(chat, origin)
        content = None
        if payload is not None:
            content = read_or_none(
                self.keyring, place, lambda: WebContent.model_validate_json(self.keyring.unseal(payload, place))
            )
        return WebMessage(number, version, from_micros(at), content)

    async def keep_upload(self, chat: Chat, update: str, file: Attachment, now: datetime) -> None:
        """Keep a file that a person sent, until the turn that reads it is done."""
        await self.driver.run(self._file_query(chat, update, update, file, to_micros(now)))

    def _file_query(self, chat: Chat, name: str, upload: str | None, file: Attachment, at: int) -> Query:
        row = {
            "id": name,
            "chat": chat.id,
            "upload": upload,
            "about": self.keyring.seal(FileFacts.of(file).model_dump_json(), sealed_columns.web_file_about(name)),
            "content": self.keyring.seal(file.content, sealed_columns.web_file_content(name)),
            "now": at,
        }
        return Query("keep_web_file", row)

    async def file(self, chat_id: str, name: str) -> tuple[FileFacts, bytes] | None:
        """Return a file of a conversation, and of no other."""
        (rows,) = await self.driver.run(Query("web_file", {"id": name, "chat": chat_id}))
        if not rows:
            return None
        ((about, content),) = rows
        facts = FileFacts.model_validate_json(self.keyring.unseal(about, sealed_columns.web_file_about(name)))
        return facts, self.keyring.unseal_bytes(content, sealed_columns.web_file_content(name))

    async def sweep(self, now: datetime) -> None:
        """Delete uploads that were read, documents past their time, and conversations that are over."""
        ages = {"handled": to_micros(now - UPLOAD_AGE), "documents": to_micros(now - DOCUMENT_AGE)}
        for query in ("expire_web_uploads", "expire_web_documents"):
            await delete_in_batches(self.driver.run, Batches(), query, ages)
        (ended,) = await self.driver.look(
            Query("web_ended", {"farewell": to_micros(now - FAREWELL), "undecided": to_micros(now - UNDECIDED)})
        )
        for (chat,) in ended:
            mine = {"chat": chat}
            await self.driver.run(
                Query("drop_web_messages", mine),
                Query("drop_web_files", mine),
                Query("drop_web_browsers", mine),
                Query("drop_web_chat", mine),
            )
