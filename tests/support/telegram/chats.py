"""Chats, the messages in them, and what a person sees of them."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Rows = list[list[dict[str, Any]]]


@dataclass(frozen=True)
class Document:
    """https://core.telegram.org/bots/api#document"""

    file_id: str
    name: str
    media_type: str
    content: bytes

    def as_json(self) -> dict[str, Any]:
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_id[-12:],
            "file_name": self.name,
            "mime_type": self.media_type,
            "file_size": len(self.content),
        }


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, or ``None`` for anything else."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or content[12:16] != b"IHDR" or len(content) < 24:
        return None
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


@dataclass(frozen=True)
class Button:
    label: str
    data: str | None
    url: str | None = None


@dataclass(frozen=True)
class Message:
    """A message of the bot (``own``) or of the person."""

    id: int
    own: bool
    text: str = ""
    entities: tuple[dict[str, Any], ...] = ()
    rows: Rows | None = None
    document: Document | None = None
    photo: bool = False  #: the file was sent as a picture, which people see at once
    album: str | None = None  #: media_group_id of what was sent together
    date: int = field(default_factory=lambda: int(time.time()))


@dataclass(frozen=True)
class Shown:
    """A change on the person's screen that the bot made: something new, edited or deleted."""

    kind: Literal["message", "edit", "delete"]
    message: Message

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def document(self) -> Document | None:
        return self.message.document

    @property
    def buttons(self) -> list[Button]:
        rows = self.message.rows or []
        return [Button(one["text"], one.get("callback_data"), one.get("url")) for row in rows for one in row]

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.buttons]


class Chat:
    """A private chat with a person, or a group."""

    def __init__(self, chat_id: int, name: str) -> None:
        self.id, self.name = chat_id, name
        self.started = False  #: a bot cannot write first
        self.blocked = False
        self.messages: dict[int, Message] = {}
        self.unheard: deque[Shown] = deque()
        self.history: list[Shown] = []
        self._news = asyncio.Event()

    @property
    def private(self) -> bool:
        return self.id > 0

    def as_json(self) -> dict[str, Any]:
        named = {"first_name": self.name} if self.private else {"title": self.name}
        return {"id": self.id, "type": "private" if self.private else "group", **named}

    def show(self, kind: Literal["message", "edit", "delete"], message: Message) -> None:
        if kind == "delete":
            del self.messages[message.id]
        else:
            self.messages[message.id] = message
        shown = Shown(kind, replace(message))
        self.unheard.append(shown)
        self.history.append(shown)
        self._news.set()

    async def next_shown(self) -> Shown:
        while not self.unheard:
            self._news.clear()
            await self._news.wait()
        return self.unheard.popleft()

    def message_json(self, message: Message, sender: dict[str, Any]) -> dict[str, Any]:
        """https://core.telegram.org/bots/api#message"""
        body: dict[str, Any] = {"message_id": message.id, "from": sender, "chat": self.as_json(), "date": message.date}
        words = "caption" if message.document else "text"
        if message.text:
            body[words] = message.text
        if message.entities:
            body["caption_entities" if message.document else "entities"] = list(message.entities)
        if message.document and message.photo:
            whole = message.document.as_json()
            sizes = {name: whole[name] for name in ("file_id", "file_unique_id", "file_size")}
            width, height = picture_size(message.document.content) or (0, 0)
            body["photo"] = [{**sizes, "width": width, "height": height}]
        elif message.document:
            body["document"] = message.document.as_json()
        if message.album:
            body["media_group_id"] = message.album
        return {**body, "reply_markup": {"inline_keyboard": message.rows}} if message.rows else body
