"""Sending, editing, deleting: https://core.telegram.org/bots/api#sendmessage and the methods after it."""

from dataclasses import replace
from typing import Any

from tests.support.telegram.account import Account
from tests.support.telegram.chats import Chat, Document, Message, picture_size
from tests.support.telegram.entities import parse, utf16_length
from tests.support.telegram.errors import bad_request
from tests.support.telegram.forms import Form, inline_keyboard

#: "1-4096 characters after entities parsing", https://core.telegram.org/bots/api#sendmessage.
TEXT_LIMIT = 4096
#: "0-1024 characters after entities parsing", https://core.telegram.org/bots/api#senddocument.
CAPTION_LIMIT = 1024
#: https://core.telegram.org/bots/api#sendphoto
PHOTO_LIMIT, PHOTO_PIXELS, PHOTO_RATIO = 10 * 1024 * 1024, 10_000, 20
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current "
    "content and reply markup of the message"
)


def _text(form: Form) -> tuple[str, tuple[dict[str, Any], ...]]:
    if not form.text("text"):
        raise bad_request("message text is empty")
    text, entities = parse(form.text("text"), form.text("parse_mode") or None)
    if not text:
        raise bad_request("text must be non-empty")
    if utf16_length(text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return text, tuple(entities)


async def send_message(account: Account, form: Form) -> Any:
    text, entities = _text(form)
    rows = inline_keyboard(form)
    chat = account.chat(form.text("chat_id"))
    return _send(account, chat, Message(account.next_message_id(), own=True, text=text, entities=entities, rows=rows))


async def send_document(account: Account, form: Form) -> Any:
    document = _document(account, form)
    caption, entities = parse(form.text("caption"), form.text("parse_mode") or None)
    if utf16_length(caption) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    rows = inline_keyboard(form)
    chat = account.chat(form.text("chat_id"))
    number = account.next_message_id()
    return _send(account, chat, Message(number, True, caption, tuple(entities), rows, document))


async def send_photo(account: Account, form: Form) -> Any:
    """Take a picture of at most 10 MB, 10000 pixels around and a ratio of 20: https://core.telegram.org/bots/api#sendphoto."""
    picture = _document(account, form, "photo")
    _check_picture(picture)
    caption, entities = parse(form.text("caption"), form.text("parse_mode") or None)
    if utf16_length(caption) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    rows = inline_keyboard(form)
    chat = account.chat(form.text("chat_id"))
    number = account.next_message_id()
    return _send(account, chat, Message(number, True, caption, tuple(entities), rows, picture, photo=True))


def _check_picture(picture: Document) -> None:
    if len(picture.content) > PHOTO_LIMIT:
        raise bad_request("file is too big")
    size = picture_size(picture.content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = size
    if width + height > PHOTO_PIXELS or max(size) > PHOTO_RATIO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _document(account: Account, form: Form, field: str = "document") -> Document:
    """Return the file of a call: an upload, ``attach://name`` of one, or the id of a file on the server."""
    upload = form.files.get(form.text(field).removeprefix("attach://") or field)
    if upload:
        if not upload.content:
            raise bad_request("file must be non-empty")
        return account.keep_file(upload.name, upload.media_type, upload.content)
    if not form.text(field):
        raise bad_request(f"there is no {field} in the request")
    if form.text(field) not in account.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return account.files[form.text(field)]


def _send(account: Account, chat: Chat, message: Message) -> dict[str, Any]:
    chat.show("message", message)
    return account.shown(chat, message)


async def edit_message_text(account: Account, form: Form) -> Any:
    text, entities = _text(form)
    chat, message, rows = _editable(account, form)
    if message.document:
        raise bad_request("there is no text in the message to edit")
    return _edit(account, chat, message, replace(message, text=text, entities=entities, rows=rows))


async def edit_message_reply_markup(account: Account, form: Form) -> Any:
    chat, message, rows = _editable(account, form)
    return _edit(account, chat, message, replace(message, rows=rows))


def _editable(account: Account, form: Form) -> tuple[Chat, Message, list[list[dict[str, Any]]] | None]:
    rows = inline_keyboard(form)
    chat = account.chat(form.text("chat_id"))
    message = account.message(chat, form.number("message_id"), "message to edit")
    if not message.own:
        raise bad_request("message can't be edited")
    return chat, message, rows


def _edit(account: Account, chat: Chat, before: Message, after: Message) -> dict[str, Any]:
    if after == before:
        raise bad_request(SAME)
    chat.show("edit", after)
    return account.shown(chat, after)


async def delete_message(account: Account, form: Form) -> Any:
    """Delete a message; in a private chat a bot may delete the person's messages too."""
    if not form.text("chat_id"):
        raise bad_request("chat identifier is not specified")
    chat = account.chat(form.text("chat_id"))
    message = account.message(chat, form.number("message_id"), "message to delete")
    if not (chat.private or message.own):
        raise bad_request("message can't be deleted")
    chat.show("delete", message)
    return True
