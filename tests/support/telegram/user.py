"""A person with a phone, who talks to the bot."""

import asyncio
import mimetypes
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support.telegram.account import Account
from tests.support.telegram.chats import Button, Chat, Document, Message, Shown

#: Files in one album, https://core.telegram.org/bots/api#sendmediagroup: 2 to 10 items.
ALBUM = 10
PATIENCE = 120.0  #: seconds a person waits for an answer before the test fails


class User:
    """A person who says, taps, sends and hears.

    Every act returns the id of its update, or ``None`` if the bot did not ask for that kind.
    """

    def __init__(self, account: Account, chat: Chat) -> None:
        self.account, self.chat = account, chat

    @property
    def id(self) -> int:
        return self.chat.id

    def as_json(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.chat.name, "language_code": "vi"}

    async def says(self, text: str, *, group: Chat | None = None) -> int | None:
        """Write a line; a command carries its entity, as from a real client."""
        entities: tuple[dict[str, Any], ...] = ()
        if text.startswith("/"):
            entities = ({"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])},)
        return self._send(self._message(text=text, entities=entities), group or self.chat)

    async def sends_file(self, content: Path | bytes, name: str | None = None, caption: str = "") -> int | None:
        """Attach a document."""
        name = name or (content.name if isinstance(content, Path) else "tep.cer")
        return self._send(self._message(text=caption, document=self._document(name, content)), self.chat)

    async def sends_album(self, files: Mapping[str, bytes], caption: str = "") -> None:
        """Attach several documents at once: each is a message of its own, and all have one ``media_group_id``."""
        assert 2 <= len(files) <= ALBUM, "an album holds 2 to 10 files"
        group = str(uuid4().int >> 66)
        for number, (name, content) in enumerate(files.items()):
            text = caption if number == 0 else ""
            message = self._message(text=text, document=self._document(name, content), album=group)
            self._send(message, self.chat)

    def _document(self, name: str, content: Path | bytes) -> Document:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return self.account.keep_file(name, kind, _bytes(content))

    async def edits(self, text: str, message: Message | None = None, *, group: Chat | None = None) -> int | None:
        """Edit the text (or the caption of a document) of one's own message, by default the latest."""
        chat = group or self.chat
        mine = [one for one in chat.messages.values() if not one.own]
        before = message or mine[-1]
        assert not before.own, "nobody changes what the bot said"
        assert before.id in chat.messages, "that message is gone"
        assert text != before.text, "a client sends no change that is none"
        after = replace(before, text=text, entities=())
        chat.messages[after.id] = after
        body = {**self._json(chat, after), "edit_date": int(time.time())}
        return self.account.updates.push("edited_message", chat.id, body)

    async def sends(self, **content: Any) -> int | None:
        """Send another kind of message: ``photo=[...]``, ``voice={...}``, as the update carries it."""
        message = self._message()
        return self._push_message(self.chat, {**self._json(self.chat, message), **content}, message)

    async def taps(self, label: str, on: Shown | None = None) -> int | None:
        """Tap a button by its label: on ``on`` as it was then, else on the newest message that has such a button."""
        message, button = self._button(label, on)
        number = str(uuid4().int >> 64)
        self.account.callbacks.add(number)
        query = {"id": number, "from": self.as_json(), "chat_instance": "1", "data": button.data}
        body = self.chat.message_json(self.chat.messages.get(message.id, message), self.account.me)
        return self.account.updates.push("callback_query", self.id, {**query, "message": body})

    async def hears(self, within: float = PATIENCE) -> Shown:
        """Return the next thing that the bot shows; fails after ``within`` seconds of silence."""
        try:
            return await asyncio.wait_for(self.chat.next_shown(), within)
        except TimeoutError:
            raise AssertionError(f"{self.chat.name} waited {within} s and heard nothing") from None

    async def hears_until(self, wanted: Callable[[Shown], bool], within: float = PATIENCE) -> Shown:
        """Return the first thing that is wanted, and skip all before it."""
        while not wanted(shown := await self.hears(within)):
            pass
        return shown

    async def hears_nothing(self, for_: float = 0.3) -> None:
        await asyncio.sleep(for_)
        assert not self.chat.unheard, f"{self.chat.name} heard {self.chat.unheard[0].text!r}"

    def sees(self) -> list[Message]:
        """Return the bot's messages on the screen now, oldest first."""
        return [message for message in self.chat.messages.values() if message.own]

    def blocks(self) -> int | None:
        """https://core.telegram.org/bots/api#chatmemberupdated"""
        return self._membership("member", "kicked")

    def unblocks(self) -> int | None:
        return self._membership("kicked", "member")

    def _membership(self, before: str, after: str) -> int | None:
        self.chat.blocked = after == "kicked"
        old, new = ({"user": self.account.me, "status": status, "until_date": 0} for status in (before, after))
        change = {"chat": self.chat.as_json(), "from": self.as_json(), "date": 1, "old_chat_member": old}
        return self.account.updates.push("my_chat_member", self.id, {**change, "new_chat_member": new})

    def _message(self, **content: Any) -> Message:
        return Message(self.account.next_message_id(), own=False, **content)

    def _json(self, chat: Chat, message: Message) -> dict[str, Any]:
        return chat.message_json(message, self.as_json())

    def _send(self, message: Message, chat: Chat) -> int | None:
        return self._push_message(chat, self._json(chat, message), message)

    def _push_message(self, chat: Chat, body: dict[str, Any], message: Message) -> int | None:
        chat.started = True
        chat.messages[message.id] = replace(message)
        return self.account.updates.push("message", chat.id, body)

    def _button(self, label: str, on: Shown | None) -> tuple[Message, Button]:
        screen = [on.message] if on else list(reversed(self.sees()))
        for message in screen:
            for button in Shown("message", message).buttons:
                if button.label == label:
                    return message, button
        labels = [Shown("message", message).labels for message in screen[:3]]
        raise AssertionError(f"no button {label!r} on the screen, which offers {labels}")


def _bytes(content: Path | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()
