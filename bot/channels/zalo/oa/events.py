"""Turn an event of Zalo's into what it means for the conversation; reading never fails, and keeps no person's name."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.messages import BlockChange, Incoming
from handlers.core import ButtonTapped, Event, FileSent, TextReceived, UnreadableReceived
from handlers.interview.secrets import has_secret
from handlers.model import ZALO

UnreadableKind = Literal["photo", "audio", "video", "sticker", "other"]
#: Messages that cannot be read.
_UNREADABLE: Mapping[str, UnreadableKind] = {
    "user_send_image": "photo",
    "user_send_gif": "video",
    "user_send_audio": "audio",
    "user_send_video": "video",
    "user_send_sticker": "sticker",
    "user_send_location": "other",
    "user_send_business_card": "other",
}
RECEIVED, SEEN = 1, 2
_RECEIPTS = {"user_received_message": RECEIVED, "user_seen_message": SEEN}
#: Marks the payload of one of our buttons: a tap comes back as its text.
BUTTON_MARK = "#"
_TAP = re.compile(r"#([\x21-\x7e]+\|[\x20-\x7e]{1,60})")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_LONGEST_NAME = 255
#: Files of one event that are read.
_MOST_FILES = 20
_LONGEST_URL = 4000


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """The content of an event; ``ignored`` names in a word why there is nothing to do."""

    incoming: tuple[Incoming, ...] = ()
    person: str | None = None  #: whose window begins anew
    at: datetime | None = None  #: by Zalo's clock
    block: BlockChange | None = None
    receipt: int = 0
    receipts: tuple[str, ...] = ()  #: ids of messages that the receipt is for
    phone: str | None = None  #: that the person sent by Zalo's own form
    handover: str | None = None  #: the person whom a colleague answers
    ignored: str | None = None


def parse_body(body: bytes) -> dict[str, Any] | None:
    """Read the body of a call; ``None`` where it is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def event_key(raw: Mapping[str, Any]) -> str:
    """Return what tells an event from every other: its message, else its name, time and person."""
    name, message = _text(raw.get("event_name")), _mapping(raw.get("message"))
    subject = _number(_mapping(raw.get("follower")).get("id")) or _number(_mapping(raw.get("sender")).get("id"))
    ids = message.get("msg_ids")
    which = _number(message.get("msg_id")) or (",".join(map(str, ids))[:4000] if isinstance(ids, list) else "")
    return f"{name}:{which or _number(raw.get('timestamp'))}:{subject}"


def read_event(raw: Mapping[str, Any]) -> ReceivedEvent:
    name, message = _text(raw.get("event_name")), _mapping(raw.get("message"))
    at, sender = _moment(raw.get("timestamp")), _mapping(raw.get("sender"))
    if name.startswith("user_send_group_"):
        return ReceivedEvent(ignored="group")
    if name in _RECEIPTS:
        return _read_receipt(name, message)
    if name.startswith("oa_send_"):
        return _read_echo(raw, sender, at)
    if name in {"follow", "unfollow"}:
        return _read_follow(raw, name, at)
    person = _number(sender.get("id")) if name.startswith("user_") else ""
    content = _mapping(raw.get("info")) if name == "user_submit_info" else message
    return _read_from_person(name, content, person, at) if person else ReceivedEvent(ignored="other_kind")


def _read_from_person(name: str, message: Mapping[str, Any], person: str, at: datetime | None) -> ReceivedEvent:
    number = _number(message.get("msg_id"))
    if name == "user_submit_info" and (phone := _phone(message)):
        return ReceivedEvent(person=person, at=at, phone=phone)
    if not name.startswith("user_send_") or not number:
        return ReceivedEvent(person=person, at=at, ignored="other_kind")
    events = _read_message(name, message)
    if not events:
        return ReceivedEvent(person=person, at=at, ignored="no_content")
    keys = (number, *(f"{number}:{index}" for index in range(1, len(events))))
    incoming = tuple(Incoming(ZALO, key, person, event) for key, event in zip(keys, events, strict=True))
    return ReceivedEvent(incoming, person, at)


def _read_receipt(name: str, message: Mapping[str, Any]) -> ReceivedEvent:
    several = message.get("msg_ids")
    found = [*(several if isinstance(several, list) else ()), message.get("msg_id")]
    ids = tuple(dict.fromkeys(number for one in found if (number := _number(one))))
    return ReceivedEvent(receipt=_RECEIPTS[name], receipts=ids) if ids else ReceivedEvent(ignored="no_content")


def _read_echo(raw: Mapping[str, Any], sender: Mapping[str, Any], at: datetime | None) -> ReceivedEvent:
    """Tell a colleague's own message from ours, which come back as well."""
    person = _number(_mapping(raw.get("recipient")).get("id"))
    if not sender.get("admin_id") or not person:
        return ReceivedEvent(ignored="echo")
    return ReceivedEvent(handover=person, at=at)


def _read_follow(raw: Mapping[str, Any], name: str, at: datetime | None) -> ReceivedEvent:
    person = _number(_mapping(raw.get("follower")).get("id"))
    if not person:
        return ReceivedEvent(ignored="no_content")
    if name == "unfollow":
        return ReceivedEvent(block=BlockChange(ZALO, person, blocked=True))
    greeting = Incoming(ZALO, event_key(raw), person, TextReceived(text="/start"))
    return ReceivedEvent((greeting,), person, at)


def _read_message(name: str, message: Mapping[str, Any]) -> list[Event]:
    text, number = _text(message.get("text")), _number(message.get("msg_id"))
    if name == "user_send_text":
        return [_read_text(text, number)] if text else []
    attachments = message.get("attachments")
    parts = [_mapping(one) for one in attachments[:_MOST_FILES]] if isinstance(attachments, list) else []
    payloads = [_mapping(one.get("payload")) for one in parts]
    words = _words(text, payloads)
    if name == "user_send_link":
        return [_read_text(words, number)] if words else [UnreadableReceived(what="other", message=number)]
    secret = has_secret(words)
    caption = "" if secret else text
    if name == "user_send_file":
        files = [one for payload in payloads if (one := _read_file(payload, number, album=len(payloads) > 1))]
        return [one.model_copy(update={"caption": caption, "secret": secret}) for one in files]
    what = _UNREADABLE.get(name, "other")
    return [UnreadableReceived(what=what, message=number, caption=caption, secret=secret)]


def _read_text(text: str, number: str) -> Event:
    """Tell a tapped button from a typed line; an item of the account's menu (``#tra-cuu``) is a line."""
    if tap := _TAP.fullmatch(text.strip()):
        return ButtonTapped(data=tap.group(1)[:64])
    line = text.strip()
    line = line.removeprefix(BUTTON_MARK).replace("-", " ") if re.fullmatch(r"#[a-z0-9-]+", line) else text
    return TextReceived(text=line, message=number, secret=has_secret(line))


def _read_file(payload: Mapping[str, Any], number: str, *, album: bool) -> FileSent | None:
    url, digest = _text(payload.get("url")), _text(payload.get("checksum")).lower()
    if not url or len(url) > _LONGEST_URL or any(sign.isspace() for sign in url):
        return None
    known = digest if re.fullmatch(r"[0-9a-f]{32}", digest) else ""
    size = _number(payload.get("size"))  # a text
    name = _text(payload.get("name"))[:_LONGEST_NAME]
    return FileSent(
        reference=f"{known} {url}",
        name=name,
        size=int(size) if size.isdecimal() and len(size) < 16 else None,
        message=number,
        album=album,
    )


def _words(text: str, payloads: Sequence[Mapping[str, Any]]) -> str:
    found = [text, *(_text(payload.get(name)) for payload in payloads for name in ("name", "description", "url"))]
    return "\n".join(dict.fromkeys(one for one in found if one))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return a text that can be stored: lone surrogates and NUL become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""


def _number(value: object) -> str:
    """Return an id, which is a text of digits beyond what a float holds; empty where it is none."""
    found = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found if _ID.fullmatch(found) else ""


def _phone(info: Mapping[str, Any]) -> str:
    """Return a telephone number of Viet Nam as the platform writes it, ``84`` and the rest; empty where it is none."""
    digits = re.sub(r"[\s.+-]", "", str(info.get("phone") or ""))[:20]
    written = f"84{digits[1:]}" if digits.startswith("0") else digits
    return written if re.fullmatch(r"84[1-9][0-9]{8}", written) else ""


def _moment(value: object) -> datetime | None:
    stamp = _number(value)
    return datetime.fromtimestamp(int(stamp) / 1000, UTC) if stamp.isdecimal() and len(stamp) <= 14 else None
