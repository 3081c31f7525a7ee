"""Send messages, edits, deletions and documents to Telegram, and fetch files from it.

A file of a broadcast is uploaded once; later messages name it by Telegram's id (``UploadCache``).
"""

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator
from typing import Any

from telegram import InputFile

from bot.channels import (
    CHANNELS,
    Capabilities,
    ChannelError,
    Gone,
    Invalid,
    MaybeSent,
    TooLarge,
    Unsupported,
    unrepeated,
)
from bot.channels.rendering import is_single_message, render_text, split_reply, to_new_message, to_plain_text
from bot.channels.telegram.api import MarkupNotParsed, MessageNotModified, TelegramApi
from bot.messages import OutboxRow
from handlers.core import Attachment, Choice, Reply
from handlers.model import TELEGRAM

#: The most remembered files; the least recently used one is forgotten first.
_CACHE_SIZE = 32

SendFile = Callable[[InputFile | str], Awaitable[Any]]

_CAPABILITIES = CHANNELS[TELEGRAM].capabilities
#: A keyboard row holds at most so many characters and buttons, so that a telephone shows whole labels.
_ROW_CHARACTERS = 24
_ROW_BUTTONS = 4
_UPLOAD_TIMEOUT = 60.0
#: The files that Telegram shows as pictures: https://core.telegram.org/bots/api#sendphoto
_PICTURES, _PICTURE_BYTES = frozenset({"image/png", "image/jpeg"}), 10 * 1024 * 1024


class UploadCache:
    """Remembers the ids of uploaded files under a key that identifies the file."""

    def __init__(self) -> None:
        self._known: dict[Hashable, str] = {}
        self._uploading: dict[Hashable, asyncio.Lock] = {}

    async def send(self, key: Hashable, file: Callable[[], InputFile], send: SendFile) -> Any:
        """Send a file by its id, or upload it first; calls that come during the upload wait for it.

        Args:
            key: Identifies the file.
            file: Makes the file for an upload.
            send: Sends a file or an id, and returns Telegram's message.

        Raises:
            ChannelError: from ``send``.
        """
        if key not in self._known:
            async with self._uploading.setdefault(key, asyncio.Lock()):
                if key not in self._known:
                    return await self._upload(key, file, send)
        try:
            return await send(self._known[key])
        except Gone:  # Telegram has forgotten it
            return await self._upload(key, file, send)

    async def _upload(self, key: Hashable, file: Callable[[], InputFile], send: SendFile) -> Any:
        result = await send(file())
        file_id = _file_id(result)
        if file_id:
            self._keep(key, file_id)
        return result

    def _keep(self, key: Hashable, file_id: str) -> None:
        self._known.pop(key, None)
        self._known[key] = file_id
        while len(self._known) > _CACHE_SIZE:
            oldest = next(iter(self._known))
            del self._known[oldest]
            self._uploading.pop(oldest, None)


def _file_id(result: object) -> str | None:
    document = result.get("document") if isinstance(result, dict) else None
    file_id = document.get("file_id") if isinstance(document, dict) else None
    return file_id if isinstance(file_id, str) and file_id else None


class TelegramChannel:
    """The channel to Telegram, through the Bot API."""

    def __init__(self, api: TelegramApi, *, paid: bool = False) -> None:
        """Keep the API; ``paid`` means that messages of a broadcast are paid for in Telegram Stars."""
        self._api = api
        self._uploads = UploadCache()
        self._broadcast = {"allow_paid_broadcast": True} if paid else {}

    @property
    def name(self) -> str:
        return TELEGRAM

    @property
    def start_link(self) -> str | None:
        """Return a deep link: https://core.telegram.org/bots/features#deep-linking ."""
        return f"https://t.me/{self._api.username}?start=" if self._api.username else None

    @property
    def capabilities(self) -> Capabilities:
        return _CAPABILITIES

    async def send(self, row: OutboxRow) -> str | None:
        """Deliver a row as one message; a row that nobody has split is sent as several.

        Raises:
            ChannelError: its kind decides the next state of the row.
        """
        message, fits = None, is_single_message(row.reply, _CAPABILITIES)
        for number, part in enumerate((row.reply,) if fits else split_reply(row.reply, _CAPABILITIES)):
            with unrepeated(row, begun=number > 0):
                message = await self._deliver(row, part)
        return message

    async def fetch(self, reference: str, limit: int) -> bytes:
        return await self._api.download(reference, limit)

    async def _deliver(self, row: OutboxRow, part: Reply) -> str | None:
        address = row.chat.address
        if part.action == "delete":
            await self._api.call("deleteMessage", {"chat_id": address, "message_id": part.target})
            return None
        if part.action == "buttons":
            return await self._put_buttons(row, part)
        try:
            return await self._send_or_edit(row, part, render_text(part, _CAPABILITIES), "HTML")
        except MarkupNotParsed:  # a message without markup is better than none
            return await self._send_or_edit(row, part, to_plain_text(render_text(part, _CAPABILITIES)), None)

    async def _send_or_edit(self, row: OutboxRow, part: Reply, text: str, parse_mode: str | None) -> str | None:
        shown = {"chat_id": row.chat.address, "parse_mode": parse_mode, "reply_markup": _inline_keyboard(part.choices)}
        parameters = shown | self._broadcast if row.broadcast else shown
        if part.attachments:
            parameters["caption"] = text or None
            return await self._send_file(row, parameters, part.attachments[0])
        parameters |= {"text": text, "link_preview_options": {"is_disabled": True}}
        if part.action == "edit":
            try:
                return await self._edit(parameters, part.target)
            except ChannelError as error:
                if not _may_send_instead(error, row):
                    raise
                parameters |= await self._replacement_parameters(row, part, error)
        return _message_id(await self._api.call("sendMessage", parameters))

    async def _put_buttons(self, row: OutboxRow, part: Reply) -> str | None:
        """Change only the keyboard; if the message is gone or too old, send what the reply says as a new message."""
        wanted = {
            "chat_id": row.chat.address,
            "message_id": part.target,
            "reply_markup": _inline_keyboard(part.choices),
        }
        try:
            await self._api.call("editMessageReplyMarkup", wanted)
        except MessageNotModified:
            return part.target
        except ChannelError as error:
            if not _may_send_instead(error, row):
                raise
            message = None
            for piece in split_reply(to_new_message(part), _CAPABILITIES) if part.paragraphs else ():
                message = await self._deliver(row, piece)
            return message
        return part.target

    async def _edit(self, parameters: dict[str, Any], target: str | None) -> str | None:
        try:
            await self._api.call("editMessageText", {**parameters, "message_id": target})
        except MessageNotModified:
            return target
        return target

    async def _replacement_parameters(self, row: OutboxRow, part: Reply, error: ChannelError) -> dict[str, Any]:
        """Delete the message that cannot be edited, and return the parameters that make its replacement silent."""
        if not isinstance(error, Unsupported):
            return {}
        await self._api.try_call("deleteMessage", {"chat_id": row.chat.address, "message_id": part.target})
        return {"disable_notification": True}

    async def _send_file(self, row: OutboxRow, parameters: dict[str, Any], attachment: Attachment) -> str | None:
        """Send a picture as one that is seen at once; what Telegram does not take as a picture goes as a file."""
        if row.broadcast is None and _is_picture(attachment):
            picture = {**parameters, "photo": _to_input_file(attachment)}
            try:
                return _message_id(await self._api.call("sendPhoto", picture, read_timeout=_UPLOAD_TIMEOUT))
            except MarkupNotParsed:
                raise
            except (Invalid, TooLarge, Unsupported):  # nothing was sent
                pass
        return await self._send_document(row, parameters, attachment)

    async def _send_document(self, row: OutboxRow, parameters: dict[str, Any], attachment: Attachment) -> str | None:
        """Send a file; one that goes to many people is uploaded once and then named by its id."""

        async def send(document: InputFile | str) -> Any:
            return await self._api.call(
                "sendDocument", {**parameters, "document": document}, read_timeout=_UPLOAD_TIMEOUT
            )

        if row.broadcast is None:
            return _message_id(await send(_to_input_file(attachment)))
        key = (row.broadcast, attachment.name)
        return _message_id(await self._uploads.send(key, lambda: _to_input_file(attachment), send))


def _may_send_instead(error: ChannelError, row: OutboxRow) -> bool:
    """Return whether a new message may replace a failed edit.

    After an unclear failure the edit is tried once more first.
    """
    if isinstance(error, MarkupNotParsed):
        return False
    if isinstance(error, Invalid | Unsupported):
        return True
    return row.attempts > 0 and (isinstance(error, MaybeSent) or type(error) is ChannelError)


def _is_picture(attachment: Attachment) -> bool:
    return attachment.media_type in _PICTURES and len(attachment.content) <= _PICTURE_BYTES


def _to_input_file(attachment: Attachment) -> InputFile:
    media_type, _ = mimetypes.guess_type(attachment.name)
    name = attachment.name if media_type else f"{attachment.name}.txt"
    return InputFile(attachment.content, filename=name)


def _message_id(result: object) -> str | None:
    number = result.get("message_id") if isinstance(result, dict) else None
    return None if number is None else str(number)


def _inline_keyboard(choices: Iterable[Choice]) -> dict[str, Any] | None:
    rows = list(_keyboard_rows(choices))
    return {"inline_keyboard": rows} if rows else None


def _keyboard_rows(choices: Iterable[Choice]) -> Iterator[list[dict[str, str]]]:
    """Put short labels into a shared row; a long one gets its own."""
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
