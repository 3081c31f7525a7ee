"""Turn raw updates into events and store them.

Reading never fails: any JSON gives a result, and no person's name is kept. The shapes are those of
https://core.telegram.org/bots/api#update
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from bot.channels import AcceptUpdates, RecordBlockChange
from bot.channels.telegram.api import QueryTooOld, TelegramApi
from bot.messages import BlockChange, Incoming
from handlers.core import ButtonTapped, Event, FileSent, MessageEdited, TextReceived, UnreadableReceived
from handlers.interview.secrets import has_secret
from handlers.model import TELEGRAM

CHANNEL = TELEGRAM
#: Update kinds requested from Telegram. An edited message is no new answer, but may hold a secret; channel posts are
#: left out.
UPDATE_KINDS = ("message", "edited_message", "callback_query", "my_chat_member")
#: Fields of a message that its person did not write now: sender and place, the message it answers, its look.
_IGNORED_FIELDS = frozenset(
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

UnreadableKind = Literal["photo", "audio", "video", "sticker", "other"]
#: Contents that cannot be read; an animation also carries ``document``, so these come first.
_UNREADABLE: dict[str, UnreadableKind] = {
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
#: Whether the assistant's status in a person's chat means that it is blocked.
_BLOCKED = {"kicked": True, "left": True, "member": False}
_GROUPS = ("group", "supergroup")  #: a tuple: what a stranger puts there need not be hashable
_COMMAND = re.compile(r"(/\w{1,32})@(\w+)", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LONGEST_NAME = 255

#: A stop waits so many seconds for the answers to taps.
_CLOSE_TIMEOUT = 2.0
#: The most taps answered at the same time; the others wait their turn.
_ANSWERS_AT_ONCE = 16
#: The most taps that wait for an answer; in a flood the rest gets none, and the button stops turning by itself.
_ANSWERS_WAITING = 256

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReceivedUpdate:
    """The content of an update; without ``incoming``, ``ignored`` names the reason in a word."""

    update_id: int | None = None
    incoming: Incoming | None = None
    callback: str | None = None  #: the id of a tap that waits for its answer
    membership: BlockChange | None = None
    ignored: str | None = None


def read_update(raw: object, username: str = "") -> ReceivedUpdate:
    """Read one update for the bot named ``username`` (without @); never raises."""
    update = _to_mapping(raw)
    update_id = _to_integer(update.get("update_id"))
    if update_id is None:
        return ReceivedUpdate(ignored="no_update_id")
    if "message" in update:
        return _from_message(update_id, _to_mapping(update["message"]), username)
    if "edited_message" in update:
        return _from_edited(update_id, _to_mapping(update["edited_message"]))
    if "callback_query" in update:
        return _from_tap(update_id, _to_mapping(update["callback_query"]))
    if "my_chat_member" in update:
        return _from_membership(update_id, _to_mapping(update["my_chat_member"]))
    return ReceivedUpdate(update_id, ignored="other_kind")


def _from_message(update_id: int, message: Mapping[str, Any], username: str) -> ReceivedUpdate:
    chat = _to_mapping(message.get("chat"))
    if _to_mapping(message.get("from")).get("is_bot") is True:
        return ReceivedUpdate(update_id, ignored="from_a_bot")
    if _to_text(chat.get("type")) in _GROUPS:
        return _from_group(update_id, chat, message, username)
    if chat.get("type") != "private":
        return ReceivedUpdate(update_id, ignored="not_private")
    return _to_received(update_id, chat, _to_event(message, username))


def _from_group(update_id: int, chat: Mapping[str, Any], message: Mapping[str, Any], username: str) -> ReceivedUpdate:
    """Read a group's message: only commands to this bot and secrets count; other texts are not kept."""
    command = _to_text(message.get("text")).partition(" ")[0]
    addressed = _COMMAND.fullmatch(command)
    for_us = command.startswith("/") and (addressed is None or addressed.group(2).lower() == username.lower())
    secret = _has_secret_text(message)
    if not (for_us or secret):
        return ReceivedUpdate(update_id, ignored="group")
    number = _to_number_text(message.get("message_id"))
    return _to_received(update_id, chat, TextReceived(text="/", message=number, group=True, secret=secret))


def _from_edited(update_id: int, message: Mapping[str, Any]) -> ReceivedUpdate:
    """Tell an edit of words from Telegram's own edits, such as a moving location."""
    chat, secret = _to_mapping(message.get("chat")), _has_secret_text(message)
    group, words = (
        _to_text(chat.get("type")) in _GROUPS,
        bool(_to_text(message.get("text")) or _to_text(message.get("caption"))),
    )
    from_a_bot = _to_mapping(message.get("from")).get("is_bot") is True
    ours = secret or (words and not group)
    if from_a_bot or not ours or not (group or chat.get("type") == "private"):
        return ReceivedUpdate(update_id, ignored="edited")
    now = _to_text(message.get("text")) or _to_text(message.get("caption"))
    text = "" if group or secret else _strip_bot_name(now, "")
    edited = MessageEdited(message=_to_number_text(message.get("message_id")), group=group, secret=secret, text=text)
    return _to_received(update_id, chat, edited)


def _to_event(message: Mapping[str, Any], username: str) -> Event | None:
    number, secret = _to_number_text(message.get("message_id")), _has_secret_text(message)
    text = _to_text(message.get("text"))
    if text:
        return TextReceived(text=_strip_bot_name(text, username), message=number, secret=secret)
    caption = "" if secret else _to_text(message.get("caption"))
    for content, what in _UNREADABLE.items():
        if content in message:
            return UnreadableReceived(what=what, message=number, secret=secret, caption=caption)
    document = _to_mapping(message.get("document"))
    reference = _to_text(document.get("file_id"))
    if not reference:
        return UnreadableReceived(what="other", message=number, secret=True) if secret else None
    return FileSent(
        reference=reference,
        name=_to_text(document.get("file_name"))[:_LONGEST_NAME],
        size=_to_integer(document.get("file_size")),
        message=number,
        album=bool(_to_text(message.get("media_group_id"))),
        secret=secret,
        caption=caption,
    )


def _has_secret_text(message: Mapping[str, Any]) -> bool:
    """Return whether any text of a message holds a secret: text, caption, quote, file name, answers of a poll."""
    return any(has_secret(words) for words in _iter_texts(message))


def _iter_texts(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text in a message, however deep; without recursion, because strangers choose the nesting."""
    waiting: list[object] = [value for name, value in message.items() if name not in _IGNORED_FIELDS]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield _to_text(value)
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _strip_bot_name(text: str, username: str) -> str:
    """Strip the bot's name from a command: ``/start@our_bot now`` becomes ``/start now``."""
    addressed = _COMMAND.match(text)
    if addressed and addressed.group(2).lower() == username.lower():
        return addressed.group(1) + text[addressed.end() :]
    return text


def _from_tap(update_id: int, query: Mapping[str, Any]) -> ReceivedUpdate:
    callback = _to_text(query.get("id")) or None
    message = _to_mapping(query.get("message"))
    chat = _to_mapping(message.get("chat"))
    kind = _to_text(chat.get("type"))
    data = _to_text(query.get("data"))
    if not data or kind not in {"private", *_GROUPS}:
        return ReceivedUpdate(update_id, callback=callback, ignored="not_our_button")
    tapped = ButtonTapped(data=data, message=_to_number_text(message.get("message_id")), group=kind in _GROUPS)
    return _to_received(update_id, chat, tapped, callback)


def _from_membership(update_id: int, change: Mapping[str, Any]) -> ReceivedUpdate:
    """Read a block or an unblock; only a private chat counts, because groups get no messages unasked."""
    status = _to_text(_to_mapping(change.get("new_chat_member")).get("status"))
    chat = _to_mapping(change.get("chat"))
    address = _to_number_text(chat.get("id")) if chat.get("type") == "private" else None
    if address is None or status not in _BLOCKED:
        return ReceivedUpdate(update_id, ignored="membership")
    return ReceivedUpdate(update_id, membership=BlockChange(CHANNEL, address, blocked=_BLOCKED[status]))


def _to_received(
    update_id: int, chat: Mapping[str, Any], event: Event | None, callback: str | None = None
) -> ReceivedUpdate:
    address = _to_number_text(chat.get("id"))
    if event is None or address is None:
        return ReceivedUpdate(update_id, callback=callback, ignored="no_content")
    return ReceivedUpdate(update_id, Incoming(CHANNEL, str(update_id), address, event), callback)


def _to_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _to_integer(value: object) -> int | None:
    """Return an integer of at most 64 bits; ``True`` is not one."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


def _to_number_text(value: object) -> str | None:
    number = _to_integer(value)
    return None if number is None else str(number)


def _to_text(value: object) -> str:
    """Return a text that can be stored: lone surrogates and NUL become the replacement character."""
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else ""


class UpdateReceiver:
    """Receives raw updates and hands on the relevant ones; ``ignored`` counts the others by reason.

    ``accept`` returns once the updates are stored; ``record_block_change`` is told who blocks the assistant.
    """

    def __init__(self, api: TelegramApi, accept: AcceptUpdates, record_block_change: RecordBlockChange) -> None:
        self._api = api
        self._accept = accept
        self._record_change = record_block_change
        self._answers: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_ANSWERS_AT_ONCE)
        self.ignored: Counter[str] = Counter()

    @property
    def username(self) -> str:
        """Return the bot's name without @; empty until Telegram has told it."""
        return self._api.username

    async def receive(self, raw: Sequence[object]) -> int | None:
        """Store the relevant updates; return the highest update id of the batch, None if there is none.

        An unreadable update is counted and skipped: it must not hold up the following ones.
        """
        received = [self._parse(update) for update in raw]
        await self._accept([one.incoming for one in received if one.incoming])
        for one in received:  # after the messages: the last change of a batch is the current state
            if one.membership:
                await self._record_block_change(one.membership)
        for one in received:
            if one.callback:
                self._answer_soon(one.callback)
        return max((one.update_id for one in received if one.update_id is not None), default=None)

    async def close(self) -> None:
        """Wait for the answers under way, but no longer than ``_CLOSE_TIMEOUT`` seconds."""
        if self._answers:
            _, late = await asyncio.wait(self._answers, timeout=_CLOSE_TIMEOUT)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _record_block_change(self, membership: BlockChange) -> None:
        """Record a block or unblock; a failure is only logged, because the next message shows a block anyway."""
        try:
            await self._record_change(membership)
        except Exception as error:  # noqa: BLE001 - the following updates must go on
            _log.error("membership_not_stored", channel=CHANNEL, error=type(error).__name__)

    def _parse(self, raw: object) -> ReceivedUpdate:
        try:
            received = read_update(raw, self.username)
        except Exception as error:  # noqa: BLE001 - a poison update is counted, and its number still read
            _log.error("update_not_readable", channel=CHANNEL, error=type(error).__name__)
            number = raw.get("update_id") if isinstance(raw, dict) else None
            received = ReceivedUpdate(number if isinstance(number, int) else None, ignored="not_readable")
        if received.ignored:
            self.ignored[received.ignored] += 1
            _log.debug("update_ignored", channel=CHANNEL, reason=received.ignored, total=self.ignored[received.ignored])
        return received

    def _answer_soon(self, callback: str) -> None:
        if len(self._answers) >= _ANSWERS_WAITING:
            return
        task = asyncio.create_task(self._answer(callback))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, callback: str) -> None:
        """Answer a tap before the work begins, so that the button stops turning; a late answer does no harm."""
        async with self._room:
            error = await self._api.try_call("answerCallbackQuery", {"callback_query_id": callback})
        if error is not None and not isinstance(error, QueryTooOld):
            kind = type(error).__name__
            _log.info("tap_not_answered", channel=CHANNEL, method="answerCallbackQuery", error=kind)
