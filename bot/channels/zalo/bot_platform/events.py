"""Turn an update of the Bot Platform into what it means; reading never fails, and keeps no person's name."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.messages import Incoming
from handlers.core import Event, TextReceived, UnreadableReceived
from handlers.interview.secrets import has_secret
from handlers.model import ZALO_BOT

_UNREADABLE: Mapping[str, Literal["photo", "audio", "sticker", "other"]] = {
    "message.image.received": "photo",
    "message.voice.received": "audio",
    "message.sticker.received": "sticker",
}
_TEXTS = frozenset({"message.text.received", "message.link.received"})
#: A file, a video, a contact, or whatever somebody sends whose messages Zalo withholds by law: nothing of it is told.
WITHHELD = "message.unsupported.received"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ReadUpdate:
    """The content of an update; ``ignored`` names in a word why there is nothing to do."""

    incoming: Incoming | None = None
    unreadable: bool = False  #: nothing in it can be read, or Zalo does not tell what it was
    ignored: str = ""


def parse_body(body: bytes) -> object:
    """Read the body of a call; ``None`` where it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def read_update(raw: object) -> ReadUpdate:
    """Read one update, with the wrapper that the documents show or without it, as the platform sends it."""
    update = _mapping(raw)
    if "event_name" not in update:
        update = _mapping(update.get("result"))
    name, message = _text(update.get("event_name")), _mapping(update.get("message"))
    chat = _mapping(message.get("chat"))
    address = _id(chat.get("id")) or _id(_mapping(message.get("from")).get("id"))
    if not address or _mapping(message.get("from")).get("is_bot") is True:
        return ReadUpdate(ignored="no_chat" if name else "not_readable")
    number = _id(message.get("message_id"))
    event = _read_event(name, message, number, group=_text(chat.get("chat_type")).upper() == "GROUP")
    if event is None:
        return ReadUpdate(ignored="other_kind")
    silent = isinstance(event, UnreadableReceived) and not (event.caption or event.secret or event.group)
    return ReadUpdate(Incoming(ZALO_BOT, number or _digest(update), address, event), silent)


def _read_event(name: str, message: Mapping[str, Any], number: str, *, group: bool) -> Event | None:
    words = _text(message.get("text")) or _text(message.get("caption"))
    if name in _TEXTS:
        words = words or _text(message.get("url"))
        return TextReceived(text=words, message=number, group=group, secret=has_secret(words)) if words else None
    if name not in _UNREADABLE and name != WITHHELD:
        return None
    secret, what = has_secret(words), _UNREADABLE.get(name, "other")
    return UnreadableReceived(what=what, message=number, caption="" if secret else words, secret=secret, group=group)


def _digest(update: Mapping[str, Any]) -> str:
    """Tell an update without a number from every other."""
    whole = json.dumps(update, sort_keys=True, ensure_ascii=True)
    return f"d-{hashlib.sha256(whole.encode()).hexdigest()[:40]}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return a text that can be stored: lone surrogates and NUL become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""


def _id(value: object) -> str:
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found if _ID.fullmatch(found) else ""
