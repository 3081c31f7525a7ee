"""Telegram as a channel: messages, edits, deletions and documents out, files in."""

import mimetypes
from collections.abc import Iterable, Iterator
from typing import Any

from telegram import InputFile

from bot.channels.base import Capabilities
from bot.channels.errors import ChannelError, Invalid, MaybeSent, Unsupported
from bot.channels.markup import plain
from bot.channels.rendering import anew, fits, split, text_of
from bot.channels.telegram.api import TelegramApi
from bot.channels.telegram.failures import NotModified, NotParsed
from bot.channels.telegram.update import CHANNEL
from bot.channels.telegram.uploads import Uploads
from bot.store.api import OutboxRow
from handlers.replies import Attachment, Choice, Reply

_CAPABILITIES = Capabilities(
    text_limit=4096,
    caption_limit=1024,
    buttons=True,
    editing=True,
    deleting=True,
    files_in=True,
    files_out=True,
    markup=True,
)
#: A keyboard row holds at most so many characters and buttons, so that labels are read whole on a telephone.
_ROW_CHARACTERS = 24
_ROW_BUTTONS = 4
_UPLOAD_PATIENCE = 60.0


class TelegramChannel:
    """Sends through the Bot API."""

    def __init__(self, api: TelegramApi, *, paid: bool = False) -> None:
        """``paid``: messages of a broadcast are paid for in Telegram Stars."""
        self._api = api
        self._uploads = Uploads()
        self._broadcast = {"allow_paid_broadcast": True} if paid else {}

    @property
    def name(self) -> str:
        return CHANNEL

    @property
    def start_link(self) -> str | None:
        """A deep link: https://core.telegram.org/bots/features#deep-linking ."""
        return f"https://t.me/{self._api.username}?start=" if self._api.username else None

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver a row; rows are split when they are queued, so this is one message but for one put there by hand.

        Raises:
            ChannelError: in the kind that decides what becomes of the row.
        """
        message = None
        for part in (row.reply,) if fits(row.reply, _CAPABILITIES) else split(row.reply, _CAPABILITIES):
            message = await self._deliver(row, part)
        return message

    async def fetch(self, reference: str, limit: int) -> bytes:
        """The bytes of a file.

        Raises:
            ChannelError: as ``TelegramApi.download`` does.
        """
        return await self._api.download(reference, limit)

    async def _deliver(self, row: OutboxRow, part: Reply) -> str | None:
        address = row.chat.address
        if part.action == "delete":
            await self._api.call("deleteMessage", {"chat_id": address, "message_id": part.target})
            return None
        if part.action == "buttons":
            return await self._put_buttons(row, part)
        try:
            return await self._send_or_edit(row, part, text_of(part, _CAPABILITIES), "HTML")
        except NotParsed:  # better without markup than not at all
            return await self._send_or_edit(row, part, plain(text_of(part, _CAPABILITIES)), None)

    async def _send_or_edit(self, row: OutboxRow, part: Reply, text: str, parse_mode: str | None) -> str | None:
        shown = {"chat_id": row.chat.address, "parse_mode": parse_mode, "reply_markup": _keyboard(part.choices)}
        parameters = shown | self._broadcast if row.broadcast else shown
        if part.attachments:
            parameters["caption"] = text or None
            return await self._send_document(row, parameters, part.attachments[0])
        parameters |= {"text": text, "link_preview_options": {"is_disabled": True}}
        if part.action == "edit":
            try:
                return await self._edit(parameters, part.target)
            except ChannelError as error:
                if not _may_follow(error, row):
                    raise
                parameters |= await self._replacement_parameters(row, part, error)
        return _message_id(await self._api.call("sendMessage", parameters))

    async def _put_buttons(self, row: OutboxRow, part: Reply) -> str | None:
        """Only the keyboard changes; on a message that is gone or too old, what there is to say is said anew."""
        wanted = {"chat_id": row.chat.address, "message_id": part.target, "reply_markup": _keyboard(part.choices)}
        try:
            await self._api.call("editMessageReplyMarkup", wanted)
        except NotModified:
            return part.target
        except ChannelError as error:
            if not _may_follow(error, row):
                raise
            message = None
            for piece in split(anew(part), _CAPABILITIES):
                message = await self._deliver(row, piece)
            return message
        return part.target

    async def _edit(self, parameters: dict[str, Any], target: str | None) -> str | None:
        try:
            await self._api.call("editMessageText", {**parameters, "message_id": target})
        except NotModified:
            return target
        return target

    async def _replacement_parameters(self, row: OutboxRow, part: Reply, error: ChannelError) -> dict[str, Any]:
        """How a message is sent that should have been an edit: where there are no edits, silently, the old one gone."""
        if not isinstance(error, Unsupported):
            return {}
        await self._api.try_call("deleteMessage", {"chat_id": row.chat.address, "message_id": part.target})
        return {"disable_notification": True}

    async def _send_document(self, row: OutboxRow, parameters: dict[str, Any], attachment: Attachment) -> str | None:
        """A file that goes to many is uploaded once; from then on Telegram is told which one is meant."""

        async def send(document: InputFile | str) -> Any:
            return await self._api.call("sendDocument", {**parameters, "document": document}, patience=_UPLOAD_PATIENCE)

        if row.broadcast is None:
            return _message_id(await send(_file(attachment)))
        key = (row.broadcast, attachment.name)
        return _message_id(await self._uploads.send(key, lambda: _file(attachment), send))


def _may_follow(error: ChannelError, row: OutboxRow) -> bool:
    """Whether a new message may say what an edit could not; what nobody understands is tried twice first."""
    if isinstance(error, NotParsed):
        return False
    if isinstance(error, Invalid | Unsupported):
        return True
    return row.attempts > 0 and (isinstance(error, MaybeSent) or type(error) is ChannelError)


def _file(attachment: Attachment) -> InputFile:
    media_type, _ = mimetypes.guess_type(attachment.name)
    name = attachment.name if media_type else f"{attachment.name}.txt"
    return InputFile(attachment.content, filename=name)


def _message_id(result: object) -> str | None:
    number = result.get("message_id") if isinstance(result, dict) else None
    return None if number is None else str(number)


def _keyboard(choices: Iterable[Choice]) -> dict[str, Any] | None:
    rows = list(_rows(choices))
    return {"inline_keyboard": rows} if rows else None


def _rows(choices: Iterable[Choice]) -> Iterator[list[dict[str, str]]]:
    """Short labels share a row; a long one has its own."""
    row: list[dict[str, str]] = []
    width = 0
    for choice in choices:
        if row and (width + len(choice.label) > _ROW_CHARACTERS or len(row) == _ROW_BUTTONS):
            yield row
            row, width = [], 0
        row.append({"text": choice.label, "callback_data": choice.tap})
        width += len(choice.label)
    if row:
        yield row
