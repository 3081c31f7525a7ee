"""The bot's account: everything the server knows."""

import secrets
from typing import Any

from tests.support.telegram.chats import Chat, Document, Message
from tests.support.telegram.errors import bad_request, forbidden
from tests.support.telegram.updates import Updates

#: https://core.telegram.org/bots/api#getfile: "bots can download files of up to 20MB in size".
DOWNLOAD_LIMIT = 20 * 1024 * 1024


class Account:
    """One bot with its chats, files and updates."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.revoked = False  #: @BotFather has given out another token
        self.me = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Trợ lý",
            "username": "troly_bot",
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, Document] = {}
        self.callbacks: set[str] = set()  #: taps the bot may still answer
        self.commands: dict[str, list[dict[str, str]]] = {}  #: by scope and language
        self.updates = Updates()
        self.webhook: dict[str, Any] = {"url": ""}
        self._messages = 0

    def next_message_id(self) -> int:
        self._messages += 1
        return self._messages

    def chat(self, chat_id: str) -> Chat:
        """Return a chat to which the bot may write; raises 400 or 403."""
        if not chat_id:
            raise bad_request("chat_id is empty")
        chat = self.chats.get(int(chat_id)) if chat_id.lstrip("-").isdigit() else None
        if chat is None or not chat.started:
            raise bad_request("chat not found")
        if chat.blocked:
            raise forbidden("bot was blocked by the user" if chat.private else "bot was kicked from the group chat")
        return chat

    def message(self, chat: Chat, message_id: int, what: str) -> Message:
        """Return a message that exists; ``what`` is its name in the original's error text."""
        if not message_id:
            raise bad_request("message identifier is not specified")
        if message_id not in chat.messages:
            raise bad_request(f"{what} not found")
        return chat.messages[message_id]

    def keep_file(self, name: str, media_type: str, content: bytes) -> Document:
        document = Document(f"BQACAgUAAxk{secrets.token_urlsafe(24)}", name, media_type, content)
        self.files[document.file_id] = document
        return document

    def shown(self, chat: Chat, message: Message) -> dict[str, Any]:
        return chat.message_json(message, self.me)
