"""Send messages and files to the people of an Official Account, within their windows; fetch their files."""

import contextlib
import hashlib
import unicodedata
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.channels import (
    CHANNELS,
    Capabilities,
    ChannelError,
    Deferred,
    Doubtful,
    Refused,
    Unreachable,
    unrepeated,
)
from bot.channels.rendering import is_single_message, render_text, split_reply, to_new_message
from bot.channels.zalo import NO_FILE, TEXT_LIMIT, normalised, pieces
from bot.channels.zalo.oa.api import ZaloApi
from bot.channels.zalo.oa.errors import ErrorClass, NoMoney, OaError, OutsideWindow, outcome_of
from bot.channels.zalo.oa.events import BUTTON_MARK
from bot.channels.zalo.oa.money import Purse
from bot.channels.zalo.oa.reminders import TemplateSender
from bot.channels.zalo.oa.tokens import TokenKeeper
from bot.clock import Clock
from bot.messages import REPLY, Chat, OutboxRow, Receipt
from bot.store import AbandonedRow, Store, StoreError, can_send
from handlers.core import Attachment, Choice, MarkupTranslator, Reply
from handlers.model import ZALO, SendingWindow

_CAPABILITIES = CHANNELS[ZALO].capabilities
#: Zalo keeps an upload for seven days.
_UPLOAD_AGE = timedelta(days=6, hours=12)
_MOST_UPLOADS = 32
_OTHER = {"v3": "v2", "v2": "v3"}

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Trip:
    """One row on its way: its messages, each of which may be paid for."""

    row: OutboxRow
    free: bool
    left: bool = False  #: a part of it has left


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
        purse: Purse,
        templates: TemplateSender,
        message_dong: int,
        language: str = "vi",
    ) -> None:
        """``message_dong`` is the price beyond 48 hours, ``language`` that of people who have not chosen one."""
        self._api = api
        self._purse = purse
        self._templates = templates
        self._message_dong = message_dong
        self._tokens = tokens
        self._store = store
        self._clock = clock
        self._app = app
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

    async def can_send(self, chat: Chat) -> SendingWindow:
        """Return how a person can be written to now, with the money that there is; ``BLOCKED``: not at all.

        Nothing is asked of Zalo for it, whose word at the time of sending counts. Raises StoreError.
        """
        window = (await self._store.zalo.windows([chat.id], self._clock.now()))[chat.id]
        if window is SendingWindow.PAID and await self._purse.left() < self._message_dong:
            return SendingWindow.BLOCKED
        if window is SendingWindow.TEMPLATE_ONLY and not await self._templates.is_possible():
            return SendingWindow.BLOCKED
        return window

    async def send(self, row: OutboxRow) -> Receipt | str | None:
        """Deliver a row, as an approved text where the person has not written for seven days.

        One that nobody has split is sent as several messages.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """
        try:
            window = await self._window(row)
            if window is SendingWindow.TEMPLATE_ONLY:
                return await self._templates.send(row)
            trip = _Trip(row, free=window is SendingWindow.FREE)
            try:
                return await self._send_parts(trip)
            except OutsideWindow as error:
                if isinstance(error, NoMoney) or trip.left:
                    raise
            # Zalo is right, whatever was believed.
            await self._store.zalo.close_window(row.chat.id, self._clock.now())
            return await self._templates.send(row)
        except OaError as error:
            raise await self._to_outcome(error) from None
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None

    async def _to_outcome(self, error: OaError) -> ChannelError:
        now = self._clock.now()
        if error.kind is ErrorClass.MONEY:
            with contextlib.suppress(StoreError):
                await self._store.alerts.raise_alarm(AbandonedRow.MONEY, error.code, now)
        return outcome_of(error, now)

    async def _send_parts(self, trip: _Trip) -> str | None:
        row, able, message = trip.row, self.capabilities, None
        reply = normalised(row.reply if row.reply.action == "send" else to_new_message(row.reply))
        fits = is_single_message(reply, able) and not (reply.attachments and reply.paragraphs)
        if reply.choices and not able.takes_buttons([one.label for one in reply.choices]):
            fits = False  # the account took buttons when this was queued
        for part in (reply,) if fits else split_reply(reply, able):
            with unrepeated(row, begun=trip.left):
                message = await self._deliver(trip, part)
        return message

    async def fetch(self, reference: str, limit: int) -> bytes:
        return await self._api.download(reference, limit)

    async def _deliver(self, trip: _Trip, part: Reply) -> str | None:
        try:
            if part.attachments:
                return await self._send_file(trip, part.attachments[0])
            return await self._send_text(trip, part)
        except OaError as error:
            raise await self._to_outcome(error) from None
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None

    async def _window(self, row: OutboxRow) -> SendingWindow:
        """Return how the person may be written to; Zalo is asked before anything that would cost.

        Raises:
            Deferred: a colleague answers in this chat.
            Blocked: Zalo says that the person left.
        """
        now, person = self._clock.now(), await self._store.zalo.person(row.chat.id)
        if person and person.silent_until > now:
            raise Deferred((person.silent_until - now).total_seconds() + 1.0)
        last, closed = (person.last_interaction, person.closed_at) if person else (None, None)
        window = can_send(last, now, closed_at=closed)
        if window is SendingWindow.FREE or (last is None and row.priority == REPLY):
            return (
                SendingWindow.FREE
            )  # of somebody who only looks in nothing is kept; an answer follows what they wrote
        try:
            known = await self._api.last_interaction(row.chat.address)
        except Doubtful:  # nobody was sent anything yet
            raise Unreachable from None
        except OaError as error:
            if error.kind is ErrorClass.WINDOW:
                return SendingWindow.TEMPLATE_ONLY
            if error.kind is ErrorClass.UNKNOWN:
                raise ChannelError from None
            raise
        if known is not None:
            await self._store.zalo.touch(row.chat.id, min(known, now))
            window = can_send(known, now, closed_at=closed)
        return window

    async def _send_text(self, trip: _Trip, part: Reply) -> str | None:
        text, message = render_text(part, _CAPABILITIES), None
        *before, last = pieces(text)
        for piece in before:
            await self._call(trip, {"text": piece})
        if part.choices:
            return await self._send_with_buttons(trip, part, last)
        if last:
            message = await self._call(trip, {"text": last})
        return message

    async def _send_with_buttons(self, trip: _Trip, part: Reply, text: str) -> str | None:
        """Send buttons; where the account refuses them, send a numbered menu, now and from now on."""
        buttons = [_button(choice) for choice in part.choices]
        attachment = {"type": "template", "payload": {"buttons": buttons}}
        try:
            return await self._call(trip, {"text": text, "attachment": attachment})
        except OaError as error:
            if error.code not in {-201, -233}:
                raise
        message = None
        for piece in split_reply(part, replace(_CAPABILITIES, buttons=False, text_limit=TEXT_LIMIT)):
            message = await self._call(trip, {"text": unicodedata.normalize("NFC", render_text(piece, _CAPABILITIES))})
        _log.info("zalo_without_buttons")
        self._takes_buttons = False
        with contextlib.suppress(StoreError):  # it left, and must not leave again; the next one tells it again
            await self._store.zalo.give_up_buttons(self._app)
        return message

    async def _send_file(self, trip: _Trip, file: Attachment) -> str | None:
        if not _CAPABILITIES.carries(file.media_type, len(file.content)):
            return await self._call(trip, {"text": await self._describe_way(trip.row.chat, file)})
        key = (file.name, hashlib.sha256(file.content).digest())
        token = self._uploads.get(key) or await self._upload(trip.row, key, file)
        try:
            return await self._call(trip, _file_message(token))
        except OaError as error:
            if error.kind is not ErrorClass.UPLOAD:
                raise
        self._uploads.forget(key)
        return await self._call(trip, _file_message(await self._upload(trip.row, key, file)))

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

    async def _call(self, trip: _Trip, message: dict[str, Any]) -> str | None:
        """Send one message by the endpoint that the account takes; only two errors change it, once."""
        endpoint = (await self._tokens.account()).endpoint or "v3"
        try:
            return await self._pay_and_send(trip, endpoint, message)
        except OaError as error:
            if error.kind is not ErrorClass.ENDPOINT:
                raise
        other = _OTHER[endpoint]
        pinned = await self._store.zalo.pin(self._app, other)
        if not pinned and (await self._tokens.account()).endpoint != other:
            raise Refused  # both were tried; another process may have changed it just now
        _log.info("zalo_endpoint_pinned", endpoint=other)
        return await self._pay_and_send(trip, other, message)

    async def _pay_and_send(self, trip: _Trip, endpoint: str, message: dict[str, Any]) -> str | None:
        row = trip.row
        async with self._purse.paying(self._message_dong, free=trip.free) as bill:
            sent = await self._api.send(endpoint, row.chat.address, message, urgent=row.broadcast is None)
            bill.quota = sent.quota
        trip.left = True
        return sent.id or None


def _button(choice: Choice) -> dict[str, str]:
    label = unicodedata.normalize("NFC", choice.label)
    return {"title": label, "type": "oa.query.hide", "payload": f"{BUTTON_MARK}{choice.tap}"}


def _file_message(token: str) -> dict[str, Any]:
    return {"attachment": {"type": "file", "payload": {"token": token}}}
