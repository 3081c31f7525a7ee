"""A raw update becomes an event. Total: any JSON has a result, and nothing of a person's name is in it.

Source of the shapes: https://core.telegram.org/bots/api#update
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.channels.naming import TELEGRAM
from bot.store.api import Incoming
from handlers.events import Edited, Event, FileSent, Said, Tapped, Unreadable
from handlers.secrets import holds_secret

CHANNEL = TELEGRAM
#: What is asked of Telegram. An edited message is no new answer, but may hold a secret; a channel's post is nobody's.
KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
#: Of a message, what its person did not say now: who and where it is from, what it answers, how it looks.
_NOT_SAID = frozenset(
    {
        "from",
        "chat",
        "sender_chat",
        "via_bot",
        "sender_business_bot",
        "forward_origin",
        "forward_from",
        "forward_from_chat",
        "reply_to_message",
        "pinned_message",
        "reply_markup",
        "entities",
        "caption_entities",
    }
)

What = Literal["photo", "audio", "video", "sticker", "other"]
#: Contents a person can send that are not read; an animation also carries ``document``, so these come first.
_UNREADABLE: dict[str, What] = {
    "photo": "photo",
    "voice": "audio",
    "audio": "audio",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "sticker": "sticker",
    "location": "other",
    "venue": "other",
    "contact": "other",
    "poll": "other",
    "dice": "other",
    "story": "other",
    "game": "other",
    "checklist": "other",
    "paid_media": "other",
}
#: What the assistant is in a person's chat: whether that means that it is blocked.
_BLOCKED = {"kicked": True, "left": True, "member": False}
_GROUPS = ("group", "supergroup")  #: a tuple: what a stranger puts there need not be hashable
_COMMAND = re.compile(r"(/\w{1,32})@(\w+)", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Membership:
    """A person blocks the assistant, or lets it write again."""

    address: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class Received:
    """What an update holds for us; with no ``incoming``, ``ignored`` tells why in a word."""

    update_id: int | None = None
    incoming: Incoming | None = None
    callback: str | None = None  #: id of a tap, which waits to be answered
    membership: Membership | None = None
    ignored: str | None = None


def read_update(raw: object, username: str = "") -> Received:
    """Read one update for the bot called ``username`` (without @)."""
    update = _mapping(raw)
    update_id = _whole(update.get("update_id"))
    if update_id is None:
        return Received(ignored="no_update_id")
    if "message" in update:
        return _from_message(update_id, _mapping(update["message"]), username)
    if "edited_message" in update:
        return _from_edited(update_id, _mapping(update["edited_message"]))
    if "callback_query" in update:
        return _from_tap(update_id, _mapping(update["callback_query"]))
    if "my_chat_member" in update:
        return _from_membership(update_id, _mapping(update["my_chat_member"]))
    return Received(update_id, ignored="other_kind")


def _from_message(update_id: int, message: Mapping[str, Any], username: str) -> Received:
    chat = _mapping(message.get("chat"))
    if _mapping(message.get("from")).get("is_bot") is True:
        return Received(update_id, ignored="from_a_bot")
    if _text(chat.get("type")) in _GROUPS:
        return _from_group(update_id, chat, message, username)
    if chat.get("type") != "private":
        return Received(update_id, ignored="not_private")
    return _received(update_id, chat, _event(message, username))


def _from_group(update_id: int, chat: Mapping[str, Any], message: Mapping[str, Any], username: str) -> Received:
    """In a group only a command to this bot is heard, and secrets are; what was said is not kept."""
    command = _text(message.get("text")).partition(" ")[0]
    addressed = _COMMAND.fullmatch(command)
    for_us = command.startswith("/") and (addressed is None or addressed.group(2).lower() == username.lower())
    secret = _holds_secret(message)
    if not (for_us or secret):
        return Received(update_id, ignored="group")
    number = _number(message.get("message_id"))
    return _received(update_id, chat, Said(text="/", message=number, group=True, secret=secret))


def _from_edited(update_id: int, message: Mapping[str, Any]) -> Received:
    """A change of words is told apart from what Telegram changes itself, such as where somebody is."""
    chat, secret = _mapping(message.get("chat")), _holds_secret(message)
    group, words = _text(chat.get("type")) in _GROUPS, bool(_text(message.get("text")) or _text(message.get("caption")))
    from_a_bot = _mapping(message.get("from")).get("is_bot") is True
    ours = secret or (words and not group)
    if from_a_bot or not ours or not (group or chat.get("type") == "private"):
        return Received(update_id, ignored="edited")
    edited = Edited(message=_number(message.get("message_id")), group=group, secret=secret)
    return _received(update_id, chat, edited)


def _event(message: Mapping[str, Any], username: str) -> Event | None:
    number, secret = _number(message.get("message_id")), _holds_secret(message)
    text = _text(message.get("text"))
    if text:
        return Said(text=_to_us(text, username), message=number, secret=secret)
    for content, what in _UNREADABLE.items():
        if content in message:
            return Unreadable(what=what, message=number, secret=secret)
    document = _mapping(message.get("document"))
    reference = _text(document.get("file_id"))
    if not reference:
        return Unreadable(what="other", message=number, secret=True) if secret else None
    return FileSent(
        reference=reference,
        name=_text(document.get("file_name"))[:_LONGEST_NAME],
        size=_whole(document.get("file_size")),
        message=number,
        album=bool(_text(message.get("media_group_id"))),
        secret=secret,
    )


def _holds_secret(message: Mapping[str, Any]) -> bool:
    """Whether anything that came with a message does: text, caption, quote, the name of a file, an answer of a poll."""
    return any(holds_secret(words) for words in _words(message))


def _words(message: Mapping[str, Any]) -> Iterator[str]:
    """Every text in a message, however deep; without recursion, for strangers write it."""
    waiting: list[object] = [value for name, value in message.items() if name not in _NOT_SAID]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield _text(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _to_us(text: str, username: str) -> str:
    """``/start@our_bot now`` is ``/start now``."""
    addressed = _COMMAND.match(text)
    if addressed and addressed.group(2).lower() == username.lower():
        return addressed.group(1) + text[addressed.end() :]
    return text


def _from_tap(update_id: int, query: Mapping[str, Any]) -> Received:
    callback = _text(query.get("id")) or None
    message = _mapping(query.get("message"))
    chat = _mapping(message.get("chat"))
    kind = _text(chat.get("type"))
    data = _text(query.get("data"))
    if not data or kind not in {"private", *_GROUPS}:
        return Received(update_id, callback=callback, ignored="not_our_button")
    tapped = Tapped(data=data, message=_number(message.get("message_id")), group=kind in _GROUPS)
    return _received(update_id, chat, tapped, callback)


def _from_membership(update_id: int, change: Mapping[str, Any]) -> Received:
    """Blocked and unblocked. Only a person's own chat counts: in a group nobody is written to but who asks."""
    status = _text(_mapping(change.get("new_chat_member")).get("status"))
    chat = _mapping(change.get("chat"))
    address = _number(chat.get("id")) if chat.get("type") == "private" else None
    if address is None or status not in _BLOCKED:
        return Received(update_id, ignored="membership")
    return Received(update_id, membership=Membership(address, _BLOCKED[status]))


def _received(update_id: int, chat: Mapping[str, Any], event: Event | None, callback: str | None = None) -> Received:
    address = _number(chat.get("id"))
    if event is None or address is None:
        return Received(update_id, callback=callback, ignored="no_content")
    return Received(update_id, Incoming(CHANNEL, str(update_id), address, event), callback)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    """An integer of at most 64 bits; True is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


def _number(value: object) -> str | None:
    number = _whole(value)
    return None if number is None else str(number)


def _text(value: object) -> str:
    """A text that can be stored: lone surrogates and NUL become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""
