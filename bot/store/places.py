"""Where each sealed value of the tables belongs, and the rows' ids, all known before the row is written."""

from typing import NamedTuple

from bot.store.sealing import Keyring, Place


def chat_id(keyring: Keyring, channel: str, address: str) -> str:
    """The id of a chat: found again from its address, saying nothing about it."""
    return keyring.lookup("chat", channel, address)


def certificate_id(keyring: Keyring, certificate_key: str) -> str:
    """What requests for one certificate (``Content.certificate_key``) are found by."""
    return keyring.lookup("serial", certificate_key)  # the word stays: stored ids were made with it


def address(chat: str) -> Place:
    """The platform's chat id."""
    return Place("chats", "address", chat)


def session(chat: str) -> Place:
    """The conversation."""
    return Place("chats", "session", chat)


def update(chat: str, update_id: str) -> Place:
    """What came in; the channel is part of the chat's id."""
    return Place("inbox", "payload", f"{chat} {update_id}")


def payload(chat: str, origin: str) -> Place:
    """What goes out."""
    return Place("outbox", "payload", f"{chat} {origin}")


def message(chat: str, origin: str) -> Place:
    """The platform's id of what was sent."""
    return Place("outbox", "message", f"{chat} {origin}")


def content(code: str) -> Place:
    """What a request asks for."""
    return Place("requests", "content", code)


class Sealed(NamedTuple):
    """A column of sealed values, in SQL words: the row's key, and the row part of the value's place."""

    table: str
    column: str
    key: str
    row: str
    before_first: str | int  #: sorts before every key


#: Every sealed column there is: what a rotation goes through.
SEALED = (
    Sealed("chats", "address", "id", "id", ""),
    Sealed("chats", "session", "id", "id", ""),
    Sealed("inbox", "payload", "id", "chat || ' ' || update_id", 0),
    Sealed("outbox", "payload", "id", "chat || ' ' || origin", 0),
    Sealed("outbox", "message", "id", "chat || ' ' || origin", 0),
    Sealed("requests", "content", "code", "code", ""),
)
