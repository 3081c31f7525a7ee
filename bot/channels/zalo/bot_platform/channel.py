"""Send texts through the Bot Platform, counted against what a month holds; files reach people behind links.

It answers HTTP 200 to failures too, so only ``ok`` in the answer counts.
"""

import contextlib
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from pydantic import SecretStr

from bot.channels import (
    CHANNELS,
    Capabilities,
    ChannelError,
    Doubtful,
    Gone,
    Invalid,
    Refused,
    RetryLater,
    TooLarge,
    Unreachable,
    unrepeated,
)
from bot.channels.rendering import is_single_message, render_text, split_reply, to_new_message
from bot.channels.zalo import NO_FILE, normalised, pieces
from bot.channels.zalo.http import ZaloHttp
from bot.clock import Clock
from bot.messages import OutboxRow
from bot.store import AbandonedRow, ChannelUse, Store, StoreError
from handlers.core import Attachment, MarkupTranslator, Reply
from handlers.model import ZALO_BOT
from rules.calendar import to_vietnam_time

#: Seconds that a request for updates may be held open by the platform, and what the line may add.
POLL_SECONDS, _SLACK = 30, 10.0
#: Numbers of errors; 403 is the platform's own failure ("Internal server error"), 408 an update that did not come.
_UNAUTHORISED, _FAILED, _NOTHING, _QUOTA = 401, 403, 408, 429
_MALFORMED = frozenset({400, 404, 413})

_log = structlog.get_logger(__name__)


class QuotaUsedUp(ChannelError):  # noqa: N818 - what happened
    """The platform takes no more for now: either it was too fast, or the month is used up; it does not say which."""


class BotApi:
    """Calls of one bot. Its token stands in each address, so no address is ever in a message or a log."""

    def __init__(self, token: SecretStr, url: str, http: ZaloHttp) -> None:
        """``url`` is that of the platform, without a slash at its end."""
        self._token = token
        self._url = url
        self._http = http
        self.is_accepted = True  #: whether the platform takes the token, as far as is known

    async def send_text(self, chat: str, text: str) -> str | None:
        """Send a text of at most 2,000 characters and return the id of the message.

        Raises:
            QuotaUsedUp: the platform takes no more for now.
            ChannelError: its kind decides the next state of the message.
        """
        result = await self.call("sendMessage", {"chat_id": chat, "text": text})
        return str(result.get("message_id") or "") or None if isinstance(result, Mapping) else None

    async def poll(self) -> Sequence[object]:
        """Wait for the next update; there is none where none came. What is handed over here never comes again.

        Raises:
            ChannelError: nothing was received.
        """
        try:
            found = await self.call("getUpdates", {"timeout": POLL_SECONDS}, read_timeout=POLL_SECONDS + _SLACK)
        except NothingCame:
            return ()
        return found if isinstance(found, list) else (found,) if isinstance(found, Mapping) else ()

    async def call(self, method: str, fields: Mapping[str, Any], *, read_timeout: float = 20.0) -> Any:
        """Call a method and return its result.

        Raises:
            NothingCame: the platform waited in vain.
            Refused: it does not take the token.
            Invalid: it cannot take this request.
            QuotaUsedUp: it takes no more for now.
            Unreachable: the request has not left.
            Doubtful: it may have been carried out all the same.
        """
        address = f"{self._url}/bot{self._token.get_secret_value()}/{method}"
        answer = await self._http.exchange("POST", address, json=dict(fields), read_timeout=read_timeout, bare=_NOTHING)
        if answer.fields.get("ok") is True:
            self.is_accepted = True
            return answer.fields.get("result")
        code = _code(answer.fields.get("error_code"), answer.status)
        if code != _NOTHING:
            _log.info("zalo_bot_error", code=code, method=method)
        if code == _UNAUTHORISED:
            self.is_accepted = False
        raise _to_error(code)


class NothingCame(Doubtful):
    """The platform waited in vain; of a message nobody knows whether it left."""


def _code(found: object, status: int) -> int:
    """Return the number of an error; one that names none has that of HTTP, and 200 is no error's."""
    text = str(found) if isinstance(found, int | str) and not isinstance(found, bool) else ""
    return int(text) if text.isdecimal() and len(text) < 6 else (status if status >= 400 else _FAILED)


def _to_error(code: int) -> ChannelError:
    if code in _MALFORMED:
        return Invalid()
    known = {_UNAUTHORISED: Refused, _NOTHING: NothingCame, _QUOTA: QuotaUsedUp}
    return known.get(code, Doubtful)()


_CAPABILITIES = CHANNELS[ZALO_BOT].capabilities
#: Seconds after the first refusals, within which others count with the first; after so many in a row it is taken for
#: the month's end, and looked at tomorrow.
_REFUSAL_SECONDS, _REFUSALS = 60.0, 3


class MonthUsedUp(Invalid):
    """One message more would pass what the month holds, which no broadcast may."""


class ZaloBotChannel:
    """The channel to the people of one bot."""

    name = ZALO_BOT
    capabilities: Capabilities = _CAPABILITIES
    start_link: str | None = None  #: the platform's links carry no text into the chat

    def __init__(self, api: BotApi, store: Store, clock: Clock, *, monthly: int, language: str) -> None:
        """``monthly`` is the messages of a month, ``language`` that of people who have not chosen one."""
        self._api = api
        self._store = store
        self._clock = clock
        self._monthly = monthly
        self._language = language

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver a row; one that nobody has split is sent as several messages.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """
        reply = normalised(row.reply if row.reply.action == "send" else to_new_message(row.reply))
        message, begun = None, False
        fits = is_single_message(reply, _CAPABILITIES) and not (reply.attachments or reply.choices)
        for part in (reply,) if fits else split_reply(reply, _CAPABILITIES):
            for text in [*await self._files_as_text(row, part), *pieces(render_text(part, _CAPABILITIES))]:
                if text:
                    with unrepeated(row, begun=begun):
                        message = await self._send_text(row, text)
                    begun = True
        return message

    async def fetch(self, reference: str, limit: int) -> bytes:
        """Return the bytes of a file that a person sent by a link.

        Raises:
            TooLarge: it has more than ``limit`` bytes.
            Gone: it is not kept any more.
            Unreachable: the store does not answer.
        """
        chat, _, name = reference.partition(" ")
        try:
            found = await self._store.web.file(chat, name)
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        if found is None:
            raise Gone
        if len(found[1]) > limit:
            raise TooLarge
        return found[1]

    async def _files_as_text(self, row: OutboxRow, part: Reply) -> list[str]:
        """Say how the person gets a file where no link to it could be made."""
        if not part.attachments:
            return []
        t = MarkupTranslator(await self._store.chats.language(row.chat) or self._language)
        return [self._describe_way(t, file) for file in part.attachments]

    def _describe_way(self, t: MarkupTranslator, file: Attachment) -> str:
        said = render_text(Reply(paragraphs=(str(t(NO_FILE, name=file.name)),)), _CAPABILITIES)
        return unicodedata.normalize("NFC", said)

    async def _send_text(self, row: OutboxRow, text: str) -> str | None:
        try:
            month = await self._take_place(row)
            try:
                message = await self._api.send_text(row.chat.address, text)
            except Unreachable:
                await self._store.channel_use.give_back(self.name, month)
                raise
            except QuotaUsedUp:
                raise RetryLater(await self._note_refusal(month)) from None
        except StoreError as error:
            raise Unreachable(type(error).__name__) from None
        with contextlib.suppress(StoreError):  # it left, and must not leave again; the next one tells it again
            await self._store.channel_use.note_taken(self.name)
        return message

    async def _take_place(self, row: OutboxRow) -> str:
        """Count the message before it leaves: the month's number is never passed by a broadcast.

        Raises:
            RetryLater: the platform took no more today.
            MonthUsedUp: it is part of a broadcast, and the month holds no more.
        """
        now = self._clock.now()
        month = month_of(now)
        most = self._monthly if row.broadcast else None
        use = await self._store.channel_use.take(self.name, month, now, most)
        match use:
            case ChannelUse.RESTING:
                raise RetryLater(seconds_until_tomorrow(now))
            case ChannelUse.USED_UP:
                raise MonthUsedUp
        return month

    async def _note_refusal(self, month: str) -> float:
        """Return the seconds to wait after a refusal; the owners hear of the third in a row."""
        now, use = self._clock.now(), self._store.channel_use
        await use.give_back(self.name, month)
        wait = seconds_until_tomorrow(now)
        before = now - timedelta(seconds=_REFUSAL_SECONDS)
        if await use.note_refusal(self.name, _REFUSALS, now, before, now + timedelta(seconds=wait)) < _REFUSALS:
            return _REFUSAL_SECONDS
        _log.error("zalo_bot_quota_used_up")
        await self._store.alerts.raise_alarm(AbandonedRow.QUOTA, _REFUSALS, now)
        return wait


def month_of(now: datetime) -> str:
    """Return the month in Viet Nam, such as 2026-11."""
    return f"{to_vietnam_time(now):%Y-%m}"


def seconds_until_tomorrow(now: datetime) -> float:
    """Return the seconds until the next day in Viet Nam begins."""
    here = to_vietnam_time(now)
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - here).total_seconds() + 1.0
