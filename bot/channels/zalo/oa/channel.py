"""Send messages and files to the people of an Official Account, within their windows; fetch their files."""

import contextlib
import hashlib
import unicodedata
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog

from bot.channels import (
    CHANNELS,
    Capabilities,
    Doubtful,
    Refused,
    RetryLater,
    Unreachable,
    unrepeated,
)
from bot.channels.rendering import is_single_message, render_text, split_reply, to_new_message
from bot.channels.zalo.oa.api import ZaloApi
from bot.channels.zalo.oa.errors import ErrorClass, OaError, OutsideWindow, outcome_of
from bot.channels.zalo.oa.events import BUTTON_MARK
from bot.channels.zalo.oa.tokens import TokenKeeper
from bot.channels.zalo.texts import NO_FILE, TEXT_LIMIT, normalised, pieces
from bot.clock import Clock
from bot.messages import REPLY, Chat, OutboxRow
from bot.store import Store, StoreError
from handlers.core import Attachment, Choice, MarkupTranslator, Reply
from handlers.model import ZALO
from rules.calendar import to_vietnam_time

_CAPABILITIES = CHANNELS[ZALO].capabilities
#: Zalo keeps an upload for seven days.
_UPLOAD_AGE = timedelta(days=6, hours=12)
_MOST_UPLOADS = 32
_OTHER = {"v3": "v2", "v2": "v3"}

#: How long after somebody's last interaction messages are free, and may be sent at all.
FREE, OPEN = timedelta(hours=48), timedelta(days=7)
#: Our own count is a little stricter: clocks differ.
_MARGIN = timedelta(minutes=5)

_log = structlog.get_logger(__name__)


class Window(StrEnum):
    """The way in which a person can be written to now."""

    FREE = "free"
    PAID = "paid"
    TEMPLATE_ONLY = "template_only"
    BLOCKED = "blocked"


def can_send(last_interaction: datetime | None, now: datetime, *, blocked: bool = False) -> Window:
    """Return how a person can be written to, from when they last interacted; ``None``: that is not known.

    A person of whom it is not known wrote before windows were kept, or only follows: Zalo decides.
    """
    if blocked:
        return Window.BLOCKED
    if last_interaction is None:
        return Window.PAID
    age = now - last_interaction
    if age <= FREE - _MARGIN:
        return Window.FREE
    return Window.PAID if age <= OPEN - _MARGIN else Window.TEMPLATE_ONLY


@dataclass(frozen=True, slots=True)
class Budget:
    """The money that messages beyond 48 hours may cost."""

    message: int  #: dong of one of them
    month: int  #: dong in a month; 0: none is sent that costs


class Uploads:
    """Remembers the tokens of uploaded files."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[str, datetime]] = {}

    def get(self, key: Hashable) -> str | None:
        """Return a token that is good still."""
        token, ends = self._known.get(key, ("", self._clock.now()))
        return token if ends > self._clock.now() else None

    def keep(self, key: Hashable, token: str) -> None:
        """Remember a token; the oldest is forgotten first."""
        self._known.pop(key, None)
        self._known[key] = token, self._clock.now() + _UPLOAD_AGE
        while len(self._known) > _MOST_UPLOADS:
            del self._known[next(iter(self._known))]

    def forget(self, key: Hashable) -> None:
        """Upload it again the next time."""
        self._known.pop(key, None)


class ZaloOaChannel:
    """The channel to the people of one Official Account."""

    name = ZALO
    start_link: str | None = None  #: Zalo's links carry no text into the chat

    def __init__(  # noqa: PLR0913 - the package hands over what it has opened
        self,
        api: ZaloApi,
        tokens: TokenKeeper,
        store: Store,
        clock: Clock,
        *,
        app: str,
        budget: Budget,
        language: str = "vi",
    ) -> None:
        """``language``: of people who have not chosen one."""
        self._api = api
        self._tokens = tokens
        self._store = store
        self._clock = clock
        self._app = app
        self._budget = budget
        self._language = language
        self._uploads = Uploads(clock)
        self._takes_buttons = True

    @property
    def capabilities(self) -> Capabilities:
        """Return the abilities: buttons only where the account was not seen to refuse them."""
        return replace(_CAPABILITIES, buttons=self._takes_buttons)

    async def learn_buttons(self) -> None:
        """Remember whether the account takes buttons. Raises as ``TokenKeeper.account`` does."""
        self._takes_buttons = (await self._tokens.account()).buttons

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver a row; one that nobody has split is sent as several messages.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """
        able, message = self.capabilities, None
        reply = normalised(row.reply if row.reply.action == "send" else to_new_message(row.reply))
        fits = is_single_message(reply, able) and not (reply.attachments and reply.paragraphs)
        if reply.choices and not able.takes_buttons([one.label for one in reply.choices]):
            fits = False  # the account took buttons when this was queued
        for number, part in enumerate((reply,) if fits else split_reply(reply, able)):
            with unrepeated(row, begun=number > 0):
                message = await self._deliver(row, part)
        return message

    async def fetch(self, reference: str, limit: int) -> bytes:
        return await self._api.download(reference, limit)

    async def _deliver(self, row: OutboxRow, part: Reply) -> str | None:
        try:
            await self._require_window(row)
            if part.attachments:
                return await self._send_file(row, part.attachments[0])
            return await self._send_text(row, part)
        except OaError as error:
            raise outcome_of(error, self._clock.now()) from None
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None

    async def _require_window(self, row: OutboxRow) -> None:
        """See to it that the person may be written to, and that it costs no more than it may.

        Raises:
            RetryLater: a colleague answers in this chat.
            OutsideWindow: the person has not written for too long.
        """
        now, person = self._clock.now(), await self._store.zalo.person(row.chat.id)
        if person and person.silent_until > now:
            raise RetryLater((person.silent_until - now).total_seconds() + 1.0)
        last = person.last_interaction if person else None
        window = can_send(last, now)
        if window is Window.FREE or (last is None and row.priority == REPLY):
            return  # of somebody who only looks in nothing is kept; an answer follows what they wrote
        known = await self._api.last_interaction(row.chat.address)
        if known is not None:
            await self._store.zalo.touch(row.chat.id, min(known, now))
            window = can_send(known, now)
        if window is Window.FREE:
            return
        if window is not Window.PAID or not await self._may_pay(now):
            raise OutsideWindow

    async def _may_pay(self, now: datetime) -> bool:
        """Take the price from what the month may cost, before the message leaves: the limit is never passed."""
        month = f"{to_vietnam_time(now):%Y-%m}"
        return await self._store.zalo.spend(self._app, month, self._budget.message, self._budget.month)

    async def _send_text(self, row: OutboxRow, part: Reply) -> str | None:
        text, message = render_text(part, _CAPABILITIES), None
        *before, last = pieces(text)
        for piece in before:
            await self._call(row, {"text": piece})
        if part.choices:
            return await self._send_with_buttons(row, part, last)
        if last:
            message = await self._call(row, {"text": last})
        return message

    async def _send_with_buttons(self, row: OutboxRow, part: Reply, text: str) -> str | None:
        """Send buttons; where the account refuses them, send a numbered menu, now and from now on."""
        buttons = [_button(choice) for choice in part.choices]
        attachment = {"type": "template", "payload": {"buttons": buttons}}
        try:
            return await self._call(row, {"text": text, "attachment": attachment})
        except OaError as error:
            if error.code not in {-201, -233}:
                raise
        message = None
        for piece in split_reply(part, replace(_CAPABILITIES, buttons=False, text_limit=TEXT_LIMIT)):
            message = await self._call(row, {"text": unicodedata.normalize("NFC", render_text(piece, _CAPABILITIES))})
        _log.info("zalo_without_buttons")
        self._takes_buttons = False
        with contextlib.suppress(StoreError):  # it left, and must not leave again; the next one tells it again
            await self._store.zalo.give_up_buttons(self._app)
        return message

    async def _send_file(self, row: OutboxRow, file: Attachment) -> str | None:
        if not _CAPABILITIES.carries(file.media_type, len(file.content)):
            return await self._call(row, {"text": await self._describe_way(row.chat, file)})
        key = (file.name, hashlib.sha256(file.content).digest())
        token = self._uploads.get(key) or await self._upload(row, key, file)
        try:
            return await self._call(row, _file_message(token))
        except OaError as error:
            if error.kind is not ErrorClass.UPLOAD:
                raise
        self._uploads.forget(key)
        return await self._call(row, _file_message(await self._upload(row, key, file)))

    async def _upload(self, row: OutboxRow, key: Hashable, file: Attachment) -> str:
        try:
            token = await self._api.upload(file.name, file.content, file.media_type, urgent=row.broadcast is None)
        except Doubtful:  # nobody was sent anything yet
            raise Unreachable from None
        self._uploads.keep(key, token)
        return token

    async def _describe_way(self, chat: Chat, file: Attachment) -> str:
        """Say how the person gets a file that Zalo does not carry, where no link to it could be made."""
        t = MarkupTranslator(await self._store.chats.language(chat) or self._language)
        return render_text(Reply(paragraphs=(str(t(NO_FILE, name=file.name)),)), _CAPABILITIES)

    async def _call(self, row: OutboxRow, message: dict[str, Any]) -> str | None:
        """Send one message by the endpoint that the account takes; only two errors change it, once."""
        account, urgent = await self._tokens.account(), row.broadcast is None
        endpoint = account.endpoint or "v3"
        try:
            return await self._api.send(endpoint, row.chat.address, message, urgent=urgent) or None
        except OaError as error:
            if error.kind is not ErrorClass.ENDPOINT:
                raise
        other = _OTHER[endpoint]
        pinned = await self._store.zalo.pin(self._app, other)
        if not pinned and (await self._tokens.account()).endpoint != other:
            raise Refused  # both were tried; another process may have changed it just now
        _log.info("zalo_endpoint_pinned", endpoint=other)
        return await self._api.send(other, row.chat.address, message, urgent=urgent) or None


def _button(choice: Choice) -> dict[str, str]:
    label = unicodedata.normalize("NFC", choice.label)
    return {"title": label, "type": "oa.query.hide", "payload": f"{BUTTON_MARK}{choice.tap}"}


def _file_message(token: str) -> dict[str, Any]:
    return {"attachment": {"type": "file", "payload": {"token": token}}}
